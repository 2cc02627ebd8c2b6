"""Backing off and taking up through the controller, with a syringe that has a dead band."""

from pumpcore.alarms import BATTERY_EMPTY, OCCLUSION_DOWNSTREAM
from pumpcore.records import ACCEPTED
from pumpcore.states import ACKNOWLEDGE, ALARM, IDLE, INFUSING, KVO, RELIEF, RELOAD, RESUME, STOP
from relieved import BAND_UL, BASE_PA, NL_KPA, UL, Line


def test_a_blocked_line_is_relieved_and_stands_in_alarm():
    """10 mL/h: found 3.2 kPa above the base; then back by the dead band and four tenths of that, and not further."""
    line = Line()
    alarm_pa = line.block()
    assert 3_000 <= alarm_pa - BASE_PA <= 3_900
    assert line.rig.outputs.backward
    assert (line.rig.outputs.motor_cml_h, line.rig.outputs.alarm_reason) == (12_000, OCCLUSION_DOWNSTREAM)
    pumped_pl, given = line.pumped_pl, line.rig.stepper.given
    pressure_pa = line.run_to(ALARM)
    relief = line.rig.controller.relief
    assert relief.end_pa - 232 <= pressure_pa <= relief.end_pa  # 33 uL/s, a window of 150 ms, 21.7 uL/kPa: 231 Pa
    assert pressure_pa > BASE_PA + (alarm_pa - BASE_PA) // 2
    fluid_ul = (alarm_pa - pressure_pa) * NL_KPA / 1e6
    assert BAND_UL - 1 <= relief.back_ul - fluid_ul <= BAND_UL + 2
    assert BAND_UL + 8 <= relief.falls_at_ul <= BAND_UL + 14  # 600 Pa are 13 uL, a window carries 5
    assert line.rig.controller.dose.owed_steps == given - line.rig.stepper.given
    assert line.pumped_pl == pumped_pl
    given = line.rig.stepper.given
    line.run(30_000)
    assert (line.state, line.rig.stepper.given, line.rig.stepper.queued()) == (ALARM, given, 0)


def test_a_patient_who_sits_up_meanwhile_gives_no_more_than_was_stored():
    """By 3.4 kPa, in the dead band: what is drawn back is what it would be without, less a look's 5 uL."""
    fluid_pl = []
    for lifted_pa in (0, 3_400):
        line = Line()
        line.block()
        line.run(2_000)
        line.lifted_pa = lifted_pa
        stopper_pl = line.stopper_pl
        line.run_to(ALARM)
        fluid_pl.append(stopper_pl - line.stopper_pl)
        assert line.stopper_pl > line.open_pl
    assert abs(fluid_pl[1] - fluid_pl[0]) <= 5_000_000


def test_a_step_of_the_patients_is_not_drawn_out_of_him():
    """Lifted and pressed at the arm, from 500 Pa to 41 kPa in three readings: next to nothing of it is stored, and the
    motor stands where it is."""
    line = Line()
    line.run(12_000)
    given = line.rig.stepper.given
    for pressure_pa in (14_000, 27_500, 41_000):
        assert line.state == INFUSING
        line.rig.inputs.pressure_pa = pressure_pa
        line.rig.step(line.rig.now_ms)
    assert line.state == RELIEF
    line.rig.step(line.rig.next_ms)
    assert (line.state, line.rig.stepper.given) == (ALARM, given)


def freed_and_resumed(**limits):
    line = Line(**limits)
    line.block()
    line.run_to(ALARM)
    line.blocked = False
    line.run(16_000)
    assert line.rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert line.rig.ask(RESUME) == ACCEPTED
    return line


def test_a_freed_line_flows_again_within_seconds():
    """The dead band at 120 mL/h, the rest at the rate; no step of it is booked as pumped, and none pushed out fast."""
    line = freed_and_resumed()
    pumped_pl, stopper_pl = line.pumped_pl, line.stopper_pl
    assert (line.state, line.rig.outputs.motor_cml_h, line.rig.outputs.backward) == (INFUSING, 12_000, False)
    begun_ms = line.rig.now_ms
    while line.rig.outputs.motor_cml_h == 12_000:
        line.step()
    assert 5_000 <= line.rig.now_ms - begun_ms <= 7_000
    assert line.rig.outputs.motor_cml_h == 1_000
    assert line.stopper_pl == stopper_pl  # the 20 uL less are more than 600 Pa's 13 too much
    relief, dose = line.rig.controller.relief, line.rig.controller.dose
    assert (relief.taking_up, relief.falls_at_ul) == (False, 0)
    assert 0 < dose.owed_steps <= 60 * UL
    assert line.pumped_pl == pumped_pl
    while dose.owed_steps:
        assert line.pumped_pl == pumped_pl
        line.step()
    assert line.stopper_pl > stopper_pl


def test_a_line_that_is_still_blocked_is_pressed_at_once_after_the_dead_band():
    line = Line()
    line.block()
    line.run_to(ALARM)
    assert line.rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert line.rig.ask(RESUME) == ACCEPTED
    start_pa = line.rig.inputs.pressure_pa
    while line.rig.outputs.motor_cml_h == 12_000:
        line.step()
    assert line.rig.inputs.pressure_pa <= start_pa + 650
    line.run_to(RELIEF)
    assert line.rig.outputs.alarm_reason == OCCLUSION_DOWNSTREAM


def test_a_new_syringe_owes_no_way():
    line = Line()
    line.block()
    line.run_to(ALARM)
    line.rig.ask(ACKNOWLEDGE)
    assert line.rig.controller.dose.owed_steps > 0
    assert line.rig.ask(RELOAD) == ACCEPTED
    assert (line.rig.controller.dose.owed_steps, line.rig.controller.relief.falls_at_ul) == (0, 0)
    line.rig.ask(RESUME)
    assert line.rig.outputs.motor_cml_h == 1_000


def test_a_stop_ends_the_way_back_at_once():
    line = Line()
    line.block()
    line.run(2_000)
    assert line.state == RELIEF
    assert line.rig.ask(STOP) == ACCEPTED
    given = line.rig.stepper.given
    line.run(5_000)
    assert (line.state, line.rig.stepper.given) == (IDLE, given)


def test_what_else_stops_the_pump_ends_the_way_back():
    line = Line()
    line.block()
    line.run(2_000)
    line.rig.inputs.on_mains, line.rig.inputs.battery_mv = 0, 6_000
    line.step()
    assert line.state == ALARM
    assert line.rig.outputs.alarms & 1 << BATTERY_EMPTY
    assert line.rig.stepper.queued() == 0


def test_an_acknowledgement_on_the_way_back_does_not_end_it():
    line = Line()
    line.block()
    line.run(2_000)
    assert line.rig.ask(ACKNOWLEDGE) == ACCEPTED
    assert line.state == RELIEF
    line.run_to(ALARM)
    assert line.rig.ask(RESUME) != ACCEPTED


def test_a_drive_that_cannot_turn_back_stands_at_once():
    line = Line(back_off=0)
    line.run(12_000)
    line.blocked = True
    line.run_to(ALARM)
    assert line.rig.controller.dose.owed_steps == 0
    assert line.rig.stepper.queued() == 0


def test_while_keeping_open_too():
    line = Line(vtbi_ul=20, kvo_cml_h=1_000)
    line.run_to(KVO)
    line.block()
    line.run_to(ALARM)
    assert line.rig.controller.relief.back_ul > BAND_UL
