"""What the scenarios of clouds as users have reported them have in common."""

import re

from .cloud import values
from .kube import condition
from .waiting import until

SERVICES = r'/os-services(\?|$)'
SERVERS = r'/servers(/detail)?\?'
LISTS = r'/(servers|os-migrations|os-services|os-hypervisors|os-server-groups)(/detail)?(\?|$)'
TWO = ('active', 1), ('stopped', 1)


def finished(c, name, guests, seconds=300):
    """It comes to be drained, Nova says so too, and a delete gives the host back."""
    c.drained(name, seconds)
    c.phase(name, 'InMaintenance')
    resource = c.prove_maintenance(name, guests)
    c.kube.delete(name, wait=120)
    c.prove_enabled()
    return resource


def drain(c, wanted=TWO, seconds=300, **operator):
    """Guests are made, an operator is started, and the host is drained."""
    guests, name = c.guests(values(c.boot(*wanted))), c.name()
    c.run_operator(**operator)
    c.kube.create(name, c.host)
    return finished(c, name, guests, seconds)


def messages(resource):
    return ' '.join(x['message'] or '' for x in resource['status'].get('conditions', []))


def works_or_says(c, name, guests, words, seconds=90):
    """Drained; or the resource says what is wrong, by words that the regex finds, and nothing was touched."""
    def drained(resource):
        return condition(resource, 'Drained')['status'] == 'True'
    found = c.when(name, f'drained, or a message has {words}',
                   lambda r: drained(r) or re.search(words, messages(r), re.I), seconds)
    if drained(found) or not re.search(words, messages(found), re.I):
        finished(c, name, guests)
        c.figures.append('it works')
        return
    c.figures.append('it says: ' + condition(found, 'Ready')['message'])
    c.prove_enabled()
    c.prove_here(guests)
    c.kube.delete(name, wait=60)


def arrive(c, server):
    """Up to 2.67 an administrator can force a move to a disabled host."""
    c.cloud.act(server, {'os-migrateLive': {'host': c.host, 'block_migration': 'auto', 'force': True}}, '2.67')
    until(f'{server} has arrived', lambda: (s := c.cloud.server(server))['OS-EXT-SRV-ATTR:host'] == c.host
          and not s['OS-EXT-STS:task_state'], 60)
