"""Security: resources that nobody should write, and rights that nobody should need."""

import json
import os
import random
import re
import secrets
import string
import time
import uuid

import pytest

from suite.case import BOLD, CLOUD
from suite.cloud import PREFIX, Keystone, Refused, Session, clouds_yaml, values
from suite.kube import CRD, GROUP, condition, demand_row, rows, summary
from suite.operator import DEFAULTS, FAST
from suite.waiting import PATIENCE, Failure, demand, expect, until
from suite.world import NAMESPACE

pytestmark = pytest.mark.short

RESOURCES = f'/apis/{GROUP}/v1alpha1/hostmaintenances'
COUNT = 30
# Many resources are observed: the usual pace, so that the lab's Nova does not drown.
PACE = {**DEFAULTS, 'HM_SETTLE': '5s'}
HOSTILE = ('', ' ', '\0', '\x1b[31mred', 'two\nlines', '\u202eturned', '\U0001f422' * 30, '\ud83d', 'x' * 256, 'x' * 2000,
           '<b>bold</b>', '../../etc', "'; DROP TABLE", '${jndi:ldap://127.0.0.1/}', 'true', '1', 'null')
NUMBERS = (0, -1, 1, 2**31, -2**31 - 1, 2**63, 1.5, 1e300)


class Fuzz:
    """Specs by the CRD's schema: mostly good ones, each with up to two fields that are not. The same seed, the same ones."""

    def __init__(self, schema, hosts, seed):
        self.random = random.Random(seed)
        self.spec = schema['properties']['spec']
        self.hosts = hosts

    def resource(self, number):
        pick = self.random
        document = {'apiVersion': f'{GROUP}/v1alpha1', 'kind': 'HostMaintenance',
                    'metadata': {'name': f'{PREFIX}fuzz-{number}'}, 'spec': self.good('spec', self.spec)}
        for _ in range(pick.choice((0, 0, 1, 1, 2))):
            self.spoil(document)
        return document

    def good(self, name, schema):
        pick = self.random
        if schema.get('x-kubernetes-int-or-string'):
            return pick.choice(('Auto', 1, 16, pick.randint(1, 16)))
        if schema['type'] == 'object':
            wanted = schema.get('required', [])
            return {k: self.good(k, s) for k, s in schema['properties'].items() if k in wanted or pick.random() < 0.4}
        if schema['type'] == 'array':
            return [str(uuid.UUID(int=pick.getrandbits(128))) for _ in range(pick.choice((0, 1, 3)))]
        if schema['type'] == 'boolean':
            return pick.random() < 0.5
        if schema['type'] == 'integer':
            return pick.choice((schema['minimum'], schema['maximum'], pick.randint(schema['minimum'], schema['maximum'])))
        if name in ('host', 'targetHost'):
            return pick.choice(self.hosts)
        if name == 'cloud':
            return pick.choice((CLOUD, CLOUD, 'hm-e2e-nonesuch', 'a' * 63))
        rules = ' '.join(r['rule'] for r in schema.get('x-kubernetes-validations', []))
        if words := re.findall(r"'(\w+)'", rules.split(' in [')[-1] if ' in [' in rules else ''):
            return pick.choice(words)
        if name in ('instanceTimeout', 'drainTimeout'):
            return pick.choice(('1s', '45m', '9999h', '999999m', '99999999s', '0001h00m1s', '9999h999999m99999999s'))
        return ''.join(pick.choice(string.printable[:95]) for _ in range(pick.choice((1, 30, 120)))).strip() or 'x'

    def spoil(self, document):
        pick = self.random
        where = pick.choice(('spec', 'spec', 'spec', 'spec', 'concurrency', 'metadata', 'document'))
        if where == 'document':
            fault = pick.choice(('no spec', 'null', 'list', 'status', 'version'))
            document.update({'no spec': {}, 'null': {'spec': None}, 'list': {'spec': [1]}, 'version': {'apiVersion': 'v9'},
                             'status': {'status': {'phase': 'InMaintenance', 'moved': 7, 'observedGeneration': 9}}}[fault])
            if fault == 'no spec':
                del document['spec']
            return
        spec = document.get('spec')
        if where == 'metadata' or not isinstance(spec, dict):
            document['metadata'].update(pick.choice((
                {'annotations': {f'{GROUP}/{pick.choice(("retry", "release", "schema", "x"))}': pick.choice(HOSTILE)}},
                {'finalizers': [f'{GROUP}/finalizer']}, {'labels': {'a': pick.choice(HOSTILE)}},
                {'name': PREFIX + 'fuzz-' + 'n' * pick.choice((80, 89, 90, 240, 300))},
                {'annotations': {'big': 'x' * pick.choice((1000, 250_000))}}, {'annotations': {'a': 7}},
                {'resourceVersion': '1'}, {'deletionTimestamp': '2020-01-01T00:00:00Z'}, {'generation': 99})))
            return
        if where == 'concurrency':
            spec['concurrency'] = pick.choice((None, [], 'two', {'live': pick.choice(NUMBERS)}, {'cold': None},
                                               {'live': 'many'}, {'live': '2'}, {'warm': 1}, {}))
            return
        field = pick.choice([*self.spec['properties'], 'unknownField'])
        if pick.random() < 0.15:
            spec.pop(field, None)
        else:
            spec[field] = pick.choice((pick.choice(HOSTILE), pick.choice(HOSTILE), pick.choice(NUMBERS), None, [],
                                       {'a': 1}, True))


