"""Clouds as they are found in the field: silent, slow, refusing, odd, moved. Each has been reported by somebody.

A scenario puts one such world between the operator and the lab, and demands what is right in it: the host is drained,
or the resource says in words what is wrong and how to go on; and what it says is so.
"""

import contextlib
import copy
import dataclasses
import functools
import json
import re
import socket
import time
import uuid

from .case import CLOUD
from .cloud import PREFIX, Keystone, values
from .kube import condition, demand_row, rows, told
from .operator import FAST
from .proxy import (ALWAYS, IN_BODY, LOGIN, SILENCES, Answer, Authority, Proxy, WebProxy, calls, moves, of_date, of_json,
                    of_times, redirect)
from .suites import FIELD
from .waiting import demand, expect, pause, until

scenario = FIELD.scenario

SERVICES = r'/os-services(\?|$)'
SERVERS = r'/servers(/detail)?\?'
LISTS = r'/(servers|os-migrations|os-services|os-hypervisors|os-server-groups)(/detail)?(\?|$)'
TWO = ('active', 1), ('stopped', 1)


def _finished(c, name, guests, seconds=300):
    """It comes to be drained, Nova says so too, and a delete gives the host back."""
    c.drained(name, seconds)
    c.phase(name, 'InMaintenance')
    resource = c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=120)
    c.prove_enabled()
    return resource


def _drain(c, wanted=TWO, seconds=300, **operator):
    """Guests are made, an operator is started, and the host is drained."""
    guests, name = c.guests(values(c.boot(*wanted))), c.name()
    c.run_operator(**operator)
    c.kube.create(name, c.host)
    return _finished(c, name, guests, seconds)


def _message(resource):
    return ' '.join(x['message'] or '' for x in resource['status'].get('conditions', []))


def _works_or_tells(c, name, guests, words, seconds=90):
    """Drained; or the resource says what is wrong, by words that the regex finds, and nothing was touched."""
    def drained(resource):
        return condition(resource, 'Drained')['status'] == 'True'
    found = c.when(name, f'drained, or told by {words}',
                   lambda r: drained(r) or re.search(words, _message(r), re.I), seconds)
    if drained(found) or not re.search(words, _message(found), re.I):
        _finished(c, name, guests)
        c.figures.append('it works')
        return
    c.figures.append('it tells: ' + condition(found, 'Ready')['message'])
    c.prove_enabled()
    c.prove_here(guests)
    c.kube.delete(name, wait=60)


def _arrive(c, server):
    """Up to 2.67 an administrator can force a move to a disabled host."""
    c.cloud.act(server, {'os-migrateLive': {'host': c.host, 'block_migration': 'auto', 'force': True}}, '2.67')
    until(f'{server} has arrived', lambda: (s := c.cloud.server(server))['OS-EXT-SRV-ATTR:host'] == c.host
          and not s['OS-EXT-STS:task_state'], 60)


def _versions(watch, since):
    """How many versions of the status came after that moment."""
    return sum(at > since for at, _ in list(watch.seen))


# silent

@scenario('a list of servers goes silent, before, in the headers and in the body: it is asked again, others go on', lab=True)
def silent_lists(c):
    proxy, silent = c.cloud_proxy(), {}
    for host, place in zip(c.hosts[:3], SILENCES):
        guests = c.guests(values(c.boot(('active', 1), host=host)))
        match = calls('GET', rf'{SERVERS}.*host={host}(&|$)')
        silent[host] = c.name('-' + host[-1]), guests, proxy.add(match=match, silent=place)
    c.run_operator(proxy=proxy)
    with contextlib.ExitStack() as stack:
        watches = {host: stack.enter_context(c.watch(name)) for host, (name, _, _) in silent.items()}
        c.kube.create_all({name: {'host': host} for host, (name, _, _) in silent.items()})
        for host, (name, guests, fault) in silent.items():
            c.drained(name, 400)
            expect(0, fault.times, f'silent replies to come of {host}')
            c.phase(name, 'InMaintenance')
            c.prove_maintenance(name, guests, host)
            c.prove_true(watches[host], guests, host)


@scenario('each other kind of reply goes silent in its body once, and the drain goes on', lab=True)
def silent_calls(c):
    proxy = c.cloud_proxy()
    faults = {path: proxy.add(match=calls('GET', path, kind), silent=IN_BODY) for path, kind in (
        (SERVICES, 'compute'), (r'/os-hypervisors', 'compute'), (r'/os-migrations', 'compute'),
        (r'/resource_providers', 'placement'))}
    _drain(c, seconds=600, proxy=proxy)
    expect([], [path for path, fault in faults.items() if fault.times], 'kinds of calls that were never made')


@scenario('the reply to a move goes silent: Nova has it, it is followed, and never asked twice', short=True, lab=True)
def silent_moves(c):
    proxy = c.cloud_proxy()
    for place in SILENCES:
        proxy.add(match=moves(), silent=place)
    made, name = c.boot(('active', 3)), c.name()
    guests = c.guests(values(made))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host, concurrency={'live': 3})
    c.drained(name, 600)
    c.phase(name, 'InMaintenance')
    c.prove_maintenance(name, guests)
    c.prove_asked(name, made['active'])


@scenario('a login goes silent, before, in the headers and in the body: it logs in again', lab=True)
def silent_logins(c):
    proxy = c.cloud_proxy()
    for place in SILENCES:
        proxy.add(match=LOGIN, silent=place)
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(proxy=proxy).start()
    c.kube.create(name, c.host)
    _finished(c, name, guests, 600)


