"""The plan is shown first, and the true blocker is named."""

import re
import shlex
import subprocess

from .cloud import PREFIX, values
from .field import finished
from .kube import condition, demand_row, rows, summary
from .suites import SCENARIOS as SUITE
from .waiting import Failure, demand, expect, until

scenario = SUITE.scenario


def _plan(c, name, **spec):
    """Applies a plan and gives the resource once it tells whether it is feasible."""
    c.kube.create(name, c.host, mode='Plan', **spec)
    return _planned(c, name)


def _planned(c, name):
    return c.when(name, 'Planned True or False', lambda r: condition(r, 'Planned')['status'] in ('True', 'False'))


def _untouched(c, name, guests):
    """Nothing was touched: the service is enabled, the guests are as they were, the operator asked for nothing."""
    c.prove_enabled()
    c.prove_here(guests)
    expect([], [a['action'] for i in guests for a in c.cloud.actions(i) if a['user_id'] == c.world.operator_user],
           "the operator's actions")
    demand('finalizers' not in c.kube.get(name)['metadata'], f'{name} has a finalizer')


@scenario('a plan touches nothing, and what was planned is what happens', ci=True)
def plan_then_drain(c):
    made = c.boot(('active', 2), ('locked', 1), ('paused', 1), ('stopped', 1), ('suspended', 1))
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    resource = _plan(c, name, strategies={'suspended': 'ResumeLiveSuspend'})
    expect(('Planned', 'True', 'Feasible'),
           (resource['status']['phase'], *(condition(resource, 'Planned')[k] for k in ('status', 'reason'))),
           f"the plan, '{condition(resource, 'Planned')['message']}'")
    expect('Fits', resource['status']['plan']['capacity'], 'capacity')
    expect([{'action': 'ColdMigrate', 'count': 1}, {'action': 'LiveMigrate', 'count': 4},
            {'action': 'ResumeLiveSuspend', 'count': 1}], resource['status']['plan']['actions'], 'actions')
    planned = rows(resource)
    for server, row in planned.items():
        expect(len(c.hosts) - 1, row['plan']['candidateCount'], f"candidates of {row['name']}")
        demand(c.host not in row['plan']['candidateHosts'], f"{row['name']} could stay: {row['plan']}")
    expect(['Resume', 'Pause', 'LiveMigrate', 'Unpause', 'Suspend'], planned[made['suspended'][0]]['plan']['steps'],
           'steps of the suspended guest')
    demand(c.kube.kstatus(name) in (None, 'Current'), f'kstatus calls {name} {c.kube.kstatus(name)}')
    demand(condition(resource, 'Ready')['status'] is None, 'a plan has Ready')
    version = resource['metadata']['resourceVersion']
    again = c.operators[0].observed(name) if hasattr(c.operators[0], 'observed') else None
    demand(again is None or version == c.kube.get(name)['metadata']['resourceVersion'], 'the same plan was written again')
    _untouched(c, name, guests)

    c.kube.patch(name, {'spec': {'mode': 'Drain'}})
    c.drained(name, 400)
    c.prove_empty()
    c.prove_disabled(name)
    c.prove_moved(guests)
    resource = c.prove_counters(name)
    for server, row in planned.items():
        demand_row(resource, server, state='Moved', action=row['action'])
        demand('plan' not in rows(resource)[server], f"{row['name']} still has a plan")
    try:
        c.kube.patch(name, {'spec': {'mode': 'Plan'}})
        raise Failure('Plan after Drain was taken')
    except Failure as refusal:
        demand('mode cannot go back from Drain to Plan' in str(refusal), f'refused with: {refusal}')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@scenario('a plan can be deleted at once, and stands beside the drain of another resource')
