"""JMH of the decision and of its status at 1,000 rows."""

import json
import subprocess

from .build import ROOT, WORK, Failure, classpath, tool

SOURCE = ROOT / 'src/test/java/io/hostmaintenance/bench/ThousandRows.java'


def _done(*command):
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failure(f'{command[0]} failed: {done.stdout[-2000:]}')


def run(quick):
    """Microseconds of each benchmark, and the half width of their confidence interval (99.9 %)."""
    classes, result = WORK / 'jmh', WORK / 'jmh.json'
    classes.mkdir(parents=True, exist_ok=True)
    _done(tool('javac'), '-cp', classpath(), '-processor', 'org.openjdk.jmh.generators.BenchmarkProcessor',
          '-d', str(classes), str(SOURCE))
    _done(tool('java'), '-cp', f'{classes}:{classpath()}', 'org.openjdk.jmh.Main', 'ThousandRows', '-rf', 'json',
          '-rff', str(result), *(('-wi', '2', '-i', '3') if quick else ()))
    return {b['benchmark'].rpartition('.')[2]: {'microseconds': b['primaryMetric']['score'],
                                               'error': b['primaryMetric']['scoreError']}
            for b in json.loads(result.read_text())}
