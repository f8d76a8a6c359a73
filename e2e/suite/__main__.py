"""The command line: which scenarios, how they ended."""

import argparse
import sys
import time
import traceback

# Each registers its scenarios.
from . import chart, faults, field, limits, monitoring, odd, operator, plan, plugin, scenarios, security
from .case import Case
from .suites import FAULTS, FIELD, SCENARIOS
from .waiting import Failure
from .world import World

EPILOG = """\
Without --cloud the suite uses two labs on this machine, below $HM_LAB (~/.cache/host-maintenance-lab). It installs and
starts what is missing and leaves the labs running. With --cloud NAME (of clouds.yaml, an administrator) and KUBECONFIG
it runs against any other cloud and cluster. There it changes only what it made, all of it named hm-e2e-... It drains
only the first of --hosts (two_hosts: the first two) and skips the scenarios that need the labs.
Environment: HM_LAB, NOVA_LAB, KUBE_LAB (one lab elsewhere), HM_E2E_PATIENCE (multiplies every deadline), JAVA_25_HOME.
Exit status: 0 all passed, 1 a scenario failed, 2 the suite could not begin."""

# By the script's name: the scenarios, and what is said of them.
GROUPS = {
    'run': ({**SCENARIOS, **FAULTS.short(), **FIELD.short()}, '.'),
    'faults': (FAULTS, ', parts of which fail.'),
    'field': (FIELD, ', in clouds as users have reported them.'),
}


def main(arguments):
    group = arguments[0] if arguments[:1] and arguments[0] in GROUPS else 'run'
    suite, more = GROUPS[group]
    parser = argparse.ArgumentParser(
        prog=f'e2e/{group}', epilog=EPILOG,
        description='The operator on a real Nova and a real Kubernetes' + more,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', metavar='NAME,NAME', help='these scenarios')
    if group == 'run':
        parser.add_argument('--ci', action='store_true', help='the scenarios that .ci/run takes')
    else:
        parser.add_argument('--all', action='store_true', help='all scenarios, more than an hour (default: the short ones)')
        parser.set_defaults(ci=False)
    parser.add_argument('--list', action='store_true', help='list the scenarios')
    parser.add_argument('--keep', action='store_true', help='leave what the last scenario made')
    parser.add_argument('--jar', help='the operator (default: target/, built when missing or old)')
    parser.add_argument('--cloud', help='entry of clouds.yaml instead of the labs')
    parser.add_argument('--hosts', metavar='A,B', help='with --cloud: hosts; the first is drained')
    parser.add_argument('--image', default='lab', help='image of the instances (%(default)s)')
    parser.add_argument('--flavor', default='lab.tiny', help='flavor of the instances (%(default)s)')
    parser.add_argument('--network', default='none', help='uuid of their network (%(default)s)')
    parser.add_argument('--role', default='admin', help="role of the operator's own Keystone user (%(default)s)")
    options = parser.parse_args(arguments[group != 'run':])

    if options.list:
        for s in suite.values():
            marks = ' '.join(m for m, on in (('short', s.short), ('ci', s.ci), ('lab', s.lab)) if on)
            print(f'{s.key}  {s.title}' + (f'  [{marks}]' if marks else ''))
        return 0
    chosen = list(suite.values())
    if options.only:
        keys = options.only.split(',')
        if unknown := [k for k in keys if k not in suite]:
            parser.error(f"no scenario {', '.join(unknown)}; --list names all")
        chosen = [suite[k] for k in keys]
    elif options.ci:
        chosen = [s for s in chosen if s.ci]
    elif group != 'run' and not options.all:
        chosen = [s for s in chosen if s.short]

    chosen.sort(key=lambda s: s.last)
    begun = time.monotonic()
    try:
        world = World(options)
        world.sweep()
        world.nobody_else()
    except Failure as failure:
        print(f'e2e: {failure}', file=sys.stderr)
        return 2
    print(f'e2e: {time.monotonic() - begun:.0f} s until all parts were there; '
          f"settings {' '.join(f'{k}={v}' for k, v in operator.FAST.items())}; "
          f"once in every_guest_as_it_was: "
          f"{' '.join(f'{k}={v}' for k, v in operator.DEFAULTS.items())}; logs in {world.out}", flush=True)

    passed, failed = 0, 0
    for scenario in chosen:
        if scenario.lab and not world.labs:
            print(f'skip {scenario.key}  {scenario.title}: needs the labs', flush=True)
            continue
        sweep = not (options.keep and scenario is chosen[-1])
        if run(world, scenario, sweep):
            passed += 1
        else:
            failed += 1
    if not options.keep:
        world.close()
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


def run(world, scenario, sweep):
    """Runs one scenario and says in one line how it ended; true when it passed."""
    case, begun = Case(world, scenario.key), time.monotonic()
    failure = None
    try:
        scenario.function(case)
    except Exception as error:  # whatever it is: the others still run
        failure = error
        case.keep_evidence(''.join(traceback.format_exception(error)))
    seconds = time.monotonic() - begun
    figures = ''.join(f'\n     {said}' for said in case.figures)
    try:
        case.end(sweep)
    except Exception as error:
        failure = failure or error
        (case.directory / 'sweep.txt').write_text(''.join(traceback.format_exception(error)))
    if failure is None:
        print(f'ok   {scenario.key}  {scenario.title} ({seconds:.0f} s){figures}', flush=True)
        return True
    said = str(failure) if isinstance(failure, Failure) else f'{type(failure).__name__}: {failure}'
    print(f'FAIL {scenario.key}: {said} ({seconds:.0f} s){figures}\n     {case.directory}', flush=True)
    return False


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
