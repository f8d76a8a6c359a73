"""Keystone, Nova and placement as an administrator sees them: the truth that the operator's status is compared with."""

import concurrent.futures
import contextlib
import itertools
import json
import os
import urllib.parse
from pathlib import Path

import keystoneauth1.exceptions
import openstack.config

from .waiting import Failure, demand, until

PREFIX = 'hm-e2e-'
# The vm_state in which an instance of each state rests, as `boot` names the states.
SETTLED = {
    'active': 'active', 'locked': 'active', 'paused': 'paused', 'stopped': 'stopped', 'suspended': 'suspended',
    'error': 'error', 'rescued': 'rescued', 'shelved': 'shelved', 'verify_resize': 'resized',
    'verify_resize_from': 'resized', 'paused_moved': 'paused', 'rescued_off': 'rescued', 'error_off': 'error',
    'resized_from': 'resized',
}
UNFINISHED = ('accepted', 'queued', 'preparing', 'running', 'running (post-copy)', 'pre-migrating', 'migrating',
              'post-migrating', 'finished', 'confirming', 'reverting')


class Refused(Exception):
    """An answer of 400 or more; `status` is the HTTP status, the text is the answer's."""

    def __init__(self, request, status, text):
        super().__init__(f'{request}: {status} {text[:300]}')
        self.status = status


class Session:
    """A login by one entry of clouds.yaml, as openstacksdk reads it."""

    def __init__(self, entry):
        self.entry = entry
        # No file and no variable of the caller has a say.
        loader = openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        self._region = loader.get_one(**entry)
        self._session = self._region.get_session()
        self._session.timeout = 120

    @property
    def user_id(self):
        return self._session.get_user_id()

    @property
    def project_id(self):
        return self._session.get_project_id()

    def endpoint(self, kind):
        """The service's address by clouds.yaml's rules: an override, else the catalog by region and interface."""
        if kind == 'identity':
            return self.entry['auth']['auth_url'].rstrip('/').removesuffix('/v3') + '/v3'
        found = self._region.get_endpoint(kind) or self._session.get_endpoint(
            service_type=kind, interface=self._region.get_interface(kind), region_name=self._region.get_region_name(kind))
        demand(found, f'the catalog has no {kind} in region {self._region.region_name}')
        return found.rstrip('/')

    def call(self, kind, method, path, body=None, headers=None):
        """The answer's JSON, or None when it is empty. Raises Refused."""
        try:
            url = self.endpoint(kind) + path
            answer = self._session.request(url, method, json=body, headers=headers or {}, raise_exc=False)
        except keystoneauth1.exceptions.HttpError as error:
            raise Refused(f'{method} {kind}{path}', error.http_status, str(error)) from None
        except keystoneauth1.exceptions.ClientException as error:
            raise Refused(f'{method} {kind}{path}', 0, str(error)) from None
        if answer.status_code >= 400:
            raise Refused(f'{method} {url}', answer.status_code, answer.text)
        return answer.json() if answer.content.strip() else None


def busy(servers):
    """The ids of those that have a task or wait to be confirmed."""
    return {s['id'] for s in servers if s['OS-EXT-STS:task_state'] or s['status'] == 'VERIFY_RESIZE'}


