"""What the guard is told: every frame is read back by a guard of its own, and a whole day's work trips nothing."""

from itertools import pairwise

import pytest

from pumpcore.guard import ANSWER_BYTES, BACKWARD, FRAME_BYTES, MOVING, Guard
from pumpcore.orders import EARLY_MS, RENEW_MS, Orders
from pumpcore.records import ACCEPTED, REFUSED_HERE, REFUSED_RATE, Inputs, Outputs
from pumpcore.states import (
    ACKNOWLEDGE,
    INFUSING,
    PAUSE,
    PROGRAM,
    RELOAD,
    RESUME,
    SET_RATE,
    SILENCE,
    START,
    STOP,
)
from pumpcore.units import CLOCK_MASK
from relieved import STEP_PL, Line
from stepper import Rig


class Told:
    """Orders, and a guard that hears each frame it is told to hear."""

    def __init__(self, now_ms=0):
        self.orders = Orders()
        self.guard = Guard(STEP_PL)
        self.inputs, self.outputs = Inputs(), Outputs()
        self.now_ms = now_ms
        self.answer = bytearray(ANSWER_BYTES)
        self.guard.look(now_ms, 0, self.answer)

    def write(self, request=0, answer=ACCEPTED, wait_ms=0, **fields):
        """A step; (whether a prescription was told, whether an order)."""
        self.now_ms = (self.now_ms + wait_ms) & CLOCK_MASK
        self.inputs.request = request
        self.outputs.answer = answer if request else 0
        for name, value in fields.items():
            record = self.outputs if name in ("backward", "driven") else self.inputs
            setattr(record, "motor_cml_h" if name == "driven" else name, value)
        self.orders.write(self.now_ms, self.inputs, self.outputs)
        if self.orders.prescribed:
            self.guard.tell(self.now_ms, self.orders.prescription)
        if self.orders.ordered:
            self.guard.tell(self.now_ms, self.orders.order)
        assert self.guard.bad_frames == 0
        return self.orders.prescribed, self.orders.ordered

    def program(self, rate_cml_h=1_000, vtbi_ul=5_000, kvo_cml_h=50):
        return self.write(PROGRAM, rate_cml_h=rate_cml_h, vtbi_ul=vtbi_ul, kvo_cml_h=kvo_cml_h)

    @property
    def prescribed(self):
        return self.guard.rate_cml_h, self.guard.kvo_cml_h, self.guard.vtbi_ul

    @property
    def ordered(self):
        return self.guard.flags, self.guard.ordered_cml_h


# Prescriptions


def test_a_program_allows_nothing_until_the_start():
    told = Told()
    assert told.program()[0]
    assert told.guard.confirmed
    assert told.prescribed == (0, 50, 5_000)
    assert told.write(START)[0]
    assert told.prescribed == (1_000, 50, 5_000)


@pytest.mark.parametrize(
    ("requests", "rate"),
    [
        ((START,), 1_000),
        ((START, PAUSE), 0),
        ((START, PAUSE, RESUME), 1_000),
        ((START, STOP), 0),
        ((SET_RATE,), 0),
        ((START, SET_RATE), 2_500),
        ((START, PAUSE, SET_RATE), 0),
        ((START, PAUSE, SET_RATE, RESUME), 2_500),
        ((START, SET_RATE, PAUSE, RESUME), 2_500),
        ((START, PROGRAM), 0),
        ((START, PROGRAM, SET_RATE), 0),
        ((START, PROGRAM, START), 2_500),
    ],
)
def test_a_rate_is_prescribed_from_start_to_pause_or_stop(requests, rate):
    """KVO and the volume stay, for the guard reads the volume only with a new prescription."""
    told = Told()
    told.program()
    for request in requests:
        assert told.write(request, wait_ms=20, rate_cml_h=2_500)[0]
    assert told.prescribed == (rate, 50, 5_000)


def test_the_largest_prescription_there_is():
    told = Told()
    told.program(120_000, 99_999_000, 120_000)
    told.write(START)
    assert told.prescribed == (120_000, 120_000, 99_999_000)


@pytest.mark.parametrize("request_", [PROGRAM, START, SET_RATE, PAUSE, RESUME, STOP])
@pytest.mark.parametrize("answer", [REFUSED_HERE, REFUSED_RATE])
def test_what_is_refused_is_not_told(request_, answer):
    told = Told()
    told.program()
    told.write(START)
    before = told.prescribed
    assert not told.write(request_, answer, rate_cml_h=7, vtbi_ul=7, kvo_cml_h=7)[0]
    assert told.prescribed == before
    assert not told.write()[0]


@pytest.mark.parametrize("request_", [ACKNOWLEDGE, RELOAD, SILENCE])
def test_what_changes_no_prescription_is_not_told(request_):
    told = Told()
    told.program()
    told.write(START)
    assert not told.write(request_, rate_cml_h=7, kvo_cml_h=7)[0]
    assert told.prescribed == (1_000, 50, 5_000)


def test_a_prescription_is_told_once():
    told = Told()
    assert told.program()[0]
    assert not told.write(wait_ms=20)[0]


def test_it_is_the_request_as_it_came_and_not_what_was_made_of_it():
    """The controller drives ten times as fast as was asked: the guard stops at what was asked."""
    told = Told()
    told.program(1_000)
    told.write(START, driven=10_000)
    assert (told.guard.rate_cml_h, told.guard.ordered_cml_h) == (1_000, 10_000)


# Orders


