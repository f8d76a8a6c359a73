"""The faults: parts of the operator, of Kubernetes and of Nova fail during a drain.

Each scenario ends with the same proof, `_proven`.
"""

import calendar
import contextlib
import dataclasses
import itertools
import random
import time

import pytest

from suite.cloud import Refused, values
from suite.kube import condition, demand_row, rows, summary
from suite.operator import FAST, Operator
from suite.proxy import ALWAYS, SILENCES, Fault, Proxy, calls, moves
from suite.waiting import Failure, demand, expect, pause, until
from suite.world import NAMESPACE

pytestmark = pytest.mark.faults

ELECTION = {**FAST, 'HM_LEADER_ELECTION': 'true', 'HM_NAMESPACE': NAMESPACE}


def _moved(c, name):
    return c.kube.get(name).get('status', {}).get('moved', 0)


def _remaining(c, name):
    """How many are to be moved yet; one at least, before the first observation."""
    return c.kube.get(name).get('status', {}).get('remaining', 1)


def _wait_until_one_moved(c, name):
    """Waits until the drain has moved one, so that what comes then meets it in the middle."""
    c.when(name, 'has moved one', lambda r: r.get('status', {}).get('moved', 0) >= 1)


@contextlib.contextmanager
def _seeded(c):
    """Random numbers; their seed is printed with the result and with a failure."""
    seed = random.randrange(10**6)
    c.figures.append(f'seed {seed}')
    yield random.Random(seed)


# what Nova itself leaves broken

def _age(*times):
    """Seconds since the latest of Nova's times."""
    return time.time() - max(calendar.timegm(time.strptime(t[:19], '%Y-%m-%dT%H:%M:%S')) for t in times)


def _abandoned(c, server, still):
    """Whether Nova has given up on a server and left it: in ERROR, or with a task that nobody works on any more."""
    if server['status'] == 'ERROR':
        return True
    confirming = server['status'] == 'VERIFY_RESIZE'
    if not confirming and server['OS-EXT-STS:task_state'] not in ('migrating', 'resize_prep', 'resize_migrating'):
        return False
    last = c.cloud.migrations(f"instance_uuid={server['id']}&limit=1")
    if confirming:  # nova-api writes the status and dies before it calls nova-compute
        return bool(last) and last[0]['status'] == 'confirming' and _age(last[0]['updated_at']) > 60
    # Nova writes the error before it ends the task; and its services wait for each other for a minute or two.
    return still > 180 or bool(last) and last[0]['status'] == 'error' and _age(last[0]['updated_at']) > 30


def _drained(c, name, seconds=600, meanwhile=lambda: None):
    """Waits until it is drained; repairs, as an administrator would, what Nova left in ERROR or with a task.

    A guest in ERROR is repaired only after its row has reported it.

    Gives, by the ids of those, what Nova had made of them and what the row said of it.
    """
    broken = {}

    def check():
        meanwhile()
        resource = c.kube.get(name)
        by_row = rows(resource)
        try:
            servers = c.cloud.mine()
            still = _age(*(s['updated'] for s in servers))  # a move that runs changes its instance all the time
            for server in servers:
                row = by_row.get(server['id'])
                if row is None or not _abandoned(c, server, still):
                    continue
                if server['status'] == 'ERROR' and not (row['state'] in ('Failed', 'Blocked') and row.get('message')):
                    continue  # the operator has not reported it yet
                broken[server['id']] = f"{server['status']} reported as {row['state']} {row.get('reason')}"
                c.cloud.act(server['id'], {'os-resetState': {'state': 'active'}})
        except Refused as refused:
            raise Failure(str(refused)) from None
        if condition(resource, 'Drained')['status'] != 'True':
            raise Failure(summary(resource))
        return True
    until(f'{name} drained', check, seconds, every=2)
    return broken


