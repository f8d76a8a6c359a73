"""The two labs: a real Nova and a real Kubernetes API server on this machine, by the scripts beside this package."""

import json
import os
import re
import subprocess
import threading
from datetime import datetime
from pathlib import Path

from .waiting import Failure, demand

HERE = Path(__file__).resolve().parent.parent
KUBE_SET = 'etcd kube-apiserver kubectl kube-controller-manager helm kstatus'
_REQUEST = re.compile(
    r'^(?P<at>\S+ \S+) \d+ INFO nova\.api\.openstack\.requestlog \[\S+ (?P<request>req-\S+) (?P<user>\S+) .*?\] '
    r'\S+ "(?P<method>[A-Z]+) (?P<path>\S+)" status: (?P<status>\d+)')


class Labs:
    """Both labs below one directory, unless NOVA_LAB or KUBE_LAB name another."""

    def __init__(self, home):
        self.home = Path(home)
        self.nova = Path(os.environ.get('NOVA_LAB', self.home / 'nova'))
        self.kube = Path(os.environ.get('KUBE_LAB', self.home / 'kube'))
        self._env = {**os.environ, 'NOVA_LAB': str(self.nova), 'KUBE_LAB': str(self.kube),
                     'KUBE_LAB_BIN': os.environ.get('KUBE_LAB_BIN', str(self.kube / 'bin')),
                     'KUBE_LAB_SET': os.environ.get('KUBE_LAB_SET', KUBE_SET)}
        self.bin = Path(self._env['KUBE_LAB_BIN'])

    def _run(self, script, *arguments):
        done = subprocess.run([HERE / script, *arguments], env=self._env, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{script} {' '.join(arguments)}: {(done.stderr or done.stdout).strip()[-1500:]}")
        return done.stdout.strip()

    def up(self):
        """Installs and starts what is not there, both at the same time; data of an earlier run stays."""
        self.home.mkdir(parents=True, exist_ok=True)
        failures = []

        def bring(script):
            try:
                self._run(script, 'install')
                self._run(script, 'up')
            except Failure as failure:
                failures.append(str(failure))
        threads = [threading.Thread(target=bring, args=(s,)) for s in ('kube-lab', 'nova-lab')]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        demand(not failures, '; '.join(failures))

    def kubeconfig(self):
        return Path(self._run('kube-lab', 'kubeconfig'))

    def clouds(self):
        return self.nova / 'clouds.yaml'

    def openstack(self, *arguments):
        """What the lab's own `openstack` client says, as its administrator."""
        done = subprocess.run([self.nova / 'venv/bin/openstack', *arguments], capture_output=True, text=True, timeout=120,
                              env={**os.environ, 'OS_CLIENT_CONFIG_FILE': str(self.clouds()), 'OS_CLOUD': 'novalab'})
        demand(done.returncode == 0, f"openstack {' '.join(arguments)}: {done.stderr.strip()[:400]}")
        return done.stdout

    def stop(self, *names):
        """Stops processes of the labs: nova-api, keystone, compute-2 ...; etcd, kube-apiserver ..."""
        for name in names:
            self._run(self._script(name), 'stop', name)

    def start(self, *names):
        for name in names:
            self._run(self._script(name), 'start', name)

    @staticmethod
    def _script(name):
        return 'kube-lab' if name in KUBE_SET.split() else 'nova-lab'

    def audited(self, user, since):
        """What the API server's audit log says of the requests that it answered the user since a time."""
        found = []
        for file in sorted((self.kube / 'log').glob('audit*.jsonl')):
            for line in file.read_text(errors='replace').splitlines():
                if user in line:
                    event = json.loads(line)
                    at = datetime.fromisoformat(event['requestReceivedTimestamp']).timestamp()
                    if event['user']['username'] == user and at >= since:
                        found.append(event)
        return found

    def cut(self, table):
        return Cut(_sql(), table)

    def soft_delete(self, ids):
        """Stopped instances become soft-deleted, as Nova writes it with reclaim_instance_interval; the lab has none."""
        wanted = ', '.join(f"'{i}'" for i in ids)
        subprocess.run([*_sql(), 'nova_cell1', '-e', f"update instances set vm_state = 'soft-delete' where uuid in ({wanted})"],
                       check=True, capture_output=True)

    def refuse(self, *policies):
        """From now on Nova allows these policies to nobody, and the others by their defaults. Nova reads it by itself."""
        rules = {f'os_compute_api:{policy}': '!' for policy in policies}
        (self.nova / 'etc/policy.yaml').write_text(json.dumps(rules) + '\n')

    def request_log(self):
        return RequestLog(self.nova / 'log/nova-api.out')


def _sql():
    port = 3306 + int(os.environ.get('NOVA_LAB_PORT_OFFSET', '10000'))
    return ['mariadb', '--no-defaults', '-uroot', '-plab', '-h127.0.0.1', f'-P{port}', '-N', '-B', '--unbuffered']


class Cut:
    """Cuts database connections of Nova that read a table of the cell; Nova then answers 200 with an empty list.

    The table is locked for that while, so that the reading waits to be found.
    """

    def __init__(self, sql, table):
        self._sql = sql
        self._table, self._one = table, threading.Lock()

    def begin(self):
        """Whoever begins to read from here on is cut."""
        self._one.acquire()
        self._holder = subprocess.Popen([*self._sql, 'nova_cell1'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._holder.stdin.write(f"lock tables {self._table} write; select 'locked';\n")
        self._holder.stdin.flush()
        self._holder.stdout.readline()
        self._ended = threading.Event()
        self._killer = threading.Thread(target=self._kill, daemon=True)
        self._killer.start()

    def _kill(self):
        waiting = ("select concat('kill ', id, ';') from information_schema.processlist where state like '%metadata lock%'"
                   f" and db = 'nova_cell1' and info like '%FROM {self._table}%'")
        while not self._ended.wait(0.05):
            found = subprocess.run([*self._sql, '-e', waiting], capture_output=True, text=True).stdout
            if found:
                subprocess.run([*self._sql, '--force', '-e', found], capture_output=True)

    def end(self):
        self._ended.set()
        self._killer.join()
        self._holder.communicate('unlock tables;\n')
        self._one.release()


class RequestLog:
    """What nova-api itself logged of the requests it answered, from the moment this is made on."""

    def __init__(self, file):
        self._file = file
        self._from = file.stat().st_size if file.exists() else 0

    def requests(self, user, method, path):
        """(time, request id, path, status) of the user's requests with that method whose path the regex finds."""
        with open(self._file, 'rb') as log:
            log.seek(self._from)
            lines = log.read().decode(errors='replace').splitlines()
        found = []
        for line in lines:
            hit = _REQUEST.match(line)
            if hit and hit['user'] == user and hit['method'] == method and re.search(path, hit['path']):
                at = datetime.strptime(hit['at'], '%Y-%m-%d %H:%M:%S.%f').timestamp()
                found.append((at, hit['request'], hit['path'], int(hit['status'])))
        return found

    def action_posts(self, user, accepted=False):
        """How many POST .../action of the user each server got, whatever they were answered, or `accepted` ones only."""
        count = {}
        for _, _, path, status in self.requests(user, 'POST', r'/servers/[^/]+/action$'):
            server = path.split('/')[-2]
            if status < 400 or not accepted:
                count[server] = count.get(server, 0) + 1
        return count
