"""A proxy between the operator and the cloud that can go wrong exactly when it matters.

It stands before one or more services of the cloud, records each request and its answer, and asks the faults, in the
order they were added, what to do. Edits change what the cloud answers, so that it is an odd cloud. Killing the
operator when a request has arrived and before it is passed on is a crash between the intent and the request.
"""

import base64
import dataclasses
import http.client
import http.server
import json
import re
import select
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
from email.utils import formatdate, parsedate_to_datetime

ACTION = re.compile(r'/servers/([0-9a-f-]{36})/action$')
ALWAYS = float('inf')
# Where a reply can go silent: the connection stays open and not one byte more comes.
BEFORE_HEADERS, IN_HEADERS, IN_BODY = SILENCES = 'before the headers', 'in the headers', 'in the body'
PAGE = b'<html><head><title>e2e proxy</title></head><body>This page is not for programs.</body></html>'
_HOP = {'connection', 'keep-alive', 'upgrade', 'http2-settings', 'transfer-encoding', 'proxy-connection', 'te'}
_TIME = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?(?:Z|\+00:00)?)"')


@dataclasses.dataclass
class Seen:
    """A request that arrived: `kind` is the service as the catalog types it, `action` the key of a POST .../action's
    body, `status` what the operator was answered (0: nothing, the connection was cut; None: not yet), `token` the Keystone
    token that came with it."""

    at: float
    kind: str
    method: str
    path: str
    server: str | None
    action: str | None
    body: bytes = b''
    token: str | None = None
    forwarded: bool = False
    status: int | None = None


@dataclasses.dataclass
class Answer:
    """A reply on its way to the operator; edits change it."""

    status: int
    headers: dict
    text: bytes


@dataclasses.dataclass
class Fault:
    """What to do with a request that `match` finds, `times` times.

    `before` runs with the request before it is passed on, `after` when the cloud has answered, before the operator gets
    the answer. `delay`: so many seconds pass first. `forward` False: the cloud never gets it. `reply` False: the
    connection is cut instead of an answer. `cut`: it is cut in the middle of the answer. `silent`, one of SILENCES: not
    another byte comes from there on. `drip`: the body comes a byte at a time, so many seconds apart. `status`: this
    status and a page of HTML are answered instead of the cloud's answer. `answer`, a function of Seen: what it gives is.
    """

    match: object
    times: float = 1
    before: object = None
    after: object = None
    delay: float = 0
    forward: bool = True
    reply: bool = True
    cut: bool = False
    silent: str | None = None
    drip: float = 0
    status: int | None = None
    answer: object = None

    def replaced(self, seen):
        """What is answered instead of the cloud's answer, or None."""
        if self.answer:
            return self.answer(seen)
        return Answer(self.status, {'Content-Type': 'text/html'}, PAGE) if self.status else None


def redirect(status, to):
    """For `answer`: a redirect; `to` gives the Location for the path."""
    return lambda seen: Answer(status, {'Location': to(seen.path)}, b'')


def moves(*actions):
    """Matches the POST of a move, or of the named server actions."""
    wanted = actions or ('os-migrateLive', 'migrate')
    return lambda seen: seen.action in wanted


def calls(method, path, kind='compute'):
    """Matches requests to a service with that method whose path and query the regex finds."""
    return lambda seen: seen.kind == kind and seen.method == method and re.search(path, seen.path)


LOGIN = calls('POST', r'/auth/tokens$', 'identity')


def of_json(change):
    """An edit of JSON replies: `change` gets the document and changes it, or gives another in its place."""
    def edit(answer):
        try:
            document = json.loads(answer.text)
        except ValueError:
            return
        changed = change(document)
        answer.text = json.dumps(document if changed is None else changed).encode()
    return edit


def of_catalog(change):
    """An edit of logins: `change` gets the catalog, a list, and changes it."""
    def edit(document):
        if 'token' in document:
            change(document['token']['catalog'])
    return of_json(edit)


def of_date(seconds):
    """An edit that sets the clock by which replies are dated, and no record, so many seconds ahead."""
    def edit(answer):
        if 'Date' in answer.headers:
            then = parsedate_to_datetime(answer.headers['Date']).timestamp() + seconds
            answer.headers['Date'] = formatdate(then, usegmt=True)
    return edit


def of_times(seconds):
    """An edit that sets ahead what is written in replies: each time of a record, and no Date."""
    def later(found):
        at = time.mktime(time.strptime(found[1].decode(), '%Y-%m-%dT%H:%M:%S')) + seconds
        return b'"' + time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(at)).encode() + found[2] + b'"'

    def edit(answer):
        answer.text = _TIME.sub(later, answer.text)
    return edit