def post(kube, document):
    """Creates it as it is, no client in between that would correct it; the object, or the API server's refusal."""
    done = kube.run('kubectl', 'create', '--raw', RESOURCES + '?fieldValidation=Strict', '-f', '-',
                    stdin=json.dumps(document), check=False)
    return (json.loads(done.stdout), None) if done.returncode == 0 else (None, done.stderr.strip())


def served(c, name):
    """Seconds from creating a resource for a host with two guests until it is drained and proven so."""
    guests = c.guests(values(c.boot(('active', 2))))
    begun = time.monotonic()
    c.kube.create(name, c.host)
    c.drained(name)
    seconds = time.monotonic() - begun
    c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=60)
    c.prove_enabled()
    return seconds


def handled(resource):
    """Whether the operator has said where the resource stands, and why."""
    status = resource.get('status', {})
    told = condition(resource, 'Planned' if resource['spec'].get('mode') == 'Plan' else 'Ready')
    if not (status.get('phase') and told['reason'] and told['message']):
        raise Failure(summary(resource))
    return status['observedGeneration'] == resource['metadata']['generation']


@pytest.mark.lab
def test_fuzz(c):
    """Random resources are refused with a clear message or handled, and a good resource is served in its usual time."""
    seed = int(os.environ.get('HM_E2E_SEED', 0)) or secrets.randbelow(10**9)
    try:
        _fuzz(c, seed)
    except Exception as failure:
        raise Failure(f'HM_E2E_SEED={seed}: {type(failure).__name__}: {failure}') from failure


