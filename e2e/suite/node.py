"""A node for the pods of one namespace: it does what a kubelet does, but it runs each pod as a process beside the labs.

The images are jars. What a pod's spec says is what its process gets: arguments, variables, mounted Secrets, the token of its
ServiceAccount, the readiness probe, SIGTERM and the time until SIGKILL. `kubectl logs` shows what it logs. Two things differ, since all pods share one address:
the port is a free one, and the API server is found by KUBECONFIG.
"""

import base64
import contextlib
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from .waiting import Failure, demand

NAME = 'hm-e2e-node'


def _now():
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())


class Pod:
    """The one container of a pod, as a process."""

    def __init__(self, node, manifest):
        self._node, self._kube = node, node.kube
        self.name, self.uid = manifest['metadata']['name'], manifest['metadata']['uid']
        self._manifest, self._spec = manifest, manifest['spec']
        self._container, = self._spec['containers']
        self._directory = node.directory / f'{self.name}-{self.uid[:8]}'
        self._directory.mkdir(exist_ok=True)
        self.log = self._directory / 'log'
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.restarts, self._process, self._told, self._ended_by_node, self._downward = 0, None, None, False, {}
        self.image = self._container['image']

    def _mounts(self):
        """Writes the volumes that the container mounts; gives their directories by mount path."""
        volumes, mounts = {v['name']: v for v in self._spec.get('volumes', [])}, {}
        for mount in self._container.get('volumeMounts', []):
            volume, directory = volumes[mount['name']], self._directory / mount['name']
            if 'projected' in volume:
                continue
            directory.mkdir(exist_ok=True)
            if 'secret' in volume:
                secret = self._kube.json('-n', self._node.namespace, 'get', 'secret', volume['secret']['secretName'])
                for key, value in secret.get('data', {}).items():
                    (directory / key).write_bytes(base64.b64decode(value))
                    (directory / key).chmod(0o600)
            elif 'downwardAPI' in volume:
                self._downward[directory] = volume['downwardAPI']['items']
            else:
                demand('emptyDir' in volume, f'this node knows no such volume: {volume}')
            mounts[mount['mountPath']] = directory
        return mounts

    def _write_downward(self):
        """Writes what the pod is told about itself; a kubelet does so again when it changes."""
        for directory, items in self._downward.items():
            for item in items:
                file, value = directory / item['path'], self._field(item['fieldRef']['fieldPath'])
                if not file.exists() or file.read_text() != value:
                    file.write_text(value)

    def _field(self, path):
        """A field of the pod: metadata.name, or metadata.annotations['NAME']; empty where there is none."""
        name, _, key = path.removeprefix('metadata.').partition('[')
        value = self._manifest['metadata'].get(name)
        return (value or {}).get(key.strip("]'"), '') if key else value

    def _variable(self, entry):
        """The value of a variable; None when a Secret that may be missing is."""
        source = entry.get('valueFrom')
        if source is None:
            return entry.get('value', '')
        if 'fieldRef' in source:
            return self._field(source['fieldRef']['fieldPath'])
        reference = source['secretKeyRef']
        found = self._kube.run('kubectl', '-n', self._node.namespace, 'get', 'secret', reference['name'], '-o', 'json',
                               check=False)
        value = json.loads(found.stdout)['data'].get(reference['key']) if found.returncode == 0 else None
        demand(value is not None or reference.get('optional'), f"{self.name}: no key {reference['key']} in {reference['name']}")
        return value and base64.b64decode(value).decode()

    def start(self):
        mounts = self._mounts()
        self._write_downward()
        kubeconfig = self._directory / 'kubeconfig'
        self._kube.service_account_kubeconfig(self._node.namespace, self._spec['serviceAccountName'], kubeconfig,
                                              pod=(self.name, self.uid))
        server = re.search(r'"server": "https://([^:"]+):(\d+)"', kubeconfig.read_text())
        env = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'KUBECONFIG': str(kubeconfig),
               'KUBERNETES_SERVICE_HOST': server[1], 'KUBERNETES_SERVICE_PORT': server[2]}
        for entry in self._container.get('env', []):
            value = self._variable(entry)
            if value is None:
                continue
            value = re.sub(r'\$\((\w+)\)', lambda m: env.get(m[1], m[0]), value)
            mounted = next((p for p in mounts if value == p or value.startswith(p + '/')), '')
            env[entry['name']] = str(mounts[mounted]) + value[len(mounted):] if mounted else value
        env |= {'HM_PORT': str(self.port), 'HM_ADDRESS': '127.0.0.1'}
        with open(self.log, 'ab') as log:
            self._process = subprocess.Popen(
                [self._node.java, '-jar', str(self._node.jar(self.image)), *self._container.get('args', [])],
                env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def kill(self):
        """SIGKILL; the node starts the container again."""
        self._process.kill()

    def ready(self):
        """What the readiness probe finds; True where there is none."""
        probe = self._container.get('readinessProbe')
        if probe is None:
            return True
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{probe['httpGet']['path']}", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def observe(self, manifest):
        """Starts what ended and is to go on, and tells the API server what has changed."""
        self._manifest = manifest
        self._write_downward()
        code = self._process.poll()
        if code is not None and self._spec.get('restartPolicy', 'Always') == 'Always':
            self.restarts += 1
            self.start()
            code = None
        if code is None:
            ready = self.ready()
            self._tell('Running', ready, {'running': {'startedAt': self._manifest['metadata']['creationTimestamp']}})
        else:
            said = self.log.read_text(errors='replace').strip().splitlines()[-1:]
            self._tell('Failed' if code else 'Succeeded', False, {'terminated': {
                'exitCode': code, 'reason': 'Error' if code else 'Completed', 'message': ''.join(said)[:2000],
                'startedAt': self._manifest['metadata']['creationTimestamp'], 'finishedAt': _now()}})

    def ended(self):
        return self._process.poll() is not None

    def _tell(self, phase, ready, state):
        if self._told == (phase, ready, self.restarts):
            return
        conditions = [{'type': kind, 'status': 'True' if ready or kind in ('PodScheduled', 'Initialized') else 'False',
                       'lastTransitionTime': _now()} for kind in ('PodScheduled', 'Initialized', 'ContainersReady', 'Ready')]
        status = {'phase': phase, 'podIP': '127.0.0.1', 'startTime': self._manifest['metadata']['creationTimestamp'],
                  'conditions': conditions, 'containerStatuses': [{
                      'name': self._container['name'], 'image': self.image, 'imageID': '', 'ready': ready,
                      'started': ready, 'restartCount': self.restarts, 'state': state}]}
        done = self._kube.run('kubectl', '-n', self._node.namespace, 'patch', 'pod', self.name, '--subresource=status',
                              '--type=merge', '-p', json.dumps({'status': status}), check=False)
        if done.returncode == 0:
            self._told = (phase, ready, self.restarts)

    def terminate(self):
        """SIGTERM, SIGKILL after the pod's time, and then the pod is no more; does not wait for it."""
        if self._ended_by_node:
            return
        self._ended_by_node = True
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self):
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._spec.get('terminationGracePeriodSeconds', 30))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._kube.run('kubectl', '-n', self._node.namespace, 'delete', 'pod', self.name, '--force', '--grace-period=0',
                       '--ignore-not-found', '--wait=false', check=False)

    def close(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class _Logs(http.server.BaseHTTPRequestHandler):
    """GET /containerLogs/NAMESPACE/POD/CONTAINER, the kubelet's own: what the pod has logged so far."""

    node = None

    def do_GET(self):
        pod = self.node.pods.get(urllib.parse.urlsplit(self.path).path.split('/')[3])
        said = pod.log.read_bytes() if pod else b''
        self.send_response(200 if pod else 404)
        self.send_header('Content-Length', str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


class Node:
    """A context manager: while it is entered, the namespace's pods run."""

    def __init__(self, kube, namespace, java, jars, directory):
        """`jars`: by the tags of images."""
        self.kube, self.namespace, self.java, self._jars, self.directory = kube, namespace, java, jars, directory
        self.pods, self._ended, self._failure = {}, threading.Event(), None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._logs = None

    def jar(self, image):
        tag = image.rpartition(':')[2]
        demand(tag in self._jars, f'this node has no image {image}')
        return self._jars[tag]

    def __enter__(self):
        self.directory.mkdir()
        self.kube.apply({'apiVersion': 'v1', 'kind': 'Node', 'metadata': {'name': NAME}})
        self._serve_logs()
        self._thread.start()
        return self

    def _serve_logs(self):
        """Answers the API server, which asks the node's address for the logs of its pods, by TLS."""
        key = self.directory / 'tls.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-subj', f'/CN={NAME}', '-keyout', key, '-out', key.with_suffix('.crt')],
                       check=True, capture_output=True)
        handler = type('Logs', (_Logs,), {'node': self})
        self._logs = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(key.with_suffix('.crt'), key)
        self._logs.socket = tls.wrap_socket(self._logs.socket, server_side=True)
        threading.Thread(target=self._logs.serve_forever, daemon=True).start()
        self.kube.kubectl('patch', 'node', NAME, '--subresource=status', '--type=merge', '-p', json.dumps({'status': {
            'addresses': [{'type': 'InternalIP', 'address': '127.0.0.1'}],
            'daemonEndpoints': {'kubeletEndpoint': {'Port': self._logs.server_port}}}}))

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._logs.shutdown()
        self._logs.server_close()
        for pod in self.pods.values():
            pod.close()
        self.kube.run('kubectl', '-n', self.namespace, 'delete', 'pods', '--all', '--force', '--grace-period=0',
                      '--wait=false', check=False)  # nobody else ends them, and their namespace could not go
        self.kube.kubectl('delete', 'node', NAME, '--ignore-not-found')

    def running(self):
        """The pods that run and do not end, by their names."""
        self._demand_well()
        return {name: pod for name, pod in self.pods.items() if not pod._ended_by_node and not pod.ended()}

    def _demand_well(self):
        if self._failure:
            raise Failure(f'the node: {self._failure}')

    def _work(self):
        while not self._ended.wait(0.5):
            try:
                self._sync()
            except Exception as failure:  # told with the next question; the API server may be away for a moment
                self._failure = repr(failure)
            else:
                self._failure = None

    def _sync(self):
        listed = self.kube.json('-n', self.namespace, 'get', 'pods')['items']
        for manifest in listed:
            name, meta = manifest['metadata']['name'], manifest['metadata']
            pod = self.pods.get(name)
            if pod is None and not manifest['spec'].get('nodeName'):
                if not meta.get('deletionTimestamp'):
                    self._bind(name)
                continue
            if pod is None or pod.uid != meta['uid']:
                pod = Pod(self, manifest)
                pod.start()
                self.pods[name] = pod
            if meta.get('deletionTimestamp'):
                pod.terminate()
            else:
                pod.observe(manifest)
        for name in set(self.pods) - {m['metadata']['name'] for m in listed}:
            self.pods.pop(name).close()

    def _bind(self, name):
        binding = {'apiVersion': 'v1', 'kind': 'Binding', 'metadata': {'name': name},
                   'target': {'apiVersion': 'v1', 'kind': 'Node', 'name': NAME}}
        self.kube.run('kubectl', 'create', '--raw', f'/api/v1/namespaces/{self.namespace}/pods/{name}/binding', '-f', '-',
                      stdin=json.dumps(binding), check=False)
