"""The plan is shown first, and the true blocker is named."""

import re
import shlex

import pytest

from suite.cloud import PREFIX, values
from suite.kube import condition, demand_row, rows
from suite.waiting import demand, expect, pause, until

pytestmark = pytest.mark.short


def _plan(c, name, **spec):
    """Applies a plan and gives the resource once it tells whether it is feasible."""
    c.kube.create(name, c.host, mode='Plan', **spec)
    return c.when(name, 'Planned True or False', lambda r: condition(r, 'Planned')['status'] in ('True', 'False'))


def _untouched(c, name, guests):
    """Nothing was touched: the service is enabled, the guests are as they were, the operator asked for nothing."""
    c.prove_enabled()
    c.prove_here(guests)
    expect([], [a['action'] for i in guests for a in c.cloud.actions(i) if a['user_id'] == c.world.operator_user],
           "the operator's actions")
    demand('finalizers' not in c.kube.get(name)['metadata'], f'{name} has a finalizer')


@pytest.mark.ci
def test_plan_then_drain(c):
    """A plan touches nothing, and what was planned is what happens."""
    made = c.boot(('active', 2), ('locked', 1), ('paused', 1), ('stopped', 1), ('suspended', 1))
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    strategies = {'suspended': 'ResumeLiveSuspend'}
    resource = _plan(c, name, strategies=strategies)
    expect(('Planned', 'True', 'Feasible'),
           (resource['status']['phase'], *(condition(resource, 'Planned')[k] for k in ('status', 'reason'))),
           f"the plan, '{condition(resource, 'Planned')['message']}'")
    expect('Fits', resource['status']['plan']['capacity'], 'capacity')
    expect([{'action': 'ColdMigrate', 'count': 1}, {'action': 'LiveMigrate', 'count': 4},
            {'action': 'ResumeLiveSuspend', 'count': 1}], resource['status']['plan']['actions'], 'actions')
    planned = rows(resource)
    for row in planned.values():
        expect(len(c.hosts) - 1, row['plan']['candidateCount'], f"candidates of {row['name']}")
        demand(c.host not in row['plan']['candidateHosts'], f"{row['name']} could stay: {row['plan']}")
    expect(['Resume', 'Pause', 'LiveMigrate', 'Unpause', 'Suspend'], planned[made['suspended'][0]]['plan']['steps'],
           'steps of the suspended guest')
    demand(c.kube.kstatus(name) in (None, 'Current'), f'kstatus calls {name} {c.kube.kstatus(name)}')
    demand(condition(resource, 'Ready')['status'] is None, 'a plan has Ready')
    watch = c.watch(name)
    until('the watch has begun', lambda: watch.seen, 30)
    pause(7)  # two idle polls of the operator
    expect([resource['metadata']['resourceVersion']], [seen['metadata']['resourceVersion'] for _, seen in watch.seen],
           'versions of the same plan')
    _untouched(c, name, guests)

    c.kube.create(name, c.host, mode='Drain', strategies=strategies)
    c.drained(name, 400)
    c.prove_empty()
    c.prove_disabled(name)
    c.prove_moved(guests)
    resource = c.prove_counters(name)
    for server, row in planned.items():
        demand_row(resource, server, state='Moved', action=row['action'])
        demand('plan' not in rows(resource)[server], f"{row['name']} still has a plan")
    refused = c.kube.refused(name, c.host, mode='Plan', strategies=strategies)
    demand(refused and 'mode cannot go back from Drain to Plan' in refused, f'Plan after Drain: {refused}')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


def test_plan_holds_nothing(c):
    """A plan can be deleted at once, and stands beside the drain of another resource."""
    made, name = c.boot(('active', 1)), c.name('-plan')
    guests = c.guests(values(made))
    c.run_operator()
    _plan(c, name)
    c.kube.create(c.name('-drain'), c.host)
    c.drained(c.name('-drain'))
    c.prove_moved(guests)
    c.when(name, 'the plan of an empty host', lambda r: condition(r, 'Planned')['reason'] == 'Feasible'
           and not r['status']['plan'].get('actions'))
    c.kube.delete(name, wait=10)
    c.kube.delete(c.name('-drain'), wait=60)
    c.prove_enabled()


def _printed(message):
    """The arguments of the `openstack` command that a row's message has in brackets."""
    found = re.search(r'\(openstack ([^)]*)\)', message)
    demand(found, f"no command in '{message}'")
    return shlex.split(found.group(1))


@pytest.mark.lab
def test_true_blockers(c):
    """A zone, a group, a hint and a flavor that leave no host: each is named, in the plan and in the drain, and each
    remedy works.
    """
    others = [h for h in c.hosts if h != c.host]
    trait, group, zone = 'CUSTOM_E2E', c.cloud.group('anti-affinity'), c.zone()
    c.undo(c.cloud.drop_group, group)
    c.cloud.give_trait(trait, c.host)
    c.undo(c.cloud.give_trait, trait)

    def boot(cloud, host=c.host):
        return values(cloud.boot(host, c.other, [('active', 1, {'lab_lm_seconds': '0.5'})]))[0]
    member = c.cloud.with_group(group)
    in_group, *members = [boot(member, host) for host in (c.host, *others)]
    named = [boot(c.cloud, host) for host in others]
    hinted = boot(c.cloud.with_hints(different_host=named))
    special = boot(c.cloud.with_flavor(PREFIX + 'trait', 64, **{f'trait:{trait}': 'required'}))
    pinned = boot(c.cloud.with_zone(zone))
    guests, name = c.guests([in_group, hinted, special, pinned]), c.name()
    blockers = {pinned: ('ZonePinned', zone), in_group: ('AntiAffinityGroup', group),
                hinted: ('SchedulerHint', 'different_host'), special: ('NoCapacity', trait)}

    def each_named(resource, *untried):
        for server, (reason, named_as) in blockers.items():
            demand_row(resource, server, state='Blocked' if server in untried else 'Failed', reason=reason)
            message = rows(resource)[server]['message']
            demand(named_as in message, f"{reason} does not name {named_as}: '{message}'")
    c.run_operator()
    resource = _plan(c, name)
    expect('NeedsAction', condition(resource, 'Planned')['reason'], 'reason of the plan')
    each_named(resource, *blockers)
    _untouched(c, name, guests)

    c.kube.patch(name, {'spec': {'mode': 'Drain', 'maxAttempts': 1}})
    resource = c.stalled(name, 'InstancesBlocked', 300)
    each_named(resource, pinned)  # what cannot change before a move is certain before it, the rest is found out by it
    c.labs.openstack(*_printed(rows(resource)[pinned]['message']))
    c.cloud.remove([c.cloud.server(members[0]), c.cloud.server(named[0])])
    c.cloud.give_trait(trait, c.host, others[0])
    c.kube.annotate(name, retry='1')
    c.drained(name, 300)
    c.prove_moved(guests)
    c.kube.delete(name, wait=60)
    c.prove_enabled()