def _proven(c, name, guests, watch, broken=(), host=None):
    """Nothing was lost or requested twice, the status was always true, and a delete enables the host again."""
    host, by_row, broken = host or c.host, rows(c.kube.get(name)), dict(broken)
    for server_id in guests:
        server, row = c.cloud.server(server_id), by_row[server_id]
        if server['status'] == 'ERROR':
            # Nova calls a migration completed, and then deletes its allocation (manager.py, _post_live_migration)
            demand(row['state'] == 'Moved' and server.get('fault', {}).get('created', '') >= row['completionTime'],
                   f'Nova left it in ERROR, and its row does not say so: {row}')
            broken[server_id] = 'ERROR after its migration had completed'
            c.cloud.act(server_id, {'os-resetState': {'state': 'active'}})
    resource = c.prove_maintenance(name, {i: state for i, state in guests.items() if i not in broken}, host)
    for server_id in broken:
        demand(c.cloud.server(server_id)['OS-EXT-SRV-ATTR:host'] != host, f'{server_id}, which was repaired, is on {host}')
        demand(by_row[server_id]['state'] in ('Moved', 'Failed'), f'repaired, and its row says {by_row[server_id]}')
    accepted, refused = c.prove_once(resource)
    c.prove_true(watch, guests, host)
    attempts = sum(r.get('attempts', 0) for r in rows(resource).values())
    said = f'{len(guests)} guests, {attempts} attempts, {accepted} POSTs accepted, {refused} not'
    if broken:
        said += f'; {len(broken)} broken by Nova: ' + ', '.join(sorted(broken.values()))
    c.figures.append(f'{name}: {said}')
    c.kube.delete(name, wait=120)
    c.prove_enabled(host)


# the operator

@pytest.mark.lab
def test_kills(c):
    """The operator is killed 50 times during one drain of 60 instances."""
    made = c.boot(('active', 60), lab_lm_seconds=6)
    guests, name, proxy = c.guests(values(made)), c.name(), c.proxy()
    operator = c.operator(proxy=proxy).start().ready()
    # Before Nova has it, after Nova has it, or whenever.
    points = ['before'] * 5 + ['after'] * 20 + ['whenever'] * 25
    with _seeded(c) as chance, c.watch(name) as watch:
        chance.shuffle(points)
        c.kube.create(name, c.host, concurrency={'live': 8})
        begun = time.monotonic()
        for n, point in enumerate(points):
            demand(_remaining(c, name) > 0, f'the drain was over after {n} kills')
            if point == 'whenever':
                pause(chance.uniform(0, 3))
                operator.kill()
            else:
                at = {point: lambda seen: operator.kill()}
                fault = proxy.add(match=moves(), reply=False, forward=point == 'after', **at)
                until('a request for a move meets its kill', lambda: fault.times == 0 and operator.dead(), 240)
            operator.start().ready()
        c.figures.append(f'{len(points)} kills in {time.monotonic() - begun:.0f} s')
        broken = _drained(c, name, 900)
        c.figures.append(f'drained {time.monotonic() - begun:.0f} s after it began')
        _proven(c, name, guests, watch, broken)


@dataclasses.dataclass
class Replica:
    """One of several operators, behind a proxy of its own, which shows its requests apart from those of the others."""

    operator: Operator
    proxy: Proxy

    def changes(self, since=0):
        """What it asked Nova to change, from the so-manyth request on."""
        return [s for s in self.proxy.seen[since:] if s.method != 'GET']


class Replicas:
    """Two operators of which one leads."""

    def __init__(self, c, settings=None):
        self._c, self._all = c, []
        for _ in range(2):
            proxy = c.proxy()
            self._all.append(Replica(c.operator(proxy=proxy, settings={**ELECTION, **(settings or {})}), proxy))
        self.ready()

    def keep(self):
        """Starts those that have ended, as a kubelet does."""
        for replica in self._all:
            if replica.operator.ended():
                replica.operator.start()

    def ready(self):
        """Waits until both are ready; one that ends meanwhile is started again."""
        def check():
            self.keep()
            return all(r.operator.says_ready() for r in self._all)
        until('both operators are ready', check, 120)

    def other(self, replica):
        return next(r for r in self._all if r is not replica)

    def leader(self, seconds=90, other_than=None):
        """Waits until one leads, by its own log and by the lease, and gives it."""
        def check():
            holder = self._c.kube.leader(NAMESPACE)
            found = [r for r in self._all if r is not other_than and not r.operator.ended() and holder
                     and r.operator.leads_as() == holder]
            demand(found, f'the lease is held by {holder}')
            return found[0]
        return until('an operator leads', check, seconds, every=0.1)


