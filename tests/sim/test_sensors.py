"""The pressure sensor's noise against the moments its models are defined by, and every sensor's ways to lie."""

import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpsim.circuit import FAR, NEAR
from pumpsim.run import measure
from pumpsim.scenario import Event
from pumpsim.sensors import BLOCK_MS, CODE_SUM, MODELS, AirSensor, CodeSum, Encoder, FlowSensor, PressureSensor
from stories import PRESSED, RATE, alarms, carried_on, codes, fault, looked, ran, unwatched

HOURS = 400
BLOCKS = HOURS * 720


def errors_kpa(model, seed=1, blocks=BLOCKS):
    sensor = PressureSensor(model, seed)
    return [sensor.read_pa(block * BLOCK_MS, 10.0) / 1000 - 10 for block in range(blocks)]


def test_none_is_the_truth_to_a_pascal():
    sensor = PressureSensor("none", 1)
    assert [sensor.read_pa(ms, 1.2344) for ms in range(0, 60_000, 777)] == [1234] * 78


def test_bench_is_white_with_its_standard_deviation():
    errors = errors_kpa("bench")
    assert statistics.stdev(errors) == pytest.approx(0.015, rel=0.01)
    assert statistics.correlation(errors[:-1], errors[1:]) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("model", ["bedside", "harsh"])
def test_what_changes_within_a_minute_has_the_variance_of_its_parts(model):
    """Of two blocks a lag apart: 2 white^2 + 2 touch^2 (1 - e^(-lag/tau)) + walk^2 lag + 2 level^2 (1 - e^(-lag f))."""
    noise, errors, blocks = MODELS[model], errors_kpa(model), 12
    lag_s = blocks * BLOCK_MS / 1000
    differences = [later - sooner for sooner, later in zip(errors, errors[blocks:], strict=False)]
    kept = (1 - noise.levels_per_h * 5 / 3600) ** blocks
    expected = (
        2 * noise.white**2
        + 2 * noise.touch**2 * (1 - 2.718281828459045 ** (-lag_s / noise.touch_tau_s))
        + noise.walk**2 * lag_s
        + 2 * noise.level**2 * (1 - kept)
    )
    assert statistics.pvariance(differences) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("model", "per_h"), [("bedside", 4), ("harsh", 10)])
def test_the_level_is_redrawn_so_many_times_an_hour(model, per_h):
    sensor = PressureSensor(model, 3)
    levels = set()
    for block in range(BLOCKS):
        sensor.read_pa(block * BLOCK_MS, 0.0)
        levels.add(sensor.level_kpa)
    assert (len(levels) - 1) / HOURS == pytest.approx(per_h, rel=0.06)
    assert statistics.stdev(levels) == pytest.approx(MODELS[model].level, rel=0.06)


def test_reading_more_often_does_not_change_what_is_read():
    often, seldom = PressureSensor("harsh", 5), PressureSensor("harsh", 5)
    for ms in range(0, 3_600_000, 20):
        reading = often.read_pa(ms, 7.0)
        if ms % 61_000 == 0:
            assert reading == seldom.read_pa(ms, 7.0)


def test_a_seed_is_a_course_and_another_seed_another():
    assert errors_kpa("bedside", 1, 100) == errors_kpa("bedside", 1, 100)
    assert errors_kpa("bedside", 1, 100) != errors_kpa("bedside", 2, 100)


# What a fault or a scenario adds to it


@pytest.mark.parametrize("quantum_pa", [1, 50, 333, 1_000])
@given(pressure_pa=st.integers(-50_000, 150_000))
def test_a_converter_reads_the_nearest_of_its_steps(quantum_pa, pressure_pa):
    reading_pa = PressureSensor("none", 1, quantum_kpa=quantum_pa / 1000).read_pa(0, pressure_pa / 1000)
    assert reading_pa % quantum_pa == 0
    assert 2 * abs(reading_pa - pressure_pa) <= quantum_pa


