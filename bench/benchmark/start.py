"""How long the operator takes to start, by the flags of the JVM, beside a controller in Go."""

import subprocess
import time

from . import skeleton
from .build import JAR, ROOT, WORK, Failure, image_flags, limit_mib, test_program, tool
from .site import Operator, Surroundings, wait

HOSTS = 10
SERIAL = ['-XX:+UseSerialGC', '-XX:MaxRAMPercentage=50']
C1 = ['-XX:TieredStopAtLevel=1']


def cache(name, flags):
    """An AOT cache that is made with these flags, as the Dockerfile makes that of the image; gives the flag to use it."""
    file = WORK / f'{name}.aot'
    if not file.exists() or file.stat().st_mtime < JAR.stat().st_mtime:
        done = subprocess.run(
            test_program('AotTraining', tool('java'), f'-XX:AOTCacheOutput={file}', *flags, '-jar', JAR), cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Failure(f'The AOT cache was not made: {done.stdout[-2000:]}')
    return f'-XX:AOTCache={file}'


def variants():
    """The flags and variables of each variant that is compared; the last one is the image's."""
    image, variables = image_flags()
    full, quick = SERIAL, [*SERIAL, *C1]
    return {
        'no flags': ([], {}),
        'SerialGC': (full, {}),
        'SerialGC, C1': (quick, {}),
        'SerialGC, AOT cache': ([cache('c2', full), *full], {}),
        'SerialGC, C1, AOT cache': ([cache('c1', quick), *quick], {}),
        'image': ([cache('image', image), *image], variables),
    }


def median(values):
    """The middle one of the sorted values."""
    return sorted(values)[len(values) // 2]


def once(site, process):
    """Starts a process and tells what its start came to; it is ended."""
    site.ask('/count')
    with process() as operator:
        ready = operator.ready()
        at_ready = operator.usage()
        state = wait('every resource was read', lambda: (s := site.state())['allReconciled'] and s, 60, every=0.1)
        time.sleep(1)
        first = state['firstRequest'] or site.state()['firstRequest']
        return {'ready': ready, 'first request': first - operator.began if first else 0,
                'all hosts': state['allReconciled'] - operator.began, 'CPU s': at_ready['cpu'],
                'RSS MiB': operator.usage()['rss']}


def run(quick):
    """Each variant in turn, so that the noise of the machine hits all alike; gives the medians."""
    rounds, found = 3 if quick else 7, {}
    with Surroundings(HOSTS) as site:
        site.ask('/create')
        with Operator(site) as operator:
            operator.ready()
            site.all_ready(300)
        processes = {name: lambda f=flags, v=variables: Operator(site, f, v)
                     for name, (flags, variables) in variants().items()}
        go = skeleton.build()
        if go:
            processes['Go skeleton'] = lambda: skeleton.start(go, site)
        for _ in range(rounds):
            for name, process in processes.items():
                found.setdefault(name, []).append(once(site, process))
    return {name: {figure: median([r[figure] for r in runs]) for figure in runs[0]} for name, runs in found.items()}
