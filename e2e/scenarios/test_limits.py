"""What bounds a drain: where to, how large, how long, and what becomes of the host afterwards."""

import pytest

from suite.cloud import values
from suite.kube import condition, demand_row
from suite.waiting import demand, expect, until

pytestmark = pytest.mark.short


@pytest.mark.lab
def test_limits(c):
    """The limits of a drain: refused words, a preferred host that takes none, a size, a time; each goes on when the limit
    is raised.
    """
    name = c.name()
    for word, refused in (('targetPolicy', {'targetPolicy': 'Prefer'}), ('drainTimeout', {'drainTimeout': '0s'}),
                          ('blockMigration', {'blockMigration': 'Maybe'}), ('giveBack', {'giveBack': 'Never'}),
                          ('order', {'order': 'Any'}), ('mode', {'mode': 'Look'})):
        demand(word in (c.kube.refused(name, c.host, **refused) or ''), f'{refused} is taken, or not named')
    ids = values(c.boot(('active', 2), ('stopped', 1)))  # each has a local disk of 1 GiB
    guests = c.guests(ids)
    c.cloud.disable(c.other, 'e2e')
    c.undo(c.cloud.enable, c.other)
    c.run_operator()
    c.kube.create(name, c.host, targetHost=c.other, targetPolicy='Prefer', order='SmallestFirst', maxLocalDiskGiB=0,
                  concurrency={'live': 1}, giveBack='Keep')
    resource = c.stalled(name, 'InstancesBlocked', 120)
    for server in ids:
        demand_row(resource, server, state='Blocked', reason='LocalDisk')
    c.prove_here(guests)
    c.kube.patch(name, {'spec': {'maxLocalDiskGiB': None, 'drainTimeout': '1s'}})
    c.stalled(name, 'DrainTimeout', 120)
    c.prove_here(guests)
    c.kube.patch(name, {'spec': {'drainTimeout': '2h'}})
    c.drained(name)
    c.prove_moved(guests)
    demand(all(c.cloud.server(i)['OS-EXT-SRV-ATTR:host'] != c.other for i in ids), 'a guest is on a disabled host')
    c.kube.delete(name, wait=60)
    expect('disabled', c.cloud.service(c.host)['status'], 'the service that is kept')
    c.cloud.enable(c.host)


@pytest.mark.lab
def test_enable_when_up(c):
    """giveBack: EnableWhenUp: a host that is off stays disabled until its nova-compute reports."""
    name = c.name()
    c.run_operator()
    c.kube.create(name, c.host, giveBack='EnableWhenUp')
    c.drained(name)
    c.stop(c.host)
    until(f'{c.host} is down', lambda: c.cloud.service(c.host)['state'] == 'down', 100)
    c.kube.delete(name)
    resource = c.when(name, 'waits for nova-compute', lambda r: condition(r, 'Ready')['reason'] == 'WaitingForCompute')
    expect('Exiting', resource['status']['phase'], 'phase')
    expect('disabled', c.cloud.service(c.host)['status'], 'the service meanwhile')
    c.start(c.host)
    until(f'{name} is gone', lambda: c.kube.get(name) is None, 100)
    c.prove_enabled()
