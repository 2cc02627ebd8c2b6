"""The network of elastic volumes against formulas, fixed steps and itself. uL, kPa, s throughout.

Figures of the nominal rig: 15 uL/kPa of syringe, 0.51 of line, 0.0611 kPa s/uL of line, 0.03 of cannula and vein.
"""

import cmath
import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpsim.modes import OUTSIDE, Edge
from pumpsim.network import Network, Push

CANNULAS = {
    "14G": 0.000195,
    "20G": 0.00318,
    "24G": 0.0098,
    "1.9Fr": 1.006,
    "1Fr": 9.757,
}  # Poiseuille
OUT, IN = 0, 1
PATIENT, BAG = 1.3, 5.9


def out(node, resistance, kpa=PATIENT, crack=0.0, meter=OUT):
    return Edge(node, OUTSIDE, resistance, crack, kpa, meter)


def inflow(node, resistance, kpa=BAG, crack=0.0):
    return Edge(OUTSIDE, node, resistance, crack, kpa, IN)


def pressures(network):
    return [network.kpa(node) for node in range(len(network.compliance))]


def missing_ul(network, pushed_ul):
    """In + pushed - out - stored."""
    return network.metered_ul[IN] + pushed_ul - network.metered_ul[OUT] - network.stored_ul


# One node


@pytest.mark.parametrize("resistance", [*CANNULAS.values(), 1e6])
@pytest.mark.parametrize("taus", [1e-6, 0.1, 1.0, 3.0])
def test_one_node_falls_as_e_to_minus_t_over_rc(resistance, taus):
    """15 uL/kPa from 40 to 1.3 kPa; what it loses has gone out."""
    network = Network([15.0], [out(0, resistance)], [40.0], 2)
    network.rest(taus * 15 * resistance)
    assert network.kpa(0) == pytest.approx(1.3 + 38.7 * math.exp(-taus), rel=1e-12)
    assert network.first_kpa == network.kpa(0)
    assert network.metered_ul[OUT] == pytest.approx(15 * 38.7 * (1 - math.exp(-taus)), rel=1e-9)


def test_a_step_of_the_pressure_outside_is_followed_in_a_time_constant():
    """20 kPa at once behind 0.5 kPa s/uL and 4 uL/kPa: tau 2 s."""
    network = Network([4.0], [out(0, 0.5, kpa=0.0)], [0.0], 2)
    network.configure([4.0], [out(0, 0.5, kpa=20.0)])
    for turn in range(1, 60):
        network.rest(0.1)
        assert network.kpa(0) == pytest.approx(20 * (1 - math.exp(-0.1 * turn / 2)), rel=1e-12)
        assert network.metered_ul[OUT] == pytest.approx(-4 * network.kpa(0), rel=1e-12)


def test_many_edges_outside_pull_as_their_conductances_do():
    """1, 1/2 and 1/4 uL/s per kPa to 2, 6 and -10 kPa: (2 + 3 - 2.5) / 1.75; the flows through them come to 0."""
    network = Network([3.0], [out(0, 1.0, 2.0), out(0, 2.0, 6.0), Edge(OUTSIDE, 0, 4.0, 0.0, -10.0, IN)], [50.0], 2)
    network.rest(1_000)
    before = network.metered_ul
    network.rest(100)
    level = 2.5 / 1.75
    assert network.kpa(0) == pytest.approx(level, rel=1e-12)
    assert network.metered_ul[OUT] - before[OUT] == pytest.approx(100 * ((level - 2) + (level - 6) / 2), rel=1e-9)
    assert network.metered_ul[IN] - before[IN] == pytest.approx(100 * (-10 - level) / 4, rel=1e-9)


# Closed


def test_a_closed_part_keeps_its_pressure_for_ever_and_rises_by_volume_over_compliance():
    network = Network([15.0], [], [1.3], 2)
    kpa = 1.3
    for ul in (0.17, 30.0, -5.0):
        network.inject(0, ul)
        kpa += ul / 15
        held = network.kpa(0)
        assert held == pytest.approx(kpa, rel=1e-14)
        network.rest(1e7)
        assert network.kpa(0) == network.first_kpa == held
    network.push(Push(((0, 0.17),)), 1_000, 0.1, 1e7)
    assert network.kpa(0) == pytest.approx(kpa + 170 / 15, rel=1e-13)
    assert [row[0] for row in network.modes.rows] == [0.0]


