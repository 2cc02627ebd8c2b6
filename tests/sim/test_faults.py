"""Every fault on every drive: nothing before it, its effect as worked out by hand, and what is left after it."""

import math
from functools import cache
from itertools import pairwise

import pytest

from pumpsim.faults import STARTS
from pumpsim.kinds import KINDS
from pumpsim.record import Row
from pumpsim.run import measure, simulate
from pumpsim.scenario import Event, Patient, Supply
from stories import (
    AREA_MM2,
    BAG_KPA,
    BAG_R,
    DRIVES,
    LINE_R,
    LINE_UL,
    OPEN_R,
    OUT_R,
    PATIENT_KPA,
    PRESSED,
    RATE,
    RATE_ML_H,
    carried_on,
    codes,
    fault,
    looked,
    ml_h,
    ran,
    story,
    unwatched,
)

PROMISED = """
    occlusion-downstream occlusion-partial occlusion-upstream air-bubble air-train reservoir-empty motor-stall
    lost-steps encoder-stuck pressure-stuck pressure-offset pressure-noise air-sensor-stuck door-open syringe-unseated
    free-flow wrong-syringe battery-drain power-cut overheat clock-jump loop-stall memory-flip key-bounce link-drop
"""  # users rely on these names
ADDED = ("infiltration", "flow-sensor-stuck", "winding-open", "code-flip", "key-stuck")


def woken(*at_s):
    """As a fault wakes the loop when it starts and ends."""
    return [*PRESSED, *(Event(at_s=s, action="acknowledge") for s in at_s)]


@cache
def plain_run(drive, *woken_s):
    return carried_on(drive, event=woken(*woken_s))


# All kinds

# Mild, and ended after 4 s: what flows afterwards.
MILD = {"occlusion-partial": 0.5, "infiltration": 5.0, "air-bubble": 50.0, "air-train": 2.0, "key-bounce": 3.0}
STAYS = [  # what stands still
    ("reservoir-empty", "syringe"),  # nobody fills it; a bag has 14 mL in its tube
    ("power-cut", "syringe"),  # the controller boots IDLE, its prescription gone
    ("power-cut", "peristaltic"),
]
UNSEEN = {
    "clock-jump": "the pump counts spans, not hours; but when it looks may shift",
    "code-flip": "the code does what it did",
    "key-stuck": "nobody presses it",
    "air-sensor-stuck": "at 0, and there is no air",
    "syringe-unseated": "nothing sucks",
    "flow-sensor-stuck": "no row shows what it counts",
}

PLANT = ("t_s", "set_rate_ml_h", "delivered_ml", "pressure_kpa", "supply_kpa", "air_ml")

BOTH = [(kind, drive) for kind in KINDS for drive in DRIVES if KINDS[kind].drive in ("", drive)]
every_kind = pytest.mark.parametrize(("kind", "drive"), BOTH, ids=lambda name: name)


def test_every_kind_that_is_promised_is_there():
    assert sorted(KINDS) == sorted(STARTS) == sorted([*PROMISED.split(), *ADDED])
    assert {kind: KINDS[kind].drive for kind in KINDS if KINDS[kind].drive} == {
        "occlusion-upstream": "peristaltic",
        "door-open": "peristaltic",
        "syringe-unseated": "syringe",
        "wrong-syringe": "syringe",
    }


def differ(bench, plain, fields, within):
    """Whether rows, what is measured of all of them, or what the user did differ."""
    for row, other in zip(bench.record.rows, plain.record.rows, strict=False):
        for field in fields:
            if getattr(row, field) != pytest.approx(getattr(other, field), abs=within):
                return True
    measured = [name for name in measure(plain) if name != "reading_peak_kpa" or "reading_kpa" in fields]
    ours, theirs = measure(bench), measure(plain)
    same = all(ours[name] == pytest.approx(theirs[name], abs=within) for name in measured)
    return not same or codes(bench, "user") != codes(plain, "user")


