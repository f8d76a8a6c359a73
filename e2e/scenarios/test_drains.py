"""Drains and give-backs. Each is a story with its proof: what is set up, what is applied, what Nova and kubectl then say."""

import random
import secrets
import subprocess
import time

import pytest

from suite.case import BOLD, ServiceLog
from suite.cloud import Keystone, clouds_yaml, values
from suite.kube import GROUP, condition, demand_row, rows, summary
from suite.operator import DEFAULTS, FAST
from suite.proxy import ALWAYS, calls, moves
from suite.waiting import Failure, demand, expect, until
from suite.world import NAMESPACE, ROOT

pytestmark = pytest.mark.short


@pytest.mark.parametrize('settings', [pytest.param(FAST, marks=pytest.mark.ci, id='fast'), pytest.param(DEFAULTS, id='default')])
def test_every_guest_as_it_was(c, settings):
    """ACTIVE, locked, PAUSED and SHUTOFF guests move and keep their state, and a delete enables the host again."""
    made = c.boot(('active', 2), ('locked', 1), ('paused', 1), ('stopped', 1))
    guests, name = c.guests(values(made)), c.name()
    with c.operator(settings=settings), ServiceLog(c.cloud, c.host) as service:
        c.kube.create(name, c.host, reason='replace DIMM A3')
        c.drained(name)
        c.prove_maintenance(name, guests)
        if c.log:
            c.prove_asked(name, made['active'] + made['locked'] + made['paused'])
            c.prove_asked(name, made['stopped'], 'migrate')
        (c.directory / 'get-wide.txt').write_text(c.kube.kubectl('get', 'hm', '-o', 'wide'))
        demand(c.kube.events(name), f'there is no event of {name}')
        c.kube.delete(name, wait=60)
        c.prove_enabled()
    expect(['enabled', 'disabled', 'enabled'], [status for _, status, _ in service.seen], 'life of the service')
    c.prove_moved(guests)


@pytest.mark.ci
def test_every_state(c):
    """Guests in every state: the operator moves those that Nova can move, the others are Blocked until an administrator
    acts.
    """
    made = c.boot(('active', 2), ('locked', 1), ('paused', 1), ('stopped', 1), ('suspended', 1), ('error', 1),
                  ('rescued', 1), ('shelved', 1), ('verify_resize', 1), ('verify_resize_from', 1), ('paused_moved', 1))
    movable = [i for state in ('active', 'locked', 'paused', 'stopped') for i in made[state]]
    blocked = {'suspended': 'UnsupportedState', 'error': 'UnsupportedState', 'rescued': 'UnsupportedState',
               'shelved': 'UnsupportedState', 'verify_resize': 'UnconfirmedResize',
               'verify_resize_from': 'UnconfirmedResize', 'paused_moved': 'PausedMovedBefore'}
    one, guests, name = {state: made[state][0] for state in blocked}, c.guests(values(made)), c.name()
    c.run_operator()
    c.kube.create(name, c.host, reason='every state')
    c.phase(name, 'Blocked')
    resource = c.prove_counters(name)
    for server_id in movable:
        demand_row(resource, server_id, state='Moved')
    for state, reason in blocked.items():
        demand_row(resource, one[state], state='Blocked', reason=reason)
        demand(rows(resource)[one[state]].get('message'), f'the row of {state} does not say what an administrator can do')
    c.prove_moved({i: guests[i] for i in movable})
    c.prove_here({one[s]: guests[one[s]] for s in blocked if s != 'verify_resize_from'})
    expect('False', condition(resource, 'Drained')['status'], 'Drained while rows are blocked')
    expect('True', condition(resource, 'Stalled')['status'], 'Stalled while rows are blocked')
    demand(c.kube.kstatus(name) in (None, 'Failed'), f'kstatus calls it {c.kube.kstatus(name)}')

    fixes = {'suspended': {'resume': None}, 'error': {'os-resetState': {'state': 'active'}},
             'rescued': {'unrescue': None}, 'shelved': {'shelveOffload': None},
             'verify_resize': {'confirmResize': None}, 'verify_resize_from': {'confirmResize': None},
             'paused_moved': {'unpause': None}}
    c.cloud.each(lambda state: c.cloud.act(one[state], fixes[state]), fixes)
    c.drained(name)
    c.prove_empty()
    c.prove_disabled(name)
    resource = c.prove_counters(name)
    for state in blocked:
        demand_row(resource, one[state], state='Gone' if state in ('shelved', 'verify_resize_from') else 'Moved')
    for state in ('suspended', 'error', 'rescued', 'verify_resize', 'paused_moved'):
        server = c.cloud.server(one[state])
        expect('ACTIVE', server['status'], f'{state} after the administrator acted and the move')
    c.prove_moved({i: guests[i] for i in movable})
    demand(c.kube.kstatus(name) in (None, 'Current'), f'kstatus calls it {c.kube.kstatus(name)}')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
def test_every_state_by_strategies(c):
    """Guests in every state and the boldest strategies: the host becomes empty with nobody's help, and each guest comes
    out as its strategy says.
    """
    made = c.boot(('active', 1), ('locked', 1), ('paused', 1), ('stopped', 1), ('suspended', 1), ('error', 1),
                  ('rescued', 1), ('shelved', 1), ('verify_resize', 1), ('verify_resize_from', 1), ('paused_moved', 1))
    name = c.name()
    c.run_operator()
    c.kube.create(name, c.host, reason='every state', strategies=BOLD)
    c.drained(name, seconds=600)
    resource = c.prove_counters(name)
    c.prove_disabled(name)
    c.prove_empty()
    ends = {'active': 'ACTIVE', 'locked': 'ACTIVE', 'paused': 'PAUSED', 'stopped': 'SHUTOFF', 'suspended': 'SUSPENDED',
            'error': 'ACTIVE', 'rescued': 'ACTIVE', 'shelved': 'SHELVED_OFFLOADED', 'verify_resize': 'ACTIVE',
            'verify_resize_from': 'ACTIVE', 'paused_moved': 'PAUSED'}
    for state, status in ends.items():
        expect(status, c.cloud.server(made[state][0])['status'], f'state of the guest that was {state}')
        demand_row(resource, made[state][0], state='Gone' if state == 'verify_resize_from' else 'Moved')
    asked = [x['action'] for x in c.cloud.actions(made['suspended'][0])]
    for action in ('resume', 'pause', 'live-migration', 'unpause'):
        expect(1, asked.count(action), f'{action} of the suspended guest')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


