"""A page of the docs as a reader follows it: its sections, and in each the fenced blocks in their order."""

import re
from dataclasses import dataclass

_HEADING = re.compile(r'^#{2,3} (?:\d+\. )?(.+)$')


@dataclass(frozen=True)
class Block:
    """A fenced block: the language after the fence (`sh`, `yaml`) and the text, which ends with a line break."""

    language: str
    text: str


def sections(file):
    """The blocks of a page by the headings that they stand under, without their numbers; most have none."""
    found, heading, block = {}, '', None
    for line in file.read_text().splitlines():
        if line.startswith('```'):
            if block is None:
                block = (line[3:], [])
            else:
                found[heading].append(Block(block[0], ''.join(f'{part}\n' for part in block[1])))
                block = None
        elif block is not None:
            block[1].append(line)
        elif match := _HEADING.match(line):
            heading = match[1]
            found[heading] = []
    return found