def test_an_offset_is_added_before_the_converter_rounds():
    """1.30 + 0.24 kPa in steps of 0.5 is 1.5, and 1.30 + 0.24 - 0.4 is 1.0; a second offset adds to the first."""
    sensor = PressureSensor("none", 1, offset_kpa=0.24, quantum_kpa=0.5)
    assert sensor.read_pa(0, 1.30) == 1_500
    sensor.offsets_kpa.append(-0.4)
    assert sensor.read_pa(0, 1.30) == 1_000
    sensor.offsets_kpa.append(10.0)
    assert sensor.read_pa(0, 1.30) == 11_000
    sensor.offsets_kpa.remove(-0.4)
    assert sensor.read_pa(0, 1.30) == 11_500


def test_a_stuck_sensor_repeats_itself_until_the_last_of_its_sticks_ends():
    sensor = PressureSensor("none", 1)
    assert sensor.read_pa(0, 1.0) == 1_000
    loosen_one, loosen_other = sensor.stick(), sensor.stick()
    assert [sensor.read_pa(ms, 9.0) for ms in (10, 20_000)] == [1_000, 1_000]
    loosen_other()
    assert sensor.read_pa(30_000, 8.0) == 1_000
    loosen_one()
    assert sensor.read_pa(30_010, 7.0) == 7_000


def test_a_stuck_sensor_is_afterwards_where_it_would_have_been():
    """Its noise went on meanwhile."""
    stuck, free = PressureSensor("harsh", 4), PressureSensor("harsh", 4)
    loosen = stuck.stick()
    held = {stuck.read_pa(block * BLOCK_MS, 5.0) for block in range(50)}
    loosen()
    assert held == {0}
    assert stuck.read_pa(60 * BLOCK_MS, 5.0) == free.read_pa(60 * BLOCK_MS, 5.0)


@pytest.mark.parametrize(("added_kpa", "together_kpa"), [([2.0], 2.0), ([0.3, 0.4], 0.5), ([1.0, 2.0, 2.0], 3.0)])
def test_noise_is_added_by_the_root_of_squares_and_leaves_the_models_as_it_was(added_kpa, together_kpa):
    """Drawn once a block of 5 s: white, and no kin of the model's own."""
    noisy = PressureSensor("harsh", 1)
    noisy.more_white_kpa += added_kpa
    plain = errors_kpa("harsh", 1, 50_000)
    more = [noisy.read_pa(n * BLOCK_MS, 10.0) / 1000 - 10 - plain[n] for n in range(50_000)]
    assert statistics.stdev(more) == pytest.approx(together_kpa, rel=0.015)
    assert statistics.fmean(more) == pytest.approx(0, abs=0.02 * together_kpa)
    assert statistics.correlation(more[:-1], more[1:]) == pytest.approx(0, abs=0.02)
    steps = [after - before for before, after in pairwise(plain)]
    assert statistics.correlation(more[1:], steps) == pytest.approx(0, abs=0.02)
    noisy.more_white_kpa.clear()
    assert noisy.read_pa(50_000 * BLOCK_MS, 10.0) / 1000 - 10 == pytest.approx(errors_kpa("harsh", 1, 50_001)[-1])


# Air detector and encoder


def test_the_air_detector_tells_the_truth_unless_it_is_stuck():
    sensor = AirSensor()
    assert [sensor.read(permille) for permille in (0, 500, 1000)] == [0, 500, 1000]
    sensor.stuck_permille.append(250)
    assert [sensor.read(permille) for permille in (0, 1000)] == [250, 250]
    sensor.stuck_permille.append(0)
    assert sensor.read(1000) == 0
    sensor.stuck_permille.remove(0)
    assert sensor.read(1000) == 250
    sensor.stuck_permille.remove(250)
    assert sensor.read(1000) == 1000


@given(turns=st.floats(0, 1e5))
def test_the_encoder_counts_4096_a_turn(turns):
    """The count never lies ahead, nor a whole count behind, over any number of turns."""
    counts = Encoder().read(turns)
    assert isinstance(counts, int)
    assert counts <= turns * 4096 < counts + 1


