"""The tables and the plot of docs/performance.md, from the results."""

import math
import re

from .build import ROOT, Failure

PAGE = ROOT / 'docs/performance.md'
PLOT = ROOT / 'docs/performance.svg'
# Before hosts were watched together, at commit 09681b6: requests a minute by hosts.
BEFORE = {10: 163, 100: 1632, 300: 4896, 1000: 16320}
MISSING = 'not measured'


def number(value):
    """A figure for people: three digits that count."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return '-'
    if value >= 1000:
        return f'{value:,.0f}'
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def table(head, rows):
    """A table of Markdown."""
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join('| ' + ' | '.join(str(c) for c in line) + ' |' for line in lines)


def size(name):
    """The numbers in a name, by which runs are in order."""
    return [int(digits) for digits in re.findall(r'\d+', name.replace(',', ''))]


def label(name):
    """The name of a run without its kind: 1 x 50 for drain-1x50, 1,000 for 1000."""
    name = name.removeprefix('drain-').replace('x', ' x ') if name.startswith('drain-') else name
    return f'{int(name):,}' if name.isdigit() else name


def across(data, title, figures):
    """One column for each run, by its size, and one row for each figure."""
    runs = {name: data[name] for name in sorted(data, key=size)}
    return table([title, *map(label, runs)],
                 [[figure, *(number(run.get(figure)) for run in runs.values())] for figure in figures])


def requests(data):
    """What idle hosts ask."""
    return across(data, 'hosts in maintenance', (
        'requests a minute', 'requests a minute and host', 'kB a minute and host', 'MB a minute',
        'Kubernetes requests a minute and host', 'Kubernetes writes a minute and host'))


def memory(data):
    """What the process takes."""
    whole = across(data, 'hosts in maintenance', (
        'RSS MiB', 'peak MiB', 'anonymous MiB', 'live heap MiB', 'limit MiB', 'CPU s a minute', 'threads',
        'requests a minute and host', 'Kubernetes requests a minute and host', 'most requests in a second',
        'entered s', 'entered CPU s', 'entered peak MiB', 'all hosts s', 'warnings'))
    most = max((name for name in data if name.isdigit()), key=int)
    histogram = table(['class', 'objects', 'kB'],
                      [[f'`{name}`', f'{count:,}', f'{size // 1000:,}'] for name, count, size in data[most]['histogram'][:10]])
    return f'{whole}\n\nThe classes with most bytes on the heap, at {int(most):,} hosts:\n\n{histogram}'


def moves(data):
    """What drains cost in virtual time."""
    return across(data, 'hosts x guests of 30 s', (
        'seconds', 'reads a move', 'writes a move', 'kB a move', 'status writes a move', 'Events a move', 'late p50',
        'late p99'))


def large(data):
    """What large drains cost."""
    return across(data, 'hosts x guests', (
        'seconds', 'reads a move', 'writes a move', 'kB a move', 'status writes a move', 'late p50', 'late p99',
        'CPU ms a move', 'peak MiB', 'warnings'))


def start(data):
    """What a start costs."""
    figures = ('ready', 'first request', 'all hosts', 'CPU s', 'RSS MiB')
    return table(['process', *(f'{f}, s' if f in figures[:3] else f for f in figures)],
                 [[name, *(number(run[f]) for f in figures)]
                  for name, run in sorted(data.items(), key=lambda item: -item[1]['CPU s'])])


def brain(data):
    """What the decision costs."""
    return table(['1,000 rows', 'microseconds', 'error'],
                 [[f'`{name}`', number(b['microseconds']), number(float(b['error']))] for name, b in data.items()])


def lab(data):
    """How long a host takes to be empty."""
    names = sorted({way for ways in data.values() for way in ways}, key=lambda way: (not way.startswith('operator'), way))
    return table(['guests', *(f'{n}, s' for n in names), 'operator / novaclient'],
                 [[name, *(number(ways.get(n)) for n in names),
                   number(ways['operator'] / ways['novaclient']) if {'operator', 'novaclient'} <= set(ways) else '-']
                  for name, ways in sorted(data.items(), key=lambda item: (item[0].split()[0], size(item[0])))])


TABLES = {'requests': requests, 'memory': memory, 'moves': moves, 'large': large, 'start': start, 'brain': brain, 'lab': lab}

# What is wanted: the sentence, the part, the run, the figure, the bound, its unit.
GOALS = [
    ('idle, 10 hosts: requests a minute and host', 'requests', '10', 'requests a minute and host', 0.5),
    ('idle, 1,000 hosts: requests a minute and host', 'requests', '1000', 'requests a minute and host', 0.25),
    ('RSS at 10 hosts, MiB', 'memory', '10', 'RSS MiB', 128),
    ('RSS at 100 hosts, MiB', 'memory', '100', 'RSS MiB', 160),
    ('RSS at 1,000 hosts, MiB', 'memory', '1000', 'RSS MiB', 256),
    ('RSS at 1,000 hosts x 50 rows, MiB', 'memory', '1000 x 50 rows', 'RSS MiB', 256),
    ('1 x 50 guests of 30 s: reads a move', 'moves', 'drain-1x50', 'reads a move', 6.5),
    ('1 x 50 guests of 30 s: requests that change something, a move', 'moves', 'drain-1x50', 'writes a move', 1.1),
    ('1 x 50 guests of 30 s: rows late by, p99, s', 'moves', 'drain-1x50', 'late p99', 10),
    ('10 x 50 guests of 30 s: reads a move', 'moves', 'drain-10x50', 'reads a move', 3),
    ('10 x 50 guests of 30 s: rows late by, p99, s', 'moves', 'drain-10x50', 'late p99', 5),
    ('start to first request, s', 'start', 'image', 'first request', 1),
    ('`decide` at 1,000 rows, microseconds', 'brain', 'decide', 'microseconds', 1000),
    ('`serialize` at 1,000 rows, microseconds', 'brain', 'serialize', 'microseconds', 1000),
    ('`compare` at 1,000 rows, microseconds', 'brain', 'compare', 'microseconds', 1000),
]
# To be empty: the operator's time by another's, at most.
RATIOS = [(f'live, {guests} x {seconds} s: operator / novaclient', f'live {guests} x {seconds} s', 'novaclient', 1.05)
          for guests in (10, 50) for seconds in (3, 8)] + \
         [(f'cold, {guests} x {seconds} s: operator / one by one', f'cold {guests} x {seconds} s', 'one by one', 0.5)
          for guests in (10, 50) for seconds in (3, 8)]


def verdict(value, bound):
    """Whether a goal is met, or by how much it is missed."""
    if value is None:
        return MISSING
    return 'met' if value <= bound else f'missed by {100 * (value / bound - 1):.0f} %'


def goals(found):
    """Each goal with what was measured."""
    rows = []
    for sentence, part, run, figure, bound in GOALS:
        value = found.get(part, {}).get('data', {}).get(run, {}).get(figure)
        rows.append([sentence, number(bound), number(value), verdict(value, bound)])
    for sentence, run, other, bound in RATIOS:
        ways = found.get('lab', {}).get('data', {}).get(run, {})
        value = ways['operator'] / ways[other] if {'operator', other} <= set(ways) else None
        rows.append([sentence, number(bound), number(value), verdict(value, bound)])
    return table(['goal', 'at most', 'measured', 'verdict'], rows)


def made(found):
    """What each part was measured on."""
    return table(['part', 'date', 'commit', 'JVM', 'machine'], [
        [name, m['date'], f"`{m['commit']}`", m['java'],
         f"{m['cpus']} x {m['cpu']}, {m['memory GiB']} GiB, Linux {m['kernel']}"]
        for name, part in found.items() for m in [part['machine']]])


def write(found):
    """Writes the tables between the page's markers, and the plot."""
    text = PAGE.read_text()
    blocks = {'goals': goals(found), 'made': made(found),
              **{name: TABLES[name](part['data']) for name, part in found.items()}}
    for name, block in blocks.items():
        marked = re.compile(rf'(<!-- {name} -->\n).*?(<!-- end -->)', re.S)
        if not marked.search(text):
            raise Failure(f'docs/performance.md has no place for {name}: write <!-- {name} --> and <!-- end -->.')
        text = marked.sub(lambda m, b=block: f'{m[1]}\n{b}\n\n{m[2]}', text)
    PAGE.write_text(text)
    if 'requests' in found:
        PLOT.write_text(plot({int(h): f['requests a minute'] for h, f in found['requests']['data'].items()}))