@every_kind
def test_a_fault_does_nothing_before_its_time_something_then_and_passes(kind, drive, record_property):
    mild = fault(kind, 60.0, 64.0, MILD.get(kind))
    bench, plain = carried_on(drive, mild, event=woken(60.0, 64.0)), plain_run(drive, 60.0, 64.0)
    before = [row for row in plain.record.rows if row.t_s < 60]
    assert len(before) == 60 and before[-1].delivered_ml > 0.2
    assert [row for row in bench.record.rows if row.t_s < 60] == before
    # Looked at otherwise, a step may come 9 us sooner or later: 0.3 kPa/s make that 3e-6 kPa.
    how = (PLANT, 1e-5) if kind == "clock-jump" else (Row._fields, 1e-6)
    assert differ(bench, plain, *how) == (kind not in UNSEEN)
    assert [(n.t_s, n.code, n.value) for n in bench.record.events if n.source == "fault"] == [
        (60.0, kind, "on"),
        (64.0, kind, "off"),
    ]
    assert ml_h(plain, 120, 240) == pytest.approx(RATE_ML_H, rel=0.015)
    assert ml_h(bench, 120, 240) == pytest.approx(0 if (kind, drive) in STAYS else RATE_ML_H, rel=0.015, abs=0.01)
    assert bench.record.worst_balance_ul < 1e-3
    record_property("worst of the plants' balances under faults, uL", bench.record.worst_balance_ul)


def state_of(bench):
    """What a fault changes in the pump as long as it lasts, to be compared."""
    plant, ports = bench.plant, bench.ports
    return [
        [edge.resistance for edge in plant.circuit.edges(plant.out_ul)],
        [plant.circuit.pump_compliance, getattr(plant.drive, "area_mm2", 0), len(plant.air.bubbles)],
        [plant.shaft.stretch(1), max(plant.shaft.weak), getattr(plant.drive, "lifts", 0) > 0],
        [ports.encoder.sticks > 0, ports.pressure.sticks > 0, ports.flow.sticks > 0, sum(ports.pressure.offsets_kpa)],
        [ports.pressure.more_white_kpa, ports.air.read(7), max(ports.bounces), ports.link_drops > 0],
        [bench.windings_open > 0, bench.keys_stuck > 0, ports.code.flips],
        [bench.holds > 0, bench.warmth.celsius(1e9), bench.clock_ms, bench.controller.dose.rate_cml_h],
    ]


ALONE = ("reservoir-empty", "power-cut", "battery-drain", "syringe-unseated")  # not undone, or shown elsewhere
PAIRS = {"occlusion-partial": (0.3, 0.5), "infiltration": (5, 9), "free-flow": (5, 8), "air-bubble": (30, 50)}
PAIRS |= {"air-train": (2, 3), "lost-steps": (10, 20), "pressure-offset": (3, 5), "pressure-noise": (0.1, 0.2)}
PAIRS |= {"air-sensor-stuck": (100, 200), "overheat": (40, 60), "clock-jump": (5, 9), "memory-flip": (2, 4)}
PAIRS |= {"key-bounce": (3, 5), "code-flip": (10, 20)}


@pytest.mark.parametrize(("kind", "drive"), [both for both in BOTH if both[0] not in ALONE], ids=lambda name: name)
@pytest.mark.parametrize("ends", [(14, 17), (17, 14)], ids=["first-first", "last-first"])
def test_two_of_a_kind_end_one_by_one(kind, drive, ends):
    """From 10 and 12 s on; at 16 s the pump is as with the one that is left alone, at 19 s as with none."""
    first, second = (
        fault(kind, 10 + 2 * n, ends[n], PAIRS[kind][n] if kind in PAIRS else None, **other)
        for n, other in enumerate(({}, {"syringe": "Monoject 60"} if kind == "wrong-syringe" else {}))
    )
    both, left, none = (
        unwatched(drive, *faults) for faults in ((first, second), (first if ends[0] == 17 else second,), ())
    )
    for at_s in (16, 19):
        for bench in (both, left, none):
            looked(bench, at_s)
        assert state_of(both) == state_of(left)
        assert (state_of(both) == state_of(none)) == (at_s == 19)


@pytest.mark.parametrize("drive", DRIVES)
def test_the_same_seed_gives_the_same_bytes_under_faults(tmp_path, drive):
    faults = [fault(k, 20.0 + n, 40.0 + n, MILD.get(k)) for n, (k, d) in enumerate(BOTH) if d == drive]
    written = []
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        simulate(story(drive, *faults, duration_s=90.0, seed=seed, noise={"model": "harsh"})).write(tmp_path / name)
        written.append([(tmp_path / name / file).read_bytes() for file in ("trace.csv", "events.csv")])
    assert written[0] == written[1]
    assert written[0] != written[2]


# Effects


@pytest.mark.parametrize(("stopper", "drive"), [("ideal", "syringe"), ("real", "peristaltic")])
def test_a_partial_occlusion_takes_its_pressure(stopper, drive):
    """0.5 kPa per mL/h at 20 mL/h."""
    spans = [fault("occlusion-partial", 60, None, 0.5)], []
    tight, free = (carried_on(drive, *faults, stopper=stopper) for faults in spans)
    rise = [a.pressure_kpa - b.pressure_kpa for a, b in zip(tight.record.rows, free.record.rows, strict=True)]
    assert rise[60] == pytest.approx(0, abs=1e-9)
    assert math.fsum(rise[140:240]) / 100 == pytest.approx(10, rel=0.02)


