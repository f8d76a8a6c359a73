"""The chart as a person installs, upgrades and uninstalls it, with its pods on a node of the suite."""

import re
import subprocess

import pytest

from suite.case import CLOUD
from suite.cloud import PREFIX, clouds_yaml, values
from suite.kube import condition, rows
from suite.node import Node
from suite.waiting import Failure, demand, expect, until
from suite.world import ROOT

pytestmark = pytest.mark.short

NAMESPACE = PREFIX + 'chart'
RELEASE = 'host-maintenance'
CHART = 'helm/host-maintenance-operator'
# The version that is upgraded from: any earlier commit whose stored statuses this version must read.
EARLIER = 'adbda86b64'


def earlier(world):
    """The sources and the jar of the earlier version, built once; None where the clone does not have its commit."""
    home = world.out.parent.parent / 'e2e-earlier' / EARLIER
    jar = home / 'target/host-maintenance-operator.jar'
    if not jar.exists():
        home.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(['git', 'archive', '--format=tar', EARLIER], cwd=ROOT, capture_output=True)
        if made.returncode:
            return None
        subprocess.run(['tar', '-x', '-C', home], input=made.stdout, check=True)
        built = subprocess.run(['mvn', '-q', '-B', '-DskipTests', 'package'], cwd=home, capture_output=True, text=True)
        demand(built.returncode == 0 and jar.exists(), f'the earlier version does not build:\n{built.stdout[-2000:]}')
    return home


class Release:
    """The chart's release in its own namespace, and the node that runs its pods."""

    def __init__(self, case, jars):
        self._case, self.kube = case, case.kube
        self.kube.apply({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': NAMESPACE}},
                        {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'clouds', 'namespace': NAMESPACE},
                         'stringData': {'clouds.yaml': case.clouds_file().read_text()}})
        self.node = case.entered(Node(self.kube, NAMESPACE, case.world.java, jars, case.directory / 'node'))
        case.undo(self.kube.kubectl, 'delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=60s')
        case.undo(self._away)

    def _away(self):
        self.helm('uninstall', RELEASE, '--no-hooks', '--ignore-not-found', check=False)

    def helm(self, command, *arguments, check=True):
        """Runs helm; gives its exit status and what it said."""
        ran = self.kube.run('helm', command, *arguments, '--namespace', NAMESPACE, check=False, timeout=300)
        with open(self._case.directory / 'helm.txt', 'a') as log:
            log.write(f"$ helm {command} {' '.join(arguments)}\n{ran.stdout}{ran.stderr}[{ran.returncode}]\n\n")
        self.node.running()  # what is wrong with the node comes before what Helm says of it
        demand(not check or ran.returncode == 0, f'helm {command}: {(ran.stderr or ran.stdout).strip()[-600:]}')
        return ran

    def apply(self, source, tag):
        """`helm upgrade --install` of a version's chart, with settings that make a scenario short."""
        self.helm('upgrade', RELEASE, str(source / CHART), '--install', '--take-ownership', '--wait', '--timeout=3m',
                  '--set', f'cloud.existingSecret=clouds,cloud.name={CLOUD},image.tag={tag}',
                  '--set', 'operator.pollMoving=1s,operator.pollIdle=3s,operator.settle=5s')

    def leader(self):
        """The pod that holds the lease, of those that run; a Failure where none does."""
        holder, pods = self.kube.leader(NAMESPACE), self.node.running()
        if holder not in pods:
            raise Failure(f'the lease is held by {holder}, and the pods are {", ".join(sorted(pods))}')
        return pods[holder]