def test_a_stuck_encoder_misses_what_turns_meanwhile():
    encoder = Encoder()
    assert encoder.read(1.25) == 5_120
    loosen_one, loosen_other = encoder.stick(), encoder.stick()
    assert [encoder.read(turns) for turns in (1.5, 2.0)] == [5_120, 5_120]
    loosen_one()
    assert encoder.read(3.0) == 5_120
    loosen_other()
    assert encoder.read(3.5) == 5_120 + 2_048
    encoder.stick()()
    assert encoder.read(4.0) == 5_120 + 4_096


# In a run


def test_a_stuck_encoder_stays_and_goes_on_without_what_it_missed():
    """60 of 180 s at 20 mL/h, if nobody stops the pump for it."""
    spans = [], [fault("encoder-stuck")], [fault("encoder-stuck", 60, 120)]
    plain, stuck, back = (carried_on("syringe", *faults) for faults in spans)
    ml = [measure(bench)["encoder_ml"] for bench in (plain, stuck, back)]
    assert ml == pytest.approx([240 * RATE / 1000, 60 * RATE / 1000, 180 * RATE / 1000], abs=0.006)
    pairs = zip(plain.record.rows, stuck.record.rows, strict=True)
    assert all(a.delivered_ml == pytest.approx(b.delivered_ml, abs=1e-9) for a, b in pairs)


def test_a_pressure_sensor_that_is_stuck_sees_no_blocked_line():
    """In 540 s behind a clamp the line comes to more than 80 kPa, and the reading stays; a controller that looks finds
    it dead after a minute and 250 uL, 60 s at 20 mL/h, and calls it by its name."""
    faults = fault("pressure-stuck"), fault("occlusion-downstream")
    blind = carried_on("syringe", *faults, duration_s=600.0)
    assert blind.record.rows[-1].pressure_kpa > 80
    assert len({row.reading_kpa for row in blind.record.rows[61:]}) == 1
    found = ran("syringe", *faults, duration_s=600.0)
    assert alarms(found) == [(pytest.approx(120, abs=1.5), "SENSOR_FAULT")]


@pytest.mark.parametrize("severity", [39.0, -39.0])
def test_a_pressure_sensor_with_a_large_offset_is_not_believed(severity):
    """Between two readings, as no line fills or empties and no patient is lifted."""
    assert alarms(ran("syringe", fault("pressure-offset", severity=severity))) == [(60, "SENSOR_FAULT")]


def test_a_pressure_sensor_with_a_small_offset_is_believed():
    """19 kPa may be a patient lifted by 1.9 m: half of the limit is met, and after three blocks, of which the first has
    begun before, told; 10 kPa are 10 kPa."""
    ((at_s, code),) = alarms(ran("syringe", fault("pressure-offset", severity=19.0)))
    assert (at_s, code) == (pytest.approx(72.5, abs=3.6), "OCCLUSION_PARTIAL")
    woken = [*PRESSED, *(Event(at_s=s, action="acknowledge") for s in (60.0, 160.0))]  # as a fault wakes the loop
    higher, plain = (ran("syringe", *faults, event=woken) for faults in ([fault("pressure-offset", 60, 160)], []))
    pairs = zip(higher.record.rows, plain.record.rows, strict=True)
    more = [higher.reading_kpa - plain.reading_kpa for higher, plain in pairs]
    assert set(more[:60]) == {0} and set(more[170:]) == {0}
    assert more[62:159] == pytest.approx([10] * 97, abs=2e-3)


def test_an_air_detector_stuck_at_air_alarms_for_none_and_at_none_not_for_air():
    """100 uL at 20 mL/h, 5 of them in the half of the window that is full beyond its middle, are 17.1 s; rollers bring
    up to 5.7 uL, 1 s, more or less. That it sees nothing is found when its sender is switched off, once a minute."""
    false = ran("peristaltic", fault("air-sensor-stuck", severity=1000.0))
    assert [n.t_s for n in false.record.events if n.code == "AIR_BUBBLE"] == [pytest.approx(77.1, abs=1.3)]
    missed = ran("syringe", fault("air-sensor-stuck"), fault("air-bubble", severity=300.0))
    assert alarms(missed) == [(pytest.approx(90, abs=31.1), "SENSOR_FAULT")] and measure(missed)["air_ml"] == 0
    assert "AIR_BUBBLE" in codes(ran("syringe", fault("air-bubble", severity=300.0)), "alarm")


