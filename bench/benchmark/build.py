"""What is measured: the operator's jar, the classes of the tests, and the commands that start them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / 'target'
WORK = TARGET / 'bench'
JAR = TARGET / 'host-maintenance-operator.jar'
MIB = 1024 * 1024


class Failure(Exception):
    """One sentence that says what went wrong and what to do."""


def java_home():
    """The JDK 25: $JAVA_25_HOME, $JAVA_HOME, or where JDKs usually lie."""
    named = [os.environ[v] for v in ('JAVA_25_HOME', 'JAVA_HOME') if os.environ.get(v)]
    usual = [*Path('/usr/lib/jvm').glob('*25*'), *Path('/opt').glob('*jdk*25*'),
             *(Path.home() / '.sdkman/candidates/java').glob('25*'), *(Path.home() / '.jdks').glob('*25*')]
    for home in map(Path, [*named, *usual]):
        release = home / 'release'
        if release.exists() and 'JAVA_VERSION="25' in release.read_text() and (home / 'bin/java').exists():
            return home
    raise Failure('There is no JDK 25: install one, or set JAVA_25_HOME to its directory.')


def tool(name):
    """A program of that JDK."""
    return str(java_home() / 'bin' / name)


def maven(*goals):
    """Runs Maven in the project; MAVEN_ARGS=-o keeps it offline."""
    done = subprocess.run(['mvn', '-q', '-B', '-ntp', '-Dsbom.skip', *os.environ.get('MAVEN_ARGS', '').split(), *goals], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failure(f'mvn {" ".join(goals)} failed:\n{done.stdout[-3000:]}')


def compile_tests():
    """Compiles the operator and its tests, and asks Maven for their classpath."""
    WORK.mkdir(parents=True, exist_ok=True)
    maven('test-compile', 'dependency:build-classpath', f'-Dmdep.outputFile={WORK}/classpath')


def package():
    """Builds the jar beside its libraries, and what `compile_tests` does."""
    WORK.mkdir(parents=True, exist_ok=True)
    maven('package', '-DskipTests', 'dependency:build-classpath', f'-Dmdep.outputFile={WORK}/classpath')


def classpath():
    """The classes of the operator, of its tests and of all dependencies."""
    return f"{TARGET}/classes:{TARGET}/test-classes:{(WORK / 'classpath').read_text().strip()}"


def test_program(name, *arguments, heap='1g'):
    """The command that runs a program of the package `bench`."""
    return [tool('java'), f'-Xmx{heap}', '-XX:+UseSerialGC', '-Dsun.net.httpserver.nodelay=true', '-cp', classpath(),
            f'io.hostmaintenance.bench.{name}', *map(str, arguments)]


def image_flags():
    """The flags of the JVM in the image, without the AOT cache, and the variables that the image sets."""
    text = (ROOT / 'Dockerfile').read_text()
    command = json.loads(re.findall(r'^ENTRYPOINT (\[.*\])$', text, re.M)[-1])
    flags = [f for f in command[1:command.index('-jar')] if not f.startswith('-XX:AOTCache')]
    return flags, dict(re.findall(r'^ENV (\w+)=(\S+)$', text, re.M))


def limit_mib():
    """The memory limit of the chart."""
    values = (ROOT / 'helm/host-maintenance-operator/values.yaml').read_text()
    return int(re.search(r'limits:\s+memory: (\d+)Mi', values)[1])


def main(function):
    """Runs a program; a Failure ends it with its sentence and status 2."""
    try:
        sys.exit(function())
    except Failure as failure:
        print(f'bench: {failure}', file=sys.stderr)
        sys.exit(2)
