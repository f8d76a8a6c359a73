"""A person at a terminal: kubectl hm, the plugin, between the real kubectl and the operator."""

import contextlib
import json
import shlex

import pytest

from suite.cloud import values
from suite.kube import condition
from suite.plugin import Plugin
from suite.waiting import Failure, demand, expect

pytestmark = pytest.mark.short

ERROR, NEEDS_PERSON = 1, 3


def _clear(c, name):
    c.kube.delete(name)
    with contextlib.suppress(Failure):  # it is gone
        c.kube.patch(name, {'metadata': {'finalizers': None}})
    if c.cloud.service(c.host)['status'] == 'disabled':
        c.cloud.enable(c.host)


@pytest.mark.ci
@pytest.mark.lab
def test_kubectl_hm(c):
    """kubectl hm: a plan, a drain that waits, what blocks it, the command that helps, done, given back; the screens are
    in the evidence.
    """
    made = c.boot(('active', 2), ('stopped', 1), ('suspended', 1))
    suspended = made['suspended'][0]
    guests = c.guests([i for i in values(made) if i != suspended])
    c.run_operator()
    hm = Plugin(c)
    c.undo(_clear, c, c.host)  # the resource is named like its host, so a sweep does not find it
    where = ('--timeout=5m', '--wait')

    hm('drain', c.host, '--reason=new power supply', '--plan', *where, expected=NEEDS_PERSON)
    c.prove_enabled()
    name = json.loads(hm('status', c.host, '-o', 'json'))['metadata']['name']
    hm('drain', c.host, *where, expected=NEEDS_PERSON)
    c.prove_moved(guests)
    c.prove_disabled(name)
    demand('Moved' in hm('status', c.host) and c.host in hm('list'), 'no row of the host')
    demand(c.host in hm('status', c.host[:-1], kubectl=('__complete', 'hm')), 'kubectl completes no host')

    why = hm('why', c.host, expected=NEEDS_PERSON)
    blocker, = json.loads(hm('why', c.host, '-o', 'json', expected=NEEDS_PERSON))
    expect((suspended, 'UnsupportedState'), (blocker['instance'], blocker['reason']), 'the blocker')
    command, = blocker['commands']
    demand(f'$ {command}\n' in why, f'{command} is not in: {why}')
    c.labs.openstack(*shlex.split(command)[1:])
    hm('retry', c.host, *where)
    c.prove_empty()
    expect('True', condition(c.kube.get(name), 'Drained')['status'], 'Drained')

    hm('undrain', c.host, *where)
    c.prove_enabled()
    demand(c.kube.get(name) is None, f'{name} is there still')
    hm('undrain', c.host, expected=ERROR)

    hm('drain', c.host, *where)
    hm('let-go', c.host, '--yes')
    c.kube.delete(name, wait=60)
    expect('disabled', c.cloud.service(c.host)['status'], 'the service of a host that was let go')
