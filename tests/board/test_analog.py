"""Sensors on the ADC: the mean of eight readings in the controller's units; a broken wire reads as what cannot be."""

import pytest

from assemble import load, order, read
from pumpcore.records import Inputs
from pumpcore.senses import LEAST_PA, MOST_PA, AirSense, PressureSense

PRESSURE_ADC, AIR_ADC, BATTERY_ADC, AIR_SENDER = 26, 27, 28, 22
FULL = 65_535


@pytest.fixture
def analog(rig):
    return load(rig, "board.analog")


def counts(volts):
    return round(volts / 3.3 * 65_536)


@pytest.mark.parametrize(("volts", "kpa"), [(0.5, 0), (2.5, 50), (4.5, 100)])
def test_pressure_follows_the_assumed_sensor(analog, volts, kpa):
    assert analog.pressure_pa(counts(volts * 2 / 3)) == pytest.approx(1000 * kpa, abs=5)


@pytest.mark.parametrize(("permille", "share"), [(0, 0.1), (500, 0.5), (1000, 0.9), (0, 0.05), (1000, 0.95)])
def test_air_follows_the_assumed_detector(analog, permille, share):
    assert analog.air_permille(round(share * FULL)) == pytest.approx(permille, abs=1)


def test_the_battery_is_read_behind_its_divider(analog):
    assert analog.battery_mv(counts(8.4 / 3)) == pytest.approx(8_400, abs=2)
    assert (analog.battery_mv(0), analog.battery_mv(FULL)) == (0, 9_900)


def test_a_reading_is_the_mean_of_eight(rig, analog):
    values = list(range(1_000, 1_008))
    converter = rig.modules()["machine"].ADC(rig.modules()["machine"].Pin(26))
    rig.counts[26] = values
    assert analog.mean(converter) == 1_003
    rig.counts[26] = FULL
    assert analog.mean(converter) == FULL


@pytest.mark.parametrize("adc", [0, 2_000, 63_000, FULL])
def test_a_wire_that_is_off_is_a_fault_of_the_pressure_sensor(board, analog, adc):
    pressure_pa = analog.pressure_pa(adc)
    assert not LEAST_PA <= pressure_pa <= MOST_PA
    assert PressureSense(board.setup()).failed(0, pressure_pa, 0)


def test_all_that_the_sensor_can_give_is_none(board, analog):
    for volts in (0.25, 0.5, 2.0, 4.5, 4.7):
        assert not PressureSense(board.setup()).failed(0, analog.pressure_pa(counts(volts * 2 / 3)), 0)


@pytest.mark.parametrize("adc", [0, 1_000, 65_000, FULL])
def test_a_wire_that_is_off_is_a_fault_of_the_air_detector(board, analog, adc):
    assert AirSense(board.setup()).failed(0, analog.air_permille(adc))


def test_numbers_stay_in_31_bits(analog):
    assert (FULL - analog.PRESSURE_ZERO) * analog.PA_IN_8192 < 2**30
    assert FULL * analog.BATTERY_MV < 2**30
    assert 16 * FULL < 2**30


def test_read_takes_all_three_from_their_pins(rig, board):
    rig.counts = {PRESSURE_ADC: 6620 + 8192, AIR_ADC: 58_982, BATTERY_ADC: counts(7.4 / 3)}
    rig.levels[24] = 0
    inputs = read(board)
    assert (inputs.pressure_pa, inputs.air_permille, inputs.on_mains) == (15469, 1000, 0)
    assert inputs.battery_mv == pytest.approx(7_400, abs=2)


def test_the_air_sender_is_off_for_its_test_alone(rig, board):
    assert rig.levels[AIR_SENDER] == 1
    board.obey(order(air_test=1))
    assert rig.levels[AIR_SENDER] == 0
    board.obey(order(air_test=0))
    assert rig.levels[AIR_SENDER] == 1


def test_a_detector_that_sees_with_its_sender_off_passes_its_test(board):
    sense, inputs = AirSense(board.setup()), Inputs()
    assert not sense.failed(0, inputs.air_permille) and sense.testing
    assert not sense.failed(20, 1_000)