def test_only_what_runs(c):
    """scope: Running: what is off stays, a guest that nothing moves is stopped, and a delete starts it again."""
    made, name = c.boot(('active', 1), ('stopped', 1), ('suspended', 1), ('shelved', 1)), c.name()
    c.run_operator()
    c.kube.create(name, c.host, reason='reboot', scope='Running', strategies={'active': 'Stop'})
    resource = c.when(name, 'is Ready', lambda r: condition(r, 'Ready')['status'] == 'True')
    expect('NothingRuns', condition(resource, 'Ready')['reason'], 'reason of Ready')
    expect('StoppedInstancesStay', condition(resource, 'Drained')['reason'], 'reason of Drained')
    expect('False', condition(resource, 'Drained')['status'], 'Drained while disks are here')
    demand_row(resource, made['active'][0], state='Skipped', reason='StoppedByOperator')
    for state, status in {'active': 'SHUTOFF', 'stopped': 'SHUTOFF', 'suspended': 'SUSPENDED', 'shelved': 'SHELVED'}.items():
        server = c.cloud.server(made[state][0])
        expect((status, c.host), (server['status'], server['OS-EXT-SRV-ATTR:host']), f'the guest that was {state}')
    c.kube.delete(name, wait=120)
    c.prove_enabled()
    expect('ACTIVE', c.cloud.server(made['active'][0])['status'], 'the guest that the operator had stopped')
    expect('SHUTOFF', c.cloud.server(made['stopped'][0])['status'], 'the guest that was stopped before')


# What the operator asks of Nova for a guest in each state by the boldest strategies. The live migration of the active one
# fails, so that it falls back.
STEPS = {
    'suspended': ('resume', 'pause', 'os-migrateLive', 'unpause', 'suspend'),
    'paused_moved': ('unpause', 'pause', 'os-migrateLive'),
    'rescued': ('unrescue', 'os-migrateLive'),
    'rescued_off': ('unrescue', 'os-stop', 'migrate', 'confirmResize'),
    'error': ('os-resetState', 'os-migrateLive'),
    'error_off': ('os-stop', 'migrate', 'confirmResize'),
    'active': ('os-migrateLive', 'migrate', 'confirmResize'),
    'shelved': ('shelveOffload',),
    'verify_resize_from': ('confirmResize',),
}
# Nova's names of the actions, where they differ from those of the requests (nova/compute/instance_actions.py).
ACTIONS = {'os-migrateLive': 'live-migration', 'os-stop': 'stop', 'os-resetState': 'resetState'}


class Killer:
    """Ends the operator by SIGKILL when Nova has carried out a request for an action and before the operator hears of it:
    once for each instance and action, but for those that are `spared`."""

    def __init__(self, c, proxy, spared=()):
        self.met, self._known, self.operator = [], set(spared), c.operator(proxy=proxy).start().ready()
        proxy.add(match=self._first, times=ALWAYS, after=self._kill, reply=False)

    def _first(self, seen):
        which = seen.server, seen.action
        first = seen.action is not None and which not in self._known
        if first:
            self._known.add(which)
        return first

    def _kill(self, seen):
        self.operator.kill()
        self.met.append((seen.server, seen.action))

    def until(self, expected, truth, seconds):
        """Starts the operator again after each kill, until `truth` holds."""
        def check():
            if self.operator.dead():
                self.operator.start().ready()
            return truth()
        return until(expected, check, seconds)


@pytest.mark.lab
@pytest.mark.parametrize('states', [
    pytest.param(('suspended', 'rescued_off'), marks=pytest.mark.ci, id='two'), pytest.param(STEPS, id='all')])
def test_killed_in_a_way(c, states):
    """SIGKILL right after each request of each way of several steps, one guest after the other: each comes out as its
    strategy says, and the operator requests no step twice.
    """
    # killed_operator has the kill at a live migration that is all of its way; this one fails, which takes a minute to tell.
    one, killer = _to_be_killed(c, states, spared=('active', 'os-migrateLive'))
    name, to_come = c.name(), list(one.values())
    c.kube.create(name, c.host, strategies=BOLD, maxAttempts=1, excludedInstances=to_come)
    for state, server_id in one.items():
        to_come.remove(server_id)
        c.kube.patch(name, {'spec': {'excludedInstances': list(to_come)}})
        killer.until(f'the guest that was {state} is done with', lambda: rows(c.kube.get(name)).get(
            server_id, {}).get('state') in ('Moved', 'Gone'), 120)
    _prove_each_step_once(c, name, one)
    expect(sum(len(STEPS[state]) for state in one) - ('active' in one), len(killer.met), 'kills')


@pytest.mark.lab
def test_killed_in_ways_at_once(c):
    """The same with all guests at once: a kill also falls between the intent and the request of another guest."""
    one, killer = _to_be_killed(c, STEPS)
    name = c.name()
    c.kube.create(name, c.host, strategies=BOLD, maxAttempts=1)
    killer.until('the host is drained', lambda: condition(c.kube.get(name), 'Drained')['status'] == 'True', 900)
    _prove_each_step_once(c, name, one)
    expect(sum(map(len, STEPS.values())), len(killer.met), 'kills')


