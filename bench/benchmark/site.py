"""The surroundings of a measurement, an operator process between them, and what /proc and jcmd tell of it."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from .build import JAR, Failure, image_flags, limit_mib, test_program, tool


def wait(what, reached, seconds, every=0.2):
    """Waits until `reached` gives something true, and returns it."""
    end = time.monotonic() + seconds
    while not (found := reached()):
        if time.monotonic() > end:
            raise Failure(f'{what}: not reached in {seconds} s.')
        time.sleep(every)
    return found


class Surroundings:
    """An API server and a simulated cloud in a JVM of their own. As a context manager it is ended."""

    def __init__(self, hosts, drained=0, instances=0, transfer_ms=2000, records=0):
        self.hosts, self.moves = hosts, drained * instances
        self._folder = tempfile.TemporaryDirectory(prefix='bench-')
        self.directory = Path(self._folder.name)
        self._process = subprocess.Popen(
            test_program('SurroundingsServer', self.directory, hosts, drained, instances, transfer_ms, records,
                         heap='2g'), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = self._process.stdout.readline().strip()
        if not port:
            raise Failure('The simulated cloud did not start.')
        self._port = int(port)

    def ask(self, path):
        """What the surroundings answer to /create, /rows?N, /count or /state."""
        with urllib.request.urlopen(f'http://127.0.0.1:{self._port}{path}', timeout=120) as answer:
            return json.loads(answer.read())

    def state(self):
        """Counts and figures since /count."""
        return self.ask('/state')

    def all_ready(self, seconds=900):
        """Waits until every resource is Ready."""
        return wait(f'{self.hosts} hosts in maintenance', lambda: self.state()['ready'] == self.hosts, seconds)

    def all_moved(self, seconds=1800):
        """Waits until every instance is called Moved."""
        return wait(f'{self.moves} instances moved', lambda: self.state()['moved'] == self.moves, seconds)

    def environment(self):
        """The variables by which an operator reaches both."""
        return {'HOME': str(self.directory), 'KUBECONFIG': str(self.directory / 'kubeconfig'),
                'OS_CLIENT_CONFIG_FILE': str(self.directory / 'clouds.yaml')}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def free_port():
    """A port of loopback that nobody uses."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


class Process:
    """A process that is measured. As a context manager it is ended by SIGTERM."""

    def __init__(self, command, environment, log):
        self.port = free_port()
        self.log = Path(log)
        self.began = time.time()
        with open(self.log, 'wb') as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={'PATH': os.environ['PATH'], 'HM_PORT': str(self.port), 'HM_LOG_FORMAT': 'json', **environment})
        self.pid = self._process.pid

    def ready(self, seconds=120):
        """Waits until /readyz says so; gives the seconds since the start."""
        def said():
            if self._process.poll() is not None:
                raise Failure(f'The operator ended: {self.log.read_text()[-500:]}')
            try:
                with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz', timeout=5):
                    return True
            except (OSError, urllib.error.HTTPError):
                return False
        wait('the operator is ready', said, seconds, every=0.02)
        return time.time() - self.began

    def usage(self):
        """Resident memory in MiB (now, its peak, what is anonymous), CPU seconds, threads."""
        status = Path(f'/proc/{self.pid}/status').read_text()
        field = {name: int(value) for name, value in re.findall(r'^(\w+):\s+(\d+)', status, re.M)}
        times = Path(f'/proc/{self.pid}/stat').read_text().rsplit(')', 1)[1].split()
        return {'rss': field['VmRSS'] / 1024, 'peak': field['VmHWM'] / 1024, 'anonymous': field['RssAnon'] / 1024,
                'cpu': (int(times[11]) + int(times[12])) / os.sysconf('SC_CLK_TCK'), 'threads': field['Threads']}

    def ended(self):
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def stop(self):
        """SIGTERM, and SIGKILL after 30 s."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Operator(Process):
    """The jar, with the flags of the image and the memory of the chart unless others are given."""

    def __init__(self, site, flags=None, variables=None, memory_mib=None, jar=JAR, **settings):
        image, image_variables = image_flags()
        command = [tool('java'), f'-XX:MaxRAM={memory_mib or limit_mib()}m', *(image if flags is None else flags),
                   '-jar', str(jar)]
        super().__init__(command, {**site.environment(), **(image_variables if variables is None else variables),
                                   **settings}, site.directory / f'operator-{free_port()}.log')

    def _jcmd(self, *command):
        return subprocess.run([tool('jcmd'), str(self.pid), *command], capture_output=True, text=True).stdout

    def live_heap(self):
        """The live heap in MiB: the least of three full collections, as requests under way count too."""
        def once():
            self._jcmd('GC.run')
            used = re.findall(r'(?:DefNew|Tenured|garbage-first heap)\s+total \d+K, used (\d+)K',
                              self._jcmd('GC.heap_info'))
            return sum(map(int, used)) / 1024
        return min(once() for _ in range(3))

    def histogram(self, lines=12):
        """The classes with most bytes on the heap: (class, objects, bytes)."""
        rows = re.findall(r'^\s*\d+:\s+(\d+)\s+(\d+)\s+(\S+)', self._jcmd('GC.class_histogram'), re.M)
        return [[name, int(count), int(size)] for count, size, name in rows[:lines]]

    def warnings(self):
        """How many warnings and errors it has logged."""
        return sum(bool(re.search('"log.level": *"(WARN|ERROR)"', line))
                   for line in self.log.read_text(errors='replace').splitlines())