def _fuzz(c, seed):
    versions = c.kube.json('get', 'crd', CRD)['spec']['versions']
    maker = Fuzz(versions[0]['schema']['openAPIV3Schema'], [
        c.hosts[2], c.hosts[3], 'hm-e2e-nonesuch', '.', '..', '-', '0', 'a' * 255, 'COMPUTE-1', c.host + '.'], seed)
    running = c.run_operator(settings=PACE)
    usual = served(c, c.name('-usual'))
    accepted, refused = [], []
    for number in range(COUNT):
        document = maker.resource(number)
        made, sentence = post(c.kube, document)
        if made:
            accepted.append(made['metadata']['name'])
        else:
            refused.append(sentence)
            demand(len(sentence) > 20 and 'nternal error' not in sentence and 'panic' not in sentence,
                   f'refused without a sentence: {sentence!r} for {json.dumps(document)[:500]}')
    (c.directory / 'refused.txt').write_text('\n'.join(refused))
    demand(len(accepted) >= 5 and len(refused) >= 5, f'{len(accepted)} accepted, {len(refused)} refused: no test')
    with_them = served(c, c.name('-amid'))
    demand(with_them <= usual * 2 + 15 * PATIENCE,
           f'a good resource took {with_them:.0f} s amid {len(accepted)} others, {usual:.0f} s without')
    for name in accepted:
        c.when(name, 'handled: a phase with a reason', handled, 60)
    for name in accepted:  # what was accepted is spoiled by an update, too
        document = maker.resource(0)
        c.kube.run('kubectl', 'patch', CRD, name, '--type=merge', '-p',
                   json.dumps({'spec': document.get('spec')}), check=False)
    for name in accepted:
        c.when(name, 'handled after the update', handled, 60)
    again = served(c, c.name('-after'))
    demand(again <= usual * 2 + 15 * PATIENCE, f'a good resource took {again:.0f} s, {usual:.0f} s without the others')
    for name in accepted:
        c.kube.delete(name)
    for name in accepted:
        until(f'{name} is gone', lambda: c.kube.get(name) is None, 90)
    for host in c.hosts[2:]:
        c.prove_enabled(host)
    log = running.log.read_text(errors='replace')
    (c.directory / 'counts.txt').write_text(f'seed {seed}: {len(accepted)} accepted, {len(refused)} refused, '
                                            f'{usual:.0f} s usual, {with_them:.0f} s amid, {again:.0f} s after\n')
    thrown = [line for line in log.splitlines() if re.search(r' ERROR |Exception', line)]
    demand(not thrown, f'{len(thrown)} exceptions in the log, the first: {thrown[:1]}')


# What the operator asks of Nova and placement; docs/security.md has the same list.
ACCESS_RULES = [{'service': service, 'method': method, 'path': path} for service, method, path in (
    ('compute', 'GET', '/v2.1/'),
    ('compute', 'GET', '/v2.1/os-services'),
    ('compute', 'PUT', '/v2.1/os-services/*'),
    ('compute', 'GET', '/v2.1/os-hypervisors/detail'),
    ('compute', 'GET', '/v2.1/os-hypervisors/*'),
    ('compute', 'GET', '/v2.1/os-server-groups/*'),
    ('compute', 'GET', '/v2.1/os-migrations'),
    ('compute', 'GET', '/v2.1/servers/detail'),
    ('compute', 'GET', '/v2.1/servers/*'),
    ('compute', 'GET', '/v2.1/servers/*/diagnostics'),
    ('compute', 'GET', '/v2.1/servers/*/os-instance-actions'),
    ('compute', 'GET', '/v2.1/servers/*/os-instance-actions/*'),
    ('compute', 'POST', '/v2.1/servers/*/action'),
    ('compute', 'DELETE', '/v2.1/servers/*/migrations/*'),
    ('compute', 'POST', '/v2.1/servers/*/migrations/*/action'),
    ('placement', 'GET', '/resource_providers/*/allocations'),
    ('placement', 'GET', '/resource_providers'),
    ('placement', 'GET', '/allocation_candidates'))]