def plot(now):
    """Requests a minute by hosts, both axes logarithmic."""
    wide, high, left, top = 640, 360, 70, 30
    right, bottom = wide - 150, high - 50
    xs, ys = (math.log10(10), math.log10(1000)), (0, math.log10(20_000))

    def at(hosts, value):
        x = left + (math.log10(hosts) - xs[0]) / (xs[1] - xs[0]) * (right - left)
        y = bottom - (math.log10(max(value, 1)) - ys[0]) / (ys[1] - ys[0]) * (bottom - top)
        return f'{x:.1f},{y:.1f}'
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
           f'<rect width="{wide}" height="{high}" fill="white"/>',
           f'<text x="{left}" y="18">Requests to the cloud a minute, by hosts in maintenance</text>']
    for power in range(5):
        x, y = at(10, 10 ** power).split(',')
        out += [f'<line x1="{x}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>',
                f'<text x="{left - 8}" y="{float(y) + 4}" text-anchor="end">{10 ** power:,}</text>']
    for hosts in BEFORE:
        x = at(hosts, 1).split(',')[0]
        out.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{hosts:,}</text>')
    out.append(f'<text x="{(left + right) / 2}" y="{bottom + 40}" text-anchor="middle">hosts</text>')
    for name, colour, line in (('each host alone', '#c33', BEFORE), ('watched together', '#36c', now)):
        points = [at(h, v) for h, v in sorted(line.items())]
        out.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colour}"/>' for p in points]
        x, y = map(float, points[-1].split(','))
        out.append(f'<text x="{x + 8}" y="{y + 4}" fill="{colour}">{name}: {max(line.items())[1]:,.0f}</text>')
    return '\n'.join([*out, '</svg>']) + '\n'
