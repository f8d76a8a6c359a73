"""One run of one scenario: what it works with, what it proves again and again, and what is swept up after it."""

import contextlib
import json
import re
import threading
import time

from .cloud import PREFIX, Refused, busy, clouds_yaml
from .kube import Watch, condition, demand_row, rows, summary
from .operator import FAST, Operator
from .proxy import Proxy
from .waiting import Failure, demand, expect, until

# Short migrations by the lab's fake hypervisor; any other ignores these metadata.
QUICK = {'lab_lm_seconds': '0.5', 'lab_cold_seconds': '0.5'}
CLOUD = 'e2e'
# Strategies by which the operator moves each guest that it can.
BOLD = {'fallback': 'Cold', 'paused': 'RepauseAndLive', 'suspended': 'ResumeLiveSuspend', 'rescued': 'UnrescueLive',
        'shelved': 'Offload', 'error': 'Recover', 'unconfirmedResize': 'ConfirmAll'}


class Case:
    """The labs (or the cloud and cluster that were named), seen by one scenario."""

    def __init__(self, world, key):
        self.world, self.key = world, key
        self.kube, self.cloud, self.labs, self.hosts = world.kube, world.cloud, world.labs, world.hosts
        self.host, self.other = world.hosts[0], world.hosts[1]
        self.directory = world.out / key
        self.directory.mkdir(parents=True)
        self.log = self.labs.request_log() if self.labs else None
        self.operators, self._clouds_files = [], 0
        self._stack, self._stopped = contextlib.ExitStack(), []
        self.figures = []  # sentences for the summary at the end

    def name(self, suffix=''):
        return PREFIX + re.sub('[^a-z0-9]+', '-', self.key).strip('-') + suffix

    # the operator

    def clouds_file(self, **changes):
        """A clouds.yaml for the operator's own user; `changes` to the entry, `auth` to its auth."""
        self._clouds_files += 1
        file = self.directory / f'clouds-{self._clouds_files}.yaml'
        self.write_clouds(file, **changes)
        return file

    def write_clouds(self, file, auth=None, **changes):
        entry = {**self.world.operator_entry, **changes}
        entry['auth'] = {**entry['auth'], **(auth or {})}
        staged = file.with_suffix('.new')
        staged.touch(0o600)
        staged.write_text(clouds_yaml(CLOUD, entry))
        staged.rename(file)

    def operator(self, clouds=None, settings=None, proxy=None):
        """An operator that is not started yet, with the fast settings unless others are given."""
        if proxy and not clouds:
            clouds = self.clouds_file(**self.through(proxy))
        made = Operator(self.world.java, self.world.jar, self.world.operator_kubeconfig, clouds or self.clouds_file(),
                        CLOUD, self.directory / f'operator-{len(self.operators) + 1}.log', **(settings or FAST))
        self._stack.callback(made.stop)
        self.operators.append(made)
        return made

    def run_operator(self, **kw):
        """Starts an operator, which ends with the scenario, and waits until it is ready."""
        return self.operator(**kw).start().ready()

    def proxy(self):
        """A proxy before nova-api."""
        return self.entered(Proxy({'compute': self.cloud.session.endpoint('compute')}))

    def cloud_proxy(self, **how):
        """A proxy before Keystone, Nova and placement: whoever logs in through it gets its addresses."""
        return self.entered(Proxy({kind: self.cloud.session.endpoint(kind)
                                   for kind in ('identity', 'compute', 'placement')}, **how))

    @staticmethod
    def through(proxy):
        """What to change in clouds.yaml so that the operator goes through the proxy."""
        if 'identity' in proxy.urls:
            return {'auth': {'auth_url': proxy.urls['identity']}}
        return {'compute_endpoint_override': proxy.url}

    def entered(self, thing):
        """Uses a context manager until the scenario ends."""
        return self._stack.enter_context(thing)

    def undo(self, function, *arguments):
        """Calls the function when the scenario ends."""
        self._stack.callback(function, *arguments)

    def watch(self, name):
        return self._stack.enter_context(Watch(self.kube, name))

    # the labs

    def stop(self, *names):
        """Stops processes of the lab; they are started again after the scenario at the latest."""
        self._stopped += names
        self.labs.stop(*names)

    def start(self, *names):
        self.labs.start(*names)
        self._stopped = [n for n in self._stopped if n not in names]

    def boot(self, *wanted, host=None, **metadata):
        """Instances on the host, by (state, count) or (state, count, metadata); gives their ids by state."""
        full = [(state, count, {**QUICK, **metadata, **(more[0] if more else {})}) for state, count, *more in wanted]
        host = host or self.host
        return self.cloud.boot(host, next(h for h in self.hosts if h != host), full)

    def zone(self):
        """An availability zone of the host alone, until the scenario ends."""
        zone = PREFIX + 'zone'
        drop = self.cloud.zone(zone, self.host)

        def undo():
            self.cloud.remove(self.cloud.mine())
            drop()
        self.undo(undo)
        return zone

    # what comes to pass

    def when(self, name, expected, truth, seconds=180, every=0.3):
        """Waits until `truth` holds for the resource and gives it."""
        def check():
            resource = self.kube.get(name)
            if resource is not None and truth(resource):
                return resource
            raise Failure(summary(resource))
        return until(f'{name} {expected}', check, seconds, every)

    def phase(self, name, *phases, seconds=180):
        return self.when(name, f"in phase {' or '.join(phases)}",
                         lambda r: r.get('status', {}).get('phase') in phases, seconds)

    def stalled(self, name, reason, seconds=90):
        """Waits until Stalled is True for that reason; kstatus must call it Failed and Ready must not be True."""
        found = self.when(name, f'stalled by {reason}', lambda r: condition(r, 'Stalled')['status'] == 'True'
                          and condition(r, 'Stalled')['reason'] == reason, seconds)
        demand(found['status']['phase'] in ('Blocked', 'Failed'), f'{name} is stalled, but {summary(found)}')
        expect('False', condition(found, 'Ready')['status'], f'{name} Ready')
        expect(condition(found, 'Stalled')['message'], condition(found, 'Ready')['message'],
               f'{name} messages of Stalled and Ready')
        demand(self.kube.kstatus(name) in (None, 'Failed'), f'kstatus calls {name} {self.kube.kstatus(name)}')
        return found

    def drained(self, name, seconds=300):
        """Waits as a script does, by kubectl wait; at the deadline the Failure describes the resource."""
        try:
            self.kube.wait(name, 'Drained', seconds)
        except Failure as failure:
            raise Failure(f'{failure}; {summary(self.kube.get(name))}') from None

    # proofs

    def guests(self, ids):
        """What must be the same about guests after their move."""
        return {i: self._state(self.cloud.server(i)) for i in ids}

    @staticmethod
    def _state(server):
        return server['status'], server['OS-EXT-STS:power_state'], server['locked'], server['OS-EXT-STS:task_state']

    def prove_moved(self, before, source=None, to=None):
        """Each guest is off the host, on the target when there is one, and in the state it had."""
        for server_id, state in before.items():
            server = self.cloud.server(server_id)
            at = server['OS-EXT-SRV-ATTR:host']
            demand(at != (source or self.host), f"{server['name']} is still on {at}")
            demand(to in (None, at), f"{server['name']} is on {at}, not on {to}")
            expect(state, self._state(server), f"{server['name']} (status, power, locked, task)")

    def prove_here(self, before, source=None):
        """Each guest is on the host still, as it was."""
        for server_id, state in before.items():
            server = self.cloud.server(server_id)
            expect(source or self.host, server['OS-EXT-SRV-ATTR:host'], f"host of {server['name']}")
            expect(state, self._state(server), f"{server['name']} (status, power, locked, task)")

    def prove_disabled(self, name, host=None):
        """The service is disabled with our marker."""
        service = self.cloud.service(host or self.host)
        resource = self.kube.get(name)
        reason = resource['spec'].get('reason')
        marker = f"host-maintenance {name} [{resource['metadata']['uid'][:8]}]" + (f': {reason}' if reason else '')
        expect(('disabled', marker), (service['status'], service['disabled_reason']), f"service {service['host']}")

    def prove_enabled(self, host=None):
        service = self.cloud.service(host or self.host)
        expect(('enabled', None), (service['status'], service['disabled_reason']), f"service {service['host']}")

    def prove_empty(self, host=None):
        """Nova has nothing on the host: no server, nothing on its way from or to it, no live consumer in placement."""
        host = host or self.host
        expect('disabled', self.cloud.service(host)['status'], f'service {host}')
        expect([], [s['name'] for s in self.cloud.on_host(host)], f'servers on {host}')
        at_work = busy(self.cloud.servers())
        expect([], [m['id'] for m in self.cloud.unfinished(host) if m['instance_uuid'] in at_work],
               f'migrations from or to {host} under way')
        leaks = self.cloud.leaks(host)
        expect([], [x for x in self.cloud.allocations(host) if x not in leaks], f'live consumers of {host} in placement')

    def prove_counters(self, name):
        """The counters add up and say what the rows say. Gives the resource."""
        resource = self.kube.get(name)
        status, states = resource['status'], [r['state'] for r in rows(resource).values()]
        counted = {k: states.count(k.capitalize()) for k in ('moved', 'failed', 'blocked', 'skipped', 'gone')}
        counted['remaining'] = len(states) - sum(counted.values())
        counted['total'] = len(states)
        expect(counted, {k: status.get(k) for k in counted}, f'counters of {name}')
        expect(f"{counted['moved'] + counted['gone']}/{counted['total']}", status.get('progress'), f'progress of {name}')
        expect(resource['metadata']['generation'], status['observedGeneration'], f'observedGeneration of {name}')
        return resource

    def prove_maintenance(self, name, guests, host=None, to=None, foreign=False):
        """The host is in maintenance and empty, by Nova, and the status says exactly that."""
        self.prove_empty(host)
        if not foreign:
            self.prove_disabled(name, host)
        self.prove_moved(guests, host, to)
        resource = self.prove_counters(name)
        expect('InMaintenance', resource['status']['phase'], f'phase of {name}')
        for kind in ('Ready', 'Drained', 'ServiceDisabled'):
            expect('True', condition(resource, kind)['status'], f'{kind} of {name}')
        for server_id in guests:
            demand_row(resource, server_id, state='Moved',
                       destinationHost=self.cloud.server(server_id)['OS-EXT-SRV-ATTR:host'])
        demand(self.kube.kstatus(name) in (None, 'Current'), f'kstatus calls {name} {self.kube.kstatus(name)}')
        return resource

    def prove_asked(self, name, ids, kind='live-migration'):
        """No attempt was asked twice: as many moves in Nova, by the operator, as the rows have attempts.

        Counted from Nova's instance actions and, in the lab, from the requests in nova-api's log: a cold move has the
        POST of its confirm besides.
        """
        by_row, posts = rows(self.kube.get(name)), self.log.action_posts(self.world.operator_user) if self.log else {}
        for server_id in ids:
            attempts = by_row[server_id]['attempts']
            actions = [a['action'] for a in self.cloud.actions(server_id) if a['user_id'] == self.world.operator_user]
            expect(attempts, actions.count(kind), f"{kind} of {by_row[server_id]['name']} in Nova for its attempts")
            if self.log:
                expected = attempts + actions.count('confirmResize')
                expect(expected, posts.get(server_id, 0), f"POSTs in nova-api's log for {by_row[server_id]['name']}")

    def prove_once(self, resource):
        """However requests, answers and processes were lost: nothing was carried out twice.

        A guest's row has as many attempts as Nova's instance actions have moves by the operator, or more, and so many
        of its POSTs did nova-api accept at most, by its log (a cold move has that of its confirm besides). Gives how many
        POSTs were accepted and how many were not.
        """
        accepted = self.log.action_posts(self.world.operator_user, accepted=True)
        every = self.log.action_posts(self.world.operator_user)
        for server_id, row in rows(resource).items():
            actions = [a['action'] for a in self.cloud.actions(server_id) if a['user_id'] == self.world.operator_user]
            attempts, confirms = row.get('attempts', 0), actions.count('confirmResize')
            moves = actions.count('live-migration') + actions.count('migrate')
            demand(moves <= attempts, f"{row['name']}: {moves} moves in Nova, {attempts} attempts in its row")
            demand(confirms <= actions.count('migrate'), f"{row['name']}: {confirms} confirms of {actions}")
            demand(accepted.get(server_id, 0) <= attempts + confirms,
                   f"{row['name']}: nova-api accepted {accepted.get(server_id)} POSTs for {attempts} attempts")
        mine = rows(resource)
        return (sum(n for i, n in accepted.items() if i in mine),
                sum(n for i, n in every.items() if i in mine) - sum(n for i, n in accepted.items() if i in mine))

    def prove_true(self, watch, ids, host=None):
        """No version of the status said Drained while one of these instances was there, by Nova's own times."""
        moves = {i: [m for m in self.cloud.migrations(f'instance_uuid={i}') if m['source_compute'] == (host or self.host)]
                 for i in ids}
        left = max((m['updated_at'] or m['created_at'])[:19] for found in moves.values() for m in found)
        said = [condition({'status': status}, 'Drained') | {'remaining': status.get('remaining')}
                for _, status in watch.statuses()]
        true = [x for x in said if x['status'] == 'True']
        demand(true, f'{len(said)} versions were seen, none with Drained True')
        for x in true:
            expect(0, x['remaining'], 'remaining while Drained was True')
            demand(x['lastTransitionTime'][:19] > left, f"Drained since {x['lastTransitionTime']}, the last left at {left}")

    def prove_quiet(self, text, *secrets):
        """None of the secrets is in the text."""
        for secret in secrets:
            demand(secret not in text, 'a secret is in what the operator says')

    # afterwards

    def keep_evidence(self, failure):
        """Writes what a person needs to understand a failure into the scenario's directory."""
        (self.directory / 'failure.txt').write_text(f'{failure}\n')
        for file, read in (
                ('resources.yaml', lambda: self.kube.kubectl('get', 'hm', '-o', 'yaml')),
                ('events.txt', lambda: self.kube.kubectl('get', 'events', '-n', 'default', '--sort-by=.lastTimestamp')),
                ('operator-tail.log', lambda: '\n'.join(o.tail(200) for o in self.operators[-2:])),
                ('nova.json', lambda: json.dumps({
                    'services': self.cloud.services(), 'servers': (mine := self.cloud.mine()),
                    'migrations': {h: self.cloud.migrations(f'host={h}&limit=100') for h in self.hosts[:2]},
                    'actions': {s['id']: self.cloud.actions(s['id']) for s in mine}}, indent=1))):
            try:
                (self.directory / file).write_text(read())
            except (Failure, Refused, OSError) as error:
                (self.directory / file).write_text(f'could not be had: {error}\n')

    def end(self, sweep=True):
        """Ends the operators and, with `sweep`, undoes what the scenario did."""
        with contextlib.ExitStack() as last:
            if sweep:
                last.callback(self.world.sweep)
            if self._stopped:
                last.callback(self.start, *dict.fromkeys(self._stopped))
            self._stack.close()


class ServiceLog:
    """Reads a service again and again and keeps each (time, status, disabled_reason) that differs from the last."""

    def __init__(self, cloud, host):
        self.seen, self._end = [], threading.Event()
        self._cloud, self._host = cloud, host
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        while not self._end.is_set():
            with contextlib.suppress(Refused):
                service = self._cloud.service(self._host)
                now = service['status'], service['disabled_reason']
                if not self.seen or self.seen[-1][1:] != now:
                    self.seen.append((time.time(), *now))
            self._end.wait(0.2)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
