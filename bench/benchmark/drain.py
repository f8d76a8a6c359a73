"""What a drain costs, by the move: in virtual time with guests of 30 s, and as a process with short ones."""

import time

from . import virtual
from .site import Operator, Surroundings

VIRTUAL = ('drain-1x50', 'drain-10x50')
QUICK = ('drain-1x50',)


def moves(quick):
    """The figures of drains with guests of 30 s, by hosts and guests."""
    return {name: virtual.figures(name) for name in (QUICK if quick else VIRTUAL)}


def large(quick):
    """One host with many guests, among many migration records of the past, as a process."""
    sizes = {'1 x 100, 1,000 records': (100, 1000)} if quick else {
        '1 x 1,000': (1000, 0), '1 x 1,000, 20,000 records': (1000, 20000)}
    return {name: _process(*size) for name, size in sizes.items()}


def _process(guests, records):
    with Surroundings(1, 1, guests, transfer_ms=100, records=records) as site:
        with Operator(site, HM_MAX_MOVES='10000') as operator:
            operator.ready()
            site.ask('/count')
            before, begun = operator.usage(), time.monotonic()
            site.ask('/create')
            site.all_moved(seconds=60 + 3 * guests)
            after, state = operator.usage(), site.state()
            figures = state['figures']
            return {
                'seconds': time.monotonic() - begun, 'reads a move': figures['reads a move'],
                'writes a move': figures['writes a move'], 'kB a move': figures['kB a move'],
                'status writes a move': figures['status writes a move'], 'late p50': figures['late p50'],
                'late p99': figures['late p99'], 'CPU ms a move': (after['cpu'] - before['cpu']) * 1000 / guests,
                'peak MiB': after['peak'], 'warnings': operator.warnings()}
