"""The pressures of a network and what has flowed through it, exact at any moment, without stepping through time.

Between two pushes a mode shrinks by e^(-rate t), a push adds to it, and a train of equal pushes is a geometric
series. What has flowed through an edge to the outside is the integral of that same solution. It is not worked
out from what the nodes hold, so that in + pushed - out = stored is a check and not a definition.
"""

from dataclasses import dataclass
from math import exp, expm1, inf
from typing import NamedTuple

from pumpsim.modes import OUTSIDE, Edge, Modes, solve

ROUNDING_KPA = 1e-9  # less than this is not a pressure
VACUUM_KPA = 101.3  # no node is further below the air around
MARGIN_KPA = 1.0


@dataclass(frozen=True)
class Push:
    """What each pulse of a train adds to the nodes: (node, uL). `waves` are added at node 0: the pulse in
    the middle of whose train is number k adds Re(phasor * rotation^k) for each (phasor, rotation)."""

    nodes: tuple[tuple[int, float], ...]
    waves: tuple[tuple[complex, complex], ...] = ()


class Guard(NamedTuple):
    """A pressure that is watched: P_a - P_b, or P_a where b is OUTSIDE, over `kpa`, or under it where `way` is -1."""

    a: int
    b: int
    kpa: float
    way: int

    @property
    def calm_kpa(self) -> float:
        """With node 0 below that, it is not passed, whatever the other nodes."""
        if self.a != 0 or self.way < 0:
            return -inf
        return self.kpa if self.b == OUTSIDE else self.kpa - VACUUM_KPA