def _to_be_killed(c, states, spared=None):
    """A guest of each of these states, and what ends the operator at each request but the spared (state, request)."""
    made = c.boot(*((state, 1, {'lab_lm_fail': 1} if state == 'active' else {}) for state in states))
    one = {state: made[state][0] for state in states}
    return one, Killer(c, c.proxy(), [(one.get(spared[0]), spared[1])] if spared else [])


def _prove_each_step_once(c, name, one):
    """The host is in maintenance, each guest as its strategy says, and Nova was asked for each step once."""
    c.drained(name)
    resource = c.prove_counters(name)
    expect('InMaintenance', resource['status']['phase'], f'phase of {name}')
    c.prove_disabled(name)
    c.prove_empty()
    ends = {'suspended': 'SUSPENDED', 'paused_moved': 'PAUSED', 'rescued_off': 'SHUTOFF', 'error_off': 'SHUTOFF',
            'shelved': 'SHELVED_OFFLOADED'}
    posts = c.log.action_posts(c.world.operator_user)
    for state, server_id in one.items():
        steps = STEPS[state]
        expect(ends.get(state, 'ACTIVE'), c.cloud.server(server_id)['status'], f'state of the guest that was {state}')
        demand_row(resource, server_id, state='Gone' if state == 'verify_resize_from' else 'Moved')
        expect(sorted(ACTIONS.get(a, a) for a in steps), sorted(asked_by_operator(c, server_id)), f'actions of {state}')
        expect(len(steps), posts.get(server_id, 0), f"POSTs in nova-api's log for {state}")
    c.kube.delete(name, wait=60)
    c.prove_enabled()


def asked_by_operator(c, server_id):
    """The names of the instance's actions that the operator has asked for."""
    return [x['action'] for x in c.cloud.actions(server_id) if x['user_id'] == c.world.operator_user]


@pytest.mark.lab
def test_killed_at_a_stop(c):
    """SIGKILL right after the stop that a live migration falls back to, and after the start on delete: the guest is
    stopped once and started once.
    """
    made, name = c.boot(('active', 1, {'lab_lm_fail': 1})), c.name()
    guest = made['active'][0]
    killer = Killer(c, c.proxy(), spared=[(guest, 'os-migrateLive')])
    c.kube.create(name, c.host, scope='Running', strategies={'fallback': 'Stop'}, maxAttempts=1)
    killer.until('it is Ready', lambda: condition(c.kube.get(name), 'Ready')['status'] == 'True', 300)
    expect('NothingRuns', condition(c.kube.get(name), 'Ready')['reason'], 'reason of Ready')
    demand_row(c.kube.get(name), guest, state='Skipped', reason='StoppedByOperator', strategy='fallback=Stop')
    expect('SHUTOFF', c.cloud.server(guest)['status'], 'the guest whose live migrations failed')
    c.kube.delete(name)
    killer.until('the resource is gone', lambda: c.kube.get(name) is None, 180)
    c.prove_enabled()
    expect('ACTIVE', c.cloud.server(guest)['status'], 'the guest after the delete')
    expect(['live-migration', 'start', 'stop'], sorted(asked_by_operator(c, guest)), 'actions by the operator')
    expect(['os-start', 'os-stop'], sorted(a for _, a in killer.met), 'kills')


@pytest.mark.lab
def test_owner_takes_over(c):
    """The owner acts on a guest in the middle of its way: the way ends there, and the guest stays as its owner wants it.
    """
    made, name, proxy = c.boot(('suspended', 1)), c.name(), c.proxy()
    guest = made['suspended'][0]

    def unpause(_):
        c.cloud.rest([guest], 'paused')
        c.cloud.act(guest, {'unpause': None})
        c.cloud.rest([guest], 'active')
    proxy.add(match=moves('pause'), after=unpause)
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host, strategies=BOLD)
    c.phase(name, 'Blocked')
    demand_row(c.kube.get(name), guest, state='Failed', reason='TakenOverByOwner')
    c.kube.delete(name, wait=60)
    c.prove_enabled()
    c.prove_here({guest: ('ACTIVE', 1, False, None)})
    expect(['pause', 'resume'], sorted(asked_by_operator(c, guest)), 'actions by the operator')


LEFT = {'active': 'Skip', 'paused': 'Skip', 'stopped': 'Skip', 'suspended': 'Skip', 'rescued': 'Skip', 'shelved': 'Skip',
        'softDeleted': 'Skip', 'error': 'Skip', 'unconfirmedResize': 'Skip'}


@pytest.mark.lab
def test_skip_in_every_state(c):
    """Skip for each state: every guest stays as it was, Ready is True and Drained is False."""
    made = c.boot(('active', 1), ('locked', 1), ('paused', 1), ('paused_moved', 1), ('stopped', 2), ('suspended', 1),
                  ('error', 1), ('error_off', 1), ('rescued', 1), ('shelved', 1), ('verify_resize', 1),
                  ('verify_resize_from', 1))
    c.labs.soft_delete(made['stopped'][1:])
    elsewhere = made.pop('verify_resize_from')
    guests, away, name = c.guests(values(made)), c.guests(elsewhere), c.name()
    c.run_operator()
    c.kube.create(name, c.host, strategies=LEFT)
    resource = c.when(name, 'is Ready', lambda r: condition(r, 'Ready')['status'] == 'True')
    expect('InstancesSkipped', condition(resource, 'Ready')['reason'], 'reason of Ready')
    expect('False', condition(resource, 'Drained')['status'], 'Drained while instances are here')
    resource = c.prove_counters(name)
    for server_id in [*guests, *elsewhere]:
        demand_row(resource, server_id, state='Skipped', reason='SkippedBySpec')
        expect([], asked_by_operator(c, server_id), f'actions of {server_id} by the operator')
    c.prove_here(guests)
    c.prove_here(away, source=c.cloud.server(elsewhere[0])['OS-EXT-SRV-ATTR:host'])
    c.prove_disabled(name)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.lab