def test_an_infiltrated_cannula_works_against_tissue_that_fills_up():
    """544 mmHg/(L/h) are 0.2611 kPa s/uL in place of the vein's 0.0266; after 0.5 mL twice that, in steps of 5 %."""
    rows, tissue = ran("syringe", fault("infiltration", 60, None, 0.5), stopper="ideal").record.rows, []
    for before, row in pairwise(rows[79:]):
        more = ((row.pressure_kpa + before.pressure_kpa) / 2 - PATIENT_KPA) / (row.flow_ml_h / 3.6) - LINE_R - 0.00318
        tissue.append(more / (544 * 0.13332 * 3600 / 1e6) / (1 + (row.delivered_ml - rows[60].delivered_ml) / 0.5))
    assert min(tissue) > 1 / 1.055 and max(tissue) < 1.005


def test_an_infiltration_lasts_though_fluid_flows_back_for_a_while():
    """The patient rises, 150 uL flow back, and rises by another centimetre meanwhile: the cannula is still beside
    the vein afterwards, so at the end the pressure over the patient's is what 0.26 kPa s/uL and more take."""
    up = [Event(at_s=60.5, action="height", height_cm=100.0), Event(at_s=70, action="height", height_cm=101.0)]
    rows = carried_on("syringe", fault("infiltration"), stopper="ideal", event=up).record.rows
    assert rows[-1].pressure_kpa - PATIENT_KPA - 1.01 * 9.81 > RATE * (LINE_R + 0.0032 + 0.2611)


def test_a_syringe_that_is_empty_too_early_gives_what_was_in_it():
    bench = unwatched("syringe", fault("reservoir-empty", severity=0.2))
    pushed_ul = looked(bench, 60).drive.pushed_ul
    bench.run()
    assert bench.record.rows[-1].delivered_ml * 1000 == pytest.approx(pushed_ul + 200, abs=1e-3)


def test_a_bag_that_is_empty_too_early_gives_its_tube_too():
    """0.2 mL, 0.3 m of 1.0 mm and the line; then air, which nobody sees."""
    empty = fault("reservoir-empty", severity=0.2)
    tables = {"supply": Supply(set="0.3 m x 1.0 mm"), "pump": {"tube": "silicone 1.6 mm"}}
    bench = unwatched("peristaltic", empty, duration_s=480.0, rig={"gear": 0.3}, **tables)
    outlet_ul = looked(bench, 60).outlet_ul
    bench.run()
    last = bench.record.rows[-1]
    assert last.delivered_ml * 1000 == pytest.approx(outlet_ul + 200 + math.pi / 4 * 300 + LINE_UL, abs=0.1)
    assert last.air_ml > 0.5 and bench.plant.left_ul == 0


@pytest.mark.parametrize("drive", DRIVES)
def test_a_reservoir_that_runs_out_early_is_not_filled_up(drive):
    """Of 50 mL in the syringe, and in the bag, 1000 cannot be left."""
    bag = {"supply": Supply(bag_ml=50.0)} if drive == "peristaltic" else {}
    bench = ran(drive, fault("reservoir-empty", 10, None, 1000.0), duration_s=20.0, **bag)
    assert 49 < measure(bench)["left_ml"] <= 50


@pytest.mark.parametrize(("until_s", "air_ul"), [(None, 50), ((LINE_UL + 20) / RATE + 60, 20)])
def test_a_bubble_that_has_come_to_the_patient_stays_there(until_s, air_ul):
    """50 uL enter a line's volume after they passed the pump; what is flushed meanwhile does not."""
    last = ran("syringe", fault("air-bubble", 60, until_s, 50.0), stopper="ideal", duration_s=360.0).record.rows[-1]
    assert last.air_ml * 1000 == pytest.approx(air_ul, abs=0.5)