@pytest.mark.ci
@pytest.mark.lab
def test_chart(c):
    """The chart: installed with two pods, its test, a drain during which the leader is killed and the release is
    upgraded, an uninstall that is refused while a host is in maintenance.
    """
    before = earlier(c.world)
    if before is None:
        c.figures.append(f'the clone does not have {EARLIER}: upgraded from the same version')
    release = Release(c, {'earlier': before / 'target/host-maintenance-operator.jar' if before else c.world.jar,
                          'now': c.world.jar})
    release.apply(before or ROOT, 'earlier')
    expect(2, len(release.node.running()), 'pods after the installation')
    release.helm('test', RELEASE)

    made = c.boot(('active', 6), ('stopped', 1), lab_lm_seconds='8')
    guests, name = c.guests(values(made)), c.name()
    watch = c.watch(name)
    c.kube.create(name, c.host, reason='new power supply')
    c.when(name, 'has moved one', lambda r: r.get('status', {}).get('moved', 0) >= 1)
    killed = until('a pod leads', release.leader, 30)
    killed.kill()
    until('another process leads', lambda: release.leader().name != killed.name or killed.restarts, 60)
    moved = c.kube.get(name)['status'].get('moved', 0)
    c.when(name, 'goes on after the kill', lambda r: r['status'].get('moved', 0) > moved)

    standing = c.kube.get(name)['status']
    demand(standing['phase'] == 'Draining', f"upgraded in mid-drain, but it is {standing['phase']}")
    release.apply(ROOT, 'now')
    pods = until('only pods of the new version', lambda: len(release.node.running()) == 2 and release.node.running(), 60)
    expect(['now'], sorted({p.image.rpartition(':')[2] for p in pods.values()}), 'versions that run')
    c.drained(name)
    resource = c.prove_maintenance(name, guests)
    c.prove_once(resource)
    c.prove_true(watch, guests)
    expect(set(guests), set(rows(resource)), 'rows')
    c.figures.append(f"killed at {moved} moved, upgraded at {standing.get('moved')} of {standing.get('total')}")

    leader = release.leader()
    c.kube.kubectl('-n', NAMESPACE, 'annotate', 'pod', leader.name, 'hostmaintenance.io/log-level=debug')
    until('the leader logs more', lambda: re.search(r'"log.level": ?"DEBUG"', leader.log.read_text()), 60)

    refused = release.helm('uninstall', RELEASE, '--timeout=2m', check=False)
    demand(refused.returncode != 0, 'helm uninstall went through while a host is in maintenance')
    pod, = [p for p in c.kube.json('-n', NAMESPACE, 'get', 'pods')['items']
            if p['metadata']['labels']['app.kubernetes.io/name'].endswith('-check')
            and p['status']['phase'] == 'Failed']
    said = pod['status']['containerStatuses'][0]['state']['terminated']['message']
    demand(name in said, f'the check before the uninstall does not name {name}: {said}')
    until('a pod leads after the refused uninstall', release.leader, 30)
    expect('True', condition(c.kube.get(name), 'Ready')['status'], 'Ready after the refused uninstall')

    c.kube.delete(name, wait=60)
    c.prove_enabled()
    release.helm('uninstall', RELEASE, '--timeout=2m', '--wait')
    until('no pod is left', lambda: not release.node.running(), 60)


@pytest.mark.lab
def test_manifests(c):
    """helm/install by kubectl alone: two pods, a drain with the settings that it has, and a delete of it all."""
    namespace, manifests = 'host-maintenance', ROOT / 'helm/install'
    tag = re.search(r'image: "host-maintenance-operator:([^"]+)"', (manifests / 'install.yaml').read_text())[1]
    c.kube.apply({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': namespace}},
                 {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'cloud', 'namespace': namespace},
                  'stringData': {'clouds.yaml': clouds_yaml('openstack', c.world.operator_entry)}})
    node = c.entered(Node(c.kube, namespace, c.world.java, {tag: c.world.jar}, c.directory / 'node'))
    c.undo(c.world.apply_crd)
    c.undo(c.kube.kubectl, 'delete', '-k', str(manifests), '--ignore-not-found', '--timeout=90s')
    c.kube.kubectl('apply', '--server-side', '--force-conflicts', '-k', str(manifests))
    c.kube.kubectl('-n', namespace, 'rollout', 'status', 'deployment/host-maintenance-operator', '--timeout=100s')
    expect(2, len(node.running()), 'pods')

    guests, name = c.guests(values(c.boot(('active', 2)))), c.name()
    c.kube.create(name, c.host)
    c.drained(name)
    c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=60)
    c.prove_enabled()
    c.kube.kubectl('delete', '-k', str(manifests), '--timeout=90s')
    until('no pod is left', lambda: not node.running(), 60)