@scenario('in maintenance all of Nova goes silent: Ready and Drained are not True for long, and a delete is carried out '
          'when Nova speaks again', lab=True)
def silent_nova(c):
    proxy, guests, name = c.cloud_proxy(), c.guests(values(c.boot(('active', 1)))), c.name()
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.drained(name)
    proxy.add(match=lambda seen: seen.kind != 'identity', times=ALWAYS, silent=IN_BODY)
    _arrive(c, next(iter(guests)))
    c.when(name, 'not called drained any more', lambda r: condition(r, 'Drained')['status'] != 'True'
           and condition(r, 'Ready')['status'] != 'True', 400)
    c.kube.delete(name)
    pause(5)
    demand(c.kube.get(name) is not None, 'it is gone, and its host was not given back')
    proxy.well()
    until(f'{name} is gone', lambda: c.kube.get(name) is None, 200)
    c.prove_enabled()


@scenario('replies come a byte at a time, for longer than anybody waits: no look, no lie; well again: drained', lab=True)
def dripping(c):
    proxy, guests, name = c.cloud_proxy(), c.guests(values(c.boot(*TWO))), c.name()
    proxy.add(match=calls('GET', SERVERS), times=ALWAYS, drip=0.5)
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'told as unavailable', lambda r: condition(r, 'Ready')['reason'] == 'ApiUnavailable', 300)
    proxy.well()
    _finished(c, name, guests)


# slow

def _slow(seconds, path, c):
    proxy = c.cloud_proxy()
    proxy.add(match=calls('GET', path), times=ALWAYS, delay=seconds)
    _drain(c, seconds=900, proxy=proxy)


scenario('a Nova that takes 5 s for each list: drained', key='slow_lists', lab=True)(functools.partial(_slow, 5, LISTS))
scenario('a Nova that takes 20 s for each list: drained', key='slower_lists', lab=True)(
    functools.partial(_slow, 20, LISTS))


@scenario('server groups alone take 29 s: their members are moved', lab=True)
def slow_groups(c):
    proxy, group = c.cloud_proxy(), c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    proxy.add(match=calls('GET', r'/os-server-groups'), times=ALWAYS, delay=29)
    guests, name = c.guests(values(c.cloud.with_group(group).boot(c.host, c.other, [('active', 1, {})]))), c.name()
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    _finished(c, name, guests, 600)


# refusing

# What Nova, or whatever stands before it, answers to a move.
REFUSALS = {str(status): {'status': status} for status in (401, 403, 404, 406, 413, 418, 429, 498, 501, 503)} | {
    '302': {'answer': redirect(302, lambda path: 'https://sso.example.org/login')},
    'page': {'status': 200}}


def _refused(c, proxy, times):
    """A guest for each of the refusals, which its moves meet so many times; gives their ids."""
    ids = c.boot(('active', len(REFUSALS)))['active']
    by_name = dict(zip(REFUSALS, ids))
    for what, fault in REFUSALS.items():
        server = by_name[what]
        proxy.add(match=lambda seen, server=server: moves()(seen) and seen.server == server,
                  times=times, forward=False, **fault)
    return by_name


@scenario('each kind of refusal meets a move once: none is for good, all are moved', short=True, lab=True)
def refused_once(c):
    proxy, name = c.cloud_proxy(), c.name()
    ids = _refused(c, proxy, 1)
    guests = c.guests(ids.values())
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host, concurrency={'live': 16})
    _finished(c, name, guests, 600)


@scenario('each kind of refusal meets the moves of a guest for as long as it takes: Blocked with what was said, asked few '
          'times, written seldom; and when it is over, all are moved', lab=True)
def refused(c):
    proxy, name = c.cloud_proxy(), c.name()
    ids = _refused(c, proxy, ALWAYS)
    guests = c.guests(ids.values())
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host, concurrency={'live': 16})

        def blocked(resource):
            by_row = rows(resource)
            going = [f"{what}: {row.get('state')}/{row.get('reason')} attempts {row.get('attempts')}"
                     for what, i in ids.items() if (row := by_row.get(i, {})).get('state') not in ('Blocked', 'Failed')]
            demand(not going, f'{len(going)} of {len(ids)} go on: {going}')
            return True
        resource = c.when(name, 'blocked by all refusals', blocked, 1500)
        c.stalled(name, 'InstancesBlocked')
        asked = {what: proxy.count(lambda seen, i=i: moves()(seen) and seen.server == i) for what, i in ids.items()}
        c.figures.append('asked until Blocked: ' + ', '.join(f'{what} {n}' for what, n in asked.items()))
        said = {what: rows(resource)[i] for what, i in ids.items()}
        c.figures.append('said: ' + '; '.join(f"{what} {r['reason']} '{r['message']}'" for what, r in said.items()))
        known, begun = len(proxy.seen), time.time()
        pause(120)
        again = {what: proxy.count(lambda seen, i=i: moves()(seen) and seen.server == i, known)
                 for what, i in ids.items()}
        versions = _versions(watch, begun)
        c.figures.append(f"asked in 2 min afterwards: {', '.join(f'{what} {n}' for what, n in again.items())}; "
                         f'{versions} versions of the status, {proxy.count(LOGIN)} logins in all')
        proxy.well()
        demand(max(asked.values()) <= 60, f'asked too often: {asked}')
        demand(max(again.values()) <= 15, f'asked too often while Blocked: {again}')
        demand(versions <= 30, f'{versions} versions of the status in two minutes in which nothing changed')
        demand(proxy.count(LOGIN) <= 40, f'{proxy.count(LOGIN)} logins')
        for what, row in said.items():
            demand(what in row['message'] or what == 'page', f"the row of {what} says '{row['message']}'")
        _finished(c, name, guests, 1200)