@pytest.mark.lab
def test_accessrules(c):
    """An application credential that allows only the operator's own calls is enough."""
    credential = Keystone.credential(c.world.operator_entry, c.name(), ACCESS_RULES)
    made = c.boot(('active', 1), ('paused', 1), ('stopped', 1), ('active', 1, {'lab_lm_seconds': 60}))
    slow = made['active'].pop()
    guests, name, session = c.guests(values(made)), c.name(), Session(credential)

    def answered(method, path, kind='compute', body=None):
        try:
            session.call(kind, method, path, body)
        except Refused as refused:
            return refused.status
        return 200
    for method, path in (('DELETE', f'/servers/{slow}'), ('GET', '/flavors'), ('POST', '/servers'),
                         ('GET', f'/servers/{slow}/os-interface'), ('DELETE', '/os-services/1')):
        expect(401, answered(method, path), f'{method} {path} by the credential')
    expect(401, answered('GET', '/traits', 'placement'), 'GET /traits by the credential')
    expect(401, answered('GET', '/users', 'identity'), 'GET /users by the credential')

    file = c.directory / 'credential.yaml'
    file.touch(0o600)
    file.write_text(clouds_yaml(CLOUD, credential))
    running = c.run_operator(clouds=file)
    c.kube.create(c.name('-plan'), c.host, mode='Plan')
    c.when(c.name('-plan'), 'a feasible plan', lambda r: condition(r, 'Planned')['reason'] == 'Feasible')
    c.kube.delete(c.name('-plan'), wait=10)
    c.kube.create(name, c.host, reason='least privilege', instanceTimeout='20s', maxAttempts=1)
    # the slow one is aborted in its time, which is a call of its own
    c.phase(name, 'Blocked')
    aborts = c.log.requests(c.world.operator_user, 'DELETE', r'/servers/[^/]+/migrations/')
    demand([s for _, _, _, s in aborts] == [202], f'aborts: {aborts}')
    c.cloud.act(slow, {'forceDelete': None})
    c.drained(name)
    c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=60)
    c.prove_enabled()

    made = c.boot(('suspended', 1), ('paused_moved', 1), ('rescued', 1), ('error', 1), ('error_off', 1), ('shelved', 1),
                  ('verify_resize_from', 1), ('stopped', 1))
    c.labs.soft_delete(made['stopped'])
    name = c.name('-ways')
    c.kube.create(name, c.host, strategies={**BOLD, 'softDeleted': 'Delete'})
    c.drained(name)
    resource = c.prove_counters(name)
    for state, (server_id,) in made.items():
        demand_row(resource, server_id, state='Gone' if state in ('verify_resize_from', 'stopped') else 'Moved')
    c.prove_empty()
    c.kube.delete(name, wait=60)
    # a guest that is stopped for the time of the maintenance is started afterwards
    guests, name = c.guests(values(c.boot(('active', 1)))), c.name('-stop')
    c.kube.create(name, c.host, scope='Running', strategies={'active': 'Stop'})
    c.when(name, 'is Ready', lambda r: condition(r, 'Ready')['status'] == 'True')
    c.kube.delete(name, wait=120)
    c.prove_here(guests)
    c.prove_quiet(running.log.read_text(), credential['auth']['application_credential_secret'])


@pytest.mark.lab
def test_forbidden_verb(c):
    """Policy allows nobody to resume, to stop and to read diagnostics: the rows that need it say so, all others go on,
    and the rest follows once it is allowed.
    """
    made = c.boot(('active', 1), ('paused_moved', 1), ('rescued', 1), ('suspended', 1), ('rescued_off', 1), ('error', 1))
    resumed, stopped, read, name = made['suspended'][0], made['rescued_off'][0], made['error'][0], c.name()
    untouched = c.guests([resumed])
    c.undo(c.labs.refuse)
    c.labs.refuse('os-suspend-server:resume', 'servers:stop', 'os-server-diagnostics')
    running = c.run_operator()
    c.kube.create(name, c.host, strategies=BOLD)
    resource = c.when(name, 'has moved the others and says why it does not move three', lambda r: [
        rows(r).get(i, {}).get('reason') for i in (resumed, stopped, read)] == ['Forbidden', 'Forbidden', 'Forbidden']
        and all(rows(r)[made[state][0]]['state'] == 'Moved' for state in ('active', 'paused_moved', 'rescued')))
    demand_row(resource, resumed, state='Pending')  # its first request: the guest is as it was
    c.prove_here(untouched)
    demand_row(resource, stopped, state='InProgress', step='Stop')  # its rescue has ended
    expect('ACTIVE', c.cloud.server(stopped)['status'], 'the guest whose stop is refused')
    demand('os-suspend-server:resume' in rows(resource)[resumed]['message'], f"{rows(resource)[resumed]['message']}")
    expect('ERROR', c.cloud.server(read)['status'], 'the guest whose diagnostics are refused')
    demand('os-server-diagnostics' in running.log.read_text(), 'the log does not say which right is missing')
    demand(condition(resource, 'Stalled')['status'] != 'True', f'stalled by two rows: {summary(resource)}')
    c.labs.refuse()
    c.drained(name)
    c.prove_empty()
    for server_id, status in ((resumed, 'SUSPENDED'), (stopped, 'SHUTOFF'), (read, 'ACTIVE')):
        demand_row(c.kube.get(name), server_id, state='Moved')
        expect(status, c.cloud.server(server_id)['status'], 'the guest, once its request is allowed')
    c.kube.delete(name, wait=60)
    c.prove_enabled()