@pytest.mark.parametrize("slowest", [0.5, 30.0, 1_000.0])
def test_closed_nodes_come_to_one_pressure_and_keep_it(slowest):
    """15, 0.26 and 10 uL/kPa joined by 0.001 and up to 1e6 times that: (15.26 1.3 + 10 5.9 + 100) / 25.26."""
    network = Network([15.0, 0.26, 10.0], [Edge(0, 1, 0.001), Edge(2, 0, slowest)], [1.3, 1.3, 5.9], 2)
    network.inject(1, 100.0)
    assert sorted(row[0] for row in network.modes.rows)[0] == 0.0
    network.rest(60 * 10 * slowest)
    held = pressures(network)
    assert held == pytest.approx([(15.26 * 1.3 + 59 + 100) / 25.26] * 3, rel=1e-9)
    network.rest(1e7)
    assert pressures(network) == held
    assert abs(missing_ul(network, 100.0)) < 1e-7


def test_of_two_parts_one_may_be_closed():
    """As behind a closed valve: the near node holds, the far one falls with 0.26 * 0.03 s."""
    network = Network([15.0, 0.26], [out(1, 0.03)], [40.0, 40.0], 2)
    network.rest(0.0078)
    assert network.kpa(0) == pytest.approx(40, rel=1e-15)
    assert network.kpa(1) == pytest.approx(1.3 + 38.7 / math.e, rel=1e-12)
    network.rest(1e7)
    assert pressures(network) == pytest.approx([40, 1.3], rel=1e-14)


# Two and three nodes


SYRINGE = ([15.26, 0.26], [Edge(0, 1, 0.0611), out(1, 0.0298)], [PATIENT, PATIENT])
ROLLERS = (
    [0.76, 0.26, 10.76],
    [Edge(0, 1, 0.0611), out(1, 0.0298), inflow(2, 0.005), Edge(0, 2, 0.5, 150.0)],
    [PATIENT, PATIENT, BAG],
)


def test_two_nodes_have_the_rates_of_their_trace_and_determinant_and_the_pressures_that_follow():
    """C1 P1' = -(P1-P2)/R1, C2 P2' = (P1-P2)/R1 - (P2-P0)/R2; with P1(0) = a, P2(0) = b over P0:
    P1 = A e^(-s t) + (a - A) e^(-f t), A = (f a + P1'(0)) / (f - s)."""
    c1, c2, r1, r2, a, b = 15.26, 0.26, 0.0611, 0.0298, 30.0, 8.0
    trace, determinant = 1 / (r1 * c1) + 1 / (r1 * c2) + 1 / (r2 * c2), 1 / (r1 * r2 * c1 * c2)
    root = math.sqrt(trace**2 - 4 * determinant)
    slow, fast = (trace - root) / 2, (trace + root) / 2
    network = Network(SYRINGE[0], SYRINGE[1], [PATIENT + a, PATIENT + b], 2)
    assert sorted(row[0] for row in network.modes.rows) == pytest.approx([slow, fast], rel=1e-11)
    share = (fast * a - (a - b) / (r1 * c1)) / (fast - slow)
    now = 0.0
    for step in (0.001, 0.004, 0.02, 0.1, 0.5, 2.0):
        network.rest(step)
        now += step
        near = share * math.exp(-slow * now) + (a - share) * math.exp(-fast * now)
        slope = -slow * share * math.exp(-slow * now) - fast * (a - share) * math.exp(-fast * now)
        assert network.kpa(0) == pytest.approx(PATIENT + near, rel=1e-11)
        assert network.kpa(1) == pytest.approx(PATIENT + near + r1 * c1 * slope, rel=1e-10)


def flow(edge, kpa):
    """uL/s from a to b."""
    a, b = (edge.outside_kpa if node == OUTSIDE else kpa[node] for node in (edge.a, edge.b))
    return (a - b - edge.crack_kpa) / edge.resistance


def euler(compliance, edges, kpa, pulses, moves, per_ms):
    """Explicit Euler from C dP/dt = sum of flows alone: pulses 25 ms apart, of (node, uL), then 7 ms of rest."""
    kpa, metered = [*kpa], [0.0, 0.0, 0.0]
    for ms in [25] * pulses + [7]:
        for _ in range(per_ms * ms):
            came = [0.0] * (len(kpa) + 1)  # the last for what is OUTSIDE
            for edge in edges:
                ul = flow(edge, kpa) / 1000 / per_ms
                came[edge.a] -= ul
                came[edge.b] += ul
                metered[edge.meter] += ul
            kpa = [p + ul / c for p, ul, c in zip(kpa, came, compliance, strict=False)]
        if ms == 25:
            for node, ul in moves:
                kpa[node] += ul / compliance[node]
    return [*kpa, *metered[:2]]