@scenario('the disable alone is refused with 403: it is told, asked at the idle pace, and goes on by itself',
          short=True, lab=True)
def disable_refused(c):
    proxy, name = c.cloud_proxy(), c.name()
    disables = calls('PUT', r'/os-services/')
    proxy.add(match=disables, times=ALWAYS, forward=False, answer=lambda seen: Answer(
        403, {'Content-Type': 'application/json'}, json.dumps({'forbidden': {
            'code': 403, 'message': "Policy doesn't allow os_compute_api:os-services:update to be performed."}}).encode()))
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy, settings={**FAST, 'HM_POLL_IDLE': '20s'})
    c.kube.create(name, c.host)
    resource = c.stalled(name, 'Forbidden')
    demand('os-services' in condition(resource, 'Stalled')['message'], f'what was refused is not said: {told(resource)}')
    known = len(proxy.seen)
    pause(45)
    demand(proxy.count(disables, known) <= 4, f'{proxy.count(disables, known)} disables in 45 s, with HM_POLL_IDLE=20s')
    c.prove_here(guests)
    proxy.well()
    _finished(c, name, guests)


@scenario('placement answers 401 always: few logins, nothing is drained, and it is told', short=True, lab=True)
def placement_refuses(c):
    proxy, name = c.cloud_proxy(), c.name()
    proxy.add(match=lambda seen: seen.kind == 'placement', times=ALWAYS, forward=False, status=401)
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'told', lambda r: re.search('placement|401|resource_providers', _message(r)), 120)
    pause(60)
    demand(proxy.count(LOGIN) <= 5, f'{proxy.count(LOGIN)} logins in about a minute')
    demand(condition(c.kube.get(name), 'Drained')['status'] != 'True', 'drained without the word of placement')
    c.figures.append(f'{proxy.count(LOGIN)} logins, {proxy.count(lambda seen: seen.kind == "placement")} calls to placement')
    proxy.well()
    _finished(c, name, guests, 400)


# odd catalogs

ODD_ENDPOINTS = ('ws://127.0.0.1:9000', '', None, 'not a url', 'http://', 'https://[::1', 7, 'unix:///run/x',
                 'http://swift.example.org/v1/AUTH_$(project_id)s', 'javascript:alert(1)')


@scenario('the catalog has endpoints of other services that are no URLs, and services without this and that',
          ci=True, short=True, lab=True)
def odd_catalog(c):
    proxy = c.cloud_proxy()

    def spoil(catalog):
        for n, url in enumerate(ODD_ENDPOINTS):
            catalog.insert(0, {'id': uuid.uuid4().hex, 'type': f'odd-{n}', 'name': f'odd-{n}', 'endpoints': [
                {'id': uuid.uuid4().hex, 'interface': i, 'region': 'RegionOne', 'region_id': 'RegionOne', 'url': url}
                for i in ('public', 'internal', 'admin')]})
        catalog += [{'type': 'no-endpoints', 'name': 'x', 'id': 'x'}, {'endpoints': [], 'id': 'y'}, {},
                    {'type': 'null-endpoints', 'endpoints': None},
                    {'type': 'odd-region', 'endpoints': [{'interface': 'public', 'region_id': None, 'url': 'ws://x'}]},
                    {'type': None, 'name': None, 'id': None, 'endpoints': [{}]}]
    proxy.catalog(spoil)
    _drain(c, proxy=proxy)


@scenario('each endpoint of the catalog ends in slashes: placement is asked, and found', ci=True, short=True, lab=True)
def slashes(c):
    proxy = c.cloud_proxy()

    def add_slashes(catalog):
        for service in catalog:
            for endpoint in service['endpoints']:
                endpoint['url'] += '//' if service['type'] == 'placement' else '/'
    proxy.catalog(add_slashes)
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.run_operator(clouds=c.clouds_file(auth={'auth_url': proxy.urls['identity'] + '/'}))
    c.kube.create(name, c.host)
    c.drained(name)
    expect('Empty', condition(c.kube.get(name), 'Drained')['reason'], 'reason of Drained')
    demand(proxy.count(lambda seen: seen.kind == 'placement'), 'placement was not asked')
    expect([], [seen.path for seen in proxy.seen if '//' in seen.path], 'paths with double slashes')
    _finished(c, name, guests)


def _dead():
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return f'http://127.0.0.1:{free.getsockname()[1]}'


@scenario('clouds.yaml says endpoint_type: internal, and the public endpoints are out of reach', ci=True, short=True,
          lab=True)
def endpoint_type(c):
    proxy, dead = c.cloud_proxy(), _dead()

    def close(catalog):
        for service in catalog:
            for endpoint in service['endpoints']:
                if endpoint['interface'] != 'internal':
                    endpoint['url'] = dead
    proxy.catalog(close)
    _drain(c, clouds=c.clouds_file(**c.through(proxy), endpoint_type='internal'))


