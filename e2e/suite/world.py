"""What all scenarios share: the cluster, the cloud, the operator's jar, account and rights."""

import contextlib
import fcntl
import os
import secrets
import time
from pathlib import Path

import yaml

from . import operator
from .cloud import PREFIX, Cloud, Keystone, Session, clouds_file, entry_of
from .kube import CRD, Kube
from .labs import Labs
from .waiting import Failure, demand, until

ROOT = Path(__file__).resolve().parent.parent.parent
NAMESPACE = PREFIX + 'operator'
CHART = ROOT / 'helm/host-maintenance-operator'
RIGHTS = {'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'}


class World:
    """Made once per run; `options` are those of the command line."""

    def __init__(self, options):
        home = Path(os.environ.get('HM_LAB', Path.home() / '.cache/host-maintenance-lab'))
        self.begun = time.time()
        self.out = home / 'e2e' / time.strftime('%Y%m%d-%H%M%S')
        self.out.mkdir(parents=True)
        if options.cloud:
            self.labs = None
            demand(os.environ.get('KUBECONFIG'), 'with --cloud the cluster is named by KUBECONFIG')
            kubeconfig, file, name, path = os.environ['KUBECONFIG'], clouds_file(), options.cloud, ''
            self.hosts = options.hosts.split(',') if options.hosts else []
            demand(len(self.hosts) >= 2, 'with --cloud at least two hosts must be named: --hosts A,B; A will be drained')
        else:
            self.labs = Labs(home)
            self._alone()
            self.labs.up()
            kubeconfig, file, name, path = self.labs.kubeconfig(), self.labs.clouds(), 'novalab', self.labs.bin
            self.hosts = ['compute-1', 'compute-2', 'compute-3', 'compute-4']
        self.kube = Kube(kubeconfig, path)
        clouds = yaml.safe_load(file.read_text())
        self.admin = entry_of(clouds, name)
        self.member_entry = clouds['clouds'].get('novalab-demo') if self.labs else None
        self.cloud = Cloud(Session(self.admin), options.image, options.flavor, options.network)
        self._leave_others_alone()
        self._made_crd = False
        self.java = operator.java_25()
        self.jar = Path(options.jar) if options.jar else operator.build(ROOT)
        self._install(options)

    def _alone(self):
        """One run at a time on a Nova lab: two would sweep each other's instances away."""
        self.labs.nova.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.labs.nova / 'e2e.lock', 'w')  # held until this process ends
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure(f'another e2e/run is at work on {self.labs.nova}') from None

    def _leave_others_alone(self):
        services = self.cloud.services()
        for host in self.hosts:
            demand(host in services, f'Nova has no nova-compute service {host}, only: {", ".join(sorted(services))}')
        if self.labs:
            return
        for host in self.hosts[:2]:
            foreign = [s['name'] for s in self.cloud.on_host(host) if not s['name'].startswith(PREFIX)]
            demand(not foreign, f'{host} has instances that this suite did not make: {", ".join(foreign[:5])}')
            demand(services[host]['status'] == 'enabled', f'{host} is disabled: {services[host]["disabled_reason"]}')
        if self.kube.run('kubectl', 'get', 'crd', CRD, check=False).returncode == 0:
            others = [r['metadata']['name'] for r in self.kube.list() if not r['metadata']['name'].startswith(PREFIX)]
            demand(not others, f'the cluster has other HostMaintenances: {", ".join(others[:5])}')

    def nobody_else(self):
        """Fails when another operator serves the cluster: two would do each other's work, and neither be proven."""
        name, seen = PREFIX + 'probe', None
        self.kube.create(name, PREFIX + 'nonesuch')
        end = time.monotonic() + 4
        while time.monotonic() < end and not seen:
            seen = self.kube.get(name).get('status', {}).get('phase')
            time.sleep(0.3)
        self.sweep()
        demand(not seen, 'another operator serves HostMaintenances in this cluster: stop it, or use another cluster'
                         ' (KUBE_LAB and KUBE_LAB_PORT make a second lab)')

    def _install(self, options):
        """The CRD, the rights of the chart, a service account's kubeconfig and a Keystone user of the operator's own."""
        there = self.kube.run('kubectl', 'get', 'crd', CRD, check=False).returncode == 0
        if self.labs or not there:
            self._made_crd = not self.labs
            self.apply_crd()
        self.kube.apply({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': NAMESPACE}})
        self.rights = [r for r in self.kube.manifests(self._chart()) if r['kind'] in RIGHTS]
        self.kube.apply(*self.rights)
        account = next(r['metadata']['name'] for r in self.rights if r['kind'] == 'ServiceAccount')
        self.operator_account = f'system:serviceaccount:{NAMESPACE}:{account}'
        self.operator_kubeconfig = self.out / 'operator.kubeconfig'
        self.kube.service_account_kubeconfig(NAMESPACE, account, self.operator_kubeconfig)

        keystone, password = Keystone(self.cloud.session), secrets.token_urlsafe(24)
        self.operator_user = keystone.user(Keystone.NAME, password, options.role)
        auth = self.admin['auth']
        domains = {k: v for k, v in auth.items() if '_domain_' in k} or {
            'user_domain_name': 'Default', 'project_domain_name': 'Default'}
        self.operator_entry = {**{k: v for k, v in self.admin.items() if k != 'auth_type'}, 'auth': {
            'auth_url': auth['auth_url'], 'username': Keystone.NAME, 'password': password,
            'project_name': Keystone.NAME, **domains}}

    def apply_crd(self):
        """Applies the CRD of this version, and waits until it is served."""
        crds = sorted((ROOT / 'crds').glob('*.y*ml'))
        demand(crds, 'crds/ has no CRD: mvn verify writes it')
        for crd in crds:
            self.kube.kubectl('apply', '--server-side', '--force-conflicts', '-f', str(crd))
        self.kube.kubectl('wait', '--for=condition=Established', f'crd/{CRD}', '--timeout=30s')

    def _chart(self):
        return self.kube.run('helm', 'template', 'hm-e2e', str(CHART), '--namespace', NAMESPACE,
                             '--set', 'cloud.existingSecret=clouds').stdout

    def sweep(self):
        """Takes away what scenarios made: resources (the operator is gone, so their finalizers too), instances, disables."""
        for resource in self.kube.list():
            name = resource['metadata']['name']
            if name.startswith(PREFIX):
                self.kube.delete(name)
                if resource['metadata'].get('finalizers'):
                    with contextlib.suppress(Failure):  # gone in between
                        self.kube.patch(name, {'metadata': {'finalizers': None}})
        until('the resources are gone', lambda: not any(
            r['metadata']['name'].startswith(PREFIX) for r in self.kube.list()), 30)
        self.cloud.remove(self.cloud.mine())
        services = self.cloud.services()
        for host in self.hosts:
            reason = services[host]['disabled_reason'] or ''
            if services[host]['status'] == 'disabled' and PREFIX in reason:
                self.cloud.enable(host)
        if self.labs:
            self._up_again()
            self._drop_leaks()

    def _up_again(self):
        def check():
            down = [h for h, s in self.cloud.services().items() if s['state'] != 'up']
            demand(not down, f'down: {", ".join(down)}')
            return True
        until('all nova-computes of the lab up', check, 90)

    def _drop_leaks(self):
        """Nova asks placement about each of them at every build: the next scenarios would be slow."""
        for host in self.hosts:
            for consumer in self.cloud.leaks(host):
                self.cloud.placement('DELETE', f'/allocations/{consumer}')

    def close(self):
        """Away from a cluster and cloud that are not the labs, leaves nothing behind."""
        if self.labs:
            return
        rights = self.kube.manifests(self._chart())
        for r in rights:
            if r['kind'] in ('ClusterRole', 'ClusterRoleBinding'):
                self.kube.kubectl('delete', r['kind'], r['metadata']['name'], '--ignore-not-found')
        self.kube.kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false')
        for r in rights:
            if r['kind'] in RIGHTS and r['metadata'].get('namespace', NAMESPACE) != NAMESPACE:
                self.kube.kubectl('delete', r['kind'], '-n', r['metadata']['namespace'], r['metadata']['name'],
                                  '--ignore-not-found')
        if self._made_crd:
            self.kube.kubectl('delete', 'crd', CRD, '--ignore-not-found')
        Keystone(self.cloud.session).forget(Keystone.NAME)
