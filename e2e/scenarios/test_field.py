"""Clouds as they are found in the field: silent, slow, refusing, moved, out of reach. Users have reported each.

A scenario puts one such cloud between the operator and the lab. The operator must drain the host, or the resource must
say what is wrong and how to go on. What it says must be true. Odd clouds are in test_odd_clouds.py.
"""

import contextlib
import json
import re
import time

import pytest

from suite.cloud import PREFIX, Keystone, values
from suite.field import LISTS, SERVERS, SERVICES, TWO, arrive, drain, finished, messages
from suite.kube import condition, rows, summary
from suite.operator import FAST
from suite.proxy import ALWAYS, IN_BODY, LOGIN, SILENCES, Answer, Authority, Proxy, WebProxy, calls, moves, redirect
from suite.waiting import demand, expect, pause, until

pytestmark = pytest.mark.field


def _versions(watch, since):
    """How many versions of the status came after that moment."""
    return sum(at > since for at, _ in list(watch.seen))


# silent

@pytest.mark.lab
def test_silent_lists(c):
    """A list of servers stops before the headers, in the headers or in the body: the operator asks again, other hosts go
    on.
    """
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


@pytest.mark.lab
def test_silent_calls(c):
    """Each other kind of reply stops once in its body, and the drain goes on."""
    proxy = c.cloud_proxy()
    faults = {path: proxy.add(match=calls('GET', path, kind), silent=IN_BODY) for path, kind in (
        (SERVICES, 'compute'), (r'/os-hypervisors', 'compute'), (r'/os-migrations', 'compute'),
        (r'/resource_providers', 'placement'))}
    drain(c, seconds=600, proxy=proxy)
    expect([], [path for path, fault in faults.items() if fault.times], 'kinds of calls that were never made')


@pytest.mark.lab
@pytest.mark.short
def test_silent_moves(c):
    """The reply to a move never completes: the operator follows the migration and does not request it twice."""
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


@pytest.mark.lab
def test_silent_logins(c):
    """The reply to a login stops before the headers, in the headers or in the body: the operator logs in again."""
    proxy = c.cloud_proxy()
    for place in SILENCES:
        proxy.add(match=LOGIN, silent=place)
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    c.operator(proxy=proxy).start()
    c.kube.create(name, c.host)
    finished(c, name, guests, 600)


@pytest.mark.lab
def test_silent_nova(c):
    """Nova stops answering during maintenance: Ready and Drained do not stay True, and a delete ends when Nova answers
    again.
    """
    proxy, guests, name = c.cloud_proxy(), c.guests(values(c.boot(('active', 1)))), c.name()
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.drained(name)
    proxy.add(match=lambda seen: seen.kind != 'identity', times=ALWAYS, silent=IN_BODY)
    arrive(c, next(iter(guests)))
    c.when(name, 'not called drained any more', lambda r: condition(r, 'Drained')['status'] != 'True'
           and condition(r, 'Ready')['status'] != 'True', 400, every=3)
    c.kube.delete(name)
    pause(5)
    demand(c.kube.get(name) is not None, 'it is gone, and its host was not given back')
    proxy.well()
    until(f'{name} is gone', lambda: c.kube.get(name) is None, 200)
    c.prove_enabled()


@pytest.mark.lab
def test_dripping(c):
    """Replies come one byte at a time: Ready is ApiUnavailable, and the drain ends when Nova has recovered."""
    proxy, guests, name = c.cloud_proxy(), c.guests(values(c.boot(*TWO))), c.name()
    proxy.add(match=calls('GET', SERVERS), times=ALWAYS, drip=0.5)
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'reported as ApiUnavailable', lambda r: condition(r, 'Ready')['reason'] == 'ApiUnavailable', 300)
    proxy.well()
    finished(c, name, guests)


# slow

@pytest.mark.lab
@pytest.mark.parametrize('seconds', [5, 20])
def test_slow_lists(c, seconds):
    """Nova takes so many seconds for each list: the host is drained."""
    _slow(c, seconds, LISTS)