@pytest.mark.parametrize(
    ("drive", "kind", "below_cm", "expected"),
    [
        ("syringe", "free-flow", 150, (150 * 0.0981 - PATIENT_KPA) / (0.1 + LINE_R + OUT_R)),
        ("peristaltic", "free-flow", 0, (BAG_KPA - PATIENT_KPA) / (BAG_R + 0.1 + LINE_R + OUT_R)),
        ("peristaltic", "door-open", 0, (BAG_KPA - PATIENT_KPA) / (BAG_R + OPEN_R + LINE_R + OUT_R)),
    ],
)
def test_what_runs_by_itself_runs_by_ohms_law(drive, kind, below_cm, expected):
    """70.3, 23.9 and 45.0 uL/s with the pump paused, so that nothing is pumped; once it is over, nothing."""
    how = {"stopper": "ideal"} if drive == "syringe" else {}
    pause = Event(at_s=30.0, action="pause")
    bench = ran(drive, fault(kind, 60, 160), patient=Patient(height_cm=-below_cm), event=[pause], **how)
    assert ml_h(bench, 70, 150) / 3.6 == pytest.approx(expected, rel=2e-3)
    assert ml_h(bench, 180, 240) == pytest.approx(0, abs=1e-3)


def test_behind_an_open_door_nothing_is_pumped():
    bench = carried_on("peristaltic", fault("door-open"))
    expected = (BAG_KPA - PATIENT_KPA) / (BAG_R + OPEN_R + LINE_R + OUT_R)
    assert bench.record.rows[-1].state == "INFUSING" and measure(bench)["lost_steps"] == 0
    assert ml_h(bench, 100, 240) / 3.6 == pytest.approx(expected, rel=2e-3)


def test_a_door_is_no_wider_open_for_being_opened_twice():
    once, twice = (ran("peristaltic", *[fault("door-open")] * times) for times in (1, 2))
    assert ml_h(twice, 100, 240) == pytest.approx(ml_h(once, 100, 240), rel=1e-9)


def test_a_cracked_syringe_gives_no_more_than_it_holds():
    """1 mL, and the line's 1.19; behind it comes air."""
    low = {"patient": Patient(height_cm=-150.0), "rate_ml_h": 1.0, "pump": {"syringe": "BD Plastipak 1"}}
    bench = ran("syringe", fault("free-flow"), duration_s=150.0, **low)
    assert bench.record.rows[-1].delivered_ml <= 1 + LINE_UL / 1000


def test_a_plunger_let_go_is_sucked_in_by_a_patient_far_below():
    """P = 1.3 - 14.715 kPa there. It slips at -6 N / A and stops at -5 N / A; the fluid between the two, C (P5 - P6),
    goes in R C ln((P5 - P) / (P6 - P)): 37.7 uL/s whatever C is. 5 mL are out after 133 s, and no more come."""
    p, p5, p6 = PATIENT_KPA - 14.715, -5e3 / AREA_MM2, -6e3 / AREA_MM2
    expected = (p5 - p6) / math.log((p5 - p) / (p6 - p)) / (LINE_R + OUT_R)
    bench = ran("syringe", fault("syringe-unseated"), patient=Patient(height_cm=-150.0), pump={"fill_ml": 5.0})
    assert ml_h(bench, 70, 170) / 3.6 == pytest.approx(expected, rel=0.04)
    assert bench.record.rows[-1].delivered_ml == pytest.approx(5.0, abs=1e-3)


def test_a_plunger_let_go_twice_is_not_held_until_it_is_held_twice():
    flows = []
    for faults in ([(60, 100)], [(60, 150), (70, 100)], [(60, 100), (70, 150)]):
        low = {"patient": Patient(height_cm=-150.0), "event": [Event(at_s=30.0, action="pause")]}
        bench = ran("syringe", *(fault("syringe-unseated", *span) for span in faults), **low)
        flows.append([ml_h(bench, from_s, from_s + 35) > 100 for from_s in (62, 110, 170)])
    assert flows == [[True, False, False], [True, True, False], [True, True, False]]


@pytest.mark.parametrize(("kind", "below_cm"), [("syringe-unseated", 60), ("pressure-stuck", 150)])
def test_a_plunger_is_not_sucked_in_when_held_or_for_60_cm(kind, below_cm):
    """A (5.9 - 1.3) kPa are 2.5 N, under 6 N of friction."""
    pause = Event(at_s=30.0, action="pause")
    bench = ran("syringe", fault(kind), patient=Patient(height_cm=-below_cm), event=[pause])
    assert ml_h(bench, 100, 240) == pytest.approx(0, abs=0.1)


def test_a_terumo_taken_for_a_bd_gives_a_fifth_too_much(record_property):
    """(29.10 / 26.59)^2 = 1.198, in the mean over 1000 s: to one slip in 750."""
    bench = carried_on("syringe", fault("wrong-syringe"), duration_s=1100.0)
    error = 100 * (ml_h(bench, 100, 1100) / RATE_ML_H - 1)
    record_property("figure", f"a Terumo 50 taken for a BD Plastipak 50 gives {error:.1f} % too much")
    assert error == pytest.approx(100 * (29.10**2 / 26.59**2 - 1), abs=0.3)