@scenario('host names of the cloud have underscores', short=True, lab=True)
def underscores(c):
    names = {'identity': 'key_stone.hm-e2e.test', 'compute': 'nova_api.hm-e2e.test', 'placement': 'place_ment.hm-e2e.test'}
    proxy, hosts = c.cloud_proxy(names=names), c.directory / 'hosts'
    hosts.write_text(''.join(f'127.0.0.1 {name}\n' for name in names.values()))
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(proxy=proxy, settings={**FAST, 'JAVA_TOOL_OPTIONS': f'-Djdk.net.hosts.file={hosts}'}).start()
    c.kube.create(name, c.host)
    _works_or_tells(c, name, guests, 'underscore')


@scenario('auth_url has capitals, blanks at its ends and a slash: as the openstack client takes it', short=True, lab=True)
def capitals(c):
    proxy = c.cloud_proxy()
    url = proxy.urls['identity'].replace('http://127.0.0.1', 'HTTP://LocalHost')
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(clouds=c.clouds_file(auth={'auth_url': f' {url}/ '})).start()
    c.kube.create(name, c.host)
    _works_or_tells(c, name, guests, r'auth_url.*\b(blank|space|capital)')


# odd services and hypervisors

@dataclasses.dataclass
class _Twin:
    """A second nova-compute service of the host, of a cell that was left; it is always down."""

    row: dict

    def list(self, document):
        if 'services' in document:
            document['services'].insert(0, self.row)

    def put(self, seen):
        self.row.update({k: v for k, v in json.loads(seen.body).items() if k in ('status', 'disabled_reason')})
        if self.row['status'] == 'enabled':
            self.row['disabled_reason'] = None
        return Answer(200, {'Content-Type': 'application/json'}, json.dumps({'service': self.row}).encode())


@scenario('Nova has two services of the host, a dead one first: both count, or it is refused as ambiguous',
          short=True, lab=True)
def twin_services(c):
    proxy, name = c.cloud_proxy(), c.name()
    twin = _Twin({**c.cloud.service(c.host), 'id': str(uuid.uuid4()), 'state': 'down', 'updated_at': None})
    proxy.edit(calls('GET', SERVICES), of_json(twin.list))
    proxy.add(match=calls('PUT', f"/os-services/{twin.row['id']}$"), times=ALWAYS, forward=False, answer=twin.put)
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        resource = c.when(name, 'drained, or stalled', lambda r: condition(r, 'Drained')['status'] == 'True'
                          or condition(r, 'Stalled')['status'] == 'True', 200)
        c.figures.append('told: ' + told(resource))
        if condition(resource, 'Drained')['status'] == 'True':
            expect(['disabled'] * 2, [twin.row['status'], c.cloud.service(c.host)['status']], 'both services')
            c.prove_moved(guests)
        else:
            demand(re.search(r'two|2|several|both|more than one', condition(resource, 'Stalled')['message']),
                   f'it is not said that there are two: {told(resource)}')
            c.prove_here(guests)
            expect('enabled', c.cloud.service(c.host)['status'], 'the living service of a host that is refused')
            demand(not any(condition({'status': s}, 'Ready')['status'] == 'True' for _, s in watch.statuses()),
                   'it was called ready')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@scenario('the host has a second hypervisor, an orphan, first; a build is on its way to the true one: not drained before '
          'it has come and was moved', lab=True)
def two_hypervisors(c):
    proxy, name = c.cloud_proxy(), c.name()
    orphan = {'id': str(uuid.uuid4()), 'hypervisor_hostname': f'{c.host}-old', 'state': 'up', 'status': 'enabled'}

    def rename(hypervisor):
        return {**copy.deepcopy(hypervisor), **orphan, 'servers': []}

    def lists(document):
        mine = [h for h in document.get('hypervisors', [])
                if h.get('service', {}).get('host') == c.host or h['hypervisor_hostname'] == c.host]
        document.get('hypervisors', [])[:0] = map(rename, mine)
    proxy.edit(calls('GET', r'/os-hypervisors(/detail)?(\?|$)'), of_json(lists))
    true = next(h for h in c.cloud.nova('GET', '/os-hypervisors/detail', version='2.87')['hypervisors']
                if h['service']['host'] == c.host)
    proxy.add(match=calls('GET', f"/os-hypervisors/{orphan['id']}"), times=ALWAYS, forward=False, answer=lambda seen: Answer(
        200, {'Content-Type': 'application/json'}, json.dumps({'hypervisor': rename(true)}).encode()))

    c.stop(c.host)  # Nova takes it for up for a minute: a build is sent there, and waits
    image, flavor = c.cloud._find()
    server = c.cloud.nova('POST', '/servers', {'server': {
        'name': f'{PREFIX}build', 'imageRef': image, 'flavorRef': flavor, 'networks': 'none', 'host': c.host}})['server']['id']
    until('the build holds an allocation', lambda: server in c.cloud.allocations(c.host), 60)
    until(f'{c.host} is down', lambda: c.cloud.service(c.host)['state'] == 'down', 120)
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'looked at', lambda r: r.get('status', {}).get('service'), 60)
    end = time.monotonic() + 40
    while time.monotonic() < end:
        demand(condition(c.kube.get(name), 'Drained')['status'] != 'True', 'drained while a build is on its way to it')
        pause(2)
    c.start(c.host)
    until('the build has come', lambda: c.cloud.server(server)['status'] == 'ACTIVE', 120)
    c.drained(name)
    c.prove_empty()
    demand(c.cloud.server(server)['OS-EXT-SRV-ATTR:host'] != c.host, 'the late arrival is on the host')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@scenario('nova-compute is forced down: said so, with the command that lifts it; lifted: drained', ci=True, short=True,
          lab=True)