class Cloud:
    """Nova and placement by an administrator's session."""

    def __init__(self, session, image, flavor, network, hints=None, zone=None):
        self.session = session
        self._image, self._flavor, self._network, self._hints, self._zone = image, flavor, network, hints, zone
        self._assets = None
        self._numbers = itertools.count(1)
        self._pool = concurrent.futures.ThreadPoolExecutor(8)

    def nova(self, method, path, body=None, version='2.96'):
        return self.session.call('compute', method, path, body, {'OpenStack-API-Version': f'compute {version}'})

    def placement(self, method, path, body=None):
        return self.session.call('placement', method, path, body, {'OpenStack-API-Version': 'placement 1.20'})

    # services

    def services(self):
        """Every nova-compute service by its host."""
        return {s['host']: s for s in self.nova('GET', '/os-services?binary=nova-compute')['services']}

    def service(self, host):
        return self.services()[host]

    def enable(self, host):
        self.nova('PUT', f"/os-services/{self.service(host)['id']}", {'status': 'enabled'})

    def disable(self, host, reason):
        self.nova('PUT', f"/os-services/{self.service(host)['id']}", {'status': 'disabled', 'disabled_reason': reason})

    # servers

    def servers(self, query=''):
        """All servers of all projects which the query finds, page by page."""
        found, marker = [], ''
        while True:
            page = self.nova('GET', f'/servers/detail?all_tenants=1&limit=500{query}{marker}')['servers']
            found += page
            if len(page) < 500:
                return found
            marker = '&marker=' + page[-1]['id']

    def server(self, server_id):
        """The server; of one whose cell is away for a moment Nova shows a part only."""
        def whole():
            server = self.nova('GET', f'/servers/{server_id}')['server']
            return server if 'OS-EXT-SRV-ATTR:host' in server else None
        return until(f'the cell of server {server_id} answers', whole, 60)

    def on_host(self, host):
        """The servers of a host, the soft-deleted ones included; their host is compared, not trusted to the filter."""
        found = self.servers(f'&soft_deleted=1&host={urllib.parse.quote(host)}')
        return [s for s in found if s['OS-EXT-SRV-ATTR:host'] == host]

    def mine(self):
        """The servers that this suite made, whichever run it was."""
        return [s for s in self.servers(f'&soft_deleted=1&name={PREFIX}') if s['name'].startswith(PREFIX)]

    def act(self, server_id, body, version='2.96'):
        return self.nova('POST', f'/servers/{server_id}/action', body, version)

    def each(self, function, items):
        """Calls the function for all items, eight at a time, and gives the results in order."""
        return list(self._pool.map(function, items))

    def rest(self, ids, vm_state, seconds=120):
        """Waits until each server has no task and is in that vm_state; gives them by id."""
        ids = list(ids)

        def check():
            now = {s['id']: s for s in self.servers(f'&name={PREFIX}')}
            busy = [s for i in ids if (s := now.get(i)) is None or s['OS-EXT-STS:task_state']
                    or s['OS-EXT-STS:vm_state'] != vm_state]
            if busy:
                first = busy[0] or {'name': 'one that is gone'}
                raise Failure(f"{len(busy)} are not, {first['name']} is {first.get('status')} {first.get('fault', '')}")
            return {i: now[i] for i in ids}
        return until(f'{len(ids)} instances at rest in {vm_state}', check, seconds)

    def metadata(self, server_id, **values):
        self.nova('POST', f'/servers/{server_id}/metadata', {'metadata': values})

    def drop_metadata(self, server_id, key):
        self.nova('DELETE', f'/servers/{server_id}/metadata/{key}')

    def actions(self, server_id):
        """The server's instance actions, oldest first."""
        return sorted(self.nova('GET', f'/servers/{server_id}/os-instance-actions')['instanceActions'],
                      key=lambda a: a['start_time'])

    def migrations(self, query):
        return self.nova('GET', f'/os-migrations?{query}')['migrations']

    def unfinished(self, host):
        """The migrations from or to the host that are under way by their status."""
        return [m for status in UNFINISHED
                for m in self.migrations(f'host={urllib.parse.quote(host)}&status={urllib.parse.quote(status)}')]

    def _providers(self, host):
        """The host's resource providers; from 2.88 on Nova asks each host, also one that is away."""
        hypervisors = self.nova('GET', '/os-hypervisors/detail', version='2.87')['hypervisors']
        return [h['id'] for h in hypervisors if h['service']['host'] == host]

    def allocations(self, host):
        """Consumers in placement of the host's resource provider."""
        return [c for i in self._providers(host)
                for c in self.placement('GET', f'/resource_providers/{i}/allocations')['allocations']]

    def give_trait(self, trait, *hosts):
        """From now on these hosts have the custom trait, and no others."""
        self.placement('PUT', f'/traits/{trait}')
        for host in self.services():
            for path in (f'/resource_providers/{i}/traits' for i in self._providers(host)):
                there = self.placement('GET', path)
                traits = set(there['traits']) - {trait} | ({trait} if host in hosts else set())
                self.placement('PUT', path, {**there, 'traits': sorted(traits)})

    def leaks(self, host):
        """Consumers of the host that nothing stands behind: no server, and no migration under way.

        Nova forgets the allocation of a migration whose instance was deleted, or whose end met an error.
        """
        servers = self.servers()
        moves = {m['uuid'] for m in self.unfinished(host) if m['instance_uuid'] in busy(servers)}
        return [c for c in self.allocations(host) if c not in {s['id'] for s in servers} | moves]

    # making and unmaking

    def with_flavor(self, name, ram, vcpus=1, **specs):
        """The same cloud, whose new instances have this flavor, which is made unless it is there; extra specs by name."""
        flavor = self._flavor_id(name, ram, vcpus)
        if specs:
            self.nova('POST', f'/flavors/{flavor}/os-extra_specs', {'extra_specs': specs})
        return Cloud(self.session, self._image, name, self._network)

    def _flavor_id(self, name, ram, vcpus=1):
        found = {f['name']: f['id'] for f in self.nova('GET', '/flavors')['flavors']}
        return found.get(name) or self.nova('POST', '/flavors', {'flavor': {
            'name': name, 'ram': ram, 'vcpus': vcpus, 'disk': 1}})['flavor']['id']

    def _larger(self):
        """The flavor that resizes go to."""
        return self._flavor_id(PREFIX + 'larger', ram=128)

    def with_group(self, group, zone=None):
        """The same cloud, whose new instances are members of this server group and pinned to the availability zone."""
        return Cloud(self.session, self._image, self._flavor, self._network, {'group': group}, zone)

    def with_hints(self, **hints):
        """The same cloud, whose new instances have these scheduler hints."""
        return Cloud(self.session, self._image, self._flavor, self._network, hints)

    def with_zone(self, zone):
        """The same cloud, whose new instances are pinned to the availability zone."""
        return Cloud(self.session, self._image, self._flavor, self._network, zone=zone)

    def zone(self, name, host):
        """Makes an availability zone of this host alone; gives what drops it again, which needs the host without instances."""
        aggregate = self.nova('POST', '/os-aggregates', {'aggregate': {
            'name': name, 'availability_zone': name}})['aggregate']['id']
        self.nova('POST', f'/os-aggregates/{aggregate}/action', {'add_host': {'host': host}})

        def drop():
            self.nova('POST', f'/os-aggregates/{aggregate}/action', {'remove_host': {'host': host}})
            self.nova('DELETE', f'/os-aggregates/{aggregate}')
        return drop

    def group(self, policy):
        """Makes a server group with this policy; gives its id."""
        return self.nova('POST', '/os-server-groups', {
            'server_group': {'name': f'{PREFIX}{policy}', 'policy': policy}})['server_group']['id']

    def drop_group(self, group):
        """Deletes a server group; its members stay."""
        with contextlib.suppress(Refused):
            self.nova('DELETE', f'/os-server-groups/{group}')

    def _find(self):
        if self._assets is None:
            flavors = {f['name']: f['id'] for f in self.nova('GET', '/flavors')['flavors']}
            images = self.session.call('image', 'GET', '/v2/images?name=' + urllib.parse.quote(self._image))['images']
            demand(self._flavor in flavors, f'the cloud has no flavor {self._flavor}')
            demand(images, f'the cloud has no image {self._image}')
            self._assets = images[0]['id'], flavors[self._flavor]
        return self._assets

    def _create(self, host, state, count, metadata):
        image, flavor = self._find()
        name = f'{PREFIX}{state.replace("_", "-")}-{next(self._numbers)}'
        networks = 'none' if self._network == 'none' else [{'uuid': self._network}]
        pinned = {'availability_zone': self._zone} if self._zone else {}
        hints = {'os:scheduler_hints': self._hints} if self._hints else {}
        reservation = self.nova('POST', '/servers', {**hints, 'server': {
            **pinned, 'name': name, 'imageRef': image, 'flavorRef': flavor, 'networks': networks, 'host': host,
            'metadata': {k: str(v) for k, v in metadata.items()},
            'min_count': count, 'max_count': count, 'return_reservation_id': True}})['reservation_id']

        def built():
            made = self.servers('&reservation_id=' + reservation)
            bad = [s for s in made if s['status'] == 'ERROR']
            demand(not bad, f'a new instance is in ERROR: {bad and bad[0].get("fault")}')
            return len(made) == count and all(s['status'] == 'ACTIVE' for s in made) and made
        return [s['id'] for s in until(f'{count} new instances on {host}', built, 180)]

    def boot(self, host, elsewhere, wanted):
        """Makes instances on a host, in all states at once.

        `wanted` is a list of (state, count, metadata); `elsewhere` is a host for those that must come from or go to
        another one. States: the keys of SETTLED: locked is ACTIVE and locked; verify_resize is now on the host;
        verify_resize_from has left it, unconfirmed; resized_from has left it by a resize; paused_moved was moved to the
        host while paused; rescued_off and error_off were stopped before. Gives the ids by state, in the order of
        `wanted`.
        """
        batches = [(state, min(10, count - first), metadata)
                   for state, count, metadata in wanted for first in range(0, count, 10)]

        def make(batch):
            state, count, metadata = batch
            ids = self._create(elsewhere if state in ('verify_resize', 'paused_moved') else host, state, count, metadata)
            self._bring(ids, state, host, elsewhere)
            return state, ids
        made = {state: [] for state, _, _ in wanted}
        # Claims of one host are made one after another: more threads than this only wait for each other.
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for state, ids in pool.map(make, batches):
                made[state] += ids
        return made

    def _bring(self, ids, state, host, elsewhere):
        if state == 'active':
            return
        if state in ('rescued_off', 'error_off'):
            self._bring(ids, 'stopped', host, elsewhere)
        first = {'paused': {'pause': None}, 'paused_moved': {'pause': None}, 'stopped': {'os-stop': None},
                 'suspended': {'suspend': None}, 'error': {'os-resetState': {'state': 'error'}},
                 'locked': {'lock': {'locked_reason': 'e2e'}}, 'rescued': {'rescue': {}}, 'shelved': {'shelve': None},
                 'verify_resize': {'migrate': {'host': host}},
                 'verify_resize_from': {'migrate': {'host': elsewhere}}}.get(state.removesuffix('_off'))
        for i in ids:
            self.act(i, first or {'resize': {'flavorRef': self._larger()}})
        self.rest(ids, SETTLED[state])
        if state == 'paused_moved':
            for i in ids:
                self.act(i, {'os-migrateLive': {'host': host, 'block_migration': 'auto'}})
            until(f'paused instances moved to {host}',
                  lambda: all(self.server(i)['OS-EXT-SRV-ATTR:host'] == host for i in ids), 60)
            self.rest(ids, 'paused')

    def remove(self, servers):
        """Deletes these servers, whatever they are doing, and waits until they are gone."""
        ids = {s['id'] for s in servers}

        def delete(server_id):
            for body in (None, {'os-resetState': {'state': 'error'}}):
                try:
                    if body:
                        self.act(server_id, body)
                    self.nova('DELETE', f'/servers/{server_id}')
                    return
                except Refused as refused:
                    if refused.status == 404:
                        return
                    if refused.status != 409:
                        raise

        def gone():
            left = [s for s in self.mine() if s['id'] in ids]
            self.each(delete, [s['id'] for s in left if s['OS-EXT-STS:task_state'] != 'deleting'])
            demand(not left, f'{len(left)} are still there, {left and left[0]["name"]}')
            return True
        if ids:
            self.each(lambda s: s['locked'] and self.act(s['id'], {'unlock': None}), servers)
            until(f'{len(ids)} instances deleted', gone, 300, every=0.5)


