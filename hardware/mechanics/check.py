"""A figure of a design, and the bounds that it must keep."""

from math import inf
from typing import NamedTuple

LEAST_WALL_MM = 2.0  # of printed parts that carry a load


class Check(NamedTuple):
    what: str
    got: float
    least: float = -inf
    most: float = inf
    unit: str = "mm"

    @property
    def ok(self) -> bool:
        return self.least <= self.got <= self.most

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'BAD '} {self.said}"

    @property
    def said(self) -> str:
        bounds = [f"at least {self.least:.2f}"] if self.least > -inf else []
        bounds += [f"at most {self.most:.2f}"] if self.most < inf else []
        return f"{self.what}: {self.got:.2f} {self.unit}".rstrip() + f" ({', '.join(bounds)})"


def refuse(checks: list[Check]) -> None:
    """Raises ValueError with the first check that fails: nothing is made of a design that is wrong."""
    for check in checks:
        if not check.ok:
            raise ValueError(check.said)