def test_a_clamped_bag_is_felt_at_the_inlet():
    """A thick-walled tube of 2 m holds 11.5 uL/kPa: 40 s of 5.58 uL/s are 19.4 kPa."""
    c = 14137 * 2 / 1e4 * ((4 + 2.25) / (4 - 2.25) + 0.5)
    rows = ran("peristaltic", fault("occlusion-upstream")).record.rows
    assert rows[60].supply_kpa - rows[100].supply_kpa == pytest.approx(40 * RATE / c, rel=0.03)


@pytest.mark.parametrize("drive", DRIVES)
def test_a_flipped_bit_is_another_rate(drive):
    """Bit 9 of 20.00 mL/h: 2000 ^ 512 = 1488."""
    bench = carried_on(drive, fault("memory-flip", 60, 160), duration_s=300.0)
    rates = {row.t_s: row.set_rate_ml_h for row in bench.record.rows}
    assert (rates[59.0], rates[61.0], rates[159.0], rates[162.0]) == (20.0, 14.88, 14.88, 20.0)
    assert ml_h(bench, 80, 160) == pytest.approx(14.88, rel=0.02)


def test_a_rate_set_after_a_bit_flipped_stays_as_set():
    """The new rate is written over the flipped one; that the fault ends does not flip it again, to 4.88."""
    rate = Event(at_s=100.0, action="rate", rate_ml_h=10.0)
    bench = carried_on("syringe", fault("memory-flip", 60, 160), event=[rate])
    assert bench.record.rows[-1].set_rate_ml_h == 10.0


@pytest.mark.parametrize("bit", [0, 9, 15, 16])
@pytest.mark.parametrize("rate_ml_h", [5.0, 5.12])
def test_no_flipped_bit_ends_the_run(bit, rate_ml_h):
    """500 ^ 65536 is 660.36 mL/h, which a 1 mL syringe's motor cannot do; 512 ^ 512 is nothing at all."""
    small = {"rate_ml_h": rate_ml_h, "pump": {"syringe": "BD Plastipak 1"}}
    bench = carried_on("syringe", fault("memory-flip", 10, 20, float(bit)), duration_s=30.0, **small)
    assert bench.record.rows[-1].t_s == 30


@pytest.mark.parametrize("seconds", [-86_400.0, -1.0, 60.0, 86_400.0])
@pytest.mark.parametrize("drive", DRIVES)
def test_a_clock_that_jumps_delivers_the_same(drive, seconds):
    bench, plain = carried_on(drive, fault("clock-jump", severity=seconds), event=woken(60.0)), plain_run(drive, 60.0)
    pairs = zip(bench.record.rows, plain.record.rows, strict=True)
    assert all(a == pytest.approx(b, abs=1e-9) for a, b in pairs)


def test_a_hot_room_warms_the_housing():
    """70 - 47 e^(-180/600) C; and back in the room for 60 of 180 s, 23 + 47 (1 - e^(-0.2)) e^(-0.1)."""
    assert measure(ran("syringe", fault("overheat")))["housing_c"] == pytest.approx(70 - 47 * math.exp(-0.3))
    back = 23 + 47 * (1 - math.exp(-0.2)) * math.exp(-0.1)
    assert measure(ran("syringe", fault("overheat", 60, 180)))["housing_c"] == pytest.approx(back)


def test_a_key_that_bounces_asks_again_and_a_dead_link_not_at_all():
    """Pressed once it is 10 times; over the link nothing bounces, and nothing comes while that is down."""
    events = [Event(at_s=70.0 + n, action="rate", rate_ml_h=30.0 + n, via=v) for n, v in enumerate(("keys", "link"))]
    events.append(Event(at_s=80.0, action="pause"))
    bouncing = [n for n in ran("syringe", fault("key-bounce"), event=events).record.events if n.source == "user"]
    assert [n.value for n in bouncing if n.code == "SET_RATE"] == ["30 mL/h"] * 10 + ["31 mL/h"]
    assert [n.value for n in bouncing if n.code == "PAUSE"] == [""] + ["REFUSED_HERE"] * 9
    dropped = ran("syringe", fault("link-drop", 60, 75), event=events).record
    assert [n[2:] for n in dropped.events if n.t_s in (70, 71)] == [("SET_RATE", "30 mL/h"), ("SET_RATE", "LOST")]
    assert dropped.rows[79].set_rate_ml_h == 30.0