def _slow(c, seconds, path):
    proxy = c.cloud_proxy()
    proxy.add(match=calls('GET', path), times=ALWAYS, delay=seconds)
    drain(c, seconds=900, proxy=proxy)


@pytest.mark.lab
def test_slow_groups(c):
    """Nova takes 29 s for server groups only: their members are moved."""
    proxy, group = c.cloud_proxy(), c.cloud.group('anti-affinity')
    c.undo(c.cloud.drop_group, group)
    proxy.add(match=calls('GET', r'/os-server-groups'), times=ALWAYS, delay=29)
    guests, name = c.guests(values(c.cloud.with_group(group).boot(c.host, c.other, [('active', 1, {})]))), c.name()
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    finished(c, name, guests, 600)


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


@pytest.mark.lab
@pytest.mark.short
def test_refused_once(c):
    """Each kind of refusal meets one move: the operator tries again and moves all guests."""
    proxy, name = c.cloud_proxy(), c.name()
    ids = _refused(c, proxy, 1)
    guests = c.guests(ids.values())
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host, concurrency={'live': 16})
    finished(c, name, guests, 600)


@pytest.mark.lab
def test_refused(c):
    """Nova refuses all moves: rows are Blocked with the reply, requests and status writes stay few, later all guests
    move.
    """
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
        resource = c.when(name, 'blocked by all refusals', blocked, 1500, every=5)
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
            demand(what in row['message'] or 'not for programs' in row['message'] or what == 'page',
                   f"the row of {what} does not say what was answered: '{row['message']}'")
        finished(c, name, guests, 1200)


@pytest.mark.lab
@pytest.mark.short
def test_disable_refused(c):
    """Nova refuses the disable with 403: the resource says so, and the operator tries again at the idle interval."""
    proxy, name = c.cloud_proxy(), c.name()
    disables = calls('PUT', r'/os-services/')
    proxy.add(match=disables, times=ALWAYS, forward=False, answer=lambda seen: Answer(
        403, {'Content-Type': 'application/json'}, json.dumps({'forbidden': {
            'code': 403, 'message': "Policy doesn't allow os_compute_api:os-services:update to be performed."}}).encode()))
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy, settings={**FAST, 'HM_POLL_IDLE': '20s'})
    c.kube.create(name, c.host)
    resource = c.stalled(name, 'Forbidden')
    demand('os-services' in condition(resource, 'Stalled')['message'], f'what was refused is not said: {summary(resource)}')
    known = len(proxy.seen)
    pause(45)
    demand(proxy.count(disables, known) <= 4, f'{proxy.count(disables, known)} disables in 45 s, with HM_POLL_IDLE=20s')
    c.prove_here(guests)
    proxy.well()
    finished(c, name, guests)


@pytest.mark.lab
@pytest.mark.short
def test_placement_refuses(c):
    """Placement always answers 401: few logins, Drained is not True, and the resource says who refuses."""
    proxy, name = c.cloud_proxy(), c.name()
    proxy.add(match=lambda seen: seen.kind == 'placement', times=ALWAYS, forward=False, status=401)
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    found = c.when(name, 'reported as Unauthorized', lambda r: condition(r, 'Ready')['reason'] == 'Unauthorized', 120)
    pause(60)
    demand(proxy.count(LOGIN) <= 5, f'{proxy.count(LOGIN)} logins in about a minute')
    demand(condition(c.kube.get(name), 'Drained')['status'] != 'True', 'drained without the word of placement')
    c.figures.append(f'{proxy.count(LOGIN)} logins, {proxy.count(lambda seen: seen.kind == "placement")} calls to placement')
    demand(re.search('placement|401|resource_providers', messages(found)), f'who refuses is not said: {summary(found)}')
    proxy.well()
    finished(c, name, guests, 400)


# what changes while it runs

@pytest.mark.lab
def test_endpoint_moved(c):
    """The endpoint of Nova moves, and nothing listens at the old address: the operator reads the catalog again."""
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
    finished(c, name, guests, 400)


