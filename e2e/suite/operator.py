"""The built operator as a process."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from .waiting import Failure, demand, until

FAST = {'HM_POLL_MOVING': '1s', 'HM_POLL_IDLE': '3s', 'HM_SETTLE': '5s'}
DEFAULTS = {'HM_POLL_MOVING': '5s', 'HM_POLL_IDLE': '60s', 'HM_SETTLE': '60s'}


def java_25():
    """The `java` of a JDK 25: $JAVA_25_HOME, $JAVA_HOME, or where JDKs usually lie."""
    named = [os.environ[v] for v in ('JAVA_25_HOME', 'JAVA_HOME') if os.environ.get(v)]
    usual = [*Path('/usr/lib/jvm').glob('*25*'), *Path('/opt').glob('*jdk*25*'),
             *(Path.home() / '.sdkman/candidates/java').glob('25*'), *(Path.home() / '.jdks').glob('*25*')]
    for home in map(Path, [*named, *usual]):
        release = home / 'release'
        if release.exists() and 'JAVA_VERSION="25' in release.read_text() and (home / 'bin/java').exists():
            return str(home / 'bin/java')
    raise Failure('no JDK 25: install one, or set JAVA_25_HOME to its directory')


def build(root):
    """Path of the operator's jar, built when it is missing or older than what it is made of."""
    jar = root / 'target/host-maintenance-operator.jar'
    sources = [root / 'pom.xml', *(root / 'src/main').rglob('*')]
    newest = max(f.stat().st_mtime for f in sources if f.is_file())
    if not jar.exists() or jar.stat().st_mtime < newest:
        print('e2e: building the operator', flush=True)
        done = subprocess.run(['mvn', '-q', '-DskipTests', 'package'], cwd=root, capture_output=True, text=True)
        demand(done.returncode == 0 and jar.exists(), f'mvn -DskipTests package failed:\n{done.stdout[-3000:]}')
    return jar


class Operator:
    """One process of the operator. As a context manager it is ended by SIGTERM."""

    def __init__(self, java, jar, kubeconfig, clouds, cloud, log, **settings):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        self.log = Path(log)
        # Only what a container would have, too: no variable of the caller may change what is tested.
        self._env = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'KUBECONFIG': str(kubeconfig),
                     'OS_CLIENT_CONFIG_FILE': str(clouds), 'OS_CLOUD': cloud, 'HM_PORT': str(self.port),
                     'HM_ADDRESS': '127.0.0.1',
                     'HM_LEADER_ELECTION': 'false', 'HM_LOG_FORMAT': 'human', **settings}
        self._command = [java, '-jar', str(jar)]
        self._process = None

    def start(self):
        with open(self.log, 'ab') as log:
            self._from = log.tell()
            self._process = subprocess.Popen(self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT)
        return self

    def says_ready(self):
        """What /readyz says; a Failure when it says no."""
        demand(self._process.poll() is None, f'it ended with {self._process.returncode}: {self.tail(3)}')
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz', timeout=5) as answer:
                return answer.status == 200
        except OSError as error:
            raise Failure(str(error)) from None

    def ready(self, seconds=60):
        """Waits until /readyz says so."""
        until('the operator is ready', self.says_ready, seconds)
        return self

    def pause(self):
        """SIGSTOP: it does nothing more, and does not know."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        """SIGCONT: it goes on where it stood."""
        self._process.send_signal(signal.SIGCONT)

    def leads_as(self):
        """The identity under which this process says it has won the lease, or None."""
        with open(self.log, 'rb') as log:
            log.seek(self._from)
            won = re.findall(rb'leading as (\S+)', log.read())
        return won[-1].decode() if won else None

    def dead(self):
        return self._process.poll() is not None

    def ended(self):
        """Whether there is no process of it, or not yet."""
        return self._process is None or self.dead()

    def kill(self):
        """SIGKILL, now. Other threads may call it."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """SIGTERM; gives the seconds that the end took. A process that stays for 30 s is a Failure."""
        if self._process is None or self._process.poll() is not None:
            return 0.0
        begun = time.monotonic()
        self._process.terminate()
        self.resume()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure('the operator did not end within 30 s of SIGTERM') from None
        return time.monotonic() - begun

    def tail(self, lines):
        text = self.log.read_text(errors='replace') if self.log.exists() else ''
        return '\n'.join(text.splitlines()[-lines:])

    def __enter__(self):
        return self.start().ready()

    def __exit__(self, *_):
        self.stop()