@pytest.mark.lab
@pytest.mark.short
def test_handover(c):
    """Two replicas, and the leader gets SIGTERM: the other replica leads within 3 s."""
    made = c.boot(('active', 8), lab_lm_seconds=2)
    guests, name, replicas = c.guests(values(made)), c.name(), Replicas(c)
    with c.watch(name) as watch:
        c.kube.create(name, c.host, concurrency={'live': 4})
        took = []
        for _ in range(3):
            leader = replicas.leader()
            moved = _moved(c, name)
            until('the leader has moved one', lambda: _moved(c, name) > moved or not _remaining(c, name), 180)
            other, begun = replicas.other(leader), time.monotonic()
            ends = leader.operator.stop()
            until('the other leads', other.operator.leads_as, 60, every=0.02)
            took.append((time.monotonic() - begun, ends))
            replicas.leader(other_than=leader)
            replicas.ready()
        c.figures.append('handed over in ' + ', '.join(f'{all_:.1f} s (ended in {ends:.1f})' for all_, ends in took))
        broken = _drained(c, name)
        _proven(c, name, guests, watch, broken)
        demand(max(t for t, _ in took) < 3, f'a hand-over took {max(t for t, _ in took):.1f} s')


@pytest.mark.lab
def test_leaders(c):
    """Two replicas, 20 times: the leader is killed, or stopped (SIGSTOP) for longer than its lease and continued."""
    losses = [(how, when) for how in ('kill', 'stop') for when in ('whenever', 'at a request')] * 5
    replicas, failovers = Replicas(c, {'HM_POLL_MOVING': '3s'}), []
    with _seeded(c) as chance:
        chance.shuffle(losses)
        for drain in range(1, 6):
            if not losses:
                break
            made = c.boot(('active', 32), lab_lm_seconds=6)
            guests, name = c.guests(values(made)), c.name(f'-{drain}')
            with c.watch(name) as watch:
                c.kube.create(name, c.host, concurrency={'live': 6})
                _wait_until_one_moved(c, name)
                while losses and _remaining(c, name) > 6:
                    failovers.append(_leader_lost(c, replicas, chance, name, *losses.pop()))
                broken = _drained(c, name, 900)
                _proven(c, name, guests, watch, broken)
            c.cloud.remove(c.cloud.mine())
        demand(not losses, f'{len(losses)} of 20 did not happen')
    c.figures.append('the other led after ' + ', '.join(f'{how} {s:.0f} s' for how, s in failovers))


def _leader_lost(c, replicas, chance, name, how, when):
    """The leader is lost, the other takes over and gets on; what comes back does nothing any more."""
    leader, moved = replicas.leader(), _moved(c, name)
    act = leader.operator.kill if how == 'kill' else leader.operator.pause
    if when == 'whenever':
        pause(chance.uniform(0, 4))
        act()
    else:
        # Its intents are stored, the first request goes out, others are to follow.
        fault = leader.proxy.add(match=moves(), before=lambda seen: act())
        until('a request for a move meets the end of the lead', lambda: fault.times == 0 or leader.operator.ended(), 240)
    begun = time.monotonic()
    replicas.leader(other_than=leader)
    failover = time.monotonic() - begun
    if how == 'stop':
        pause(chance.uniform(0, 8))
        known = len(leader.proxy.seen)
        leader.operator.resume()
        pause(12)
        asked = leader.changes(known)
        expect([], [(s.method, s.path) for s in asked], 'what the old leader asked of Nova after SIGCONT')
        demand(leader.operator.ended() or replicas.leader() is not leader, 'the old leader leads again')
    replicas.ready()
    until('the new leader gets on', lambda: _moved(c, name) > moved or not _remaining(c, name), 300)
    return how, failover


# Kubernetes

