"""Odd clouds, as they are found in the field: catalogs, services, hypervisors, clocks, files, groups. See field.py."""

import copy
import dataclasses
import json
import re
import socket
import time
import uuid

import pytest

from suite.case import CLOUD
from suite.cloud import PREFIX, Keystone, values
from suite.field import SERVERS, SERVICES, TWO, drain, finished, works_or_says
from suite.kube import condition, demand_row, rows, summary
from suite.operator import FAST
from suite.proxy import ALWAYS, LOGIN, Answer, calls, moves, of_date, of_json, of_times
from suite.waiting import demand, expect, pause, until

pytestmark = pytest.mark.field

# odd catalogs

ODD_ENDPOINTS = ('ws://127.0.0.1:9000', '', None, 'not a url', 'http://', 'https://[::1', 7, 'unix:///run/x',
                 'http://swift.example.org/v1/AUTH_$(project_id)s', 'javascript:alert(1)')


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_odd_catalog(c):
    """The catalog has endpoints that are no URLs and services without some fields: the host is drained."""
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
    drain(c, proxy=proxy)


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_slashes(c):
    """Every endpoint of the catalog ends in slashes: the operator finds and asks placement."""
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
    finished(c, name, guests)


def _dead():
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return f'http://127.0.0.1:{free.getsockname()[1]}'


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_endpoint_type(c):
    """clouds.yaml says endpoint_type: internal, and the public endpoints are unreachable: the host is drained."""
    proxy, dead = c.cloud_proxy(), _dead()

    def close(catalog):
        for service in catalog:
            for endpoint in service['endpoints']:
                if endpoint['interface'] != 'internal':
                    endpoint['url'] = dead
    proxy.catalog(close)
    drain(c, clouds=c.clouds_file(**c.through(proxy), endpoint_type='internal'))


@pytest.mark.lab
@pytest.mark.short
def test_underscores(c):
    """Host names of the cloud contain underscores: the host is drained, or the message says so."""
    names = {'identity': 'key_stone.hm-e2e.test', 'compute': 'nova_api.hm-e2e.test', 'placement': 'place_ment.hm-e2e.test'}
    proxy, hosts = c.cloud_proxy(names=names), c.directory / 'hosts'
    hosts.write_text(''.join(f'127.0.0.1 {name}\n' for name in names.values()))
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(proxy=proxy, settings={**FAST, 'JAVA_TOOL_OPTIONS': f'-Djdk.net.hosts.file={hosts}'}).start()
    c.kube.create(name, c.host)
    works_or_says(c, name, guests, 'underscore')


@pytest.mark.lab
@pytest.mark.short
def test_capitals(c):
    """auth_url has capitals, blanks at both ends and a slash: the operator reads it as the openstack client does."""
    proxy = c.cloud_proxy()
    url = proxy.urls['identity'].replace('http://127.0.0.1', 'HTTP://LocalHost')
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(clouds=c.clouds_file(auth={'auth_url': f' {url}/ '})).start()
    c.kube.create(name, c.host)
    works_or_says(c, name, guests, r'auth_url.*\b(blank|space|capital)')


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


@pytest.mark.lab
@pytest.mark.short
def test_twin_services(c):
    """Nova lists two nova-compute services of the host, a dead one first: both are disabled, or the host is refused."""
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
        c.figures.append('status: ' + summary(resource))
        if condition(resource, 'Drained')['status'] == 'True':
            expect(['disabled'] * 2, [twin.row['status'], c.cloud.service(c.host)['status']], 'both services')
            c.prove_moved(guests)
        else:
            demand(re.search(r'two|2|several|both|more than one', condition(resource, 'Stalled')['message']),
                   f'it is not said that there are two: {summary(resource)}')
            c.prove_here(guests)
            expect('enabled', c.cloud.service(c.host)['status'], 'the living service of a host that is refused')
            demand(not any(condition({'status': s}, 'Ready')['status'] == 'True' for _, s in watch.statuses()),
                   'it was called ready')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.lab
def test_two_hypervisors(c):
    """The host has two hypervisors, an orphan first, and a build is on its way: not Drained before it came and moved.
    """
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
    c.when(name, 'observed', lambda r: r.get('status', {}).get('service'), 60)
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


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_forced_down(c):
    """nova-compute is forced down: the message names the command that ends this, and then the host is drained."""
    guests, name = c.guests(values(c.boot(*TWO))), c.name()

    def force(down):
        c.cloud.nova('PUT', f"/os-services/{c.cloud.service(c.host)['id']}", {'forced_down': down})
    force(True)
    c.undo(force, False)
    c.run_operator()
    c.kube.create(name, c.host)
    found = c.when(name, 'stalled', lambda r: condition(r, 'Stalled')['status'] == 'True', 120)
    demand('compute service set --up' in condition(found, 'Stalled')['message'], f'the way out is not named: {summary(found)}')
    c.prove_here(guests)
    force(False)
    finished(c, name, guests)


@pytest.mark.lab
@pytest.mark.short
def test_near_names(c):
    """spec.host is a short name or has other capitals: the message suggests the right name among many."""
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
               f'{wrong}: {right} is not suggested: {summary(resource)}')
        c.kube.delete(name, wait=60)


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_short_lists(c):
    """Lists of servers and migrations are empty, with status 200 and no placement: a full host is not Drained."""
    proxy, name, guests = c.cloud_proxy(), c.name(), c.guests(values(c.boot(('active', 1), ('paused', 1))))
    proxy.catalog(lambda catalog: [catalog.remove(s) for s in list(catalog) if s['type'] == 'placement'])
    ends = [proxy.edit(calls('GET', path), of_json(lambda document, key=key: {key: []} if key in document else None))
            for path, key in ((SERVERS, 'servers'), (r'/os-migrations(\?|$)', 'migrations'))]
    c.run_operator(proxy=proxy)
    with c.watch(name) as watch:
        c.kube.create(name, c.host)
        until('the operator has listed the servers three times', lambda: proxy.count(calls('GET', SERVERS)) >= 3, 60)
        pause(20)
        c.prove_here(guests)
        demand(not any(condition({'status': s}, 'Drained')['status'] == 'True' for _, s in watch.statuses()),
               f'drained with {len(guests)} guests on the host: {summary(c.kube.get(name))}')
    for end in ends:
        end()
    finished(c, name, guests)


