"""Kubernetes through kubectl, as a person or a GitOps tool would use it."""

import codecs
import json
import os
import shutil
import subprocess
import threading
import time

from .waiting import PATIENCE, Failure, demand, until

GROUP = 'hostmaintenance.io'
CRD = f'hostmaintenances.{GROUP}'


def documents(text):
    """The JSON objects in a text, those of Lists one by one."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        found += value['items'] if value.get('kind', '').endswith('List') and 'items' in value else [value]
    return found


class Kube:
    """One cluster, by a kubeconfig."""

    def __init__(self, kubeconfig, path):
        self.kubeconfig = str(kubeconfig)
        self._env = {**os.environ, 'KUBECONFIG': self.kubeconfig, 'PATH': f"{path}:{os.environ['PATH']}"}
        self._path = self._env['PATH']

    def tool(self, name):
        """Path of a program, or None."""
        return shutil.which(name, path=self._path)

    def run(self, *command, stdin=None, check=True, timeout=120):
        """Runs a command with this cluster's kubeconfig; a Failure gives its output."""
        try:
            result = subprocess.run(command, input=stdin, env=self._env, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(command[:5])}: no end within {timeout:.0f} s") from None
        if check and result.returncode:
            raise Failure(f"{' '.join(command[:5])}: {(result.stderr or result.stdout).strip()[:600]}")
        return result

    def kubectl(self, *arguments, **kw):
        return self.run('kubectl', *arguments, **kw).stdout

    def json(self, *arguments):
        return json.loads(self.kubectl(*arguments, '-o', 'json'))

    def apply(self, *objects):
        """Server-side apply, as GitOps does it."""
        items = {'apiVersion': 'v1', 'kind': 'List', 'items': list(objects)}
        return self.kubectl('apply', '--server-side', '--field-manager=hm-e2e', '-f', '-', stdin=json.dumps(items))

    def manifests(self, text):
        """The Kubernetes objects of a YAML stream."""
        return documents(self.kubectl('create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', '-', stdin=text))

    # HostMaintenances

    def create(self, name, host, **spec):
        """Applies a HostMaintenance."""
        self.create_all({name: {'host': host, **spec}})

    def create_all(self, specs):
        """Applies HostMaintenances, by their names, at once."""
        self.apply(*({'apiVersion': f'{GROUP}/v1alpha1', 'kind': 'HostMaintenance', 'metadata': {'name': name},
                      'spec': spec} for name, spec in specs.items()))

    def refused(self, name, host, **spec):
        """The sentence with which the API server refuses such a resource; None when it takes it."""
        try:
            self.create(name, host, **spec)
        except Failure as failure:
            return str(failure)
        return None

    def get(self, name):
        """The resource, or None when there is none."""
        result = self.run('kubectl', 'get', CRD, name, '-o', 'json', '--ignore-not-found')
        return json.loads(result.stdout) if result.stdout.strip() else None

    def list(self):
        return self.json('get', CRD)['items']

    def patch(self, name, patch):
        self.kubectl('patch', CRD, name, '--type=merge', '-p', json.dumps(patch))

    def annotate(self, name, **annotations):
        self.patch(name, {'metadata': {'annotations': {f"{GROUP}/{k.replace('_', '-')}": v
                                                       for k, v in annotations.items()}}})

    def delete(self, name, wait=0):
        """Deletes the resource; `wait` seconds for it to be gone."""
        self.kubectl('delete', CRD, name, '--ignore-not-found', '--wait=false')
        if wait:
            until(f'{name} is deleted', lambda: self.get(name) is None, wait)

    def leader(self, namespace):
        """Who holds the operator's lease, or None."""
        lease = self.run('kubectl', '-n', namespace, 'get', 'lease', 'host-maintenance-operator', '-o',
                         'jsonpath={.spec.holderIdentity}', '--ignore-not-found')
        return lease.stdout.strip() or None

    def wait(self, name, condition, seconds):
        """`kubectl wait --for=condition=...`, the way a script waits."""
        timeout = seconds * PATIENCE
        self.kubectl('wait', f'--for=condition={condition}', f'hm/{name}', f'--timeout={timeout:.0f}s',
                     timeout=timeout + 30)

    def kstatus(self, name):
        """What Flux and `helm --wait` make of the resource; None when the checker is not there."""
        if not self.tool('kstatus'):
            return None
        resource = self.kubectl('get', CRD, name, '-o', 'json')
        return self.run('kstatus', stdin=resource, check=False).stdout.split('\t')[1]

    def events(self, name):
        """The events of the resource, oldest first; those of a cluster-scoped object are in `default`."""
        found = self.json('get', 'events', '-n', 'default', f'--field-selector=involvedObject.name={name}')['items']
        return sorted(found, key=lambda e: e['metadata']['creationTimestamp'])

    def service_account_kubeconfig(self, namespace, account, file, pod=None):
        """Writes a kubeconfig with a token of the service account, bound to a pod where its (name, uid) is given."""
        bound = ('--bound-object-kind=Pod', f'--bound-object-name={pod[0]}', f'--bound-object-uid={pod[1]}') if pod else ()
        token = self.kubectl('-n', namespace, 'create', 'token', account, '--duration=12h', *bound).strip()
        view = self.json('config', 'view', '--raw', '--minify')
        user = {'name': account, 'user': {'token': token}}
        context = {'name': 'e2e', 'context': {'cluster': view['clusters'][0]['name'], 'user': account,
                                              'namespace': namespace}}
        file.write_text(json.dumps({'apiVersion': 'v1', 'kind': 'Config', 'clusters': view['clusters'],
                                    'users': [user], 'contexts': [context], 'current-context': 'e2e'}, indent=1))
        file.chmod(0o600)


