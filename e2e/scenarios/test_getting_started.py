"""docs/getting-started.md as its reader follows it: each command of the page, as written, on the real parts."""

import contextlib
import json
import os
import pty
import re
import secrets
import shlex
import shutil
import subprocess
import threading

import pytest

from suite.cloud import Keystone, values
from suite.kube import CRD
from suite.node import Node
from suite.page import sections
from suite.plugin import Plugin
from suite.waiting import demand, expect, until
from suite.world import ROOT

pytestmark = pytest.mark.short

NAME = 'host-maintenance'  # of the namespace, and of the user and the project in Keystone


class Reader:
    """Runs the commands in a directory with the project's chart, with the reader's own logins and tools."""

    def __init__(self, case, helm):
        self._case, self._filled_in = case, {}
        self.directory, tools = case.directory / 'project', case.directory / 'bin'
        shutil.copytree(ROOT / 'helm', self.directory / 'helm')
        Plugin(case)
        (tools / 'helm').symlink_to(case.kube.tool(helm))
        auth = case.world.admin['auth']
        self._env = {**os.environ, 'KUBECONFIG': case.kube.kubeconfig, 'COLUMNS': '120', 'PATH': ':'.join((
            str(tools), os.path.dirname(case.kube.tool('kubectl')), str(case.labs.nova / 'venv/bin'), os.environ['PATH']))}
        self._env |= {f'OS_{k.upper()}': v for k, v in auth.items()} | {'OS_REGION_NAME': case.world.admin['region_name']}

    def fill_in(self, **texts):
        """From now on the reader writes these values where the page has `KEY: "..."`."""
        self._filled_in |= texts

    def text(self, block):
        text = block.text.replace('compute-1.example', self._case.host)
        text = text.replace('https://keystone.example.org/v3', self._case.world.admin['auth']['auth_url'])
        for key, value in self._filled_in.items():
            text = text.replace(f'{key}: "..."', f'{key}: {json.dumps(value)}')
        return text

    def write(self, name, block):
        (self.directory / name).write_text(self.text(block))

    def run(self, block, password=None, new_shell=False):
        """Runs a block in one shell; gives what it printed. Whoever asks for a password gets this one at a terminal.
        A new shell has no variables of the administrator.
        """
        text, (mine, terminal) = self.text(block), pty.openpty()
        answering = threading.Thread(target=_answer, args=(mine, password), daemon=True)
        answering.start()
        env = {k: v for k, v in self._env.items() if not (new_shell and k.startswith('OS_'))}
        ran = subprocess.run(['setsid', '--ctty', '--wait', 'bash', '-euo', 'pipefail', '-c', text], cwd=self.directory,
                             env=env, stdin=terminal, capture_output=True, text=True, timeout=600)
        os.close(terminal)
        answering.join()
        with open(self._case.directory / 'screens.txt', 'a') as screens:
            screens.write(f'$ {text}{ran.stdout}{ran.stderr}[{ran.returncode}]\n\n')
        demand(ran.returncode == 0, f'{text.strip()}\nends with {ran.returncode}: {(ran.stdout + ran.stderr).strip()[-600:]}')
        return ran.stdout + ran.stderr


def _answer(terminal, password):
    """Types the password at each prompt, until nobody has the terminal open."""
    with contextlib.suppress(OSError):
        while said := os.read(terminal, 4096):
            if b'assword' in said and password:
                os.write(terminal, f'{password}\n'.encode())
    os.close(terminal)


@pytest.mark.lab
@pytest.mark.parametrize('way', ['helm', 'helm4', 'kubectl'])
def test_getting_started(c, way):
    """Getting started, with the operator installed by Helm 3, by Helm 4 and by kubectl alone."""
    if not c.kube.tool('helm4' if way == 'helm4' else 'helm'):
        pytest.skip(f'the lab has no {way}: KUBE_LAB_SET names what it builds')
    page = sections(ROOT / 'docs/getting-started.md')
    reader, password = Reader(c, 'helm4' if way == 'helm4' else 'helm'), secrets.token_urlsafe(24)
    keystone = Keystone(c.cloud.session)
    keystone.forget(NAME)
    c.undo(keystone.forget, NAME)
    for block in page['A user for the operator']:
        reader.run(block, password)

    by_password, created, by_credential = page['Its clouds.yaml']
    reader.fill_in(password=password)
    reader.write('clouds.yaml', by_password)
    made = reader.run(created, new_shell=True)
    field = {k: re.search(rf'^\| {k} +\| (\S+)', made, re.MULTILINE)[1] for k in ('ID', 'Secret', 'Project ID')}
    expect(keystone.project(NAME), field['Project ID'], "the credential's project")
    reader.fill_in(application_credential_id=field['ID'], application_credential_secret=field['Secret'])
    reader.write('clouds.yaml', by_credential)

    c.undo(c.kube.kubectl, 'delete', 'namespace', NAME, '--ignore-not-found', '--timeout=60s')
    for block in page['The Secret']:
        reader.run(block)
    image = shlex.split(next(line for line in page['The operator'][0].text.splitlines() if 'docker push' in line))[-1]
    node = c.entered(Node(c.kube, NAME, c.world.java, {image.rpartition(':')[2]: c.world.jar}, c.directory / 'node'))
    c.undo(c.world.apply_crd)
    if way == 'kubectl':
        c.undo(c.kube.kubectl, 'delete', '-k', str(reader.directory), '--ignore-not-found', '--timeout=90s')
        kustomization, *blocks = page['By kubectl']
        reader.write('kustomization.yaml', kustomization)
    else:
        c.undo(c.kube.run, 'helm', 'uninstall', 'host-maintenance-operator', '--namespace', NAME, '--no-hooks',
               '--ignore-not-found')
        # A CRD of the suite's own would be in the way of the chart's: the reader's cluster has none.
        c.kube.kubectl('delete', 'crd', CRD, '--ignore-not-found', '--timeout=60s')
        blocks = page['By Helm']
    said = ''.join(reader.run(block) for block in blocks)
    server = c.kube.json('config', 'view', '--minify')['clusters'][0]['cluster']['server']
    promised = f'starts: cloud openstack of .*, API server {server}' if way == 'kubectl' else 'Cloud openstack answers: it has '
    demand(re.search(promised, said), f'the reader does not see "{promised}": {said[-600:]}')

    guests = c.guests(values(c.boot(('active', 2), ('stopped', 1))))
    maintenance, *planned = page['The plan, which touches nothing']
    reader.write('maintenance.yaml', maintenance)
    for block in planned:
        reader.run(block)
    c.prove_enabled()
    for block in page['The drain']:
        reader.run(block)
    c.prove_maintenance('compute-1', guests)
    given_back = ''.join(reader.run(block) for block in page['The host back'])
    demand('enabled' in given_back, f'the host is not given back: {given_back}')
    c.prove_enabled()

    uninstall, = page['Uninstall']
    if way == 'kubectl':
        c.kube.kubectl('delete', 'hm', '--all')
        c.kube.kubectl('delete', '-k', str(reader.directory), '--timeout=90s')
    else:
        reader.run(uninstall)
    until('no pod is left', lambda: not node.running(), 60)
    expect(False, c.kube.run('kubectl', 'get', 'crd', CRD, check=False).returncode == 0, 'the CRD is left')