def test_word_by_word(c):
    """An instance that the spec excludes, locked guests, metadata that names a strategy, a soft-deleted instance, and the
    confirmation of migrations alone.
    """
    made = c.boot(('locked', 1), ('verify_resize', 1), ('verify_resize_from', 1), ('resized_from', 1), ('shelved', 1))
    excluded, = c.boot(('active', 1))['active']
    stays, = c.boot(('active', 1, {'host_maintenance': 'Skip'}))['active']
    told, = c.boot(('suspended', 1, {'host_maintenance': 'ResumeLiveSuspend'}))['suspended']
    unknown, = c.boot(('paused', 1, {'host_maintenance': 'Nonsense'}))['paused']
    soft, = c.boot(('stopped', 1))['stopped']
    c.labs.soft_delete([soft])
    left, paused, name = c.guests([excluded, stays, *made['locked']]), c.guests([unknown]), c.name()
    c.run_operator()
    strategies = {'locked': 'Skip', 'unconfirmedResize': 'ConfirmMigration', 'shelved': 'Offload'}
    c.kube.create(name, c.host, strategies=strategies, excludedInstances=[excluded], instanceMetadata='Respect')
    c.phase(name, 'Blocked', seconds=300)
    resource = c.prove_counters(name)
    for server_id in left:
        demand_row(resource, server_id, state='Skipped', reason='SkippedBySpec')
    demand('metadata' in rows(resource)[stays]['strategy'], f"whose word: {rows(resource)[stays]['strategy']}")
    demand('Nonsense' in rows(resource)[unknown]['strategy'], f"whose word: {rows(resource)[unknown]['strategy']}")
    c.prove_here(left)
    c.prove_moved(paused)
    demand_row(resource, told, state='Moved')
    expect('SUSPENDED', c.cloud.server(told)['status'], 'the guest whose metadata names its strategy')
    demand(c.cloud.server(told)['OS-EXT-SRV-ATTR:host'] != c.host, 'the suspended guest is still here')
    demand_row(resource, made['shelved'][0], state='Moved')
    expect('SHELVED_OFFLOADED', c.cloud.server(made['shelved'][0])['status'], 'the shelved guest')
    demand_row(resource, made['verify_resize'][0], state='Moved')
    demand_row(resource, made['verify_resize_from'][0], state='Gone')
    demand_row(resource, made['resized_from'][0], state='Blocked', reason='UnconfirmedResize')
    expect('VERIFY_RESIZE', c.cloud.server(made['resized_from'][0])['status'], 'the resize, which its owner may revert')
    demand_row(resource, soft, state='Blocked', reason='UnsupportedState')
    demand('restore' in rows(resource)[soft]['message'], f"the way out: {rows(resource)[soft]['message']}")

    c.kube.patch(name, {'spec': {'strategies': {'softDeleted': 'Delete', 'unconfirmedResize': 'ConfirmAll'}}})
    resource = c.when(name, 'is Ready', lambda r: condition(r, 'Ready')['status'] == 'True')
    expect('InstancesSkipped', condition(resource, 'Ready')['reason'], 'reason of Ready')
    demand_row(resource, soft, state='Gone')
    demand(soft not in {s['id'] for s in c.cloud.mine()}, 'the soft-deleted instance is there still')
    demand_row(resource, made['resized_from'][0], state='Gone')
    expect('ACTIVE', c.cloud.server(made['resized_from'][0])['status'], 'the resize after ConfirmAll')
    c.prove_here(left)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.lab
def test_fallbacks(c):
    """Live migrations that fail: fallback Cold moves the guest cold, Stop with scope Running stops it until the delete.
    """
    made = [c.boot(('active', 1, {fault: 1}))['active'][0] for fault in ('lab_lm_fail', 'lab_precheck_fail')]
    name = c.name('-cold')
    guests = c.guests(made)
    c.run_operator()
    c.kube.create(name, c.host, strategies={'fallback': 'Cold'}, maxAttempts=2)
    c.drained(name)
    c.prove_maintenance(name, guests)
    for server_id in made:
        demand_row(c.kube.get(name), server_id, strategy='fallback=Cold', action='ColdMigrate')
        expect(['confirmResize', 'live-migration', 'live-migration', 'migrate'],
               sorted(asked_by_operator(c, server_id)), 'actions by the operator')
    c.kube.delete(name, wait=60)
    c.prove_enabled()
    c.cloud.remove(c.cloud.mine())

    made = [c.boot(('active', 1, {fault: 1}))['active'][0] for fault in ('lab_lm_fail', 'lab_precheck_fail')]
    guests, moves, name = c.guests(made), c.guests(values(c.boot(('active', 1)))), c.name('-stop')
    c.kube.create(name, c.host, scope='Running', strategies={'fallback': 'Stop'}, maxAttempts=1)
    resource = c.when(name, 'is Ready', lambda r: condition(r, 'Ready')['status'] == 'True')
    expect('NothingRuns', condition(resource, 'Ready')['reason'], 'reason of Ready')
    c.prove_moved(moves)
    for server_id in made:
        demand_row(resource, server_id, state='Skipped', reason='StoppedByOperator', strategy='fallback=Stop')
        server = c.cloud.server(server_id)
        expect(('SHUTOFF', c.host), (server['status'], server['OS-EXT-SRV-ATTR:host']), 'status and host of a stopped guest')
    c.kube.delete(name, wait=120)
    c.prove_enabled()
    c.prove_here(guests)