def forced_down(c):
    guests, name = c.guests(values(c.boot(*TWO))), c.name()

    def force(down):
        c.cloud.nova('PUT', f"/os-services/{c.cloud.service(c.host)['id']}", {'forced_down': down})
    force(True)
    c.undo(force, False)
    c.run_operator()
    c.kube.create(name, c.host)
    found = c.when(name, 'stalled', lambda r: condition(r, 'Stalled')['status'] == 'True', 120)
    demand('compute service set --up' in condition(found, 'Stalled')['message'], f'the way out is not named: {told(found)}')
    c.prove_here(guests)
    force(False)
    _finished(c, name, guests)


@scenario('a short name, or another case, among many hosts with full names: the near name is suggested', short=True, lab=True)
def near_names(c):
    proxy = c.cloud_proxy()

    def more(document):
        if rows_ := document.get('services'):
            document['services'] = [{**rows_[0], 'id': str(uuid.uuid4()), 'host': f'node-{n}.example.org'}
                                    for n in range(1, 56)] + rows_
    proxy.edit(calls('GET', SERVICES), of_json(more))
    c.run_operator(proxy=proxy)
    for n, (wrong, right) in enumerate((('node-7', 'node-7.example.org'), ('COMPUTE-1', 'compute-1'),
                                        ('node-17.example.com', 'node-17.example.org'), ('compute1', 'compute-1'))):
        name = c.name(f'-{n}')
        c.kube.create(name, wrong)
        resource = c.stalled(name, 'HostNotFound')
        demand(right in condition(resource, 'Stalled')['message'].replace(f'"{wrong}"', ''),
               f'{wrong}: {right} is not suggested: {told(resource)}')
        c.kube.delete(name, wait=60)


@scenario('lists of servers and of migrations are short, with 200, in a cloud without placement: a full host is not drained',
          ci=True, short=True, lab=True)
def short_lists(c):
    proxy, name, guests = c.cloud_proxy(), c.name(), c.guests(values(c.boot(('active', 1), ('paused', 1))))
    proxy.catalog(lambda catalog: [catalog.remove(s) for s in list(catalog) if s['type'] == 'placement'])
    ends = [proxy.edit(calls('GET', path), of_json(lambda document, key=key: {key: []} if key in document else None))
            for path, key in ((SERVERS, 'servers'), (r'/os-migrations(\?|$)', 'migrations'))]
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        until('it was looked at three times', lambda: proxy.count(calls('GET', SERVERS)) >= 3, 60)
        pause(20)
        c.prove_here(guests)
        demand(not any(condition({'status': s}, 'Drained')['status'] == 'True' for _, s in watch.statuses()),
               f'drained with {len(guests)} guests on the host: {told(c.kube.get(name))}')
    for end in ends:
        end()
    _finished(c, name, guests)


@scenario('Nova leaves a guest with a task for ever, its action has ended in an error: said soon, with the text of the '
          'action; the task reset: moved', lab=True)
def task_for_ever(c):
    proxy, name = c.cloud_proxy(), c.name()
    server = c.boot(('active', 1), lab_precheck_fail=1)['active'][0]
    guests = c.guests([server])

    def migrating(document):
        for found in [document['server']] if 'server' in document else document.get('servers', []):
            if found['id'] == server and 'OS-EXT-STS:task_state' in found:
                found.update({'status': 'MIGRATING', 'OS-EXT-STS:task_state': 'migrating'})
    ends = []
    proxy.add(match=moves(), before=lambda _: ends.append(proxy.edit(
        calls('GET', r'/servers/'), of_json(migrating))))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    resource = c.when(name, 'tells of the row', lambda r: rows(r).get(server, {}).get('state') in ('Blocked', 'Failed'), 240)
    row = rows(resource)[server]
    demand(re.search('pre-check|lab_precheck_fail|No valid host', row['message'], re.I),
           f"the text of the action is not in the message '{row['message']}'")
    c.cloud.drop_metadata(server, 'lab_precheck_fail')
    ends[0]()
    c.kube.annotate(name, retry='1')
    _finished(c, name, guests, 400)


# clocks

def _clock(seconds, c):
    """The records that Nova writes are so many seconds behind the Date of its replies."""
    proxy = c.cloud_proxy()
    proxy.edit(lambda seen: seen.kind == 'compute', of_date(seconds))
    _drain(c, (('active', 2), ('stopped', 2)), proxy=proxy)


for _seconds, _marks in ((6, {'ci': True, 'short': True}), (60, {'short': True}), (-60, {}), (3600, {})):
    scenario(f'the clock that dates replies is {_seconds} s ahead of the one that dates records: what is ours is known as '
             'ours', key=f"clock{_seconds:+d}".replace('+', '_ahead_').replace('-', '_behind_'), lab=True, **_marks)(
        functools.partial(_clock, _seconds))


@scenario("the operator's clock is two hours ahead of the cloud's, longer than a token lives: it logs in once", short=True,
          lab=True)
def token_times(c):
    proxy = c.cloud_proxy()
    for edit in (of_date(-7200), of_times(-7200)):
        proxy.edit(lambda seen: seen.kind == 'identity', edit)
    _drain(c, proxy=proxy)
    c.figures.append(f'{proxy.count(LOGIN)} logins')
    demand(proxy.count(LOGIN) <= 2, f'{proxy.count(LOGIN)} logins')


# what changes while it runs