def test_an_order_is_told_first_of_all_and_then_every_400_ms():
    told = Told()
    assert told.write() == (False, True)
    assert not told.write(wait_ms=RENEW_MS - 1)[1]
    assert told.write(wait_ms=1)[1]
    assert not told.write(wait_ms=20)[1]
    assert told.write(wait_ms=1_000)[1]
    assert not told.write(wait_ms=399)[1]
    assert told.write(wait_ms=1)[1]


def test_a_change_is_told_at_once_and_begins_the_400_ms_anew():
    told = Told()
    told.write()
    assert told.write(wait_ms=300, driven=500)[1]
    assert told.ordered == (MOVING, 500)
    assert not told.write(wait_ms=399)[1]
    assert told.write(wait_ms=0, driven=501)[1]
    assert told.ordered == (MOVING, 501)
    assert told.write(driven=12_000, backward=True)[1]
    assert told.ordered == (MOVING + BACKWARD, 12_000)
    assert told.write(driven=12_000, backward=False)[1]
    assert told.ordered == (MOVING, 12_000)
    assert told.write(driven=0)[1]
    assert told.ordered == (0, 0)


def test_between_two_steps_an_order_is_renewed_before_it_is_due():
    """So that a step finds nothing to renew. The guard hears the same order again."""
    told = Told(CLOCK_MASK - 300)
    told.write(driven=700)
    sequence = told.orders.sequence
    assert not told.orders.renew(told.now_ms + RENEW_MS - EARLY_MS - 1)
    assert told.orders.sequence == sequence
    for _ in range(20):
        told.now_ms = (told.now_ms + RENEW_MS - EARLY_MS) & CLOCK_MASK
        assert told.orders.renew(told.now_ms)
        told.guard.tell(told.now_ms, told.orders.order)
        assert (told.guard.silent_ms, told.ordered) == (0, (MOVING, 700))
        assert not told.write(wait_ms=0)[1]
    assert told.orders.sequence == (sequence + 20) & 0xFF
    assert (told.guard.reason, told.guard.bad_frames) == (0, 0)


def test_nothing_is_renewed_that_was_never_ordered():
    assert not Orders().renew(RENEW_MS)


def test_orders_are_renewed_across_the_wrap_of_the_clock():
    told = Told(CLOCK_MASK - 1_000)
    told.write(driven=700)
    renewed = [told.write(wait_ms=100)[1] for _ in range(20)]
    assert renewed == [False, False, False, True] * 5
    assert (told.guard.reason, told.ordered) == (0, (MOVING, 700))


def test_every_frame_has_a_sequence_of_its_own_and_the_prescription_comes_first():
    told = Told()
    heard = []
    for n in range(300):
        told.write(SET_RATE, wait_ms=20, rate_cml_h=n + 1, driven=n % 2)
        heard.append(told.orders.prescription[1])
        if told.orders.ordered:
            heard.append(told.orders.order[1])
    assert len(heard) > 400
    assert all((after - before) % 256 == 1 for before, after in pairwise(heard))
    assert told.guard.bad_frames == 0


def test_frames_are_made_once():
    """The loop must not allocate: what is told is written into the same two frames."""
    told = Told()
    frames = told.orders.prescription, told.orders.order
    told.program()
    told.write(START, driven=9)
    assert told.orders.prescription is frames[0]
    assert told.orders.order is frames[1]
    assert [len(frame) for frame in frames] == [FRAME_BYTES] * 2


# Behind a controller


class Guarded:
    """A line, its orders, and a guard that hears them and looks at the shaft, a count to a step."""

    def __init__(self, line):
        self.line = line
        self.rig = line.rig
        self.orders, self.guard = Orders(), Guard(STEP_PL)
        self.answer = bytearray(ANSWER_BYTES)
        self.request = 0
        line.rig.step = self.step
        self.plain = Rig.step

    def step(self, now_ms):
        rig = self.rig
        request = rig.inputs.request
        self.plain(rig, now_ms)
        rig.inputs.request = request
        self.orders.write(now_ms, rig.inputs, rig.outputs)
        rig.inputs.request = 0
        if self.orders.prescribed:
            self.guard.tell(now_ms, self.orders.prescription)
        if self.orders.ordered:
            self.guard.tell(now_ms, self.orders.order)
        self.guard.look(now_ms, rig.stepper.given & CLOCK_MASK, self.answer)


def test_a_pump_at_work_trips_nothing():
    """Programmed anew, started, changed, paused, resumed, blocked, backed off, restarted, at its end, and stopped."""
    line = Line(restarts=1)
    line.rig.ask(STOP)
    line.rig.step(line.rig.now_ms)
    guarded = Guarded(line)
    rig, guard = line.rig, guarded.guard
    rig.start(1_000, vtbi_ul=400, kvo_cml_h=100)
    line.run(10_000)
    assert rig.ask(SET_RATE, rate_cml_h=2_000) == ACCEPTED
    line.run(5_000)
    assert rig.ask(PAUSE) == ACCEPTED
    line.run(5_000)
    assert rig.ask(RESUME) == ACCEPTED
    assert rig.ask(SET_RATE, rate_cml_h=1_000) == ACCEPTED
    line.block()
    assert guard.flags == MOVING + BACKWARD
    line.run(10_000)
    line.blocked = False
    line.run_to(INFUSING)
    line.run(120_000)
    assert (guard.reason, guard.rate_cml_h) == (0, 1_000)
    assert abs(guard.moved_ul - rig.outputs.pumped_ul) <= 1
    line.run(200_000)
    assert rig.ask(STOP) == ACCEPTED
    line.run(5_000)
    assert (guard.reason, guard.rate_cml_h, guarded.answer[0], guarded.answer[1]) == (0, 0, 1, 1)