def test_cold_only(c):
    """liveMigrate: false: running guests are cold-migrated and confirmed, a paused guest is live-migrated."""
    made = c.boot(('active', 2), ('paused', 1), ('stopped', 1))
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    c.kube.create(name, c.host, liveMigrate=False, concurrency={'cold': 2})
    c.drained(name)
    resource = c.prove_maintenance(name, guests)
    for state, action in (('active', 'ColdMigrate'), ('stopped', 'ColdMigrate'), ('paused', 'LiveMigrate')):
        for server_id in made[state]:
            kind = 'migrate' if action == 'ColdMigrate' else 'live-migration'
            actions = [x['action'] for x in c.cloud.actions(server_id)]
            demand(kind in actions, f'a guest that was {state}: no {kind} in {actions}')
            expect(kind == 'migrate', 'confirmResize' in actions, f'confirmResize of one that was {state}')
            demand_row(resource, server_id, action=action)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


def test_target_host(c):
    """targetHost is good, unknown, disabled, the host itself, or becomes disabled during the drain."""
    target = c.other
    c.run_operator()
    sentence = c.kube.refused(c.name('-same'), c.host, targetHost=c.host)
    demand(sentence and 'targetHost' in sentence, f'the host as its own target: {sentence}')

    made = c.boot(('active', 2), ('stopped', 1))
    guests = c.guests(values(made))
    name = c.name('-unknown')
    c.kube.create(name, c.host, targetHost='hm-e2e-nonesuch')
    resource = c.stalled(name, 'TargetHostInvalid')
    demand('hm-e2e-nonesuch' in condition(resource, 'Stalled')['message'], f'the host is not named: {summary(resource)}')
    c.prove_enabled()
    c.kube.delete(name, wait=60)

    name = c.name('-disabled')
    c.cloud.disable(target, 'hm-e2e: not for use')
    c.kube.create(name, c.host, targetHost=target)
    c.stalled(name, 'TargetHostInvalid')
    c.prove_enabled()
    c.prove_here(guests)
    c.cloud.enable(target)
    c.drained(name)  # by itself, now that the target is good
    c.prove_maintenance(name, guests, to=target)
    c.kube.delete(name, wait=60)
    c.prove_enabled()
    c.cloud.remove(c.cloud.mine())

    made = c.boot(('active', 5), lab_lm_seconds=2)
    guests, name = c.guests(values(made)), c.name('-bad')
    c.kube.create(name, c.host, targetHost=target, concurrency={'live': 1}, maxAttempts=10)
    c.when(name, 'has moved one', lambda r: r['status'].get('moved', 0) >= 1)
    c.cloud.disable(target, 'hm-e2e: gone bad')
    resource = c.stalled(name, 'TargetHostInvalid')
    demand(resource['status']['moved'] < 5, 'all were moved before the target went bad: the scenario is too slow')
    c.prove_disabled(name)
    c.cloud.enable(target)
    c.drained(name)
    c.prove_maintenance(name, guests, to=target)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
@pytest.mark.lab
def test_failing_moves(c):
    """Moves fail: attempts are bounded, the row gives the true reason, other guests move, and two ways start new
    attempts.
    """
    made = c.boot(('active', 2))
    bad = {'transfer': c.boot(('active', 1), lab_lm_fail=1)['active'][0],
           'precheck': c.boot(('active', 1), lab_precheck_fail=1)['active'][0],
           'cold': c.boot(('stopped', 1), lab_cold_fail=1)['stopped'][0]}
    good, fallen, name = c.guests(values(made)), c.guests([bad['transfer'], bad['precheck']]), c.name()
    c.run_operator()
    c.kube.create(name, c.host, maxAttempts=2)
    c.phase(name, 'Blocked', seconds=300)
    resource = c.prove_counters(name)
    demand_row(resource, bad['transfer'], state='Failed', reason='FailedDuringTransfer', attempts=2)
    demand_row(resource, bad['precheck'], state='Failed', reason='PreCheckFailed', attempts=2)
    demand('lab_precheck_fail' in rows(resource)[bad['precheck']]['message'], "Nova's own text is not in the message")
    demand_row(resource, bad['cold'], state='Failed', attempts=1)
    expect('ERROR', c.cloud.server(bad['cold'])['status'], 'the guest whose cold migration broke')
    c.prove_moved(good)
    c.prove_here(fallen)
    c.prove_asked(name, [*good, *fallen])
    c.prove_asked(name, [bad['cold']], 'migrate')
    demand(c.kube.kstatus(name) in (None, 'Failed'), f'kstatus calls it {c.kube.kstatus(name)}')

    c.cloud.drop_metadata(bad['transfer'], 'lab_lm_fail')
    c.kube.patch(name, {'spec': {'maxAttempts': 3}})  # the first way
    c.when(name, 'has moved the repaired one and failed the other again', lambda r: (
        rows(r)[bad['transfer']]['state'], rows(r)[bad['precheck']]['state'],
        rows(r)[bad['precheck']]['attempts']) == ('Moved', 'Failed', 3))
    c.cloud.drop_metadata(bad['precheck'], 'lab_precheck_fail')
    c.cloud.remove([c.cloud.server(bad['cold'])])
    c.kube.annotate(name, retry='1')  # the second
    c.drained(name)
    c.prove_maintenance(name, {**good, **fallen})
    demand_row(c.kube.get(name), bad['cold'], state='Gone')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.lab
def test_bad_credentials(c):
    """The operator has a wrong password, then no rights: it changes nothing and gives the reason."""
    _wrong_password(c)
    _no_rights(c)


def _wrong_password(c):
    made, name = c.boot(('active', 1)), c.name('-password')
    guests = c.guests(values(made))
    secret = 'hm-e2e-wrong-password'
    clouds = c.clouds_file(auth={'password': secret})
    operator = c.operator(clouds=clouds).start()
    c.kube.create(name, c.host)
    resource = c.stalled(name, 'Unauthorized')
    demand(condition(resource, 'Drained')['status'] != 'True', f'drained without a login: {summary(resource)}')
    c.prove_enabled()
    c.prove_here(guests)
    c.write_clouds(clouds)  # read again at each login: no restart is needed
    c.drained(name)
    c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=60)
    operator.stop()
    c.prove_quiet(operator.log.read_text() + str(resource), secret, c.world.operator_entry['auth']['password'])
    c.world.sweep()