@pytest.mark.parametrize(
    ("name", "rig", "moves"),
    [("two nodes", SYRINGE, ((0, 0.17), (1, 0.05))), ("three nodes", ROLLERS, ((0, 0.66), (2, -0.59)))],
)
def test_euler_converges_to_it_at_first_order(name, rig, moves, record_property):
    """From 20 kPa off at every node, 40 pulses 25 ms apart at two nodes, read 7 ms after the last."""
    kpa = [p + 20 * (-1) ** node for node, p in enumerate(rig[2])]
    network = Network(rig[0], rig[1], kpa, 2)
    network.push(Push(moves), 40, 0.025, 1.0)
    network.rest(0.007)
    exact = [*pressures(network), *network.metered_ul]
    errors = []
    for per_ms in (1, 2, 4):
        reference = euler(*rig[:2], kpa, 40, moves, per_ms)
        errors.append([abs(r - x) for r, x in zip(reference, exact, strict=True)])
    volumes = ", ".join(f"{ms} ms {error[-2]:.1e} uL" for ms, error in zip((1, 0.5, 0.25), errors, strict=True))
    record_property("figure", f"Euler against the network, {name}, out after 1 s: {volumes}")
    for coarse, fine in pairwise(errors):
        for before, after in zip(coarse, fine, strict=True):
            assert after == pytest.approx(before / 2, rel=0.07, abs=1e-12)


def test_a_crack_pressure_stays_lost():
    """Between closed nodes 5 kPa stay; on the way out, and in, it is added to, or taken from, what is outside."""
    closed = Network([2.0, 2.0], [Edge(0, 1, 0.1, 5.0)], [20.0, 0.0], 2)
    closed.rest(100)
    assert pressures(closed) == pytest.approx([12.5, 7.5], rel=1e-12)
    for edges, kpa in (([out(0, 0.1, 3.0, 5.0)], 8.0), ([inflow(0, 0.1, 3.0, 5.0)], -2.0)):
        network = Network([2.0], edges, [0.0], 2)
        network.rest(0.2)
        assert network.kpa(0) == pytest.approx(kpa * (1 - math.exp(-1)), rel=1e-12)
        assert abs(missing_ul(network, 0.0)) < 1e-12


# Trains, books and bounds, for any network


RESISTANCES = st.floats(0.01, 100)
PLACES = st.sampled_from([(0, 1), (1, 0), (2, 0), (1, 2), (0, OUTSIDE), (1, OUTSIDE), (OUTSIDE, 2), (OUTSIDE, 0)])


@st.composite
def some_edges(draw):
    edges = []
    for a, b in draw(st.lists(PLACES, max_size=5)):
        kpa = draw(st.floats(-20, 40)) if OUTSIDE in (a, b) else 0.0
        meter = IN if a == OUTSIDE else OUT if b == OUTSIDE else OUTSIDE
        edges.append(Edge(a, b, draw(RESISTANCES), draw(st.sampled_from([0.0, 0.0, 7.0])), kpa, meter))
    return edges


COMPLIANCES = st.lists(st.floats(0.1, 20), min_size=3, max_size=3)
NETWORKS = st.builds(
    Network, COMPLIANCES, some_edges(), st.lists(st.floats(-30, 100), min_size=3, max_size=3), st.just(2)
)
PUSHES = st.lists(st.tuples(st.integers(0, 2), st.floats(-1, 1)), max_size=3)
WAVES = st.lists(st.tuples(st.complex_numbers(max_magnitude=0.1), st.floats(2e-5, 3)), max_size=2)


@settings(max_examples=150, deadline=None)
@given(NETWORKS, PUSHES, WAVES, st.integers(1, 60), st.floats(1e-3, 3), st.floats(0, 5), st.floats(0, 9))
def test_a_train_is_its_pulses_one_by_one(network, nodes, waves, pulses, interval_s, lead, rest_s):
    """The first comes after `lead` intervals, from none to five; after the last comes nothing for `rest_s`."""
    saved = network.save()
    turns = [(phasor, cmath.exp(1j * angle)) for phasor, angle in waves]
    network.push(Push(tuple(nodes), tuple(turns)), pulses, interval_s, (pulses - 1 + lead) * interval_s, rest_s)
    train = [network.first_kpa, *pressures(network), *network.metered_ul]
    network.restore(saved)
    for k in range(pulses):
        network.rest(interval_s * (1 if k else lead))
        for node, ul in nodes:
            network.inject(node, ul)
        network.inject(0, sum((phasor * cmath.exp(1j * angle * k)).real for phasor, angle in waves))
    network.rest(rest_s)
    assert train == pytest.approx([network.first_kpa, *pressures(network), *network.metered_ul], rel=1e-9, abs=1e-8)