@scenario('the endpoint of Nova moves, and nobody listens at the old one: the catalog is read again', lab=True)
def endpoint_moved(c):
    old, new, name = c.cloud_proxy(), c.cloud_proxy(), c.name()
    guests = c.guests(values(c.boot(('active', 3), lab_lm_seconds=4)))
    c.run_operator(proxy=old)
    c.kube.create(name, c.host)
    c.when(name, 'has moved one', lambda r: r.get('status', {}).get('moved', 0) >= 1)

    def moved(catalog):
        for service in catalog:
            for endpoint in service['endpoints']:
                if service['type'] in new.urls:
                    endpoint['url'] = new.urls[service['type']]
    old.catalog(moved)
    old.stop_listening('compute')
    _finished(c, name, guests, 400)


@scenario('clouds.yaml is replaced, with another endpoint and another user, while a cold move waits for its confirmation: '
          'the new one is taken up, and the move is known as ours', lab=True)
def clouds_replaced(c):
    first, second, keystone, name = c.cloud_proxy(), c.cloud_proxy(), Keystone(c.cloud.session), c.name()
    other = PREFIX + 'operator-2'
    keystone.user(other, 'hm-e2e-second', 'admin')
    c.undo(keystone.forget, other)
    guests = c.guests(values(c.boot(('stopped', 1), lab_cold_seconds=15)))
    clouds = c.clouds_file(**c.through(first))
    c.run_operator(clouds=clouds)
    c.kube.create(name, c.host)
    c.when(name, 'has a move under way', lambda r: any(x['state'] == 'InProgress' for x in rows(r).values()))
    c.write_clouds(clouds, auth={'auth_url': second.urls['identity'], 'username': other, 'project_name': other,
                                 'password': 'hm-e2e-second'})
    _finished(c, name, guests, 400)
    demand(second.count(LOGIN), 'the new clouds.yaml was not taken up')


@scenario('TLS: the CA of the cloud is replaced, and then the file that cacert names', lab=True)
def ca_replaced(c):
    before, after = Authority(c.directory, 'before'), Authority(c.directory, 'after')
    proxy, cacert, name = c.cloud_proxy(tls=before.certificate()), c.directory / 'cacert.pem', c.name()
    cacert.write_bytes(before.file.read_bytes())
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(clouds=c.clouds_file(**c.through(proxy), cacert=str(cacert)))
    c.kube.create(name, c.host)
    c.drained(name)
    proxy.certificate(after.certificate())
    _arrive(c, next(i for i, state in guests.items() if state[0] == 'ACTIVE'))
    pause(5)
    staged = cacert.with_suffix('.new')
    staged.write_bytes(after.file.read_bytes())
    staged.rename(cacert)
    known = len(proxy.seen)
    until('the operator looks by the new certificate', lambda: proxy.count(calls('GET', SERVERS), known) > 1, 150)
    c.when(name, 'has seen the arrival', lambda r: condition(r, 'Drained')['status'] != 'True' or c.cloud.server(
        next(iter(guests)))['OS-EXT-SRV-ATTR:host'] != c.host, 60)
    until('the arrival was moved', lambda: not c.cloud.on_host(c.host), 120)
    _finished(c, name, guests, 200)


# clouds.yaml

def _written(c, proxy, user):
    """A clouds.yaml as a person writes it: no quotes."""
    auth = c.world.operator_entry['auth']
    lines = {'auth_url': proxy.urls['identity'], 'project_name': user, 'username': user,
             **{k: v for k, v in auth.items() if '_domain_' in k}}
    return (f'clouds:\n  {CLOUD}:\n    region_name: RegionOne\n    auth:\n'
            + ''.join(f'      {k}: {v}\n' for k, v in lines.items()))


@scenario('a password that looks like a number and stands without quotes: taken as it is written', ci=True, short=True,
          lab=True)
def password_like_a_number(c):
    proxy, keystone, user, clouds = c.cloud_proxy(), Keystone(c.cloud.session), PREFIX + 'number', c.directory / 'clouds.yaml'
    keystone.user(user, '123e4567', 'admin')
    c.undo(keystone.forget, user)
    clouds.write_text(_written(c, proxy, user) + '      password: 123e4567\n')
    _drain(c, clouds=clouds)


@scenario('the password stands in secure.yaml, which OS_CLIENT_SECURE_FILE names', short=True, lab=True)
def secure_yaml(c):
    proxy, entry = c.cloud_proxy(), c.world.operator_entry
    clouds, secure = c.directory / 'clouds.yaml', c.directory / 'secure.yaml'
    clouds.write_text(_written(c, proxy, entry['auth']['username']))
    secure.write_text(f"clouds:\n  {CLOUD}:\n    auth:\n      password: {entry['auth']['password']}\n")
    _drain(c, clouds=clouds, settings={**FAST, 'OS_CLIENT_SECURE_FILE': str(secure)})


# the way to the cloud

