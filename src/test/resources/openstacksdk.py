"""Prints what openstacksdk makes of each file of a directory: what it would send to Keystone, and how.

Arguments: the directory. A file NAME.yaml may have variables in NAME.env and a NAME.secure.yaml beside it.
Nothing is sent: an adapter below the HTTP library keeps the requests and answers like a Keystone.
"""
import json
import logging
import os
import pathlib
import sys
import tempfile
import warnings
from urllib.parse import urlsplit

DIRECTORY = pathlib.Path(sys.argv[1])
for variable in [name for name in os.environ if name.startswith(('OS_', 'XDG_', 'SNAP_', 'REQUESTS_', 'CURL_'))]:
    del os.environ[variable]
os.environ['HOME'] = str(DIRECTORY / 'home')
CACHE = tempfile.TemporaryDirectory()
os.environ['XDG_CACHE_HOME'] = CACHE.name
warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)

import requests  # noqa: E402
from openstack.config import loader  # noqa: E402


class Keystone(requests.adapters.BaseAdapter):
    """Answers the look for versions and the login, and keeps the login."""

    def __init__(self):
        super().__init__()
        self.login = None

    def send(self, request, verify=None, cert=None, **_):
        path = urlsplit(request.url).path.rstrip('/')
        response = requests.Response()
        response.request, response.url, response.status_code = request, request.url, 200
        if request.method == 'POST':
            self.login = request.url, json.loads(request.body), verify, cert
            response.status_code = 201
            response.headers['X-Subject-Token'] = 'token'
            body = {'token': {'methods': ['password'], 'issued_at': '2026-01-01T00:00:00Z',
                              'expires_at': '2999-01-01T00:00:00Z', 'user': {'id': 'u', 'name': 'u', 'domain': {'id': 'd'}}}}
        elif path.endswith('/v3'):
            body = {'version': version(request.url)}
        elif path.endswith('/v2.0'):
            response.status_code, body = 404, {}
        else:
            response.status_code = 300
            body = {'versions': {'values': [version(request.url.rstrip('/') + '/v3/')]}}
        response._content = json.dumps(body).encode()
        return response

    def close(self):
        pass


def version(url):
    return {'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': url}]}


def word(interface):
    words = interface if isinstance(interface, list) else [interface or 'public']
    return ','.join(w.rstrip('URL') for w in words)


def effective(cloud):
    keystone, session = Keystone(), cloud.get_session()
    session.session.mount('https://', keystone)
    session.session.mount('http://', keystone)
    session.auth.get_access(session)
    url, body, verify, cert = keystone.login
    identity, scope = body['auth']['identity'], body['auth'].get('scope')
    certificate, key = cert if isinstance(cert, tuple) else (cert, cert)
    yield 'login', url
    yield 'identity', json.dumps(identity, sort_keys=True, ensure_ascii=False)
    # an application credential is for its own project, whatever is asked for
    yield 'scope', json.dumps(None if 'application_credential' in identity else scope, sort_keys=True, ensure_ascii=False)
    yield 'tls', f'verify {verify}, cert {certificate}, key {key}'
    for service in 'compute', 'placement':
        region, url = cloud.get_region_name(service), cloud.get_endpoint(service)
        yield service, f'{word(cloud.get_interface(service))}, region {region or None}, override {url and url.rstrip("/")}'


def told(file):
    own = dict(line.split('=', 1) for line in read(file.with_suffix('.env')).splitlines())
    own['OS_CLIENT_CONFIG_FILE'] = str(file)
    if file.with_suffix('.secure.yaml').exists():
        own['OS_CLIENT_SECURE_FILE'] = str(file.with_suffix('.secure.yaml'))
    os.environ.update(own)
    try:
        return [f'{key}: {value}' for key, value in effective(loader.OpenStackConfig().get_one())]
    except Exception as e:
        return [f'refused: {type(e).__name__}']
    finally:
        for name in own:
            del os.environ[name]


def read(file):
    return file.read_text() if file.exists() else ''


sys.stdout.reconfigure(encoding='utf-8')
for file in sorted(DIRECTORY.iterdir(), key=lambda f: f.name):
    if file.suffix in ('.yaml', '.yml', '.json') and '.secure' not in file.suffixes:
        print(f'[{file.name}]', *told(file), '', sep='\n')