class Watch:
    """Every version of a resource since the watch began, as `kubectl get --watch` sees them."""

    def __init__(self, kube, name):
        self.seen, self._kube, self._name = [], kube, name
        self._ended, self._process = threading.Event(), None
        self._begin()
        threading.Thread(target=self._follow, daemon=True).start()

    def _begin(self):
        self._process = subprocess.Popen(
            ['kubectl', 'get', CRD, f'--field-selector=metadata.name={self._name}', '--watch', '--output-watch-events',
             '-o', 'json'],
            env=self._kube._env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _follow(self):
        self._read()
        while not self._ended.wait(0.5):  # the API server went away: from the version there is now on
            self._begin()
            if self._ended.is_set():
                self._process.kill()
            self._read()

    def _read(self):
        # The events come one after the other, without an end of line between them.
        decoder, utf8, text = json.JSONDecoder(), codecs.getincrementaldecoder('utf-8')(), ''
        while chunk := os.read(self._process.stdout.fileno(), 1 << 16):
            text += utf8.decode(chunk)
            while text.strip():
                try:
                    event, end = decoder.raw_decode(text := text.lstrip())
                except ValueError:
                    break  # the rest of it is still to come
                self.seen.append((time.time(), event['object']))
                text = text[end:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._process.kill()
        self._process.wait()

    def statuses(self):
        """(time, status) of each version."""
        return [(at, o.get('status', {})) for at, o in list(self.seen)]


def condition(resource, kind):
    """The condition of that type, or an empty one."""
    return next((c for c in resource.get('status', {}).get('conditions', []) if c['type'] == kind),
                {'status': None, 'reason': None, 'message': None})


def rows(resource):
    """The rows of the results table by instance id."""
    return {r['id']: r for r in (resource or {}).get('status', {}).get('instances', [])}


def summary(resource):
    """A short text of a resource's state, for the sentence of a failure."""
    if resource is None:
        return 'no such resource'
    status, ready = resource.get('status', {}), condition(resource, 'Ready')
    counts = ' '.join(f'{k}={status[k]}' for k in ('total', 'moved', 'failed', 'blocked', 'remaining') if k in status)
    open_rows = [f"{r.get('status')}:{r.get('state')}/{r.get('reason')}" for r in status.get('instances', [])
                 if r.get('state') not in ('Moved', 'Gone')]
    return (f"phase {status.get('phase')} {counts} Ready={ready['status']}/{ready['reason']} "
            f"Drained={condition(resource, 'Drained')['status']} rows {open_rows[:6]} '{ready['message']}'")


def demand_row(resource, server_id, **fields):
    """Fails unless the server has a row with these fields."""
    row = rows(resource).get(server_id)
    demand(row is not None, f'no row for {server_id}; {summary(resource)}')
    seen = {k: row.get(k) for k in fields}
    demand(seen == fields, f'row {row.get("name")}: expected {fields}, seen {seen} \'{row.get("message")}\'')
