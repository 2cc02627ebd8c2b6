"""What is watched, wanted, lost and saved, against the shipped pump: no thread, and no time but its own."""

import csv
import threading

import pytest
from monitored import Bench, Wire

from pumphost.capture import read_capture
from pumphost.errors import BadInput
from pumphost.line import PortError, Refused
from pumphost.monitoring.course import MOST_POINTS, ROUND_S, Course
from pumphost.monitoring.face import clock, face
from pumphost.monitoring.saving import COLUMNS, Save
from pumphost.monitoring.watching import Watch
from pumphost.pump import Pump
from pumphost.simulate import draw


@pytest.fixture
def bench():
    return Bench()


def test_a_snapshot_says_what_the_pump_does(bench):
    bench.wire.inputs.pressure_pa = 12_000
    seen = face(bench.look(10))
    assert (seen.state, seen.moves, seen.rate) == ("INFUSING", True, "36.00")
    assert (seen.pressure, seen.pressure_share) == ("12.0 of 40 kPa", 0.3)
    assert (seen.air, seen.power, seen.warmth) == ("0.0 % of the detector", "mains, 8.40 V", "23.0 °C")
    assert (seen.alarms, seen.trouble, seen.outcome) == ((), "", None)
    status = bench.watch.snapshot.status
    assert seen.left == f"{status.left_ml:.3f}"
    assert seen.left_time == clock(status.left_ml / 36 * 3_600)


def test_readings_come_when_they_are_due_and_not_between(bench):
    told = []
    bench.watch.listeners.append(told.append)
    start_s = bench.now_s
    assert bench.watch.look(start_s + 0.4) == pytest.approx(start_s + 0.5)
    assert told == []
    assert bench.watch.look(start_s + 0.6) == pytest.approx(start_s + 1.0)
    assert len(told) == 1
    assert bench.watch.look(start_s + 60) == start_s + 60, "what is missed is not made up for"


@pytest.mark.parametrize(
    ("before", "action", "text", "state"),
    [
        ([], "pause", "pause: the pump is PAUSED", "PAUSED"),
        (["pause"], "resume", "resume: the pump is INFUSING", "INFUSING"),
        ([], "stop", "stop: the pump is IDLE", "IDLE"),
        ([], "silence", "silence: the pump is INFUSING", "INFUSING"),
        ([], "acknowledge", "acknowledge: the pump is INFUSING", "INFUSING"),
    ],
)
def test_what_is_wanted_is_done_at_once_and_seen_at_once(bench, before, action, text, state):
    for one in before:
        bench.do(one)
    outcome = bench.do(action)
    assert (outcome.ok, outcome.text) == (True, text)
    assert bench.watch.snapshot.status.state == state


def test_what_the_pump_refuses_is_told_and_the_link_stands(bench):
    outcome = bench.do("resume")
    assert (outcome.ok, outcome.text) == (False, "resume: not while the pump is INFUSING")
    assert bench.watch.snapshot.trouble == ""
    assert bench.opened == 1


def test_a_resume_of_a_pump_in_alarm_is_told_to_acknowledge_first(bench):
    bench.wire.inputs.pressure_pa = 45_000
    bench.look(2)
    outcome = bench.do("resume")
    assert (outcome.ok, outcome.text) == (False, "resume: not while the pump is ALARM: acknowledge, then resume")


def test_wishes_are_carried_out_one_after_the_other(bench):
    for action in ("pause", "resume", "pause"):
        bench.watch.want(action)
    assert bench.look().status.state == "PAUSED"


def test_the_pump_hears_that_somebody_is_here_and_misses_who_falls_silent(bench):
    bench.look(30)
    assert bench.watch.snapshot.status.alarm == ""
    bench.wire.after(15)
    assert face(bench.look()).alarms[0].text == "Remote host not heard"


def test_goodbye_is_said_so_that_nobody_is_missed(bench):
    bench.look(3)
    bench.watch.close()
    bench.wire.after(30)
    assert bench.wire.outputs.alarms == 0


def test_alarms_as_a_person_reads_them_the_highest_first(bench):
    bench.wire.inputs.on_mains = 0
    bench.look(15)
    bench.wire.inputs.pressure_pa = 45_000
    seen = face(bench.look(2))
    assert [(note.priority, note.text) for note in seen.alarms][:1] == [("medium", "Line blocked downstream")]
    assert ("low", "Running on battery") in [(note.priority, note.text) for note in seen.alarms]
    assert (seen.state, seen.left_time, seen.pressure_share) == ("ALARM", "at rest", 1.0)
    bench.do("silence")
    assert face(bench.look(1)).audio == "audio silenced"


def test_a_prescription_that_waits_is_told(bench):
    bench.watch.pump.rate(20.0)
    assert face(bench.look(1)).alarms[0].text == "A prescription waits to be confirmed"


def test_a_link_that_goes_is_told_what_was_known_stays_and_it_is_tried_again(bench):
    before = bench.look(5)
    bench.wire.cut = True
    lost = bench.look(1)
    assert lost.trouble == "the port has gone: unplugged"
    assert lost.status == before.status
    assert bench.look(3).trouble == "there is no /dev/pump"
    bench.wire.cut = False
    back = bench.look(1)
    assert back.trouble == ""
    assert back.volume_ml > before.volume_ml
    assert bench.opened == 2


def test_without_a_link_nothing_is_kept_to_be_done_later(bench):
    bench.wire.cut = True
    bench.look(1)
    outcome = bench.do("pause")
    assert (outcome.ok, outcome.text) == (False, "pause: not sent, there is no link: use the keys of the pump")
    bench.wire.cut = False
    assert bench.look(3).status.state == "INFUSING"