@scenario('Keystone redirects, within its host: followed, or said where it redirects to', short=True, lab=True)
def keystone_redirects(c):
    proxy, said = c.cloud_proxy(), []
    at = proxy.urls['identity'].removesuffix('/v3')
    versions = {'versions': {'values': [{'id': 'v3.14', 'status': 'stable', 'media-types': [], 'links': [
        {'rel': 'self', 'href': f'{at}/v3/'}]}]}}
    for status in (300, 301, 302, 307, 308):
        old = f'/old{status}/'

        def to(path, old=old):
            return at + '/' + path.removeprefix(old)

        def answer(seen, status=status, to=to):
            found = redirect(status, to)(seen)
            return found if status != 300 else Answer(300, {**found.headers, 'Content-Type': 'application/json'},
                                                      json.dumps(versions).encode())
        proxy.add(match=lambda seen, old=old: seen.kind == 'identity' and seen.path.startswith(old), times=ALWAYS,
                  forward=False, answer=answer)
        name = c.name(f'-{status}')
        with c.operator(clouds=c.clouds_file(auth={'auth_url': f'{at}{old}v3'})).start():
            c.kube.create(name, PREFIX + 'nonesuch')  # that it is told as unknown needs a login
            found = c.when(name, f'logged in after {status}, or told of it', lambda r: condition(r, 'Stalled')['reason']
                           == 'HostNotFound' or re.search('redirect', _message(r), re.I), 60)
            said.append(f"{status} {condition(found, 'Ready')['reason']}")
            if condition(found, 'Ready')['reason'] != 'HostNotFound':
                demand(at in _message(found) or status == 300, f'where {status} leads to is not said: {told(found)}')
            c.kube.delete(name, wait=60)
    c.figures.append(', '.join(said))


@scenario('Nova redirects to another host: neither a token nor a password goes there, and it is told', short=True, lab=True)
def nova_redirects(c):
    proxy, name = c.cloud_proxy(), c.name()
    elsewhere = c.entered(Proxy({'compute': c.cloud.session.endpoint('compute')}))
    at = elsewhere.url.replace('127.0.0.1', 'localhost').removesuffix('/v2.1')
    proxy.add(match=lambda seen: seen.kind == 'compute', times=ALWAYS, forward=False,
              answer=redirect(307, lambda path: at + path))
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    resource = c.when(name, 'told of the redirect', lambda r: re.search('redirect', _message(r), re.I), 90)
    demand(at in _message(resource), f'where it leads to is not said: {told(resource)}')
    expect([], [seen.path for seen in elsewhere.seen if seen.token], 'requests with a token at another host')
    c.prove_here(guests)
    proxy.well()
    _finished(c, name, guests)


@scenario('a move is redirected within the host: not followed, as it would be asked twice; told by the row', lab=True)
def moves_redirected(c):
    proxy, name = c.cloud_proxy(), c.name()
    proxy.add(match=moves(), times=3, forward=False, answer=redirect(
        307, lambda path: proxy.url.removesuffix('/v2.1') + path + '?e2e'))
    guests = c.guests(values(c.boot(('active', 1))))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'tells of the redirect by the row', lambda r: any(
        re.search('redirect|307', x.get('message', '')) for x in rows(r).values()), 90)
    expect(0, proxy.count(lambda seen: seen.path.endswith('?e2e')), 'moves that were redirected and followed')
    _finished(c, name, guests)


NAMES = {'identity': 'keystone.hm-e2e.test', 'compute': 'nova.hm-e2e.test', 'placement': 'placement.hm-e2e.test'}


def _web(c, proxy, web, settings, **entry):
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    operator = c.run_operator(clouds=c.clouds_file(**c.through(proxy), **entry),
                              settings={**FAST, **settings, 'NO_PROXY': '127.0.0.1,localhost'})
    c.kube.create(name, c.host)
    _finished(c, name, guests)
    demand(web.seen, 'the proxy was not asked')
    return operator


@scenario('the cloud is reached by HTTP_PROXY alone, Kubernetes without it (NO_PROXY)', short=True, lab=True)
def http_proxy(c):
    proxy, web = c.cloud_proxy(names=NAMES), c.entered(WebProxy(set(NAMES.values())))
    _web(c, proxy, web, {'HTTP_PROXY': web.url})


@scenario('a cloud with TLS is reached by HTTPS_PROXY alone, which asks for a password', ci=True, short=True, lab=True)
def https_proxy(c):
    authority = Authority(c.directory, 'authority')
    proxy = c.cloud_proxy(names=NAMES, tls=authority.certificate(*NAMES.values()))
    web = c.entered(WebProxy(set(NAMES.values()), login=('somebody', 'hm-e2e-hidden')))
    operator = _web(c, proxy, web, {'HTTPS_PROXY': web.url}, cacert=str(authority.file))
    expect({'CONNECT'}, {method for method, _ in web.seen}, 'what the proxy was asked')
    c.prove_quiet(operator.log.read_text(), 'hm-e2e-hidden')


@scenario('a JVM under ar_EG: the digits of messages are those of everybody', short=True, lab=True)
def arabic(c):
    proxy, name = c.cloud_proxy(), c.name()
    guests = c.guests(values(c.boot(*TWO)))
    fault = proxy.add(match=calls('GET', SERVICES), times=ALWAYS, forward=False, status=500)
    operator = c.run_operator(proxy=proxy, settings={
        **FAST, 'JAVA_TOOL_OPTIONS': '-Duser.language=ar -Duser.country=EG'})
    c.kube.create(name, c.host)
    c.when(name, 'tells of HTTP 500', lambda r: re.search('HTTP (500|٥٠٠)', _message(r)), 60)
    fault.times = 0
    _finished(c, name, guests)
    said = operator.log.read_text(errors='replace') + c.kube.kubectl('get', 'events', '-n', 'default', '-o', 'json')
    expect([], sorted(set(re.findall('[٠-٩۰-۹]', said))), 'digits that are not ASCII')


# who else is at work

@scenario('somebody writes another reason into the disabled service, which begins like ours: said at once, and left '
          'disabled on delete', ci=True, short=True, lab=True)
