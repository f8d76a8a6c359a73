"""Fixtures and options of the end-to-end tests."""

import re

import pytest

from suite.case import Case
from suite.waiting import Failure
from suite.world import World

FAILED = pytest.StashKey[str]()
FIGURES = pytest.StashKey[dict]()


def pytest_addoption(parser):
    group = parser.getgroup('host maintenance', 'the operator on a real Nova and a real Kubernetes')
    group.addoption('--all', action='store_true', help='the long scenarios too: about four hours')
    group.addoption('--keep', action='store_true', help='leave what the last scenario made')
    group.addoption('--jar', help='the operator (default: target/, built when it is missing or old)')
    group.addoption('--cloud', help='an entry of clouds.yaml, of an administrator, instead of the labs; with KUBECONFIG')
    group.addoption('--hosts', metavar='A,B', help='with --cloud: hosts; the first is drained')
    group.addoption('--image', default='lab', help='image of the instances')
    group.addoption('--flavor', default='lab.tiny', help='flavor of the instances')
    group.addoption('--network', default='none', help='uuid of their network')
    group.addoption('--role', default='admin', help="role of the operator's own Keystone user")


def pytest_configure(config):
    config.stash[FIGURES] = {}


def pytest_collection_modifyitems(config, items):
    """Leaves out the long scenarios, unless some are named; what speaks of the whole run comes last."""
    named = config.option.markexpr or config.option.keyword or any('::' in a for a in config.args) or config.option.all
    if not named:
        config.hook.pytest_deselected(items=[i for i in items if not i.get_closest_marker('short')])
        items[:] = [i for i in items if i.get_closest_marker('short')]
    items.sort(key=lambda i: i.get_closest_marker('last') is not None)


@pytest.fixture(scope='session')
def world(pytestconfig):
    """What all scenarios share."""
    try:
        made = World(pytestconfig.option)
        made.sweep()
        made.nobody_else()
    except Failure as failure:
        pytest.exit(f'e2e: {failure}', returncode=2)
    print(f'evidence in {made.out}')
    yield made
    if not pytestconfig.option.keep:
        made.close()


@pytest.fixture
def c(world, request):
    """The case: what a scenario works with. Afterwards what it made is undone, and evidence of a failure is kept."""
    if request.node.get_closest_marker('lab') and not world.labs:
        pytest.skip('it needs the labs')
    key = re.sub(r'\W+', '_', request.node.name.removeprefix('test_')).strip('_')
    case = Case(world, key)
    yield case
    if failure := request.node.stash.get(FAILED, None):
        case.keep_evidence(failure)
        request.node.add_report_section('teardown', 'evidence', str(case.directory))
    if case.figures:
        request.config.stash[FIGURES][request.node.name] = case.figures
        request.node.user_properties.append(('figures', '; '.join(case.figures)))
    last = request.node is request.session.items[-1]
    case.end(sweep=not (last and request.config.option.keep))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == 'call' and report.failed:
        item.stash[FAILED] = report.longreprtext
    return report


def pytest_terminal_summary(terminalreporter, config):
    """The figures that scenarios measured."""
    for name, figures in config.stash[FIGURES].items():
        for said in figures:
            terminalreporter.write_line(f'{name}: {said}')