@pytest.mark.lab
@pytest.mark.short
def test_kube_apiserver(c):
    """The API server stops during a drain and starts again."""
    _kube_outage(c, 'kube-apiserver', 10)


@pytest.mark.lab
def test_etcd(c):
    """Etcd stops for 30 s during a drain; the operator runs with a lease, as in the chart."""
    _kube_outage(c, 'etcd', 30)


def _kube_outage(c, process, seconds):
    made = c.boot(('active', 8), ('stopped', 1), lab_lm_seconds=2)
    guests, name = c.guests(values(made)), c.name()
    replicas = Replicas(c) if process == 'etcd' else None
    if not replicas:
        c.run_operator()
    with c.watch(name) as watch:
        c.kube.create(name, c.host, concurrency={'live': 4})
        _wait_until_one_moved(c, name)
        c.stop(process)
        pause(seconds)
        c.start(process)
        begun = time.monotonic()
        broken = _drained(c, name, meanwhile=replicas.keep if replicas else lambda: None)
        c.figures.append(f'{process} was away for {seconds} s; drained {time.monotonic() - begun:.0f} s after its return')
        _proven(c, name, guests, watch, broken)


# Nova

@pytest.mark.lab
@pytest.mark.parametrize('process', [
    pytest.param('nova-api', marks=pytest.mark.short), 'nova-conductor', 'nova-scheduler', 'rabbitmq', 'mariadb',
    pytest.param('keystone', marks=pytest.mark.short), 'placement', pytest.param('neutron-stub', marks=pytest.mark.short)])
def test_outage(c, process):
    """A part of Nova stops during a drain and starts again: once its absence shows in the answers of Nova's API, else after
    25 s.
    """
    made = c.boot(('active', 6), ('stopped', 1), lab_lm_seconds=2)
    guests, name, proxy = c.guests(values(made)), c.name(), c.proxy()
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host, maxAttempts=10)
        _wait_until_one_moved(c, name)
        begun, begin = time.monotonic(), len(proxy.seen)
        c.stop(process)
        if process in ('nova-api', 'mariadb', 'keystone', 'neutron-stub'):
            until(f'the operator has met three times that {process} is away', lambda: sum(
                s.status is not None and (s.status == 0 or s.status >= 500) for s in proxy.seen[begin:]) >= 3, 180)
        else:
            pause(25)
        c.start(process)
        away, back = time.monotonic() - begun, time.monotonic()
        broken = _drained(c, name, 900)
        c.figures.append(f'{process} was away for {away:.0f} s; drained {time.monotonic() - back:.0f} s after its return')
        _proven(c, name, guests, watch, broken)


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_token(c):
    """The operator's Keystone token is revoked twice during a drain."""
    made = c.boot(('active', 7), lab_lm_seconds=5)
    guests, name, proxy = c.guests(values(made)), c.name(), c.proxy()
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        _wait_until_one_moved(c, name)
        for _ in range(2):
            known, revoked = {s.token for s in proxy.seen}, proxy.seen[-1].token
            c.cloud.session.call('identity', 'DELETE', '/auth/tokens', headers={'X-Subject-Token': revoked})
            until('Nova refuses the token', lambda: any(
                s.status == 401 and s.token == revoked for s in proxy.seen), 90)
            until('the operator has logged in anew', lambda: any(
                s.status == 200 and s.token not in known for s in proxy.seen), 30)
            demand(_remaining(c, name) > 0, 'the drain was over before the token was refused')
        broken = _drained(c, name)
        refusals, tokens = sum(s.status == 401 for s in proxy.seen), len({s.token for s in proxy.seen})
        c.figures.append(f'{refusals} answers 401, {tokens} tokens')
        _proven(c, name, guests, watch, broken)


