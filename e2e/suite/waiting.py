"""Waiting for a condition with a deadline; what was last seen is part of the failure."""

import os
import time


class Failure(AssertionError):
    """What was expected and what was seen instead, in one sentence."""


# Multiplies every deadline, for clouds and machines slower than the labs.
PATIENCE = float(os.environ.get('HM_E2E_PATIENCE', '1'))


def until(expected, check, seconds, every=0.3):
    """Calls `check` until it gives something true and returns that.

    `check` may raise Failure to say what it saw. After `seconds` (times HM_E2E_PATIENCE) a Failure says
    what was expected and what the last check saw.
    """
    end = time.monotonic() + seconds * PATIENCE
    while True:
        seen = None
        try:
            found = check()
            if found:
                return found
        except Failure as failure:
            seen = failure
        if time.monotonic() > end:
            saw = f', seen: {seen}' if seen else ''
            raise Failure(f'expected within {seconds * PATIENCE:.0f} s: {expected}{saw}')
        time.sleep(every)


def pause(seconds):
    """Lets time pass, where it is time that is meant."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(left)


def expect(expected, seen, what):
    """Fails unless both are equal; `what` names the thing that was compared."""
    if expected != seen:
        raise Failure(f'{what}: expected {expected!r}, seen {seen!r}')


def demand(truth, sentence):
    """Fails with the sentence unless `truth` is true."""
    if not truth:
        raise Failure(sentence)