@pytest.mark.lab
@pytest.mark.last
def test_rights(c):
    """The operator uses every Kubernetes permission that the chart grants, and no other."""
    _lead(c)
    granted, used = grants(c.world.rights, c.world.operator_account), set()
    for event in c.labs.audited(c.world.operator_account, c.world.begun):
        code, what = event.get('responseStatus', {}).get('code'), asked(event)
        if code == 403:  # an API server that has just started knows no roles yet, and refuses what is granted
            demand(what in granted, f'refused: {what}: {event.get("responseStatus", {}).get("message")}')
        elif what not in EVERYBODY:
            used.add(what)
    table = '\n'.join(f'{"used" if g in used else "    "} {"granted" if g in granted else "       "} {" ".join(g)}'
                      for g in sorted(granted | used))
    (c.directory / 'rights.txt').write_text(table + '\n')
    demand(granted >= used, f'used but not granted by the chart: {sorted(used - granted)}')
    demand(used >= granted, f'granted but not used in this run: {sorted(granted - used)}')


# What system:basic-user and system:discovery allow to everybody who is authenticated.
EVERYBODY = {('authorization.k8s.io', 'selfsubjectrulesreviews', 'create', ''), ('', '/version', 'get', '')}


def asked(event):
    """(group, resource, verb, namespace) of a request."""
    ref = event.get('objectRef')
    if ref is None:
        return '', event['requestURI'].split('?')[0], event['verb'], ''
    resource = '/'.join(filter(None, (ref['resource'], ref.get('subresource'))))
    return ref.get('apiGroup', ''), resource, event['verb'], ref.get('namespace', '')


def grants(manifests, account):
    """(group, resource, verb, namespace) of all that is granted to the account; the namespace is empty for the cluster."""
    bound = {(b['roleRef']['kind'], b['roleRef']['name'], b['metadata'].get('namespace', ''))
             for b in manifests if b['kind'].endswith('Binding')
             for s in b['subjects'] if f"system:serviceaccount:{s.get('namespace')}:{s['name']}" == account}
    return {(group, resource, verb, role['metadata'].get('namespace', ''))
            for role in manifests
            if (role['kind'], role['metadata']['name'], role['metadata'].get('namespace', '')) in bound
            for rule in role['rules'] for group in rule['apiGroups']
            for resource in rule['resources'] for verb in rule['verbs']}


def _lead(c):
    """The rare paths: two leaders in turn, and one event that both have to record."""
    name, settings = c.name(), {**FAST, 'HM_LEADER_ELECTION': 'true', 'HM_NAMESPACE': NAMESPACE}

    def event_count():
        return sum(e.get('count', 1) for e in c.kube.events(name) if e['reason'] == 'ServiceReenabled')
    # The first operator of a cluster makes the lease.
    c.kube.kubectl('-n', NAMESPACE, 'delete', 'lease', 'host-maintenance-operator', '--ignore-not-found')
    c.kube.create(name, c.host)
    for leader in (1, 2):
        with c.operator(settings=settings):
            c.phase(name, 'InMaintenance')
            c.cloud.enable(c.host)
            until('an event reports that somebody enabled the host', lambda: event_count() == leader, 60)
            until('the host is disabled again', lambda: c.cloud.service(c.host)['status'] == 'disabled', 60)
            if leader == 2:
                c.kube.delete(name, wait=60)
    c.prove_enabled()
