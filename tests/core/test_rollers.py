"""What comes past rollers, by their angle, against the volumes worked out by hand."""

from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.air import Air
from pumpcore.rollers import Rollers
from pumpcore.setup import Setup, SetupError
from pumpcore.units import CLOCK_MASK

# A silicone tube of 2.4 mm: 133,240 pL a step, 3200 steps a turn, 4 rollers: 106.592 uL a passage of 1024 counts. 12 %
# of it, 12.791 uL, flow back over the first tenth, 102.3 counts; the rest brings 119.383 uL, 129.5 nL a count.
STEP_PL, PASSAGE_NL, DIP_NL = 133_240, 106_592, 12_791
TUBE = {"steps_per_turn": 3_200, "rollers": 4, "suck_back_permille": 120, "suck_arc_permille": 100}


def rollers(**changed):
    return Rollers(Setup(STEP_PL, 500_000, **{**TUBE, **changed}))


def flowed(known, *counts):
    return [known.flowed_nl(count & CLOCK_MASK) for count in counts]


def test_a_passage_begins_with_a_dip_and_brings_its_volume():
    known = rollers()
    nothing, dip, rest, turn = flowed(known, 0, 102, 1_024, 1_024 + 4_096)
    assert nothing == 0
    assert dip == pytest.approx(-DIP_NL * 102 / 102.4, rel=3e-3)  # the dip's end is known to a quarter of a count
    assert dip + rest == PASSAGE_NL
    assert turn == 4 * PASSAGE_NL


def test_between_two_dips_a_quarter_more_flows_than_steps_would_have_it():
    _, came = flowed(rollers(), 300, 900)
    assert came == pytest.approx(600 * (PASSAGE_NL + DIP_NL) / (1_024 * 0.9), rel=1e-3)
    assert came / (600 * PASSAGE_NL / 1_024) == pytest.approx(1.12 / 0.9, rel=1e-3)


@pytest.mark.parametrize("first", [0, 17, 102, 103, 1_023, 4_095, CLOCK_MASK, CLOCK_MASK - 1_500])
@pytest.mark.parametrize("count", [1, 3, 4, 7, 12])
def test_a_turn_is_a_turn_wherever_it_begins_and_whatever_the_number_of_rollers(first, count):
    """To a nL for each roller, of which a passage loses the rest."""
    known = rollers(rollers=count)
    known.flowed_nl(first & CLOCK_MASK)
    came = known.flowed_nl((first + 4_096) & CLOCK_MASK)
    assert came == known.passage_nl * count
    assert 0 <= STEP_PL * 3_200 // 1_000 - came <= count


@settings(max_examples=200, deadline=None)
@given(first=st.integers(0, CLOCK_MASK), strides=st.lists(st.integers(-500, 3_000), max_size=20))
def test_looks_in_between_change_nothing(first, strides):
    """Also over the wrap of the encoder's counts, and back."""
    often, once = rollers(), rollers()
    for known in (often, once):
        known.flowed_nl(first)
    at, came = first, 0
    for stride in strides:
        at += stride
        came += often.flowed_nl(at & CLOCK_MASK)
    assert once.flowed_nl(at & CLOCK_MASK) == came


@pytest.mark.parametrize("at", [100, 5_000, CLOCK_MASK, 2**29 + 7])
def test_an_encoder_that_does_not_answer_for_a_look_moves_nothing(at):
    """What it says next is where it begins."""
    known = rollers()
    assert [known.flowed_nl(counts) for counts in (at, -1, 300, 300 + 4_096)] == [0, 0, 0, 4 * PASSAGE_NL]


def test_what_turned_before_a_start_is_not_counted():
    """By hand, or while a fault stood: it is no air that the detector has missed."""
    air = Air(Setup(STEP_PL, 500_000, **TUBE))
    air.look(1_000, 0, 50_000, 0)
    air.begin()
    air.look(1_000, 0, 50_000 - 4 * 4_096, 0)
    assert (air.bubble_ul, air.sum_ul) == (0, 0)
    air.look(1_000, 3_200, 50_000 - 3 * 4_096, 0)
    assert (air.bubble_ul, air.sum_ul) == (426, 426)


@pytest.mark.parametrize("at", [0, 1, 203, 409, 410, 1_023, 2_000, 4_095])
def test_the_largest_passage_there_is_keeps_its_shares(at):
    """1999.850 uL, of which half, 999.925, flows back over a tenth, 409 counts. 2999.775 uL times 3687 counts would
    be 34 bits."""
    known = Rollers(Setup(235_000, 500_000, steps_per_turn=8_510, rollers=1, suck_back_permille=500))
    came = -999_925 * at / 409 if at < 409 else 2_999_775 * (at - 409) / 3_687 - 999_925
    assert [known.flowed_nl(0), known.flowed_nl(at)] == [0, floor(came)]
    assert known.flowed_nl(4_096) == 1_999_850 - floor(came)


@pytest.mark.parametrize(("steps_per_turn", "ul"), [(8_515, 2_001), (320_000, 75_200)])
def test_a_passage_that_no_tube_has_is_refused(steps_per_turn, ul):
    with pytest.raises(SetupError, match=f"^a passage of a roller in uL is {ul}, must be 0 to 2000$"):
        Setup(235_000, 500_000, steps_per_turn=steps_per_turn, rollers=1)
    Setup(235_000, 500_000, steps_per_turn=8_514, rollers=1)


@pytest.mark.parametrize("lacking", [{"rollers": 0}, {"steps_per_turn": 0}])
def test_without_rollers_or_an_encoder_nothing_is_known(lacking):
    assert rollers(**lacking).passage_nl == 0


def air_counted(volume_nl, first, by=8):
    """uL that a bubble is seen as when its head passes the middle of the detector at `first` counts."""
    air = Air(Setup(STEP_PL, 500_000, bubble_ul=1_000, **TUBE))
    truth = rollers()
    air.look(0, 0, first, 0)
    truth.flowed_nl(first)
    at, past, most = first, 0, 0
    while past < volume_nl:
        at += by
        past += truth.flowed_nl(at)
        air.look(1_000 if 0 < past < volume_nl else 0, by * 3_200 // 4_096, at, 0)
        most = max(most, air.bubble_ul)
    return most


@pytest.mark.parametrize("first", [0, 60, 110, 300, 700, 900, 1_000])
def test_a_bubble_is_as_large_as_it_is_wherever_the_rollers_stand(first):
    """By steps 50 uL between two dips would be 40, and 30 over one 44. A look is a microlitre here."""
    for volume_ul in (30, 50):
        assert air_counted(volume_ul * 1_000, first) == pytest.approx(volume_ul, abs=2.1)
