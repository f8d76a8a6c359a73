"""A proxy between the operator and nova-api that can go wrong exactly when it matters.

It records each request and its answer and asks the faults, in the order they were added, what to do. Killing the
operator when a request has arrived and before it is passed on is a crash between the intent and the request.
"""

import dataclasses
import http.client
import http.server
import json
import re
import threading
import time
import urllib.parse

ACTION = re.compile(r'/servers/([0-9a-f-]{36})/action$')
_HOP = {'connection', 'keep-alive', 'upgrade', 'http2-settings', 'transfer-encoding', 'proxy-connection', 'te'}


@dataclasses.dataclass
class Seen:
    """A request that arrived: `action` is the key of a POST .../action's body, `status` what the operator was told
    (0: nothing, the connection was cut; None: not yet), `token` the Keystone token that came with it."""

    at: float
    method: str
    path: str
    server: str | None
    action: str | None
    token: str | None = None
    forwarded: bool = False
    status: int | None = None


@dataclasses.dataclass
class Fault:
    """What to do with a request that `match` finds, `times` times.

    `before` runs with the request before it is passed on, `after` when Nova has answered and the operator has not
    been told. `forward` False: Nova never gets it. `reply` False: the connection is cut instead of an answer.
    `cut`: it is cut in the middle of the answer. `status`: this status is answered instead of Nova's.
    """

    match: object
    times: int = 1
    before: object = None
    after: object = None
    forward: bool = True
    reply: bool = True
    cut: bool = False
    status: int | None = None


def moves(*actions):
    """Matches the POST of a move, or of the named server actions."""
    wanted = actions or ('os-migrateLive', 'migrate')
    return lambda seen: seen.action in wanted


class Proxy:
    """Listens on a free port of 127.0.0.1; `url` takes the place of the compute endpoint."""

    def __init__(self, upstream):
        target = urllib.parse.urlsplit(upstream)
        self.seen, self._faults, self._lock = [], [], threading.Lock()
        self._weather = lambda seen: Fault(match=None)
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *_):
                pass

            def _serve(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                seen = proxy._record(self.command, self.path, body, self.headers.get('X-Auth-Token'))
                fault = proxy._fault(seen)
                if fault.before:
                    fault.before(seen)
                answer, text = None, b''
                if fault.forward:
                    seen.forwarded = True
                    headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
                    upstream_type = (http.client.HTTPSConnection if target.scheme == 'https'
                                     else http.client.HTTPConnection)
                    connection = upstream_type(target.netloc, timeout=180)
                    try:
                        connection.request(self.command, self.path, body or None, headers)
                        answer = connection.getresponse()
                        text = answer.read()
                    except OSError:
                        answer = None  # nova-api is down: so it looks to the operator, too
                    finally:
                        connection.close()
                if fault.after:
                    fault.after(seen)
                if fault.status:
                    seen.status = fault.status
                    return self._answer(fault.status, {'Content-Type': 'text/html'}, b'<html>e2e proxy</html>')
                if answer is None or not fault.reply:
                    seen.status, self.close_connection = 0, True
                    return None
                seen.status = answer.status
                headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
                return self._answer(answer.status, headers, text, fault.cut)

            def _answer(self, status, headers, text, cut=False):
                try:
                    self.send_response_only(status)
                    for name, value in headers.items():
                        if name.lower() != 'content-length':
                            self.send_header(name, value)
                    self.send_header('Content-Length', str(len(text)))
                    self.end_headers()
                    if self.command != 'HEAD':
                        self.wfile.write(text[:len(text) // 2] if cut else text)
                    self.close_connection |= cut
                except OSError:
                    self.close_connection = True  # the operator is gone

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that was killed in mid-request

        self._server = Server(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}{target.path}'
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _record(self, method, path, body, token):
        server, action = ACTION.search(path.split('?')[0]), None
        if server:
            try:
                action = next(iter(json.loads(body)), None)
            except (ValueError, TypeError):
                action = None
        seen = Seen(time.time(), method, path, server and server[1], action, token)
        with self._lock:
            self.seen.append(seen)
        return seen

    def _fault(self, seen):
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.match(seen):
                    fault.times -= 1
                    return fault
            return self._weather(seen)

    def weather(self, fault):
        """What happens to requests that no added fault meets: a function of Seen that gives a Fault."""
        self._weather = fault

    def add(self, **fault):
        """Adds a fault, see Fault, and gives it; it is spent when its `times` is 0."""
        added = Fault(**fault)
        with self._lock:
            self._faults.append(added)
        return added
