"""A network of elastic volumes and resistances, solved: it falls apart into modes that decay each on its own.

    C_i dP_i/dt = sum of what flows in through its edges

An edge carries (P_a - P_b - crack) / R from a to b; b, or a, may be a fixed pressure outside. With y = C^1/2 P the
system is symmetric, and its eigenvectors are the modes. Where a part of the network has no way out, one of its
modes never decays: its rate is set to exactly 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import copysign, hypot, sqrt

OUTSIDE = -1
MOST_SWEEPS, TINY = 30, 1e-17
ROUNDING_UL_S = 1e-9  # a millilitre in 30 years: less than this is not a flow


@dataclass(frozen=True)
class Edge:
    """From node `a` to node `b`, one of which may be OUTSIDE at `outside_kpa`. kPa s/uL and kPa.

    `meter` is the place in `Network.metered_ul` that counts what flows from a to b, for edges outside.
    """

    a: int
    b: int
    resistance: float
    crack_kpa: float = 0.0
    outside_kpa: float = 0.0
    meter: int = OUTSIDE


Shares = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Modes:
    """A configuration solved. Of each mode its decay rate in 1/s, its shape, which is both the kPa at each
    node per unit of the mode and the units that a uL at that node adds, and the uL that go through each meter
    per unit that it decays; of each node its equilibrium pressure; of each meter its flow then."""

    rows: tuple[tuple[float, tuple[float, ...], Shares], ...]
    level_kpa: tuple[float, ...]
    steady: Shares  # (meter, uL/s)


@lru_cache(maxsize=4096)
def solve(compliance: tuple[float, ...], edges: tuple[Edge, ...]) -> Modes:
    """The modes of nodes with `compliance` in uL/kPa joined by `edges`."""
    nodes = range(len(compliance))
    root = [sqrt(c) for c in compliance]
    matrix, source = _conductances(len(compliance), edges)
    scaled = [[matrix[a][b] / (root[a] * root[b]) for b in nodes] for a in nodes]
    metered = [edge for edge in edges if edge.meter != OUTSIDE]
    rows, level = [], [0.0 for _ in nodes]
    for rate, vector in _closed_parts_at_rest(len(compliance), edges, decouple(scaled)):
        shape = tuple(vector[node] / root[node] for node in nodes)
        shares = [(edge.meter, _flow(edge, shape, 0.0) / rate) for edge in metered] if rate else []
        rows.append((rate, shape, tuple(share for share in shares if share[1])))
        if rate:
            drive = sum(shape[node] * source[node] for node in nodes) / rate
            level = [level[node] + shape[node] * drive for node in nodes]
    steady = [(edge.meter, _flow(edge, level, 1.0)) for edge in metered]
    flowing = [(meter, ul_s) for meter, ul_s in steady if abs(ul_s) > ROUNDING_UL_S]
    return Modes(tuple(rows), tuple(level), tuple(flowing))


def _conductances(count: int, edges: tuple[Edge, ...]) -> tuple[list[list[float]], list[float]]:
    """C dP/dt = source - matrix P."""
    matrix, source = [[0.0] * count for _ in range(count)], [0.0] * count
    for edge in edges:
        for here, there, sign in ((edge.a, edge.b, 1.0), (edge.b, edge.a, -1.0)):
            if here != OUTSIDE:
                matrix[here][here] += 1 / edge.resistance
                source[here] += sign * edge.crack_kpa / edge.resistance
                if there != OUTSIDE:
                    matrix[here][there] -= 1 / edge.resistance
                else:
                    source[here] += edge.outside_kpa / edge.resistance
    return matrix, source


def _flow(edge: Edge, kpa: Sequence[float], constant: float) -> float:
    """Through an edge at the nodes' pressures; `constant` is 0 to leave out what does not depend on them."""
    outside = constant * edge.outside_kpa
    a = outside if edge.a == OUTSIDE else kpa[edge.a]
    b = outside if edge.b == OUTSIDE else kpa[edge.b]
    return (a - b - constant * edge.crack_kpa) / edge.resistance


def decouple(matrix: list[list[float]]) -> list[tuple[float, list[float]]]:
    """Eigenvalues and unit eigenvectors of a symmetric matrix, by Jacobi's rotations: for three nodes at most a
    handful, the same on every machine, and exact to rounding for small eigenvalues beside large ones."""
    count = len(matrix)
    m = [row.copy() for row in matrix]
    vectors = [[float(a == b) for b in range(count)] for a in range(count)]  # of the rows
    for _ in range(MOST_SWEEPS):
        for a in range(count):
            for b in range(a + 1, count):
                if m[a][b]:
                    _rotate(m, vectors, a, b)
        if all(abs(m[a][b]) <= TINY * sqrt(abs(m[a][a] * m[b][b])) for a in range(count) for b in range(a)):
            break
    return [(m[mode][mode], vectors[mode]) for mode in range(count)]


def _rotate(m: list[list[float]], vectors: list[list[float]], a: int, b: int) -> None:
    """Make m[a][b] 0."""
    slope = (m[b][b] - m[a][a]) / (2 * m[a][b])
    tangent = copysign(1 / (abs(slope) + hypot(slope, 1)), slope)
    cosine = 1 / hypot(tangent, 1)
    sine = tangent * cosine
    m[a][a], m[b][b] = m[a][a] - tangent * m[a][b], m[b][b] + tangent * m[a][b]
    m[a][b] = m[b][a] = 0.0
    for k in range(len(m)):
        if k not in (a, b):
            m[a][k], m[b][k] = cosine * m[a][k] - sine * m[b][k], sine * m[a][k] + cosine * m[b][k]
            m[k][a], m[k][b] = m[a][k], m[b][k]
    for k in range(len(m)):
        vectors[a][k], vectors[b][k] = (
            cosine * vectors[a][k] - sine * vectors[b][k],
            sine * vectors[a][k] + cosine * vectors[b][k],
        )


def _closed_parts_at_rest(
    count: int, edges: tuple[Edge, ...], modes: list[tuple[float, list[float]]]
) -> list[tuple[float, list[float]]]:
    """The same modes, but of each part without a way out the slowest has a rate of exactly 0."""
    rates = [rate for rate, _ in modes]
    for part in _parts(count, edges):
        if not any(OUTSIDE in (edge.a, edge.b) and (edge.a in part or edge.b in part) for edge in edges):
            inside = [mode for mode in range(count) if any(abs(modes[mode][1][node]) > 0.5 / count for node in part)]
            rates[min(inside, key=rates.__getitem__)] = 0.0
    return [(rate, vector) for rate, (_, vector) in zip(rates, modes, strict=True)]


def _parts(count: int, edges: tuple[Edge, ...]) -> list[list[int]]:
    """The nodes, put together where an edge joins them."""
    part_of = list(range(count))
    for edge in edges:
        if OUTSIDE not in (edge.a, edge.b):
            old, new = part_of[edge.a], part_of[edge.b]
            part_of = [new if part == old else part for part in part_of]
    return [[node for node in range(count) if part_of[node] == part] for part in sorted(set(part_of))]