def plan_holds_nothing(c):
    made, name = c.boot(('active', 1)), c.name('-plan')
    guests = c.guests(values(made))
    c.run_operator()
    _plan(c, name)
    c.kube.create(c.name('-drain'), c.host)
    c.drained(c.name('-drain'))
    c.prove_moved(guests)
    expect('Feasible', condition(_planned(c, name), 'Planned')['reason'], 'the plan of an empty host')
    c.kube.delete(name, wait=10)
    c.kube.delete(c.name('-drain'), wait=60)
    c.prove_enabled()


def _zone(c):
    """An availability zone of the drained host alone."""
    zone = PREFIX + 'zone'
    aggregate = c.cloud.nova('POST', '/os-aggregates', {'aggregate': {
        'name': zone, 'availability_zone': zone}})['aggregate']['id']
    c.cloud.nova('POST', f'/os-aggregates/{aggregate}/action', {'add_host': {'host': c.host}})

    def drop():
        c.cloud.remove(c.cloud.mine())
        c.cloud.nova('POST', f'/os-aggregates/{aggregate}/action', {'remove_host': {'host': c.host}})
        c.cloud.nova('DELETE', f'/os-aggregates/{aggregate}')
    c.undo(drop)
    return zone


def _command(c, message):
    """The command of a row's message, run as printed."""
    found = re.search(r'\((openstack [^)]*)\)', message)
    demand(found, f"no command in '{message}'")
    client = c.labs.openstack()
    result = subprocess.run([client, *shlex.split(found.group(1))[1:]], env=c.labs.openstack_env(), capture_output=True,
                            text=True, timeout=120)
    demand(result.returncode == 0, f'{found.group(1)}: {result.stderr.strip()[:400]}')


@scenario('a zone, a group, a hint and a flavor that leave no host: each is named, in the plan and in the drain, and '
          'each remedy works', lab=True)
def true_blockers(c):
    boot = lambda cloud, host=None: values(cloud.boot(host or c.host, c.other, [('active', 1, {'lab_lm_seconds': '0.5'})]))[0]
    group = c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    member = c.cloud.with_group(group)
    others = [h for h in c.hosts if h != c.host]
    anti, *members = [boot(member, host) for host in (c.host, *others)]
    named = [boot(c.cloud, host) for host in others]
    hinted = boot(c.cloud.with_hints(different_host=named))
    large = boot(c.cloud.with_flavor(PREFIX + 'trait', 64, extra={'trait:CUSTOM_E2E': 'required'}, trait=(c.host, 'CUSTOM_E2E')))
    zone = _zone(c)
    pinned = boot(c.cloud.with_group(None, zone))
    guests, name = c.guests([anti, hinted, large, pinned]), c.name()
    reasons = {pinned: 'ZonePinned', anti: 'AntiAffinityGroup', hinted: 'SchedulerHint', large: 'NoCapacity'}
    c.run_operator()
    resource = _plan(c, name)
    expect('NeedsAction', condition(resource, 'Planned')['reason'], 'reason of the plan')
    for server, reason in reasons.items():
        demand_row(resource, server, state='Blocked', reason=reason)
    demand(zone in rows(resource)[pinned]['message'], 'the zone is not named')
    demand(group in rows(resource)[anti]['message'], 'the group is not named')
    _untouched(c, name, guests)

    c.kube.patch(name, {'spec': {'mode': 'Drain', 'maxAttempts': 1}})
    resource = c.stalled(name, 'InstancesBlocked', 300)
    demand_row(resource, pinned, state='Blocked', reason='ZonePinned')
    demand_row(resource, anti, state='Failed', reason='AntiAffinityGroup')
    demand_row(resource, large, state='Failed', reason='NoCapacity')
    # The lab's filters do not read the hint: there the guest moves.
    _command(c, rows(resource)[pinned]['message'])
    c.cloud.remove([c.cloud.server(members[0])])
    c.cloud.drop_trait('CUSTOM_E2E', PREFIX + 'trait', others[0])
    c.kube.annotate(name, retry='1')
    c.drained(name, 300)
    c.prove_moved(guests)
    c.kube.delete(name, wait=60)