class Network:
    """Pressures of the nodes in kPa and volumes through the metered edges in uL, since the start.

    `amplitude` and `metered_ul` are never changed in place: to keep them is to be able to come back.
    `first_kpa` is the pressure of node 0, which is looked at most.
    """

    def __init__(self, compliance: list[float], edges: list[Edge], kpa: list[float], meters: int) -> None:
        self.compliance = tuple(compliance)
        self.metered_ul = [0.0] * meters
        self.base_ul = [-c * p for c, p in zip(compliance, kpa, strict=True)]  # nothing is stored at the start
        self._settle(solve(self.compliance, tuple(edges)), kpa)

    def configure(self, compliance: list[float], edges: list[Edge]) -> None:
        """From now on other compliances or edges. No pressure jumps, and what is stored stays stored."""
        kpa = [self.kpa(node) for node in range(len(self.compliance))]
        for node, (old, new) in enumerate(zip(self.compliance, compliance, strict=True)):
            self.base_ul[node] += (old - new) * kpa[node]
        self.compliance = tuple(compliance)
        self._settle(solve(self.compliance, tuple(edges)), kpa)

    def _settle(self, modes: Modes, kpa: list[float]) -> None:
        self.modes = modes
        self._push: Push | None = None
        above = [(p - level) * c for p, level, c in zip(kpa, modes.level_kpa, self.compliance, strict=True)]
        self.amplitude = [sum(above[node] * shape for node, shape in enumerate(shapes)) for _, shapes, _ in modes.rows]
        self.first_kpa = self.kpa(0)

    def kpa(self, node: int) -> float:
        kpa = self.modes.level_kpa[node]
        for amplitude, (_, shapes, _) in zip(self.amplitude, self.modes.rows, strict=True):
            kpa += amplitude * shapes[node]
        return kpa

    def first_kpa_after(self, seconds: float) -> float:
        """The pressure of node 0 after `seconds` in which nothing is pushed in."""
        kpa = self.modes.level_kpa[0]
        for amplitude, (rate, shapes, _) in zip(self.amplitude, self.modes.rows, strict=True):
            kpa += amplitude * shapes[0] * exp(-rate * seconds)
        return kpa

    def kpa_to_come(self, node: int) -> tuple[float, float]:
        """Between which two pressures a node will stay if nothing is pushed in: each mode only fades."""
        kpa, up, down = self.modes.level_kpa[node], 0.0, 0.0
        for amplitude, (rate, shapes, _) in zip(self.amplitude, self.modes.rows, strict=True):
            if rate:
                up, down = up + max(amplitude * shapes[node], 0.0), down + min(amplitude * shapes[node], 0.0)
            else:
                kpa += amplitude * shapes[node]
        return kpa + down, kpa + up

    def passed(self, guard: Guard) -> bool:
        """Whether the pressure is past the guard."""
        kpa = self.first_kpa if guard.a == 0 else self.kpa(guard.a)
        if guard.b != OUTSIDE:
            kpa -= self.kpa(guard.b)
        return guard.way * (kpa - guard.kpa) > ROUNDING_KPA

    def near(self, guards: list[Guard], calm_kpa: float, push: Push, pulses: int) -> bool:
        """Whether so many pulses, and what they set flowing, could take a pressure past a guard on the way.
        `calm_kpa` is the least of theirs."""
        swing_kpa = MARGIN_KPA + 2 * pulses * self._shares_of(push)[1]
        if self.first_kpa + swing_kpa < calm_kpa:
            return False
        return any(self.passed(Guard(a, b, kpa - way * swing_kpa, way)) for a, b, kpa, way in guards)

    def _shares_of(self, push: Push) -> tuple[list[float], float]:
        """What each pulse adds to each mode, and by how much it swings the pressures at most; kept for the next time,
        as the same push comes many times over."""
        if push is not self._push:
            each = [sum(shapes[node] * ul for node, ul in push.nodes) for _, shapes, _ in self.modes.rows]
            self._push, self._each = push, (each, sum(abs(ul) / self.compliance[node] for node, ul in push.nodes))
        return self._each

    def stays(self, guard: Guard, push: Push, lead_s: float, pulses: int, interval_s: float) -> bool:
        """Whether the pressure stays short of the guard from now through `pulses`, the first of them after `lead_s`.

        Before and after its pulses a mode goes steadily from the first to the last, and between two it fades: so it
        never leaves what it is now, around the first and around the last.
        """
        (a, b, kpa, way), highest = guard, 0.0
        level = self.modes.level_kpa[a] - (0.0 if b == OUTSIDE else self.modes.level_kpa[b])
        for (rate, shapes, _), now in zip(self.modes.rows, self.amplitude, strict=True):
            weight = way * (shapes[a] - (0.0 if b == OUTSIDE else shapes[b]))
            each = sum(shapes[node] * ul for node, ul in push.nodes)
            kept, before = exp(-rate * interval_s), now * exp(-rate * lead_s)
            first = before + each
            last = first * kept ** (pulses - 1) + each * (
                (1 - kept ** (pulses - 1)) / (1 - kept) if rate else pulses - 1
            )
            highest += max(weight * value for value in (now, before, first, first * kept, last - each, last))
        return way * (level - kpa) + highest <= ROUNDING_KPA

    def may_pass(self, guard: Guard, seconds: float) -> bool:
        """Whether the pressure could go past the guard in `seconds`, nothing being pushed in: each mode only fades."""
        (a, b, kpa, way), level = guard, self.modes.level_kpa
        highest = way * ((level[a] if b == OUTSIDE else level[a] - level[b]) - kpa)
        for (rate, shapes, _), now in zip(self.modes.rows, self.amplitude, strict=True):
            part = way * now * (shapes[a] if b == OUTSIDE else shapes[a] - shapes[b])
            highest += part if part > 0 else part * exp(-rate * seconds)
        return highest > ROUNDING_KPA

    def first_passing(self, guard: Guard, ticks: int, tick_s: float) -> int | None:
        """Nothing being pushed in: the first of `ticks` after which the pressure is past the guard. Between two
        moments each mode lies between its values there, so no hump is missed."""
        (a, b, kpa, way), modes = guard, self.modes
        constant = way * (modes.level_kpa[a] - kpa) - ROUNDING_KPA
        weights = [way * shapes[a] for _, shapes, _ in modes.rows]
        if b != OUTSIDE:
            constant -= way * modes.level_kpa[b]
            weights = [weight - way * row[1][b] for weight, row in zip(weights, modes.rows, strict=True)]
        terms = [
            (weight * amplitude, -row[0] * tick_s)
            for weight, amplitude, row in zip(weights, self.amplitude, modes.rows, strict=True)
        ]

        def values(tick: int) -> list[float]:
            return [term * exp(rate * tick) for term, rate in terms]

        spans = [(0, values(0), ticks, values(ticks))]  # the earliest last
        while spans:
            start, at_start, end, at_end = spans.pop()
            if constant + sum(map(max, at_start, at_end)) <= 0:
                continue
            if end - start > 1:
                middle = (start + end) // 2
                at_middle = values(middle)
                spans += [(middle, at_middle, end, at_end), (start, at_start, middle, at_middle)]
            elif constant + sum(at_end) > 0:
                return end
        return None

    @property
    def stored_ul(self) -> float:
        """Held by elasticity, more than at the start."""
        return sum(self.held_ul(node) for node in range(len(self.compliance)))

    def held_ul(self, node: int) -> float:
        """Its share of that."""
        return self.base_ul[node] + self.compliance[node] * self.kpa(node)

    def save(self) -> tuple[list[float], list[float], float]:
        return self.amplitude, self.metered_ul, self.first_kpa

    def restore(self, saved: tuple[list[float], list[float], float]) -> None:
        self.amplitude, self.metered_ul, self.first_kpa = saved

    def rest(self, seconds: float) -> None:
        """Nothing is pushed in for `seconds`."""
        modes, metered, amplitudes = self.modes, self.metered_ul.copy(), []
        kpa = modes.level_kpa[0]
        for meter, ul_s in modes.steady:
            metered[meter] += ul_s * seconds
        for (rate, shapes, shares), before in zip(modes.rows, self.amplitude, strict=True):
            fallen = -before * expm1(-rate * seconds)
            after = before - fallen
            amplitudes.append(after)
            kpa += after * shapes[0]
            for meter, share in shares:
                metered[meter] += share * fallen
        self.amplitude, self.metered_ul, self.first_kpa = amplitudes, metered, kpa

    def inject(self, node: int, ul: float) -> None:
        """`ul` are pushed into `node` at once."""
        rows = self.modes.rows
        self.amplitude = [before + row[1][node] * ul for row, before in zip(rows, self.amplitude, strict=True)]
        self.first_kpa = self.kpa(0)

    def push(self, push: Push, pulses: int, interval_s: float, seconds: float, rest_s: float = 0.0) -> None:
        """`pulses` of `push`, `interval_s` apart, the last of them after `seconds`; then nothing for `rest_s`."""
        modes, metered, amplitudes = self.modes, self.metered_ul.copy(), []
        kpa, whole_s = modes.level_kpa[0], seconds + rest_s
        for meter, ul_s in modes.steady:
            metered[meter] += ul_s * whole_s
        eaches = self._shares_of(push)[0]
        for place, (rate, shapes, shares) in enumerate(modes.rows):
            before, each = self.amplitude[place], eaches[place]
            came = each * pulses
            if rate:
                decay = -rate * interval_s
                left = each * expm1(decay * pulses) / expm1(decay)
            else:
                decay, left = 0.0, came
            if push.waves:
                for phasor, rotation in push.waves:
                    came += shapes[0] * wave(0.0, pulses, phasor, rotation)
                    left += shapes[0] * wave(-decay, pulses, phasor, rotation)
            after = (before * exp(-rate * seconds) + left) * exp(-rate * rest_s)
            amplitudes.append(after)
            kpa += after * shapes[0]
            for meter, share in shares:
                metered[meter] += share * (before - after + came)
        self.amplitude, self.metered_ul, self.first_kpa = amplitudes, metered, kpa


def wave(decay: float, pulses: int, phasor: complex, rotation: complex) -> float:
    """Sum over k = 0 .. pulses - 1 of Re(phasor rotation^k), each decayed for every pulse after it."""
    kept = exp(-decay)
    return (phasor * (rotation**pulses - kept**pulses) / (rotation - kept)).real
