"""A controller in Go that only watches the resources and reads each once: what a start costs there."""

import shutil
import subprocess

from .build import ROOT, WORK, Failure
from .site import Process

SOURCE = ROOT / 'bench/skeleton'


def build():
    """The program, compiled; None where there is no Go."""
    if shutil.which('go') is None:
        return None
    program = WORK / 'skeleton'
    done = subprocess.run(['go', 'build', '-trimpath', '-o', str(program), '.'], cwd=SOURCE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failure(f'The skeleton in bench/skeleton was not compiled: {done.stdout[-2000:]}')
    return program


def start(program, site):
    """A process of it between these surroundings."""
    return Process([str(program)], {**site.environment(), 'KUBE_FEATURE_WatchListClient': 'false'},
                   site.directory / 'skeleton.log')