def reason_of_a_person(c):
    guests, name = c.guests(values(c.boot(('active', 1)))), c.name()
    reason = f'host-maintenance {PREFIX}prolonged, RAM on order, do not enable'
    c.run_operator()
    c.kube.create(name, c.host)
    c.drained(name)
    c.cloud.disable(c.host, reason)
    c.when(name, 'tells that it will be left disabled', lambda r: 'given back' not in condition(
        r, 'ServiceDisabled')['message'] and 'prolonged' in condition(r, 'ServiceDisabled')['message'], 60)
    c.kube.delete(name, wait=60)
    service = c.cloud.service(c.host)
    expect(('disabled', reason), (service['status'], service['disabled_reason']), 'the service after the delete')
    c.prove_moved(guests)


@scenario("an administrator's migration from the host runs for 12 min before ours, which Nova queues: ours wait", lab=True)
def queue(c):
    guests, name = {}, c.name()
    long = c.boot(('active', 1), lab_lm_seconds=750)['active'][0]
    ours = c.boot(('active', 2))['active']
    guests = c.guests([long, *ours])
    c.cloud.act(long, {'os-migrateLive': {'host': None, 'block_migration': 'auto'}})
    until('it runs', lambda: any(m['status'] == 'running' for m in c.cloud.migrations(f'instance_uuid={long}')), 60)
    c.run_operator()
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        c.drained(name, 1200)
        wrong = {(r['state'], r.get('reason')) for _, s in watch.statuses() for r in s.get('instances', [])
                 if r['state'] in ('Blocked', 'Failed')}
        expect(set(), wrong, 'rows that were Blocked or Failed while ours waited')
    c.prove_moved(guests)
    c.prove_asked(name, ours)
    c.kube.delete(name, wait=60)
    c.prove_enabled()


# groups

@scenario('all members of a hard affinity group: Nova moves none, it is said what does, and that does', short=True, lab=True)
def affinity(c):
    group, name = c.cloud.group('affinity'), c.name()
    c.undo(c.cloud.drop_group, group)
    member = c.cloud.with_group(group)
    ids = [i for _ in range(2) for i in values(member.boot(c.host, c.other, [('active', 1, {'lab_lm_seconds': '0.5'})]))]
    guests = c.guests(ids)
    c.run_operator()
    c.kube.create(name, c.host)
    resource = c.stalled(name, 'InstancesBlocked', 120)
    for server in ids:
        demand_row(resource, server, state='Blocked', reason='AffinityGroup', attempts=rows(resource)[server].get('attempts'))
        said = rows(resource)[server]['message']
        demand('server group delete' in said and group in said, f"what helps is not said: '{said}'")
    expect([], [a for i in ids for a in c.cloud.actions(i) if a['action'] == 'live-migration'], 'moves that cannot go well')
    c.prove_here(guests)
    c.cloud.drop_group(group)
    _finished(c, name, guests, 400)


@scenario('the only member of a hard affinity group: Nova does not move it either, and it is not asked in vain', lab=True)
def affinity_of_one(c):
    group, name = c.cloud.group('affinity'), c.name()
    c.undo(c.cloud.drop_group, group)
    ids = values(c.cloud.with_group(group).boot(c.host, c.other, [('active', 1, {'lab_lm_seconds': '0.5'})]))
    guests = c.guests(ids)
    c.run_operator()
    c.kube.create(name, c.host, maxAttempts=2)
    resource = c.stalled(name, 'InstancesBlocked', 200)
    expect('AffinityGroup', rows(resource)[ids[0]]['reason'], f"reason of the row, '{rows(resource)[ids[0]]['message']}'")
    c.cloud.drop_group(group)
    c.kube.annotate(name, retry='1')
    _finished(c, name, guests, 400)


def _no_valid_host(c, name, server):
    c.run_operator()
    c.kube.create(name, c.host, maxAttempts=1)
    return rows(c.stalled(name, 'InstancesBlocked', 200))[server]


@scenario('no valid host for a member of an anti-affinity group that is pinned to a zone: the group is not blamed', lab=True)
def anti_affinity_zone(c):
    aggregate = c.cloud.nova('POST', '/os-aggregates', {'aggregate': {
        'name': PREFIX + 'zone', 'availability_zone': PREFIX + 'zone'}})['aggregate']['id']
    c.cloud.nova('POST', f'/os-aggregates/{aggregate}/action', {'add_host': {'host': c.host}})

    def drop():
        c.cloud.remove(c.cloud.mine())
        c.cloud.nova('POST', f'/os-aggregates/{aggregate}/action', {'remove_host': {'host': c.host}})
        c.cloud.nova('DELETE', f'/os-aggregates/{aggregate}')
    c.undo(drop)
    group = c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    server = values(c.cloud.with_group(group, PREFIX + 'zone').boot(c.host, c.other, [('active', 1, {})]))[0]
    row = _no_valid_host(c, c.name(), server)
    expect('NoValidHost', row['reason'], f"reason of the row, '{row['message']}'")


@scenario('no valid host as each other host has a member of its anti-affinity group: the group and its hosts are named', lab=True)
def anti_affinity(c):
    group = c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    member = c.cloud.with_group(group)
    server, *_ = [values(member.boot(host, c.other, [('active', 1, {})]))[0] for host in c.hosts]
    row = _no_valid_host(c, c.name(), server)
    expect('AntiAffinityGroup', row['reason'], f"reason of the row, '{row['message']}'")
    demand(group in row['message'] and c.other in row['message'], f"group and hosts are not named: '{row['message']}'")