# The flow sensor


@pytest.mark.parametrize("drive", ["syringe", "peristaltic"])
@pytest.mark.parametrize("seed", range(8))
def test_the_flow_sensor_is_within_two_percent_and_a_little(drive, seed):
    """Of what has come out of the pump: 2 % of it and 0.02 mL/h; another one is off otherwise."""
    bench = ran(drive, seed=seed, duration_s=600.0)
    true_ul, seen_ul = bench.plant.outlet_ul, bench.ports.flow.nl / 1_000
    assert true_ul > 2_500
    assert abs(seen_ul - true_ul) <= 0.02 * true_ul + 0.02 * 1_000 / 6 + 0.001
    assert FlowSensor(seed).gain != FlowSensor(seed + 1).gain


@pytest.mark.parametrize("drive", ["syringe", "peristaltic"])
def test_what_has_come_out_of_the_pump_has_left_the_line_or_stretches_it(drive):
    """Whatever happens: a blocked line, and one that is free again."""
    bench = unwatched(drive, fault("occlusion-downstream", 60, 80))
    for at_s in (1, 30, 70, 79, 81, 120):
        plant = looked(bench, at_s)
        network = plant.network
        near_ul = network.held_ul(NEAR) - plant.pump_compliance * network.kpa(NEAR) - plant.held_ul
        assert plant.outlet_ul == pytest.approx(plant.out_ul + near_ul + network.held_ul(FAR), abs=1e-6)


def test_a_stuck_flow_sensor_goes_on_from_where_it_was():
    sensor = FlowSensor(1)
    sensor.gain, sensor.zero_nl_s = 1.0, 0.0
    assert sensor.read_nl(0, 5.0) == 5_000
    come_loose = sensor.stick()
    assert sensor.read_nl(1_000, 9.0) == 5_000
    come_loose()
    assert sensor.read_nl(2_000, 10.0) in (5_999, 6_000, 6_001)


def test_a_flow_sensor_that_works_flickers():
    """At rest, each second for a minute: never the same number a dozen times in a row."""
    sensor = FlowSensor(1)
    sensor.zero_nl_s = 0.0
    read = "".join(str(sensor.read_nl(1_000 * s, 5.0) % 2) for s in range(60))
    assert "0" * 12 not in read and "1" * 12 not in read


# The code's checksum


@pytest.mark.parametrize(
    ("percent", "since_ms", "found_ms"),
    [
        (50, 60_000, 300_000),  # read at 150 s, and whole at 300
        (10, 60_000, 600_000),  # it was read at 30 s, and is again at 330
        (0, 1, 600_000),  # the worst: read just before; 10 min less a millisecond
        (0, 300_000, 600_000),
        (100, 299_999, 300_000),  # read last of all
        (50, 150_000, 300_000),
        (50, 150_001, 600_000),
    ],
)
def test_a_flipped_bit_is_known_when_the_round_that_reads_it_is_whole(percent, since_ms, found_ms):
    code = CodeSum()
    code.flips.append((percent / 100, since_ms))
    assert [code.read(ms) for ms in (since_ms, found_ms - 1)] == [CODE_SUM] * 2
    assert code.read(found_ms) != CODE_SUM
    assert code.read(found_ms + 1_000_000) != CODE_SUM


def test_at_power_on_the_code_is_read_whole():
    code = CodeSum()
    code.flips.append((0.5, 60_000))
    code.booted_ms = 100_000
    assert code.read(100_000) != CODE_SUM


def test_several_flipped_bits_never_hide_each_other_and_stay_in_31_bits():
    code = CodeSum()
    for _ in range(29):
        code.flips.append((0.0, 0))
        assert 0 < code.read(300_000) < 2**30
        assert code.read(300_000) != CODE_SUM