def test_a_wish_is_a_reason_to_try_again_at_once(bench):
    bench.wire.cut = True
    bench.look(1)
    bench.wire.cut = False
    assert bench.do("stop").text == "stop: the pump is IDLE"


def test_a_pump_that_was_switched_off_counts_anew_and_the_course_goes_on(bench):
    before = bench.look(100)
    fresh = Wire()
    bench.wire.cut = True
    bench.watch.look(bench.now_s + 1)
    fresh.clock_ms = 5_000
    bench.watch.open_pump = lambda: Pump(fresh)
    bench.watch.look(bench.now_s + 20)
    after = bench.watch.snapshot
    assert (after.trouble, after.status.state) == ("", "IDLE")
    assert after.volume_ml == before.volume_ml
    assert after.t_s == pytest.approx(before.t_s + 20)


def test_whoever_has_no_key_may_look_and_stop_and_no_more():
    bench = Bench(key=b"k" * 16, known=False)
    assert bench.look(30).status.alarm == ""
    assert "the pump has a key, and none was given" in bench.do("pause").text
    assert bench.do("stop").ok


def test_with_the_key_all_may_be_done_and_a_wrong_one_is_told_before_anything():
    bench = Bench(key=b"k" * 16)
    assert bench.do("pause").ok
    bench.key = b"wrong"
    with pytest.raises(Refused, match="the pump does not take it"):
        Watch(bench.open, 0.5, bench.now_s)
    assert not bench.wire.is_open


def test_a_pump_that_is_not_there_is_an_error_at_first(bench):
    bench.wire.cut = True
    with pytest.raises(PortError, match="there is no"):
        Watch(bench.open, 0.5, 0.0)


def test_the_loop_ends_when_told_and_says_goodbye(bench):
    seen = threading.Event()
    bench.watch.listeners.append(lambda snapshot: snapshot.outcome and seen.set())
    thread = threading.Thread(target=bench.watch.run)
    thread.start()
    bench.watch.want("pause")
    assert seen.wait(30)
    bench.watch.leave()
    thread.join(30)
    assert not thread.is_alive()
    assert not bench.wire.is_open
    assert bench.watch.snapshot.status.state == "PAUSED"


def test_a_monitor_that_has_failed_says_so_rather_than_show_what_is_old(bench, monkeypatch):
    monkeypatch.setattr(bench.watch, "look", lambda now_s: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.watch.run()
    assert "the monitor has failed" in bench.watch.snapshot.trouble


# The course


def test_the_course_goes_on_as_the_clock_comes_round():
    course = Course(0.0, ROUND_S - 2.0, 5.0)
    course.add(3.0, 1.0, 5.5)
    assert (course.t_s, course.volume_ml) == (3.0, 0.5)


def test_a_pump_that_begins_anew_has_pumped_what_it_says_in_the_host_s_time():
    course = Course(100.0, 500.0, 5.0)
    course.add(101.0, 501.0, 6.0)
    course.add(131.0, 4.0, 0.25)
    assert (course.t_s, course.volume_ml) == (31.0, 1.25)


def test_a_curve_never_has_more_points_than_can_be_seen_and_keeps_first_and_last():
    course = Course(0.0, 0.0, 0.0)
    for k in range(1, 10_001):
        course.add(k / 2, k / 2, k / 100)
        assert course.points[-1] == (course.t_s, course.volume_ml)
    assert course.points[0] == (0.0, 0.0)
    assert MOST_POINTS / 3 < len(course.points) <= MOST_POINTS
    assert all(ml == pytest.approx(t_s / 50) for t_s, ml in course.points)
    gaps = [after[0] - before[0] for before, after in zip(course.points, course.points[1:], strict=False)]
    assert max(gaps) < 5_000 / MOST_POINTS * 4


def test_clocks():
    assert [clock(s) for s in (0, 59.6, 3_599, 36_000, 400_000)] == [
        "0:00:00",
        "0:01:00",
        "0:59:59",
        "10:00:00",
        "4.6 days",
    ]


# The file


def test_what_is_saved_is_there_at_once_and_can_be_plotted(bench, tmp_path):
    path = tmp_path / "watched.csv"
    with Save(path, bench.watch) as save:
        bench.look(20)
        bench.do("pause")
        lines = path.read_text().splitlines()
        assert lines[0].split(",") == list(COLUMNS)
        assert len(lines) == save.rows + 1 == 22, "a row a reading, and no two of one instant"
    capture = read_capture(path)
    assert capture.t_s[-1] == 20.0
    assert 0 < capture.volume_ml[-1] <= bench.watch.snapshot.volume_ml
    assert draw(path, None, 1.0).exists()


def test_nothing_is_saved_while_there_is_no_link(bench, tmp_path):
    with Save(tmp_path / "a.csv", bench.watch) as save:
        bench.wire.cut = True
        bench.look(5)
        assert save.rows == 1


def test_a_file_that_is_there_is_not_written_over(bench, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(BadInput, match=r"a\.csv: is there already"):
        Save(path, bench.watch)
    assert path.read_text() == "mine"
    with pytest.raises(BadInput, match="No such file"):
        Save(tmp_path / "nowhere" / "a.csv", bench.watch)
    assert bench.watch.listeners == []


def test_a_full_disk_ends_the_saving_and_is_told(bench, tmp_path):
    with Save(tmp_path / "a.csv", bench.watch) as save:
        save.file.close()
        save.file = open("/dev/full", "w")  # noqa: SIM115
        save.writer = csv.writer(save.file)
        bench.look(2)
        assert face(bench.look(1)).remark.endswith("a.csv: No space left on device; nothing more is saved")
        assert save.rows == 1