def test_what_is_metered_is_the_integral_of_what_flows():
    """Simpson's rule over 3 s from the pressures at 20,001 moments, with two ways out of one node."""
    network = Network([5.0, 3.0], [Edge(0, 1, 0.2), out(1, 0.5), out(1, 2.0, 6.0), inflow(0, 1.0)], [40.0, 0.0], 2)
    flows = []
    for _ in range(20_001):
        near, far = pressures(network)
        flows.append(((far - PATIENT) / 0.5 + (far - 6) / 2, BAG - near))  # out and in
        network.rest(3 / 20_000)
    network.rest(-3 / 20_000)
    for meter, flow in enumerate(zip(*flows, strict=True)):
        simpson = (flow[0] + flow[-1] + 4 * sum(flow[1::2]) + 2 * sum(flow[2:-1:2])) * 3 / 20_000 / 3
        assert network.metered_ul[meter] == pytest.approx(simpson, rel=1e-10)


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("rest"), st.floats(0, 100)),
        st.tuples(st.just("inject"), st.integers(0, 2), st.floats(-20, 20)),
        st.tuples(st.just("push"), PUSHES, WAVES, st.integers(1, 500), st.floats(1e-3, 1)),
        st.tuples(st.just("configure"), COMPLIANCES, some_edges()),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(NETWORKS, ACTS)
def test_in_plus_pushed_less_out_is_stored(network, acts):
    """And no pressure jumps, nor does what is stored, as the network changes. 1e-9 uL, of some 100 uL that move."""
    pushed, moved = 0.0, 100.0
    for what, *with_ in acts:
        before = [*pressures(network), network.stored_ul]
        if what == "rest":
            network.rest(*with_)
        elif what == "inject":
            network.inject(*with_)
            pushed += with_[1]
        elif what == "push":
            nodes, waves, pulses, interval_s = with_
            turns = [(phasor, cmath.exp(1j * angle)) for phasor, angle in waves]
            network.push(Push(tuple(nodes), tuple(turns)), pulses, interval_s, (pulses - 0.5) * interval_s)
            pushed += pulses * sum(ul for _, ul in nodes)
            pushed += sum((p * r**k).real for p, r in turns for k in range(pulses))
        else:
            network.configure(*with_)
            assert [*pressures(network), network.stored_ul] == pytest.approx(before, rel=1e-10, abs=1e-9)
            assert network.first_kpa == network.kpa(0)
        moved = max(moved, *(abs(ul) for ul in network.metered_ul))
        assert abs(missing_ul(network, pushed)) < 1e-9 * moved / 100


@settings(max_examples=150, deadline=None)
@given(NETWORKS, st.lists(st.floats(-3, 1), min_size=5, max_size=30))
def test_no_pressure_leaves_the_bounds_it_was_given(network, powers):
    bounds = [network.kpa_to_come(node) for node in range(3)]
    for power in powers:
        network.rest(10**power)
        for (low, high), kpa in zip(bounds, pressures(network), strict=True):
            assert low - 1e-9 <= kpa <= high + 1e-9


def test_the_bounds_are_those_of_one_node():
    """From 40 to 1.3 kPa and not beyond; and a closed one's are where it is."""
    assert Network([15.0], [out(0, 1.0)], [40.0], 2).kpa_to_come(0) == pytest.approx((1.3, 40.0))
    assert Network([15.0], [], [40.0], 2).kpa_to_come(0) == pytest.approx((40.0, 40.0))


def test_what_was_saved_comes_back_to_the_bit():
    network = Network(ROLLERS[0], ROLLERS[1], [40.0, 3.0, 0.0], 2)
    network.rest(0.3)
    saved, seen = network.save(), [network.first_kpa, *pressures(network), *network.metered_ul, network.stored_ul]
    network.push(Push(((0, 0.5), (2, -0.5)), ((0.1j, 1j),)), 100, 0.1, 20.0)
    network.inject(1, 3.0)
    network.rest(5)
    assert pressures(network) != seen[1:4]
    network.restore(saved)
    assert [network.first_kpa, *pressures(network), *network.metered_ul, network.stored_ul] == seen


@pytest.mark.parametrize("narrow", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("cannula", CANNULAS)
def test_stiff_and_slow_networks_keep_their_books(cannula, narrow, record_property):
    """As wide as the cannula up to the far node and `narrow` times narrower from there; 1 mL goes out in 40 parts.

    Of two rates 1/slow + 1/fast = C1 (R1 + R2) + C2 R2, the trace of the inverse.
    """
    wide, tight = CANNULAS[cannula], CANNULAS[cannula] * narrow
    network = Network([15.26, 0.26], [Edge(0, 1, wide), out(1, tight)], [PATIENT] * 2, 2)
    both = 15.26 * (wide + tight) + 0.26 * tight
    assert sum(1 / row[0] for row in network.modes.rows) == pytest.approx(both, rel=1e-9)
    network.inject(0, 1_000.0)
    for _ in range(40):
        network.rest(both)
        record_property("worst of uL missing of 1 mL, stiff networks", abs(missing_ul(network, 1_000.0)))
        assert abs(missing_ul(network, 1_000.0)) < 1e-6
    assert network.metered_ul[OUT] == pytest.approx(1_000, rel=1e-9)
