"""What the pump does, told as `[(when, what)]`: volumes, ends, alarms and refusals.

A 50 mL syringe on a 1 mm screw: 173.53 nL a step. At 50 mL/h that is 80.04 steps/s.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pumpcore.alarms import (
    AIR_BUBBLE,
    INFUSION_COMPLETE,
    INFUSION_NEAR_END,
    NO_ALARM,
    OCCLUSION_DOWNSTREAM,
    RESERVOIR_EMPTY,
    RESERVOIR_LOW,
)
from pumpcore.controller import Controller
from pumpcore.records import ACCEPTED, REFUSED_KVO, REFUSED_RATE, REFUSED_VTBI, Inputs, Outputs
from pumpcore.setup import Setup, SetupError
from pumpcore.states import (
    ACKNOWLEDGE,
    ALARM,
    DONE,
    IDLE,
    INFUSING,
    KVO,
    PAUSE,
    PAUSED,
    PROGRAM,
    RESUME,
    SET_RATE,
    START,
    STOP,
)
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from stepper import Rig

STEP_PL = 173_530
HOUR_MS = 3_600_000


def pumped_ul(rig):
    return rig.stepper.given * STEP_PL / 1e6


def alarms(rig):
    return {code for code in range(1, 7) if rig.outputs.alarms & 1 << code}


@settings(max_examples=80, deadline=None)
@given(
    step_pl=st.integers(500, 235_000),
    vtbi_ul=st.integers(1, 3_000),
    share=st.floats(0.05, 1),
    late_ms=st.integers(0, 6),
)
def test_the_volume_is_infused_to_half_a_step_then_kvo_takes_over(step_pl, vtbi_ul, share, late_ms):
    rig = Rig(step_pl)
    rate = max(2, int(rig.controller.setup.most_rate_cml_h * share))
    rig.start(rate, vtbi_ul=vtbi_ul, kvo_cml_h=1)
    rig.run_out_of(INFUSING, limit_ms=3_000 * 360 * 1_000 // rate + 10_000, late_ms=late_ms)
    assert rig.outputs.state == KVO
    assert abs(rig.stepper.given * step_pl - vtbi_ul * 1_000_000) <= step_pl / 2
    assert rig.outputs.rate_cml_h == 1


@pytest.mark.parametrize(("rate", "kvo", "driven"), [(500, 100, 100), (50, 100, 50), (500, 500, 500)])
def test_kvo_is_never_above_the_set_rate(rate, kvo, driven):
    rig = Rig(STEP_PL)
    rig.start(rate, vtbi_ul=5, kvo_cml_h=kvo)
    rig.run(HOUR_MS)
    assert (rig.outputs.state, rig.outputs.rate_cml_h) == (KVO, driven)


def test_kvo_goes_on_at_its_rate():
    rig = Rig(STEP_PL)
    rig.start(5_000, vtbi_ul=100, kvo_cml_h=200)
    rig.run(8_000)
    assert rig.outputs.state == KVO
    before = pumped_ul(rig)
    rig.run(8_000 + HOUR_MS)
    assert pumped_ul(rig) - before == pytest.approx(2_000, abs=0.2)
    assert rig.outputs.pumped_ul == int(pumped_ul(rig))


def test_without_a_kvo_rate_the_end_is_a_standstill():
    rig = Rig(STEP_PL)
    rig.start(5_000, vtbi_ul=100)
    rig.run(HOUR_MS)
    assert rig.outputs.state == DONE
    assert pumped_ul(rig) == pytest.approx(100, abs=STEP_PL / 2e6)
    assert alarms(rig) == {INFUSION_NEAR_END, INFUSION_COMPLETE}


def test_near_end_comes_its_time_before_the_end():
    """10 mL/h, 2 mL: 12 min; the warning stands 3 min, or 500 uL, before that."""
    rig = Rig(STEP_PL)
    rig.start(1_000, vtbi_ul=2_000, kvo_cml_h=100)
    rig.run(9 * 60_000 - 2_000)
    assert alarms(rig) == set()
    rig.run(9 * 60_000 + 2_000)
    assert alarms(rig) == {INFUSION_NEAR_END}
    assert rig.outputs.state == INFUSING
    rig.run(12 * 60_000 + 2_000)
    assert alarms(rig) == {INFUSION_NEAR_END, INFUSION_COMPLETE}
    assert rig.outputs.state == KVO


def test_an_acknowledged_warning_is_not_repeated_until_the_next_start():
    rig = Rig(STEP_PL)
    rig.start(1_000, vtbi_ul=400, kvo_cml_h=100)
    rig.run(10_000)
    assert alarms(rig) == {INFUSION_NEAR_END}
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    rig.run(20_000)
    assert alarms(rig) == set()
    rig.ask(PAUSE)
    rig.ask(RESUME)
    assert alarms(rig) == {INFUSION_NEAR_END}


@pytest.mark.parametrize(("pressure_pa", "stops"), [(39_999, False), (40_000, True), (90_000, True)])
def test_an_occlusion_stops_the_motor_at_once_and_latches(pressure_pa, stops):
    rig = Rig(STEP_PL)
    rig.start(5_000)
    rig.run(10_000)
    rig.inputs.pressure_pa = pressure_pa
    rig.step(10_000)
    rig.inputs.pressure_pa = 0
    given = rig.stepper.given
    rig.run(20_000)
    assert (rig.outputs.state == ALARM) == stops
    assert alarms(rig) == ({OCCLUSION_DOWNSTREAM} if stops else set())
    assert (rig.stepper.given == given) == stops


def test_an_alarm_must_be_acknowledged_and_then_resumed():
    rig = Rig(STEP_PL)
    rig.start(5_000)
    rig.inputs.pressure_pa = 50_000
    rig.run(10_000)
    assert rig.ask(RESUME) != ACCEPTED
    assert rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert (rig.outputs.state, rig.outputs.alarms, rig.outputs.alarm_reason) == (PAUSED, 0, NO_ALARM)
    assert rig.ask(RESUME) == ACCEPTED
    assert rig.outputs.state == ALARM  # the line is still blocked
    assert rig.stepper.queued() == 0


def test_a_line_still_blocked_stops_a_new_infusion_though_the_old_alarm_was_never_acknowledged():
    rig = Rig(STEP_PL)
    rig.start(5_000)
    rig.inputs.pressure_pa = 50_000
    rig.run(10_000)
    assert rig.ask(STOP) == ACCEPTED
    assert alarms(rig) == {OCCLUSION_DOWNSTREAM}
    rig.start(5_000)
    assert alarms(rig) == {OCCLUSION_DOWNSTREAM}
    assert rig.outputs.state == ALARM
    assert rig.stepper.queued() == 0


def test_the_reservoir_warns_and_then_stops():
    rig = Rig(STEP_PL, reservoir_ul=3_000)
    rig.controller.dose.low_at_ul = 2_000
    rig.controller.dose.empty_at_ul = 2_500
    rig.start(12_000)
    rig.run(61_000)
    assert alarms(rig) == {RESERVOIR_LOW}
    assert rig.outputs.state == INFUSING
    rig.run(80_000)
    assert alarms(rig) == {RESERVOIR_LOW, RESERVOIR_EMPTY}
    assert rig.outputs.state == ALARM
    assert 2_500 <= rig.outputs.pumped_ul <= 2_506


def test_an_infusion_started_over_an_old_alarm_begins_without_it_and_names_its_own():
    """Occlusion, STOP, PROGRAM, START with the line free, then air: the reason is the air."""
    rig = Rig(STEP_PL)
    rig.start(5_000)
    rig.inputs.pressure_pa = 50_000
    rig.run(10_000)
    rig.ask(STOP)
    rig.inputs.pressure_pa = 0
    rig.start(5_000)
    assert (alarms(rig), rig.outputs.alarm_shown, rig.outputs.alarm_reason) == (set(), NO_ALARM, NO_ALARM)
    rig.inputs.air_permille = 1_000
    rig.run(30_000)
    assert rig.outputs.alarm_reason == AIR_BUBBLE


def test_an_alarm_raised_again_while_it_is_latched_is_told():
    rig = Rig(STEP_PL)
    rig.start(5_000)
    rig.inputs.pressure_pa = 50_000
    rig.step(rig.next_ms)
    assert rig.outputs.alarms_raised == 1 << OCCLUSION_DOWNSTREAM
    rig.step(rig.next_ms)
    assert (rig.outputs.alarms_raised, alarms(rig)) == (0, {OCCLUSION_DOWNSTREAM})
    rig.ask(STOP)
    rig.start(5_000)
    assert rig.outputs.alarms_raised == 1 << OCCLUSION_DOWNSTREAM


def test_near_end_is_told_again_when_a_lower_rate_moves_the_end_away():
    rig = Rig(STEP_PL)
    rig.start(12_000, vtbi_ul=5_000)
    rig.run(10_000)
    assert alarms(rig) == {INFUSION_NEAR_END}
    rig.ask(ACKNOWLEDGE)
    rig.ask(SET_RATE, rate_cml_h=1_000)
    assert alarms(rig) == set()
    left_ms = (rig.outputs.left_ul - 500) * 360
    rig.run(rig.now_ms + left_ms - 5_000)
    assert alarms(rig) == set()
    rig.run(rig.now_ms + 10_000)
    assert alarms(rig) == {INFUSION_NEAR_END}


@pytest.mark.parametrize("rate_cml_h", [1, 3, 10, 77, 500])
def test_near_end_never_comes_late_nor_two_microlitres_early(rate_cml_h):
    rig = Rig(5_422)
    vtbi_ul = rate_cml_h // 2 + 10
    rig.start(rate_cml_h, vtbi_ul=vtbi_ul)
    while not alarms(rig):
        rig.step(rig.next_ms)
    left_ms = (vtbi_ul - rig.stepper.given * 5_422e-6) / rate_cml_h * 360_000
    assert 180_000 - 1_000 <= left_ms <= 180_000 + 2 / rate_cml_h * 360_000


def test_steps_given_while_an_order_is_made_do_not_run_past_the_end():
    """The queue of the old rate goes on for 10 ms after the reading that a change of rate was based on."""
    rig = Rig(5_422)
    rig.start(39_000, vtbi_ul=200)
    rig.run(1_830)
    read = rig.stepper.advance
    rig.stepper.advance = lambda now: None  # what follows is still based on the reading at 1830 ms
    rig.inputs.request, rig.inputs.rate_cml_h = SET_RATE, 38_000
    late = rig.stepper.obey
    rig.stepper.obey = lambda outputs: (read(1_840 * TICKS_PER_MS), late(outputs))
    rig.step(1_830)
    rig.stepper.advance, rig.stepper.obey = read, late
    rig.run(10_000)
    assert rig.outputs.state == DONE
    assert abs(rig.stepper.given * 5_422 - 200_000_000) <= 5_422 / 2


def test_after_a_stop_nothing_is_left_to_infuse():
    rig = Rig(STEP_PL)
    rig.start(5_000, vtbi_ul=1_000)
    rig.run(10_000)
    rig.ask(STOP)
    assert rig.outputs.left_ul == 0


def test_a_second_prescription_begins_where_the_first_ended_below_a_microlitre_too():
    rig = Rig(STEP_PL)
    for count in (1, 2, 3, 4):
        rig.start(5_000, vtbi_ul=7)
        rig.run(rig.now_ms + 60_000)
        assert rig.outputs.state == DONE
        assert rig.stepper.given == count * 40  # 7 uL are 40.3 steps


def test_two_causes_in_one_step_the_first_is_the_reason():
    """13.9 uL/s: 19.4 uL of 20 after 1.4 s, looked at every 86 ms (a quarter of 5 uL) while there is air."""
    rig = Rig(STEP_PL, bubble_ul=20)
    rig.start(5_000)
    rig.inputs.air_permille = 1_000
    rig.run(1_400)
    assert rig.outputs.state == INFUSING
    rig.inputs.pressure_pa = 50_000
    rig.run(2_000)
    assert alarms(rig) == {OCCLUSION_DOWNSTREAM, AIR_BUBBLE}
    assert rig.outputs.alarm_reason == OCCLUSION_DOWNSTREAM
    assert rig.outputs.alarm_shown == OCCLUSION_DOWNSTREAM


def test_the_highest_priority_is_shown():
    rig = Rig(STEP_PL)
    rig.start(1_000, vtbi_ul=400)
    rig.run(10_000)
    assert rig.outputs.alarm_shown == INFUSION_NEAR_END
    assert rig.outputs.alarm_reason == NO_ALARM
    rig.inputs.pressure_pa = 50_000
    rig.run(20_000)
    assert rig.outputs.alarm_reason == OCCLUSION_DOWNSTREAM
    assert rig.outputs.alarm_shown == OCCLUSION_DOWNSTREAM


@pytest.mark.parametrize(
    ("rate", "vtbi", "kvo", "answer"),
    [
        (0, 1_000, 0, REFUSED_RATE),
        (-5, 1_000, 0, REFUSED_RATE),
        (120_001, 1_000, 0, REFUSED_RATE),
        (500, 0, 0, REFUSED_VTBI),
        (500, -1, 0, REFUSED_VTBI),
        (500, 99_999_001, 0, REFUSED_VTBI),
        (500, 1_000, -1, REFUSED_KVO),
        (500, 1_000, 120_001, REFUSED_KVO),
    ],
)
def test_a_prescription_out_of_range_is_refused_and_the_old_one_stands(rate, vtbi, kvo, answer):
    rig = Rig(STEP_PL)
    assert rig.ask(PROGRAM, rate_cml_h=777, vtbi_ul=2_000, kvo_cml_h=33) == ACCEPTED
    assert rig.ask(PROGRAM, rate_cml_h=rate, vtbi_ul=vtbi, kvo_cml_h=kvo) == answer
    assert rig.ask(START) == ACCEPTED
    assert (rig.outputs.rate_cml_h, rig.outputs.left_ul) == (777, 2_000)


@pytest.mark.parametrize("rate", [0, -1, 120_001])
def test_a_rate_out_of_range_is_refused_while_infusing(rate):
    rig = Rig(STEP_PL)
    rig.start(777)
    assert rig.ask(SET_RATE, rate_cml_h=rate) == REFUSED_RATE
    assert (rig.outputs.state, rig.outputs.rate_cml_h) == (INFUSING, 777)


def test_a_stop_keeps_the_count_and_drops_the_prescription():
    rig = Rig(STEP_PL)
    rig.start(5_000, vtbi_ul=1_000)
    rig.run(10_000)
    assert rig.ask(STOP) == ACCEPTED
    rig.run(20_000)
    assert rig.outputs.state == IDLE
    assert rig.outputs.pumped_ul == int(pumped_ul(rig)) == 138
    assert rig.ask(START) != ACCEPTED


@pytest.mark.parametrize("clock_ms", [0, CLOCK_MASK - 30_000, CLOCK_MASK, CLOCK_MASK // 2])
def test_the_clock_may_wrap_at_any_moment(clock_ms):
    rig = Rig(STEP_PL, clock_ms=clock_ms)
    rig.start(500, vtbi_ul=200, kvo_cml_h=100)
    log = []
    while rig.now_ms < 200_000:
        rig.run(rig.next_ms)
        if not log or log[-1][1] != rig.outputs.state:
            log.append((rig.now_ms, rig.outputs.state))
    # 200 uL is 1153 steps to the nearest, 144.06 s at 5 mL/h; the loop looks once a second, and at every note of the
    # warning that began 140 s in, or earlier.
    assert [state for _, state in log] == [INFUSING, KVO]
    assert 144_060 <= log[1][0] <= 145_000


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"step_pl": 0}, "step_pl is 0, must be 1 to 235000"),
        ({"step_pl": 235_001}, "step_pl is 235001"),
        ({"reservoir_ul": 0}, "reservoir_ul is 0"),
        ({"occlusion_pa": 120_001}, "occlusion_pa is 120001, must be 1 to 120000"),
        ({"bubble_ul": 0}, "bubble_ul is 0"),
        ({"near_end_s": -1}, "near_end_s is -1"),
        ({"empty_ul": 50_001}, "empty_ul is 50001, must be 0 to 50000"),
        ({"low_ul": 400, "empty_ul": 500}, "low_ul is 400, must be 500 to 50000"),
        ({"rollers": 13}, "rollers is 13, must be 0 to 12"),
        ({"suck_back_permille": 501}, "suck_back_permille is 501, must be 0 to 500"),
        ({"suck_arc_permille": 0}, "suck_arc_permille is 0, must be 1 to 500"),
        ({"air_window_ul": 101}, "air_window_ul is 101, must be 0 to 100"),
    ],
)
def test_a_pump_that_cannot_be_is_refused_by_name(limits, says):
    with pytest.raises(SetupError, match=says):
        Setup(**{"step_pl": STEP_PL, "reservoir_ul": 50_000, **limits})


def test_a_request_is_answered_once():
    controller, inputs, outputs = Controller(Setup(STEP_PL, 50_000)), Inputs(), Outputs()
    inputs.request = START
    controller.step(0, inputs, outputs)
    assert outputs.answer != 0
    inputs.request = 0
    controller.step(0, inputs, outputs)
    assert outputs.answer == 0