@pytest.mark.lab
def test_clouds_replaced(c):
    """clouds.yaml gets another endpoint and user during a cold migration: the operator still recognizes its migration.
    """
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
    finished(c, name, guests, 400)
    demand(second.count(LOGIN), 'the new clouds.yaml was not taken up')


@pytest.mark.lab
def test_ca_replaced(c):
    """The cloud gets a certificate of another CA, and the cacert file changes later: the operator connects again."""
    before, after = Authority(c.directory, 'before'), Authority(c.directory, 'after')
    proxy, cacert, name = c.cloud_proxy(tls=before.certificate()), c.directory / 'cacert.pem', c.name()
    cacert.write_bytes(before.file.read_bytes())
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(clouds=c.clouds_file(**c.through(proxy), cacert=str(cacert)))
    c.kube.create(name, c.host)
    c.drained(name)
    proxy.certificate(after.certificate())
    arrive(c, next(i for i, state in guests.items() if state[0] == 'ACTIVE'))
    pause(5)
    staged = cacert.with_suffix('.new')
    staged.write_bytes(after.file.read_bytes())
    staged.rename(cacert)
    known = len(proxy.seen)
    until('the operator reads Nova with the new certificate', lambda: proxy.count(calls('GET', SERVERS), known) > 1, 150)
    c.when(name, 'has seen the arrival', lambda r: condition(r, 'Drained')['status'] != 'True' or c.cloud.server(
        next(iter(guests)))['OS-EXT-SRV-ATTR:host'] != c.host, 60)
    until('the arrival was moved', lambda: not c.cloud.on_host(c.host), 120)
    finished(c, name, guests, 200)


# the way to the cloud

@pytest.mark.lab
@pytest.mark.short
def test_keystone_redirects(c):
    """Keystone redirects within its host: the operator follows, or names the address."""
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
        with c.operator(clouds=c.clouds_file(auth={'auth_url': f'{at}{old}v3'})):
            c.kube.create(name, PREFIX + 'nonesuch')  # the operator needs a login to say HostNotFound
            found = c.when(name, f'logged in after {status}, or a message about it', lambda r: condition(r, 'Stalled')['reason']
                           == 'HostNotFound' or re.search('redirect', messages(r), re.I), 60)
            said.append(f"{status} {condition(found, 'Ready')['reason']}")
            if condition(found, 'Ready')['reason'] != 'HostNotFound':
                demand(at in messages(found) or status == 300, f'where {status} leads to is not said: {summary(found)}')
            c.kube.delete(name, wait=60)
    c.figures.append(', '.join(said))


@pytest.mark.lab
@pytest.mark.short
def test_nova_redirects(c):
    """Nova redirects to another host: the operator sends no token there and reports the redirect."""
    proxy, name = c.cloud_proxy(), c.name()
    elsewhere = c.entered(Proxy({'compute': c.cloud.session.endpoint('compute')}))
    at = elsewhere.url.replace('127.0.0.1', 'localhost').removesuffix('/v2.1')
    proxy.add(match=lambda seen: seen.kind == 'compute', times=ALWAYS, forward=False,
              answer=redirect(307, lambda path: at + path))
    guests = c.guests(values(c.boot(*TWO)))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    resource = c.when(name, 'reports the redirect', lambda r: re.search('redirect', messages(r), re.I), 90)
    demand(at in messages(resource), f'where it leads to is not said: {summary(resource)}')
    expect([], [seen.path for seen in elsewhere.seen if seen.token], 'requests with a token at another host')
    c.prove_here(guests)
    proxy.well()
    finished(c, name, guests)


@pytest.mark.lab
def test_moves_redirected(c):
    """A move is redirected within the host: the operator does not follow, and the row says so."""
    proxy, name = c.cloud_proxy(), c.name()
    proxy.add(match=moves(), times=3, forward=False, answer=redirect(
        307, lambda path: proxy.url.removesuffix('/v2.1') + path + '?e2e'))
    guests = c.guests(values(c.boot(('active', 1))))
    c.run_operator(proxy=proxy)
    c.kube.create(name, c.host)
    c.when(name, 'reports the redirect in the row', lambda r: any(
        re.search('redirect|307', x.get('message', '')) for x in rows(r).values()), 90)
    expect(0, proxy.count(lambda seen: seen.path.endswith('?e2e')), 'moves that were redirected and followed')
    finished(c, name, guests)