class Keystone:
    """The operator's own user: Nova shows what it does apart from what people do."""

    NAME = PREFIX + 'operator'

    def __init__(self, session):
        self._session = session

    def _one(self, kind, name):
        found = self._session.call('identity', 'GET', f'/{kind}?name={urllib.parse.quote(name)}')[kind]
        return found[0]['id'] if found else None

    def project(self, name):
        """The id of the project by this name, or None."""
        return self._one('projects', name)

    def user(self, name, password, role):
        """Makes sure there is a user with this password and this role on a project of the same name; gives its id."""
        domain = self._session.call('identity', 'GET', f'/projects/{self._session.project_id}')['project']['domain_id']
        project = self._one('projects', name) or self._session.call(
            'identity', 'POST', '/projects', {'project': {'name': name, 'domain_id': domain}})['project']['id']
        user = self._one('users', name)
        if user:
            self._session.call('identity', 'PATCH', f'/users/{user}', {'user': {'password': password}})
        else:
            user = self._session.call('identity', 'POST', '/users', {
                'user': {'name': name, 'password': password, 'domain_id': domain}})['user']['id']
        self._session.call('identity', 'PUT', f"/projects/{project}/users/{user}/roles/{self._one('roles', role)}")
        return user

    @staticmethod
    def credential(entry, name, rules):
        """Makes an application credential of the entry's user with these access rules; an entry of clouds.yaml for it."""
        session = Session(entry)
        path = f'/users/{session.user_id}/application_credentials'
        for old in session.call('identity', 'GET', f'{path}?name={name}')['application_credentials']:
            session.call('identity', 'DELETE', f"{path}/{old['id']}")
        made = session.call('identity', 'POST', path, {'application_credential': {
            'name': name, 'access_rules': rules}})['application_credential']
        return {**{k: v for k, v in entry.items() if k != 'auth'}, 'auth_type': 'v3applicationcredential', 'auth': {
            'auth_url': entry['auth']['auth_url'], 'application_credential_id': made['id'],
            'application_credential_secret': made['secret']}}

    def forget(self, name):
        for kind in ('users', 'projects'):
            if found := self._one(kind, name):
                self._session.call('identity', 'DELETE', f'/{kind}/{found}')


def values(made):
    """All ids of what `boot` made."""
    return [i for ids in made.values() for i in ids]


def entry_of(clouds, name):
    """One entry of a clouds.yaml that was read, or a Failure that names those there are."""
    entries = clouds.get('clouds', {})
    demand(name in entries, f'clouds.yaml has no cloud {name}, only: {", ".join(entries)}')
    return entries[name]


def clouds_file():
    """Where OpenStack's own convention finds clouds.yaml."""
    if named := os.environ.get('OS_CLIENT_CONFIG_FILE'):
        return Path(named)
    for directory in (Path.cwd(), Path.home() / '.config/openstack', Path('/etc/openstack')):
        if (directory / 'clouds.yaml').exists():
            return directory / 'clouds.yaml'
    raise Failure('no clouds.yaml: set OS_CLIENT_CONFIG_FILE')


def clouds_yaml(name, entry):
    """A clouds.yaml with this one cloud. JSON is YAML too."""
    return json.dumps({'clouds': {name: entry}}, indent=2) + '\n'