@pytest.mark.lab
def test_lossy_network(c):
    """During a whole drain the network drops, delays and cuts requests and answers at random."""
    made = c.boot(('active', 24), ('stopped', 2), lab_lm_seconds=1)
    guests, name, proxy, met = c.guests(values(made)), c.name(), c.proxy(), []
    with _seeded(c) as chance, c.watch(name) as watch:
        def fault(seen):
            bad = {'request lost': {'forward': False, 'reply': False}, 'answer lost': {'reply': False},
                   'answer cut': {'cut': True}, '502': {'status': 502}, '503 unheard': {'status': 503, 'forward': False},
                   'late': {'before': lambda _: pause(chance.uniform(1, 8))},
                   'answer late': {'after': lambda _: pause(chance.uniform(1, 8))}}
            if chance.random() > (0.4 if seen.action else 0.04):
                return Fault(match=None)
            what = chance.choice(list(bad))
            met.append(('POST ' if seen.action else '') + what)
            return Fault(match=None, **bad[what])
        proxy.otherwise(fault)
        c.run_operator(proxy=proxy)
        c.kube.create(name, c.host, maxAttempts=10, concurrency={'live': 4})
        broken = _drained(c, name, 1200)
        c.figures.append(f'{len(proxy.seen)} requests, {len(met)} met a fault: ' + ', '.join(
            f'{met.count(what)} {what}' for what in sorted(set(met))))
        _proven(c, name, guests, watch, broken)


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_silence(c):
    """For 20 s during a drain no reply of the cloud is complete, and the connections stay open."""
    made = c.boot(('active', 6), ('stopped', 1), lab_lm_seconds=2)
    guests, name, proxy = c.guests(values(made)), c.name(), c.cloud_proxy()
    with _seeded(c) as chance, c.watch(name) as watch:
        c.run_operator(proxy=proxy)
        c.kube.create(name, c.host, maxAttempts=10)
        _wait_until_one_moved(c, name)
        known = len(proxy.seen)
        places = itertools.cycle(reversed(SILENCES))
        proxy.otherwise(lambda seen: Fault(match=None, silent=next(places), forward=chance.random() < 0.5))
        until('a reply goes silent', lambda: len(proxy.seen) > known, 60)
        pause(20)
        met, begun = len(proxy.seen) - known, time.monotonic()
        proxy.otherwise(lambda seen: Fault(match=None))
        broken = _drained(c, name, 900)
        c.figures.append(f'{met} replies went silent; drained {time.monotonic() - begun:.0f} s afterwards')
        _proven(c, name, guests, watch, broken)


@pytest.mark.lab
@pytest.mark.parametrize('with_placement', [
    pytest.param(True, marks=[pytest.mark.ci, pytest.mark.short], id='with_placement'),
    pytest.param(False, id='without_placement')])
def test_cut_list(c, with_placement):
    """Each list of servers loses its database connection, so that a full host seems empty: it is not Drained."""
    guests, name, proxy, empty = c.guests(values(c.boot(('active', 2)))), c.name(), c.cloud_proxy(), []
    if not with_placement:
        proxy.catalog(lambda catalog: [catalog.remove(s) for s in list(catalog) if s['type'] == 'placement'])
    cut, lists = c.labs.cut('instances'), calls('GET', r'/servers(/detail)?\?')
    proxy.edit(lists, lambda answer: empty.append(answer.text) if answer.text == b'{"servers": []}' else None)
    proxy.add(match=lists, times=ALWAYS, before=lambda _: cut.begin(), after=lambda _: cut.end())
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        until('lists of a full host came out empty', lambda: len(empty) >= 4, 120)
        pause(20)
        c.figures.append(f'{len(empty)} lists were empty with status 200; {summary(c.kube.get(name))}')
        c.prove_here(guests)
        demand(not any(condition({'status': s}, 'Drained')['status'] == 'True' for _, s in watch.statuses()),
               f'drained with {len(guests)} guests on the host: {summary(c.kube.get(name))}')
        proxy.well()
        broken = _drained(c, name)
        _proven(c, name, guests, watch, broken)


