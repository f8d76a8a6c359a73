"""The command line of `bench/run`: which parts, where the figures go."""

import argparse
import json
import os
import platform
import re
import subprocess
import time

from . import brain, drain, idle, lab, page, start
from .build import ROOT, java_home, main, package

RESULTS = ROOT / 'bench/results'
# A quick run is for a look: it does not replace the figures of a whole one.
GLANCE = ROOT / 'target/bench/results'
PARTS = {
    'requests': ('what idle hosts ask of the cloud, an hour in virtual time', idle.requests),
    'memory': ('what the process takes with so many hosts, after a start and idle', idle.memory),
    'moves': ('what drains of guests of 30 s cost, in virtual time', drain.moves),
    'large': ('one host with many guests, many migration records in the cloud', drain.large),
    'start': ('from the start to the first request, by JVM flags, beside a controller in Go', start.run),
    'brain': ('JMH of the decision and the status at 1,000 rows', brain.run),
    'lab': ('time to empty a host of a real Nova, beside novaclient', lab.run),
}


def machine():
    """What the figures were made on."""
    cpu = re.search(r'model name\s*: (.*)', open('/proc/cpuinfo').read())
    memory = int(re.search(r'MemTotal:\s+(\d+)', open('/proc/meminfo').read())[1]) // 1024 // 1024
    java = re.search(r'IMPLEMENTOR_VERSION="(.*)"', (java_home() / 'release').read_text())
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], cwd=ROOT, capture_output=True, text=True).stdout
    return {'cpus': os.cpu_count(), 'cpu': cpu[1] if cpu else platform.machine(), 'memory GiB': memory,
            'kernel': platform.release().split('-')[0], 'java': java[1] if java else '25', 'commit': commit.strip(),
            'date': time.strftime('%Y-%m-%d', time.gmtime())}


def run():
    """Runs the parts that are named and writes the page."""
    parser = argparse.ArgumentParser(
        prog='bench/run', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Makes the figures of docs/performance.md again, and writes its tables and its plot.',
        epilog='parts:\n' + '\n'.join(f'  {name:10s}{what}' for name, (what, _) in PARTS.items()) +
               '\n\nEach part writes bench/results/PART.json. The lab goes on where it was stopped.')
    parser.add_argument('--only', metavar='PART,PART', help='these parts')
    parser.add_argument('--quick', action='store_true',
                        help='small sizes and no lab, within 10 minutes; prints the figures and leaves the page alone')
    parser.add_argument('--again', action='store_true', help='measures again what the lab has measured')
    parser.add_argument('--page', action='store_true', help='measures nothing, writes the page again')
    options = parser.parse_args()
    names = options.only.split(',') if options.only else [n for n in PARTS if n != 'lab' or not options.quick]
    if unknown := [n for n in names if n not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}")
    if not options.page:
        package()
        folder = GLANCE if options.quick else RESULTS
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            measure(name, folder, options)
    if not options.quick:
        page.write(results(RESULTS))
    return 0


def results(folder):
    """What is measured, by part."""
    return {name: json.loads(file.read_text()) for name in PARTS if (file := folder / f'{name}.json').exists()}


def measure(name, folder, options):
    """Measures one part and keeps it."""
    file, begun = folder / f'{name}.json', time.monotonic()
    print(f'bench: {name}: {PARTS[name][0]}', flush=True)

    def keep(data):
        text = json.dumps({'machine': machine(), 'data': data}, indent=1, sort_keys=True)
        file.write_text(re.sub(r'(\.\d{3})\d+', r'\1', text) + '\n')
    if name == 'lab':
        known = {} if options.again or not file.exists() else json.loads(file.read_text())['data']
        keep(lab.run(options.quick, known, keep))
    else:
        keep(PARTS[name][1](options.quick))
    print(f'bench: {name}: {time.monotonic() - begun:.0f} s', flush=True)
    if options.quick:
        print(file.read_text(), flush=True)


if __name__ == '__main__':
    main(run)
