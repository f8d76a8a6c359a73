"""The examples, as GitOps tools apply them."""

import json

import pytest
import yaml

from suite.cloud import values
from suite.kube import GROUP
from suite.waiting import demand, expect, until
from suite.world import NAMESPACE, ROOT

pytestmark = pytest.mark.short

EXAMPLES = ROOT / 'examples'
# What an API server without Argo CD and Flux serves.
SERVED = (f'{GROUP}/', 'v1', 'apps/', 'batch/')


def _documents(file):
    return [d for d in yaml.safe_load_all(file.read_text()) if d]


def test_examples(c):
    """The API server takes what each example says, to the letter."""
    for file in sorted(EXAMPLES.rglob('*.yaml')):
        for document in _documents(file):
            if not document['apiVersion'].startswith(SERVED):
                continue
            if document['kind'] != 'HostMaintenance':
                document['metadata']['namespace'] = NAMESPACE
            c.kube.kubectl('apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-',
                           stdin=json.dumps(document))


@pytest.mark.lab
def test_waves(c):
    """The waves of Flux: the work begins when kstatus calls the drain Current, and then the host is empty."""
    drain, = _documents(EXAMPLES / 'gitops/flux/drain/host-maintenance.yaml')
    job, = _documents(EXAMPLES / 'gitops/flux/update/job.yaml')
    guests, name = c.guests(values(c.boot(('active', 2), ('stopped', 1)))), c.name()
    drain['metadata']['name'], drain['spec']['host'], job['metadata']['namespace'] = name, c.host, NAMESPACE
    c.kube.apply(drain)
    expect('InProgress', c.kube.kstatus(name), 'kstatus before an operator runs')

    c.run_operator()
    until('kstatus calls the drain Current', lambda: c.kube.kstatus(name) == 'Current', 240)
    c.prove_maintenance(name, guests)
    c.undo(c.kube.kubectl, '-n', NAMESPACE, 'delete', 'job', job['metadata']['name'])
    c.kube.apply(job)

    c.kube.delete(name, wait=60)
    c.prove_enabled()
    demand(c.kube.get(name) is None, f'{name} is there still')
