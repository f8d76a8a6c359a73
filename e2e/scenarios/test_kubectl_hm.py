"""A person at a terminal: kubectl hm, the plugin, between the real kubectl and the operator."""

import contextlib
import json
import os
import shlex
import subprocess

import pytest

from suite.cloud import values
from suite.kube import condition
from suite.waiting import Failure, demand, expect
from suite.world import ROOT

pytestmark = pytest.mark.short

DONE, ERROR, NEEDS_PERSON = 0, 1, 3


class Plugin:
    """The plugin, built from its sources into the scenario's directory, and found by kubectl in PATH."""

    def __init__(self, case):
        self._case, self._bin = case, case.directory / 'bin'
        self._bin.mkdir()
        go = {**os.environ, 'CGO_ENABLED': '0', 'GOFLAGS': '-mod=mod', 'GOTOOLCHAIN': 'local'}
        built = subprocess.run(['go', 'build', '-trimpath', '-buildvcs=false', '-o', self._bin / 'kubectl-hm', '.'],
                               cwd=ROOT / 'kubectl-hm', env=go, capture_output=True, text=True)
        demand(built.returncode == 0, f'go build: {built.stderr.strip()[:600]}')
        (self._bin / 'kubectl_complete-hm').symlink_to('kubectl-hm')

    def __call__(self, *arguments, expected=DONE, kubectl=('hm',)):
        """Runs kubectl hm; a Failure tells what it printed if it does not end with the expected code."""
        kube = self._case.kube
        path = f"{self._bin}:{os.path.dirname(kube.tool('kubectl'))}:{os.environ['PATH']}"
        env = {**os.environ, 'KUBECONFIG': kube.kubeconfig, 'PATH': path, 'COLUMNS': '120'}
        ran = subprocess.run(['kubectl', *kubectl, *arguments], env=env, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=600)
        with open(self._case.directory / 'screens.txt', 'a') as screens:
            screens.write(f'$ kubectl hm {shlex.join(arguments)}\n{ran.stdout}{ran.stderr}[{ran.returncode}]\n\n')
        if ran.returncode != expected:
            raise Failure(f'kubectl hm {shlex.join(arguments)} ended with {ran.returncode}, not {expected}: '
                          f'{(ran.stdout + ran.stderr).strip()[-600:]}')
        return ran.stdout


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
