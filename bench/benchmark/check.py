"""`bench/check`: does the operator still ask as much as was agreed on?

  bench/check            compares the counts of small runs in virtual time with bench/baseline.json
  bench/check --renew    writes bench/baseline.json again

Counts do not depend on the machine: requests by operation, reads and writes of Kubernetes. Status 1 for differences."""

import subprocess
import sys

from .build import ROOT, compile_tests, main, test_program

BASELINE = ROOT / 'bench/baseline.json'


def check():
    """The exit status: 0 when all counts are those of the baseline."""
    renew = sys.argv[1:] == ['--renew']
    if sys.argv[1:] and not renew:
        print(__doc__)
        return 0 if sys.argv[1] in ('-h', '--help') else 2
    compile_tests()
    status = subprocess.run(test_program('VirtualRuns', 'renew' if renew else 'check', BASELINE), cwd=ROOT).returncode
    if status == 1 and not renew:
        print('The operator asks more or less than was agreed on. If that is meant, renew the baseline by '
              '`bench/check --renew`, and commit bench/baseline.json with the reason.')
    return status


if __name__ == '__main__':
    main(check)