def _no_rights(c):
    made, name = c.boot(('active', 1)), c.name('-rights')
    guests = c.guests(values(made))
    with c.operator(clouds=c.clouds_file(auth=c.world.member_entry['auth'])):
        c.kube.create(name, c.host)
        resource = c.stalled(name, 'Forbidden')
        expect('Failed', resource['status']['phase'], 'phase of a resource without rights')
        c.prove_enabled()
        c.prove_here(guests)
        c.kube.delete(name, wait=60)  # nothing was taken: nothing is needed to let go
    c.world.sweep()


def test_foreign_disable(c):
    """Someone else disabled the host: it stays so; someone else enables it: disabled again three times, then Blocked.
    """
    made, name = c.boot(('active', 1)), c.name('-foreign')
    guests = c.guests(values(made))
    c.cloud.disable(c.host, 'hm-e2e: the disk is broken')
    c.run_operator()
    with ServiceLog(c.cloud, c.host) as service:
        c.kube.create(name, c.host, reason='not ours')
        c.drained(name)
        resource = c.prove_maintenance(name, guests, foreign=True)
        expect(False, resource['status']['service']['disabledByUs'], 'disabledByUs')
        c.kube.delete(name, wait=60)
    expect([('disabled', 'hm-e2e: the disk is broken')], [tuple(x[1:]) for x in service.seen], 'life of the service')
    if c.log:
        expect([], c.log.requests(c.world.operator_user, 'PUT', '/os-services/'), 'PUTs of the operator')
    c.cloud.enable(c.host)

    name = c.name('-reenabled')
    c.kube.create(name, c.host, reason='ours')
    c.phase(name, 'InMaintenance')
    for turn in range(1, 4):
        c.cloud.enable(c.host)
        until(f'disabled again ({turn})', lambda: c.cloud.service(c.host)['status'] == 'disabled', 30)
        c.prove_disabled(name)
    until('an event reports it', lambda: any('ServiceReenabled' in x['reason'] for x in c.kube.events(name)), 20)
    c.cloud.enable(c.host)
    c.stalled(name, 'ServiceReenabled')
    expect('enabled', c.cloud.service(c.host)['status'], 'service after more than three times')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
@pytest.mark.lab
def test_killed_operator(c):
    """SIGKILL at random times and exactly at requests: the operator requests no move twice."""
    made = c.boot(('active', 12), lab_lm_seconds=2)
    guests, name, proxy = c.guests(values(made)), c.name('-live'), c.proxy()
    operator = c.operator(proxy=proxy).start().ready()
    killed, seed = [], random.randrange(10**6)

    def kill(seen):
        operator.kill()
        killed.append(seen)

    def kill_at(action, **how):
        """Arms a kill and waits until a request has met it; gives the server of the request."""
        known, fault = len(killed), proxy.add(match=moves(action), reply=False, **how)
        until(f'a {action} meets its kill', lambda: fault.times == 0 and len(killed) > known and operator.dead(), 180)
        return killed[-1].server

    try:
        # Between a request and its answer: the next process has to find out. One move at a time, so that no kill leaves
        # a second intent behind.
        c.kube.create(name, c.host, concurrency={'live': 1})
        kill_at('os-migrateLive', after=kill)
        operator.start().ready()
        # At any moment.
        chance = random.Random(seed)
        for _ in range(6):
            if c.kube.get(name)['status'].get('remaining', 12) <= 4:
                break
            end = time.monotonic() + chance.uniform(0, 4)
            until('the moment', lambda: time.monotonic() > end, 10, every=0.05)
            operator.kill()
            operator.start().ready()
        # Between the intent and the request: the intent stands, Nova never hears of it. The next process must wait as
        # long as the request could be under way, then it asks, and that is the same attempt.
        unsent = kill_at('os-migrateLive', before=kill, forward=False)
        demand_row(c.kube.get(name), unsent, state='Requested', attempts=1)
        expect(0, c.log.action_posts(c.world.operator_user).get(unsent, 0), 'POSTs of the request that never went out')
        operator.start().ready()
        c.kube.patch(name, {'spec': {'concurrency': {'live': 4}}})
        c.drained(name, 600)
        c.prove_maintenance(name, guests)
        c.prove_asked(name, made['active'])
        for seen in killed:
            expect(1, rows(c.kube.get(name))[seen.server]['attempts'], 'attempts of one whose request met a kill')
        c.kube.delete(name, wait=60)
        c.cloud.remove(c.cloud.mine())

        made = c.boot(('stopped', 1))
        guests, name, cold = c.guests(values(made)), c.name('-cold'), made['stopped'][0]
        c.kube.create(name, c.host)
        for action in ('migrate', 'confirmResize'):
            expect(cold, kill_at(action, after=kill), f'server of the {action}')
            operator.start().ready()
        c.drained(name)
        c.prove_maintenance(name, guests)
        c.prove_asked(name, [cold], 'migrate')
        expect(1, [x['action'] for x in c.cloud.actions(cold)].count('confirmResize'), 'confirms')
        expect(1, rows(c.kube.get(name))[cold]['attempts'], 'attempts of the cold move')
        c.kube.delete(name, wait=60)
        c.prove_enabled()
    except Failure as failure:
        raise Failure(f'{failure} (seed {seed})') from None