class Proxy:
    """Stands before services of the cloud, each on a port of its own of 127.0.0.1.

    `upstreams`: their addresses by their types in the catalog. `names`: host names under which the operator
    finds them instead of 127.0.0.1, by type. `tls`: a certificate and its key, see Authority. What the cloud says of its own
    addresses, as in the catalog, is rewritten to the proxy's.
    """

    def __init__(self, upstreams, names=None, tls=None):
        self.seen, self._faults, self._edits, self._lock = [], [], [], threading.Lock()
        self._otherwise = lambda seen: Fault(match=None)
        self._closed = threading.Event()
        self._tls = tls
        self._servers = {kind: self._listen(kind, urllib.parse.urlsplit(url)) for kind, url in upstreams.items()}
        scheme = 'https' if tls else 'http'
        self.ports = {kind: server.server_port for kind, server in self._servers.items()}
        self._origins = {
            '{0.scheme}://{0.netloc}'.format(urllib.parse.urlsplit(url)):
                f"{scheme}://{(names or {}).get(kind, '127.0.0.1')}:{self.ports[kind]}"
            for kind, url in upstreams.items()}
        self.urls = {kind: self._rewritten(url) for kind, url in upstreams.items()}

    @property
    def url(self):
        """Takes the place of the compute endpoint."""
        return self.urls['compute']

    def _rewritten(self, text):
        for origin, own in self._origins.items():
            text = text.replace(origin, own)
        return text

    def _listen(self, kind, target):
        handler = type('Handler', (_Handler,), {'proxy': self, 'kind': kind, 'target': target})
        server = _Server(('127.0.0.1', 0), handler)
        if self._tls:
            server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.tls.load_cert_chain(*self._tls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def certificate(self, tls):
        """From now on new connections get this certificate."""
        for server in self._servers.values():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.tls = context

    def stop_listening(self, kind):
        """From now on nobody answers at that service's address, and what was connected is cut at its next request."""
        server = self._servers.pop(kind)
        server.shutdown()
        server.server_close()
        self.add(match=lambda seen: seen.kind == kind, times=ALWAYS, forward=False, reply=False)

    def close(self):
        """Nobody listens any more, and whoever waits for a silent reply is cut off."""
        self._closed.set()
        for server in self._servers.values():
            server.shutdown()
            server.server_close()
        self._servers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def record(self, kind, method, path, body, token):
        server, action = ACTION.search(path.split('?')[0]), None
        if server:
            try:
                action = next(iter(json.loads(body)), None)
            except (ValueError, TypeError):
                action = None
        seen = Seen(time.time(), kind, method, path, server and server[1], action, body, token)
        with self._lock:
            self.seen.append(seen)
        return seen

    def fault(self, seen):
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.match(seen):
                    fault.times -= 1
                    return fault
            return self._otherwise(seen)

    def edited(self, seen, answer):
        text = answer.text.decode('latin-1')
        answer.text = self._rewritten(text).encode('latin-1')
        answer.headers = {k: self._rewritten(v) for k, v in answer.headers.items()}
        for match, edit in list(self._edits):
            if match(seen):
                edit(answer)

    def silence(self):
        """Waits as long as the proxy lives."""
        self._closed.wait()

    def pass_on(self, seen, target, headers):
        """What the cloud answers, or None when it does not."""
        seen.forwarded = True
        upstream_type = http.client.HTTPSConnection if target.scheme == 'https' else http.client.HTTPConnection
        connection = upstream_type(target.netloc, timeout=180)
        try:
            connection.request(seen.method, seen.path, seen.body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            return Answer(answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}, text)
        except OSError:
            return None  # the service is down: the operator sees the same
        finally:
            connection.close()

    def otherwise(self, fault):
        """What happens to requests that no added fault meets: a function of Seen that gives a Fault."""
        self._otherwise = fault

    def add(self, **fault):
        """Adds a fault, see Fault, and gives it; it is spent when its `times` is 0."""
        added = Fault(**fault)
        with self._lock:
            self._faults.append(added)
        return added

    def well(self):
        """Ends all faults; edits stay."""
        with self._lock:
            self._faults.clear()

    def edit(self, match, edit):
        """From now on this is done to the cloud's answers to such requests. Gives what ends it, a function."""
        made = match, edit
        self._edits.append(made)
        return lambda: self._edits.remove(made)

    def catalog(self, change):
        """From now on logins give a catalog that `change` has changed."""
        self.edit(LOGIN, of_catalog(change))

    def count(self, match, since=0):
        """How many such requests came, from the so-manyth on."""
        return sum(bool(match(seen)) for seen in self.seen[since:])


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls = None

    def finish_request(self, request, client_address):
        # In the thread of the connection: a handshake that hangs holds up nobody else.
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass  # a client that was killed in mid-request, or one that does not trust the certificate


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    proxy = kind = target = None

    def log_message(self, *_):
        pass

    def _serve(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        seen = self.proxy.record(self.kind, self.command, self.path, body, self.headers.get('X-Auth-Token'))
        fault = self.proxy.fault(seen)
        if fault.before:
            fault.before(seen)
        time.sleep(fault.delay)
        answer = None
        if fault.forward:
            answer = self.proxy.pass_on(seen, self.target, {k: v for k, v in self.headers.items() if k.lower() not in _HOP})
        if fault.after:
            fault.after(seen)
        if (instead := fault.replaced(seen)) is not None:
            answer = instead
        elif answer is not None:
            self.proxy.edited(seen, answer)
        if unsaid := fault.silent and (answer is None or fault.silent == BEFORE_HEADERS):
            self.proxy.silence()
        if unsaid or answer is None or not fault.reply:
            seen.status, self.close_connection = 0, True
            return
        seen.status = answer.status
        try:
            self._answer(answer, fault)
        except OSError:
            self.close_connection = True  # the operator is gone

    def _answer(self, answer, fault):
        half = answer.text[:len(answer.text) // 2]
        self.send_response_only(answer.status)
        if fault.silent == IN_HEADERS:
            return self._fall_silent(b'')
        for name, value in answer.headers.items():
            if name.lower() != 'content-length':
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(answer.text)))
        if fault.silent == IN_BODY:
            return self._fall_silent(b'\r\n' + half)
        self.end_headers()
        if self.command == 'HEAD':
            return None
        if fault.drip:
            for byte in answer.text:
                self.wfile.write(bytes([byte]))
                time.sleep(fault.drip)
        else:
            self.wfile.write(half if fault.cut else answer.text)
        self.close_connection |= fault.cut
        return None

    def _fall_silent(self, text):
        self.flush_headers()
        self.wfile.write(text)
        self.proxy.silence()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve


class WebProxy:
    """A proxy as companies have them: HTTP_PROXY (the whole URL in the request) and HTTPS_PROXY (CONNECT).

    `hosts`: the names that it alone can resolve, each with the port of 127.0.0.1 that is meant; a port in a request is
    taken as it is. `login`: name and password that it asks for. `seen`: what it was asked, as (method, target).
    """

    def __init__(self, hosts, login=None):
        self.seen = []
        handler = type('Handler', (_WebHandler,), {
            'hosts': hosts, 'seen': self.seen,
            'login': login and 'Basic ' + base64.b64encode(':'.join(login).encode()).decode()})
        self._server = _Server(('127.0.0.1', 0), handler)
        self.port = self._server.server_port
        self.url = f"http://{':'.join(login) + '@' if login else ''}127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _WebHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    hosts = seen = login = None

    def log_message(self, *_):
        pass

    def _known(self, host):
        """Whether the request may pass; else it is answered here."""
        if self.login and self.headers.get('Proxy-Authorization') != self.login:
            return self._refuse(407, {'Proxy-Authenticate': 'Basic realm="e2e"'})
        return host in self.hosts or self._refuse(502, {})

    def _refuse(self, status, headers):
        self.send_response_only(status)
        for name, value in {**headers, 'Content-Length': '0'}.items():
            self.send_header(name, value)
        self.end_headers()
        return False

    def do_CONNECT(self):
        self.seen.append(('CONNECT', self.path))
        host, _, port = self.path.rpartition(':')
        if not self._known(host):
            return
        with socket.create_connection(('127.0.0.1', int(port))) as there:
            self.send_response_only(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    chunk = ready.recv(1 << 16)
                    if not chunk:
                        self.close_connection = True
                        return
                    ends[ready].sendall(chunk)

    def _pass(self):
        url = urllib.parse.urlsplit(self.path)
        self.seen.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if not url.hostname or not self._known(url.hostname):
            return
        connection = http.client.HTTPConnection('127.0.0.1', url.port, timeout=180)
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP | {'proxy-authorization'}}
            connection.request(self.command, url._replace(scheme='', netloc='').geturl(), body or None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP | {'content-length'}:
                self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _pass


class Authority:
    """A certificate authority of this run; `file` is what a client must trust."""

    def __init__(self, directory, name):
        self._directory, self._name = directory, name
        self.file, self._key = directory / f'{name}.pem', directory / f'{name}.key'
        self._openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                      '-keyout', self._key, '-out', self.file)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True)

    def certificate(self, *names):
        """A certificate for 127.0.0.1 and these names, and its key: two files."""
        request, file, key, extensions = (self._directory / f'{self._name}-server.{x}' for x in ('csr', 'crt', 'key', 'ext'))
        extensions.write_text('subjectAltName=' + ','.join(['IP:127.0.0.1', *(f'DNS:{n}' for n in names)]) + '\n')
        self._openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=hm-e2e', '-keyout', key, '-out', request)
        self._openssl('x509', '-req', '-days', '2', '-in', request, '-CA', self.file, '-CAkey', self._key,
                      '-CAcreateserial', '-extfile', extensions, '-out', file)
        return file, key
