"""How long it takes to empty a host of a real Nova: the operator, what novaclient offers, and one guest after the other.

Runs on the labs of e2e/, which it starts. Each measurement is kept as soon as it ends: a run that was stopped goes on where
it was. The time ends, for all ways alike, when Nova shows no instance on the host and none that waits for a confirmation.
"""

import argparse
import os
import subprocess
import time

from suite.case import Case
from suite.cloud import values
from suite.operator import DEFAULTS
from suite.waiting import Failure as SuiteFailure
from suite.waiting import demand, until
from suite.world import World

from .build import Failure

OPTIONS = argparse.Namespace(ci=False, cloud=None, hosts=None, image='lab', flavor='lab.tiny', network='none',
                             role='admin', jar=None)
# What is on the host: the guests of each state for N guests.
KINDS = {
    'live': lambda n: (('active', n),),
    'cold': lambda n: (('stopped', n),),
    'mixed': lambda n: (('active', n - n // 2), ('stopped', n // 2)),
}
MATRIX = [(kind, guests, seconds) for guests in (10, 50) for kind in KINDS for seconds in (3, 8)]
QUICK = [('live', 10, 3), ('cold', 10, 3)]
LONGEST = 3600


def left(case):
    """The guests of ours that are on the host or wait for a confirmation."""
    return [s for s in case.cloud.mine()
            if s['OS-EXT-SRV-ATTR:host'] == case.host or s['OS-EXT-STS:task_state'] or s['status'] == 'VERIFY_RESIZE']


def wait_until_empty(case):
    """Waits until nothing is left."""
    until('the host is empty', lambda: not left(case), LONGEST, every=1)


def operator(case, **spec):
    """The operator, with the settings of the chart."""
    name = case.name()
    running = case.run_operator(settings=DEFAULTS)
    begun = time.monotonic()
    case.kube.create(name, case.host, reason='bench', **spec)
    wait_until_empty(case)
    taken = time.monotonic() - begun
    running.stop()
    return taken


def one_by_one(case):
    """A person's loop: ask for a guest, wait until it has moved, confirm it, take the next."""
    begun = time.monotonic()
    for server in case.cloud.on_host(case.host):
        live = server['OS-EXT-STS:vm_state'] == 'active'
        case.cloud.act(server['id'], {'os-migrateLive': {'host': None, 'block_migration': 'auto'}} if live
                       else {'migrate': {'host': None}})
        until('it has moved', lambda i=server['id'], wanted='ACTIVE' if live else 'VERIFY_RESIZE': _moved(case, i, wanted),
              600, every=0.5)
        if not live:
            case.cloud.act(server['id'], {'confirmResize': None})
            until('it is confirmed', lambda i=server['id']: _moved(case, i, 'SHUTOFF'), 600, every=0.5)
    return time.monotonic() - begun


def _moved(case, server_id, wanted):
    server = case.cloud.server(server_id)
    return (server['OS-EXT-SRV-ATTR:host'] != case.host and server['status'] == wanted
            and server['OS-EXT-STS:task_state'] is None)


def novaclient(case):
    """`nova host-evacuate-live` for what runs, `nova host-servers-migrate` for what is off, waiting, and the confirmations."""
    begun = time.monotonic()
    states = {s['OS-EXT-STS:vm_state'] for s in case.cloud.on_host(case.host)}
    if 'active' in states:
        _nova(case, 'host-evacuate-live', case.host)
        until('the running guests have moved', lambda: not any(
            s['OS-EXT-STS:vm_state'] == 'active' and s['OS-EXT-SRV-ATTR:host'] == case.host or s['OS-EXT-STS:task_state']
            for s in case.cloud.mine()), LONGEST, every=1)
    if 'stopped' in states:
        _nova(case, 'host-servers-migrate', case.host)
        until('the others wait for their confirmation', lambda: not case.cloud.on_host(case.host) and not any(
            s['OS-EXT-STS:task_state'] for s in case.cloud.mine()), LONGEST, every=1)
        waiting = [s['id'] for s in case.cloud.mine() if s['status'] == 'VERIFY_RESIZE']
        case.cloud.each(lambda i: case.cloud.act(i, {'confirmResize': None}), waiting)
        wait_until_empty(case)
    return time.monotonic() - begun


def _nova(case, command, host):
    entry = case.cloud.session.entry
    auth = entry['auth']
    environment = {
        'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'OS_AUTH_URL': auth['auth_url'],
        'OS_USERNAME': auth['username'], 'OS_PASSWORD': auth['password'], 'OS_PROJECT_NAME': auth['project_name'],
        'OS_USER_DOMAIN_NAME': auth.get('user_domain_name', 'Default'),
        'OS_PROJECT_DOMAIN_NAME': auth.get('project_domain_name', 'Default'), 'OS_IDENTITY_API_VERSION': '3',
        **({'OS_REGION_NAME': entry['region_name']} if entry.get('region_name') else {})}
    done = subprocess.run([case.labs.nova / 'venv/bin/nova', command, host], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    demand(done.returncode == 0, f'nova {command}: {done.stdout[-1000:]}')


def ways(kind, guests):
    """The ways that are compared for such guests: a name, and what empties the host.

    What `concurrency.live: 1` costs does not depend on the number of guests.
    """
    single = {'operator, live 1': lambda case: operator(case, concurrency={'live': 1})}
    return {'operator': operator, 'novaclient': novaclient, 'one by one': one_by_one,
            **(single if kind == 'live' and guests == 10 else {})}


def measure(world, key, kind, guests, seconds, way):
    """The seconds from the first command until the host is empty."""
    case = Case(world, key)
    try:
        case.boot(*KINDS[kind](guests), lab_lm_seconds=seconds, lab_cold_seconds=seconds)
        demand(len(case.cloud.on_host(case.host)) == guests, 'not all guests are on the host')
        if not key.startswith('operator'):
            case.cloud.disable(case.host, 'hm-e2e-bench')
        return way(case)
    finally:
        case.end()


def run(quick, known, keep):
    """Seconds by `kind guests x seconds` and way; what is in `known` is not measured again, `keep` is told of each."""
    found = dict(known)
    try:
        world = None
        for kind, guests, seconds in QUICK if quick else MATRIX:
            name = f'{kind} {guests} x {seconds} s'
            for way, empties in ways(kind, guests).items():
                if way in found.get(name, {}):
                    continue
                world = world or _world()
                key = f"{way}-{kind}-{guests}-{seconds}".replace(' ', '_').replace(',', '')
                found.setdefault(name, {})[way] = measure(world, key, kind, guests, seconds, empties)
                print(f'bench: lab: {name}, {way}: {found[name][way]:.1f} s', flush=True)
                keep(found)
    except SuiteFailure as failure:
        raise Failure(f'The lab: {failure}') from None
    return found


def _world():
    world = World(OPTIONS)
    world.sweep()
    world.nobody_else()
    return world