@pytest.mark.lab
def test_source(c):
    """nova-compute of the drained host stops during the drain and starts again."""
    made = c.boot(('active', 5), ('stopped', 1), lab_lm_seconds=6)
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    with c.watch(name) as watch:
        c.kube.create(name, c.host, maxAttempts=10)
        _wait_until_one_moved(c, name)
        c.stop(c.host)
        c.when(name, 'says that the source is down', lambda r: 'SourceServiceDown' in (
            condition(r, 'Ready')['reason'], *(x.get('reason') for x in rows(r).values())), 240)
        c.figures.append('status: ' + summary(c.kube.get(name)))
        c.start(c.host)
        begun = time.monotonic()
        broken = _drained(c, name, 1200)
        c.figures.append(f'drained {time.monotonic() - begun:.0f} s after nova-compute was started')
        _proven(c, name, guests, watch, broken)


@pytest.mark.lab
def test_target(c):
    """nova-compute of the target host stops during the drain and starts again."""
    made = c.boot(('active', 5), ('stopped', 1), lab_lm_seconds=6)
    guests, name = c.guests(values(made)), c.name()
    c.run_operator()
    with c.watch(name) as watch:
        c.kube.create(name, c.host, targetHost=c.other, maxAttempts=10)
        _wait_until_one_moved(c, name)
        c.stop(c.other)
        c.when(name, 'says that the target is down',
               lambda r: condition(r, 'Ready')['reason'] == 'TargetHostInvalid', 240)
        c.figures.append('status: ' + summary(c.kube.get(name)))
        c.start(c.other)
        begun = time.monotonic()
        broken = _drained(c, name, 1200)
        c.figures.append(f'drained {time.monotonic() - begun:.0f} s after nova-compute was started')
        _proven(c, name, guests, watch, broken)


@pytest.mark.lab
def test_capacity(c):
    """Three hosts drain at once into a fourth, which has too little room; a delete makes more room."""
    big, sources = c.cloud.with_flavor('hm-e2e-big', ram=200_000), c.hosts[:3]
    # Those of the second host move last, so that some are left there.
    guests = {host: c.guests(values(big.boot(host, c.hosts[3], [('active', 3, {'lab_lm_seconds': seconds})])))
              for host, seconds in zip(sources, (1, 12, 1))}
    names = {host: c.name(f'-{n}') for n, host in enumerate(sources, 1)}
    c.run_operator()
    with contextlib.ExitStack() as stack:
        watches = {host: stack.enter_context(c.watch(names[host])) for host in sources}
        c.kube.create_all({names[host]: {'host': host, 'maxAttempts': 2} for host in sources})

        def all_ended():
            phases = {host: c.kube.get(names[host]).get('status', {}).get('phase') for host in sources}
            demand(set(phases.values()) <= {'Blocked', 'InMaintenance'}, str(phases))
            return phases
        phases = until('all are Blocked or InMaintenance', all_ended, 400)
        left = {host: [s['id'] for s in c.cloud.on_host(host)] for host in sources}
        # By its memory it takes 5 of the 9; under concurrent claims Nova was seen to let in a sixth.
        demand(sum(map(len, left.values())) >= 3, f'there was room for nearly all: {left}')
        for host in sources:
            expect('Blocked' if left[host] else 'InMaintenance', phases[host], f'phase of {host}')
            resource = c.prove_counters(names[host])
            for server_id in left[host]:
                demand_row(resource, server_id, state='Failed', reason='NoValidHost', attempts=2)
            if left[host]:
                c.stalled(names[host], 'InstancesBlocked')
            c.prove_disabled(names[host], host)
            c.prove_once(resource)
        given = min((h for h in sources if left[h]), key=lambda h: len(left[h]))
        c.figures.append(f'{ {h: len(x) for h, x in left.items()} } without room, {given} given back')
        resource = c.kube.get(names[given])
        c.kube.delete(names[given], wait=60)
        c.prove_enabled(given)
        for host in sources:
            if host != given:
                c.kube.patch(names[host], {'spec': {'maxAttempts': 4}})
        for host in sources:
            if host != given:
                c.drained(names[host])
                mine = {i: s for h in sources for i, s in guests[h].items() if i in rows(c.kube.get(names[host]))}
                _proven(c, names[host], mine, watches[host], host=host)
    living = {s['id'] for s in c.cloud.mine()}
    expect([], [i for ids in guests.values() for i in ids if i not in living], 'guests that are lost')