@pytest.mark.lab
def test_task_for_ever(c):
    """A guest keeps its task after its action failed: the row soon gives the error text, and after a reset it moves."""
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
    resource = c.when(name, 'reports the row', lambda r: rows(r).get(server, {}).get('state') in ('Blocked', 'Failed'), 240)
    row = rows(resource)[server]
    demand(re.search('pre-check|lab_precheck_fail|No valid host', row['message'], re.I),
           f"the text of the action is not in the message '{row['message']}'")
    c.cloud.drop_metadata(server, 'lab_precheck_fail')
    ends[0]()
    c.kube.annotate(name, retry='1')
    finished(c, name, guests, 400)


# clocks

@pytest.mark.lab
@pytest.mark.parametrize('seconds', [
    pytest.param(6, marks=[pytest.mark.ci, pytest.mark.short], id='ahead-6'),
    pytest.param(60, marks=pytest.mark.short, id='ahead-60'), pytest.param(-60, id='behind-60'),
    pytest.param(3600, id='ahead-3600')])
def test_clock(c, seconds):
    """The records that Nova writes are so many seconds behind the Date of its replies: the operator recognizes its own
    requests.
    """
    proxy = c.cloud_proxy()
    proxy.edit(lambda seen: seen.kind == 'compute', of_date(seconds))
    drain(c, (('active', 2), ('stopped', 2)), proxy=proxy)


@pytest.mark.lab
@pytest.mark.short
def test_token_times(c):
    """The operator's clock is two hours ahead, longer than a token is valid: it logs in once."""
    proxy = c.cloud_proxy()
    for edit in (of_date(-7200), of_times(-7200)):
        proxy.edit(lambda seen: seen.kind == 'identity', edit)
    drain(c, proxy=proxy)
    c.figures.append(f'{proxy.count(LOGIN)} logins')
    demand(proxy.count(LOGIN) <= 2, f'{proxy.count(LOGIN)} logins')


# clouds.yaml

def _written(c, proxy, user):
    """A clouds.yaml as a person writes it: no quotes."""
    auth = c.world.operator_entry['auth']
    lines = {'auth_url': proxy.urls['identity'], 'project_name': user, 'username': user,
             **{k: v for k, v in auth.items() if '_domain_' in k}}
    return (f'clouds:\n  {CLOUD}:\n    region_name: RegionOne\n    auth:\n'
            + ''.join(f'      {k}: {v}\n' for k, v in lines.items()))


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_password_like_a_number(c):
    """The password looks like a number and has no quotes: the operator uses it as it is written."""
    proxy, keystone, user, clouds = c.cloud_proxy(), Keystone(c.cloud.session), PREFIX + 'number', c.directory / 'clouds.yaml'
    keystone.user(user, '123e4567', 'admin')
    c.undo(keystone.forget, user)
    clouds.write_text(_written(c, proxy, user) + '      password: 123e4567\n')
    drain(c, clouds=clouds)


@pytest.mark.lab
@pytest.mark.short
def test_secure_yaml(c):
    """The password is in secure.yaml, which OS_CLIENT_SECURE_FILE names."""
    proxy, entry = c.cloud_proxy(), c.world.operator_entry
    clouds, secure = c.directory / 'clouds.yaml', c.directory / 'secure.yaml'
    clouds.write_text(_written(c, proxy, entry['auth']['username']))
    secure.write_text(f"clouds:\n  {CLOUD}:\n    auth:\n      password: {entry['auth']['password']}\n")
    drain(c, clouds=clouds, settings={**FAST, 'OS_CLIENT_SECURE_FILE': str(secure)})


# groups

@pytest.mark.lab
@pytest.mark.short
def test_affinity(c):
    """All members of a hard affinity group are on the host: the row names what helps, and that helps."""
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
    finished(c, name, guests, 400)


@pytest.mark.lab
def test_affinity_of_one(c):
    """The only member of a hard affinity group is on the host: its row gives the reason AffinityGroup."""
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
    finished(c, name, guests, 400)


def _no_valid_host(c, name, server):
    c.run_operator()
    c.kube.create(name, c.host, maxAttempts=1)
    return rows(c.stalled(name, 'InstancesBlocked', 200))[server]


@pytest.mark.lab
def test_anti_affinity_zone(c):
    """No valid host for a member of an anti-affinity group that is pinned to a zone: the group is not blamed."""
    zone = c.zone()
    group = c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    server = values(c.cloud.with_group(group, zone).boot(c.host, c.other, [('active', 1, {})]))[0]
    row = _no_valid_host(c, c.name(), server)
    expect('ZonePinned', row['reason'], f"reason of the row, '{row['message']}'")


@pytest.mark.lab
def test_anti_affinity(c):
    """Every other host has a member of the anti-affinity group: the row names the group and its hosts."""
    group = c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    member = c.cloud.with_group(group)
    server, *_ = [values(member.boot(host, c.other, [('active', 1, {})]))[0] for host in c.hosts]
    row = _no_valid_host(c, c.name(), server)
    expect('AntiAffinityGroup', row['reason'], f"reason of the row, '{row['message']}'")
    demand(group in row['message'] and c.other in row['message'], f"group and hosts are not named: '{row['message']}'")
