"""Runs in virtual time, as `VirtualRuns` tells them: hours in seconds, and the same counts on every machine."""

import json
import subprocess

from .build import ROOT, WORK, Failure, test_program


def figures(name):
    """The figures of the run of this name, such as idle-100 or drain-10x50."""
    file = WORK / f'{name}.json'
    done = subprocess.run(test_program('VirtualRuns', 'figures', file, name), cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failure(f'The run {name} failed: {done.stdout[-2000:]}')
    return json.loads(file.read_text())[name]
