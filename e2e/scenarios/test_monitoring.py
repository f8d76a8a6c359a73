"""A real Prometheus beside a drain: monitoring/panels scrapes the operator and asks the queries of the dashboard."""

import subprocess

import pytest

from suite.cloud import values
from suite.waiting import demand
from suite.world import ROOT

pytestmark = pytest.mark.short


class Prometheus:
    """Scrapes the operator's port from now on, until `asked`. As a context manager it is ended."""

    def __init__(self, port):
        self._process = subprocess.Popen([ROOT / 'monitoring/panels', '--against', str(port)], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def asked(self):
        """Ends the scrapes; exit status and what each query of the dashboard found."""
        said, _ = self._process.communicate(timeout=120)
        return self._process.returncode, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # At the end of its input it asks, and ends its Prometheus.
        if self._process.poll() is None:
            self._process.communicate(timeout=120)


@pytest.mark.ci
@pytest.mark.lab
def test_dashboard(c):
    """Each panel of the dashboard shows a drain that a real Prometheus scraped; HostInMaintenance fires."""
    guests = c.guests(values(c.boot(('active', 3), ('stopped', 1))))
    prometheus = c.entered(Prometheus(c.run_operator().port))
    c.kube.create(c.name(), c.host, reason='to be watched')
    c.drained(c.name())
    c.prove_maintenance(c.name(), guests)
    status, said = prometheus.asked()
    (c.directory / 'panels.txt').write_text(said)
    demand(status == 0, f'panels without series: {said[-2000:]}')
    demand('HostInMaintenance' in said.split('fired:')[1], f'no alert for Alertmanager: {said[-300:]}')
    c.kube.delete(c.name(), wait=60)
    c.prove_enabled()
