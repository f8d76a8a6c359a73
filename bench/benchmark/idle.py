"""What hosts in maintenance cost: in virtual time what is asked of the cloud, and as a process what memory it takes."""

import time

from . import virtual
from .build import limit_mib
from .site import Operator, Surroundings

SIZES = (10, 100, 300, 1000)
QUICK = (10, 100)
# Seconds after a restart, and then of the measurement.
WHOLE_TIMES, QUICK_TIMES = (90, 120), (30, 60)
# As if so many instances had been moved off each host.
ROWS = 50


def requests(quick):
    """The figures of an hour, by the number of hosts."""
    return {str(hosts): virtual.figures(f'idle-{hosts}') for hosts in (QUICK if quick else SIZES)}


def memory(quick):
    """What the process takes, by the number of hosts: on its way there, in the steady state, and after a restart."""
    if quick:
        return {'10': _process(10, *QUICK_TIMES)}
    return {**{str(n): _process(n, *WHOLE_TIMES) for n in SIZES},
            f'{SIZES[-1]} x {ROWS} rows': _process(SIZES[-1], *WHOLE_TIMES, rows=ROWS)}


def _process(hosts, settled, measured, rows=0):
    with Surroundings(hosts) as site:
        with Operator(site, HM_MAX_HOSTS_DRAINING='10000') as operator:
            operator.ready()
            site.ask('/count')
            begun = time.monotonic()
            site.ask('/create')
            site.all_ready(seconds=60 + 2 * hosts)
            entered = time.monotonic() - begun
            first = operator.usage()
        if rows:
            site.ask(f'/rows?{rows}')
        site.ask('/count')
        with Operator(site, HM_MAX_HOSTS_DRAINING='10000') as operator:
            operator.ready()
            time.sleep(settled)
            restarted = site.state()
            site.ask('/count')
            before = operator.usage()
            time.sleep(measured)
            after, state = operator.usage(), site.state()
            figures = state['figures']
            return {
                'entered s': entered, 'entered CPU s': first['cpu'], 'entered peak MiB': first['peak'],
                'all hosts s': restarted['allReconciled'] - operator.began,
                'RSS MiB': after['rss'], 'peak MiB': after['peak'], 'anonymous MiB': after['anonymous'],
                'limit MiB': limit_mib(), 'CPU s a minute': (after['cpu'] - before['cpu']) * 60 / measured,
                'threads': after['threads'], 'most requests in a second': state['mostInSecond'],
                'requests a minute and host': figures['requests a minute and host'],
                'Kubernetes requests a minute and host': figures['Kubernetes requests a minute and host'],
                'live heap MiB': operator.live_heap(), 'warnings': operator.warnings(),
                'histogram': operator.histogram()}
