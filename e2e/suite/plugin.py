"""kubectl hm as a person has it: built from its sources, and found by kubectl in PATH."""

import os
import shlex
import subprocess

from .waiting import Failure, demand
from .world import ROOT

DONE = 0


class Plugin:
    """The plugin, built from its sources into the scenario's directory, and found by kubectl in PATH."""

    def __init__(self, case):
        self._case, self.directory = case, case.directory / 'bin'
        self.directory.mkdir()
        go = {**os.environ, 'CGO_ENABLED': '0', 'GOFLAGS': '-mod=mod', 'GOTOOLCHAIN': 'local'}
        built = subprocess.run(['go', 'build', '-trimpath', '-buildvcs=false', '-o', self.directory / 'kubectl-hm', '.'],
                               cwd=ROOT / 'kubectl-hm', env=go, capture_output=True, text=True)
        demand(built.returncode == 0, f'go build: {built.stderr.strip()[:600]}')
        (self.directory / 'kubectl_complete-hm').symlink_to('kubectl-hm')

    def __call__(self, *arguments, expected=DONE, kubectl=('hm',)):
        """Runs kubectl hm; a Failure tells what it printed if it does not end with the expected code."""
        kube = self._case.kube
        path = f"{self.directory}:{os.path.dirname(kube.tool('kubectl'))}:{os.environ['PATH']}"
        env = {**os.environ, 'KUBECONFIG': kube.kubeconfig, 'PATH': path, 'COLUMNS': '120'}
        ran = subprocess.run(['kubectl', *kubectl, *arguments], env=env, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=600)
        with open(self._case.directory / 'screens.txt', 'a') as screens:
            screens.write(f'$ kubectl hm {shlex.join(arguments)}\n{ran.stdout}{ran.stderr}[{ran.returncode}]\n\n')
        if ran.returncode != expected:
            raise Failure(f'kubectl hm {shlex.join(arguments)} ended with {ran.returncode}, not {expected}: '
                          f'{(ran.stdout + ran.stderr).strip()[-600:]}')
        return ran.stdout