def test_late_arrivals(c):
    """Instances arrive after the disable: one by a tenant's revert, one when the host was already empty."""
    made, name = c.boot(('active', 1), ('verify_resize_from', 1)), c.name()
    revert, guests = made['verify_resize_from'][0], c.guests(made['active'])
    c.run_operator()
    c.kube.create(name, c.host)
    resource = c.phase(name, 'Blocked')
    demand_row(resource, revert, state='Blocked', reason='UnconfirmedResize')
    c.cloud.act(revert, {'revertResize': None})
    c.drained(name)
    server = c.cloud.server(revert)
    demand('revertResize' in [x['action'] for x in c.cloud.actions(revert)], 'the revert did not happen')
    guests[revert] = 'ACTIVE', 1, False, None
    c.prove_maintenance(name, guests)
    demand(server['OS-EXT-SRV-ATTR:host'] != c.host, 'the reverted one is here')

    with c.watch(name) as watch:
        # Up to 2.67 an administrator can force a move to a disabled host.
        c.cloud.act(revert, {'os-migrateLive': {'host': c.host, 'block_migration': 'auto', 'force': True}}, '2.67')
        c.when(name, 'sees the arrival', lambda r: condition(r, 'Drained')['status'] == 'False')
        c.drained(name)
        c.prove_maintenance(name, guests)
        demand(any(s.get('phase') != 'InMaintenance' for _, s in watch.statuses()), 'no other phase was seen')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
def test_watch_of_a_verified_host(c):
    """A host that is verified empty costs two calls each idle poll; an instance that comes to it is found soon."""
    guest, name, proxy = c.boot(('active', 1))['active'][0], c.name(), c.cloud_proxy()
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.drained(name)
    since = len(proxy.seen)
    candidates = calls('GET', r'/allocation_candidates\?.*COMPUTE_STATUS_DISABLED', 'placement')
    until('the watch has made five rounds', lambda: proxy.count(candidates, since) >= 5, 60)
    own = [f'{s.method} {s.path}' for s in proxy.seen[since:]
           if not candidates(s) and not calls('GET', '/os-services')(s) and s.kind != 'identity']
    expect([], own, 'calls for the host itself while the watch sees it')
    # Up to 2.67 an administrator can force a move to a disabled host.
    c.cloud.act(guest, {'os-migrateLive': {'host': c.host, 'block_migration': 'auto', 'force': True}}, '2.67')
    c.when(name, 'sees the arrival', lambda r: condition(r, 'Drained')['status'] == 'False')
    c.drained(name)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
def test_two_for_one_host(c):
    """Two resources name one host: the older works and the newer waits, then the newer takes the host."""
    made, older, newer = c.boot(('active', 4), lab_lm_seconds=2), c.name('-older'), c.name('-newer')
    guests = c.guests(values(made))
    c.run_operator()
    c.kube.create(older, c.host, reason='first')
    c.when(older, 'is draining', lambda r: r.get('status', {}).get('phase') == 'Draining')
    # creationTimestamp is in whole seconds; the name decides within one, and newer sorts first
    born = c.kube.get(older)['metadata']['creationTimestamp']
    until('the next second', lambda: time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 1)) > born, 5)
    c.kube.create(newer, c.host, reason='second')
    resource = c.stalled(newer, 'Conflict')
    demand(older in condition(resource, 'Stalled')['message'], f'the other is not named: {summary(resource)}')
    c.when(older, 'has moved one', lambda r: r['status'].get('moved', 0) >= 1)
    c.prove_disabled(older)
    c.kube.delete(older, wait=90)
    c.drained(newer)
    c.prove_empty()
    c.prove_moved(guests)
    c.prove_counters(newer)
    c.prove_disabled(newer)
    c.kube.delete(newer, wait=60)
    c.prove_enabled()


@pytest.mark.ci
@pytest.mark.lab
def test_deleted_mid_drain(c):
    """A delete during the drain: queued moves are aborted, running moves finish or are aborted, the host is enabled
    again.
    """
    for on_delete in ('Finish', 'Abort'):
        # Long enough to meet, however slow the machine.
        made = c.boot(('active', 4, {'lab_lm_seconds': 25}), ('stopped', 1, {'lab_cold_seconds': 20}))
        guests, name = c.guests(values(made)), c.name(f'-{on_delete.lower()}')
        with c.operator():
            c.kube.create(name, c.host, onDelete=on_delete, concurrency={'live': 4})

            def running_moves():
                return {m['instance_uuid']: m['status'] for m in c.cloud.migrations(f'source_compute={c.host}')
                        if m['status'] in ('queued', 'preparing', 'running', 'migrating', 'pre-migrating')}
            until('one live move runs, three are queued, a cold one runs', lambda: sorted(running_moves().values()) == [
                'migrating', 'queued', 'queued', 'queued', 'running'], 60)
            now = running_moves()
            running = next(i for i, s in now.items() if s == 'running')
            aborted = {i: 'cancelled' for i, s in now.items() if s == 'queued'}
            c.kube.delete(name)
            until('the service is given back at once', lambda: c.cloud.service(c.host)['status'] == 'enabled', 10)
            demand(c.kube.get(name) is not None, 'the resource was gone before its moves had ended')
            expect('Exiting', c.phase(name, 'Exiting')['status']['phase'], 'phase')
            until(f'{name} is gone', lambda: c.kube.get(name) is None, 120)
            c.prove_enabled()
            states = {m['instance_uuid']: m['status'] for m in c.cloud.migrations(f'source_compute={c.host}')
                      if m['instance_uuid'] in guests}
            cold = made['stopped'][0]
            ended = 'completed' if on_delete == 'Finish' else 'cancelled'
            expect({running: ended, **aborted, cold: 'confirmed'}, states, 'migrations after the delete')
            moved = {cold} | ({running} if on_delete == 'Finish' else set())
            c.prove_moved({i: s for i, s in guests.items() if i in moved})
            c.prove_here({i: s for i, s in guests.items() if i not in moved})
        c.world.sweep()


