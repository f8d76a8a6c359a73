"""What a scenario is, and the suites they are registered in."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`ci`: `e2e/run --ci` takes it; `lab`: it needs the labs' faults or logs; `short`: quick enough for a short set;
    `last`: it speaks of the whole run, so it comes after it."""

    key: str
    title: str
    function: object
    ci: bool = False
    lab: bool = False
    short: bool = False
    last: bool = False


class Suite(dict):
    """Scenarios by their keys, in the order in which they run."""

    def scenario(self, title, key=None, **marks):
        """Registers a function, under its own name unless another is given."""
        def register(function):
            name = key or function.__name__
            self[name] = Scenario(name, title, function, **marks)
            return function
        return register

    def short(self):
        return {key: s for key, s in self.items() if s.short}


SCENARIOS = Suite()
FAULTS = Suite()
FIELD = Suite()