NAMES = {'identity': 'keystone.hm-e2e.test', 'compute': 'nova.hm-e2e.test', 'placement': 'placement.hm-e2e.test'}


def _web(c, proxy, web, settings, **entry):
    guests, name = c.guests(values(c.boot(*TWO))), c.name()
    operator = c.run_operator(clouds=c.clouds_file(**c.through(proxy), **entry),
                              settings={**FAST, **settings, 'NO_PROXY': '127.0.0.1,localhost'})
    c.kube.create(name, c.host)
    finished(c, name, guests)
    demand(web.seen, 'the proxy was not asked')
    return operator


@pytest.mark.lab
@pytest.mark.short
def test_http_proxy(c):
    """The operator reaches the cloud only through HTTP_PROXY, and Kubernetes directly (NO_PROXY)."""
    proxy, web = c.cloud_proxy(names=NAMES), c.entered(WebProxy(set(NAMES.values())))
    _web(c, proxy, web, {'HTTP_PROXY': web.url})


@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_https_proxy(c):
    """The operator reaches a cloud with TLS only through an HTTPS_PROXY that asks for a password."""
    authority = Authority(c.directory, 'authority')
    proxy = c.cloud_proxy(names=NAMES, tls=authority.certificate(*NAMES.values()))
    web = c.entered(WebProxy(set(NAMES.values()), login=('somebody', 'hm-e2e-hidden')))
    operator = _web(c, proxy, web, {'HTTPS_PROXY': web.url}, cacert=str(authority.file))
    expect({'CONNECT'}, {method for method, _ in web.seen}, 'what the proxy was asked')
    c.prove_quiet(operator.log.read_text(), 'hm-e2e-hidden')


@pytest.mark.lab
@pytest.mark.short
def test_arabic(c):
    """The JVM runs in the locale ar_EG: messages still have ASCII digits."""
    proxy, name = c.cloud_proxy(), c.name()
    guests = c.guests(values(c.boot(*TWO)))
    fault = proxy.add(match=calls('GET', SERVICES), times=ALWAYS, forward=False, status=500)
    operator = c.run_operator(proxy=proxy, settings={
        **FAST, 'JAVA_TOOL_OPTIONS': '-Duser.language=ar -Duser.country=EG'})
    c.kube.create(name, c.host)
    c.when(name, 'reports HTTP 500', lambda r: re.search('HTTP (500|٥٠٠)', messages(r)), 60)
    fault.times = 0
    finished(c, name, guests)
    said = operator.log.read_text(errors='replace') + c.kube.kubectl('get', 'events', '-n', 'default', '-o', 'json')
    expect([], sorted(set(re.findall('[٠-٩۰-۹]', said))), 'digits that are not ASCII')


# who else is at work

@pytest.mark.ci
@pytest.mark.lab
@pytest.mark.short
def test_reason_of_a_person(c):
    """A person changes disabled_reason to a text that begins like ours: a message says so, a delete leaves the host
    disabled.
    """
    guests, name = c.guests(values(c.boot(('active', 1)))), c.name()
    reason = f'host-maintenance {PREFIX}prolonged, RAM on order, do not enable'
    c.run_operator()
    c.kube.create(name, c.host)
    c.drained(name)
    c.cloud.disable(c.host, reason)
    c.when(name, 'says that it will be left disabled', lambda r: 'given back' not in condition(
        r, 'ServiceDisabled')['message'] and 'prolonged' in condition(r, 'ServiceDisabled')['message'], 60)
    c.kube.delete(name, wait=60)
    service = c.cloud.service(c.host)
    expect(('disabled', reason), (service['status'], service['disabled_reason']), 'the service after the delete')
    c.prove_moved(guests)


@pytest.mark.lab
def test_queue(c):
    """The migration of another administrator runs for 12 min, and Nova queues ours behind it: they wait."""
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