@pytest.mark.lab
def test_forty_instances(c):
    """The operator drains a host with 40 instances and keeps to the concurrency of the spec."""
    made = c.boot(('active', 36), ('stopped', 4), lab_lm_seconds=0, lab_cold_seconds=0)
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    with c.watch(name) as watch:
        c.kube.create(name, c.host, concurrency={'live': 2, 'cold': 1})
        c.drained(name, 900)
        c.prove_maintenance(name, guests)
        c.prove_asked(name, made['active'])
        c.prove_asked(name, made['stopped'], 'migrate')
        for _, status in watch.statuses():
            flying = [r['action'] for r in status.get('instances', []) if r['state'] in ('Requested', 'InProgress')]
            demand(flying.count('LiveMigrate') <= 2 and flying.count('ColdMigrate') <= 1,
                   f'more in flight than the spec allows: {flying}')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.ci
@pytest.mark.lab
def test_switched_off(c):
    """nova-compute of a drained host stops: the host stays in maintenance, and a delete enables it again."""
    made, name = c.boot(('active', 2)), c.name()
    guests = c.guests(values(made))
    c.run_operator()
    c.kube.create(name, c.host, reason='power off')
    c.drained(name)
    c.stop(c.host)
    with c.watch(name) as watch:
        until(f'{c.host} is down', lambda: c.cloud.service(c.host)['state'] == 'down', 100)
        before = len(c.log.requests(c.world.operator_user, 'GET', '/os-services'))
        until('the watch has listed the services three times more',
              lambda: len(c.log.requests(c.world.operator_user, 'GET', '/os-services')) >= before + 3, 60)
        for _, status in watch.statuses():
            expect('InMaintenance', status.get('phase'), 'phase while the host was off')
    c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=120)
    c.prove_enabled()
    c.start(c.host)
    until(f'{c.host} is up', lambda: c.cloud.service(c.host)['state'] == 'up', 60)
    fresh = c.boot(('active', 1))  # the host takes instances again
    c.prove_here(c.guests(values(fresh)))


def test_two_hosts(c):
    """The operator drains two hosts at once."""
    pairs = [(c.host, c.name('-1')), (c.other, c.name('-2'))]
    spare = c.hosts[2] if len(c.hosts) > 2 else None
    demand(spare, 'two hosts can only be drained where there is a third: --hosts A,B,C')
    guests = {host: c.guests(values(c.boot(('active', 4), ('paused', 1), ('stopped', 1), host=host)))
              for host, _ in pairs}
    c.run_operator()
    for host, name in pairs:
        c.kube.create(name, host, reason='both')
    for host, name in pairs:
        c.drained(name)
    for host, name in pairs:
        c.prove_maintenance(name, guests[host], host)
    for host, name in pairs:
        c.kube.delete(name, wait=60)
        c.prove_enabled(host)


@pytest.mark.lab
def test_two_clouds(c):
    """Two clouds: one of the clouds.yaml and one of a Secret, which comes late, with a wrong password first; two names of
    one cloud do not take a host twice.
    """
    demand(len(c.hosts) > 2, 'two hosts can only be drained where there is a third: --hosts A,B,C')
    first, second, again = c.name('-first'), c.name('-second'), c.name('-again')
    guests = {host: c.guests(values(c.boot(('active', 2), host=host))) for host in (c.host, c.other)}
    keystone, password = Keystone(c.cloud.session), secrets.token_urlsafe(24)
    keystone.user(c.name('-user'), password, 'admin')
    c.undo(keystone.forget, c.name('-user'))
    auth = {'username': c.name('-user'), 'project_name': c.name('-user')}

    def secret(word):
        entry = {**c.world.operator_entry, 'auth': {**c.world.operator_entry['auth'], **auth, 'password': word}}
        c.kube.apply({'apiVersion': 'v1', 'kind': 'Secret', 'stringData': {'clouds.yaml': clouds_yaml('any', entry)},
                      'metadata': {'name': c.name(), 'namespace': NAMESPACE, 'labels': {f'{GROUP}/cloud': 'second'}}})
    c.undo(c.kube.kubectl, 'delete', 'secret', '-n', NAMESPACE, c.name(), '--ignore-not-found')
    operator = c.run_operator(settings={**FAST, 'HM_NAMESPACE': NAMESPACE})
    c.kube.create(first, c.host, reason='the cloud of the file')
    c.kube.create(second, c.other, reason='the cloud of the Secret', cloud='second')
    resource = c.stalled(second, 'CloudConfiguration')
    demand(f'{GROUP}/cloud: second' in condition(resource, 'Stalled')['message'], f'no way out: {summary(resource)}')
    secret('wrong')
    c.stalled(second, 'Unauthorized')
    c.prove_enabled(c.other)
    secret(password)
    for name, host in ((first, c.host), (second, c.other)):
        c.drained(name)
        c.prove_maintenance(name, guests[host], host)
    c.kube.create(again, c.host, reason='another name of the cloud', cloud='second')
    resource = c.stalled(again, 'Conflict')
    demand(first in condition(resource, 'Stalled')['message'], f'the holder is not named: {summary(resource)}')
    for name, host in ((again, None), (second, c.other), (first, c.host)):
        c.kube.delete(name, wait=60)
        if host:
            c.prove_enabled(host)
    c.prove_quiet(operator.log.read_text(), password)


@pytest.mark.ci
@pytest.mark.lab
def test_contract(c):
    """The cloud simulator of the tests gives the same answers as this Nova, step by step."""
    done = subprocess.run(['mvn', '-q', '-B', '-Dstyle.color=never', 'test', '-Dtest=LiveContractTest',
                           f'-Dcontract.clouds={c.labs.clouds()}', '-Dcontract.alone=true'],
                          cwd=ROOT, capture_output=True, text=True)
    (c.directory / 'maven.txt').write_text(done.stdout + done.stderr)
    lines = done.stdout.splitlines()
    said = dict.fromkeys(line for line in lines if ' | ' in line) or lines[:20]
    demand(done.returncode == 0, 'LiveContractTest: ' + '\n     '.join(said))
