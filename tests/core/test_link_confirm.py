"""Two steps over the link: what waits, what confirms it, what ends it."""

import pytest

from linked import Linked
from pumpcore.records import ACCEPTED, REFUSED_HERE
from pumpcore.states import PAUSE, PROGRAM, RESUME, SET_RATE, SILENCE, START, STOP


def test_only_the_digest_of_what_waits_confirms_it():
    pump = Linked()
    old = pump.program(500, 10_000, 100)
    new = pump.program(600, 10_000, 100)
    assert old != new
    assert pump.ask(b"confirm " + old) == "no digest"
    assert (pump.state, pump.link.waiting.rate_cml_h) == ("IDLE", 600)
    assert pump.ask(b"confirm " + new) == "ok 1"
    dose = pump.controller.dose
    assert (dose.rate_cml_h, dose.left_ul(), dose.kvo_cml_h) == (600, 10_000, 100)
    assert pump.ask(b"confirm " + new) == "no lapsed"


def test_the_same_values_again_have_another_digest():
    pump = Linked()
    digests = {pump.program() for _ in range(500)}
    assert len(digests) == 500


def test_a_rate_is_read_with_what_is_left_and_takes_effect_as_it_is_confirmed():
    pump = Linked()
    pump.infuse(rate_cml_h=12_000, vtbi_ul=10_000, kvo_cml_h=100)
    pump.wait(60_000, 200)
    left = pump.controller.dose.left_ul()
    _, rate, vtbi, kvo, duration, digest = pump.ask(b"rate 600").split()
    assert (rate, kvo, duration) == ("600", "100", str(int(vtbi) * 360 // 600))
    assert left - 20 <= int(vtbi) <= left, "a step or two later"
    assert pump.controller.dose.rate_cml_h == 12_000
    assert pump.ask(b"confirm " + digest.encode()) == "ok 2"
    assert pump.controller.dose.rate_cml_h == 600
    assert pump.ask(b"pause") == "ok 4"
    assert pump.ask(b"confirm " + pump.ask(b"rate 700").split()[-1].encode()) == "ok 4"
    assert pump.controller.dose.rate_cml_h == 700
    assert pump.requests[-1] == (SET_RATE, ACCEPTED)


def test_a_kvo_rate_above_the_rate_is_read_back_as_what_will_be_given():
    pump = Linked()
    _, _, _, kvo, _, digest = pump.ask(b"program 500 10000 3000").split()
    assert kvo == "500"
    assert pump.ask(b"confirm " + digest.encode()) == "ok 1"
    assert pump.controller.dose.kvo_cml_h == 500


def test_what_is_refused_leaves_what_waits():
    pump = Linked()
    digest = pump.program()
    pump.controller.setup.most_rate_cml_h = 1_000
    assert pump.ask(b"program 1001 1 0") == "no rate"
    assert pump.ask(b"rate 5") == "no state"
    assert pump.ask(b"confirm " + digest) == "ok 1"
    assert pump.controller.dose.rate_cml_h == 500


def test_a_confirmation_in_a_state_that_does_not_take_it_changes_nothing_and_ends_it():
    pump = Linked()
    assert pump.ask(b"confirm " + pump.program(500)) == "ok 1"
    digest = pump.program(900)
    assert pump.ask(b"start") == "ok 2"
    assert pump.ask(b"confirm " + digest) == "no state"
    assert pump.controller.dose.rate_cml_h == 500
    assert pump.requests[-1] == (PROGRAM, REFUSED_HERE)
    assert pump.ask(b"confirm " + digest) == "no lapsed"


@pytest.mark.parametrize("by_key", [True, False])
def test_what_waits_ends_as_its_prescription_does(by_key):
    """A rate asked for one infusion; that is stopped and another begun with keys: it is not that one's rate."""
    pump = Linked()
    pump.infuse(rate_cml_h=500)
    digest = pump.ask(b"rate 90000").split()[-1].encode()
    if by_key:
        pump.step(key=STOP)
    else:
        assert pump.ask(b"stop") == "ok 0"
    assert pump.link.waiting.request == 0
    pump.inputs.rate_cml_h, pump.inputs.vtbi_ul, pump.inputs.kvo_cml_h = 100, 1_000, 0
    pump.step(key=PROGRAM)
    pump.step(key=START)
    assert (pump.state, pump.controller.dose.rate_cml_h) == ("INFUSING", 100)
    assert pump.ask(b"confirm " + digest) == "no lapsed"
    assert pump.controller.dose.rate_cml_h == 100


@pytest.mark.parametrize("request_", [PROGRAM, SET_RATE])
def test_what_waits_ends_as_keys_change_the_prescription(request_):
    pump = Linked()
    if request_ == SET_RATE:
        pump.infuse()
        pump.ask(b"rate 700")
    else:
        pump.program()
    pump.inputs.rate_cml_h, pump.inputs.vtbi_ul, pump.inputs.kvo_cml_h = 100, 1_000, 0
    pump.step(key=request_)
    assert pump.outputs.answer == ACCEPTED
    assert pump.link.waiting.request == 0


def test_what_waits_outlives_what_leaves_the_prescription_alone():
    pump = Linked()
    pump.infuse()
    digest = pump.ask(b"rate 700").split()[-1].encode()
    for key in (STOP + 90, SILENCE, PAUSE, RESUME, START):
        pump.step(key=key)
    assert pump.ask(b"confirm " + digest) == "ok 2"
    assert pump.controller.dose.rate_cml_h == 700


def test_what_waits_is_shown_to_status_and_reminded_of_after_half_a_minute():
    pump = Linked()
    assert pump.ask(b"status").split()[-1] == "0"
    digest = pump.program()
    assert pump.ask(b"status").split()[-1] == "1"
    pump.wait(29_000)
    assert pump.outputs.buzzer_hz == 0
    pump.wait(1_100, 100)
    assert pump.outputs.buzzer_hz > 0 and pump.outputs.cyan
    assert pump.ask(b"confirm " + digest) == "ok 1"
    pump.wait(30_000)
    assert (pump.outputs.buzzer_hz, pump.outputs.cyan) == (0, 0)
    assert pump.inputs.unconfirmed == 0


def test_what_keys_have_entered_is_reminded_of_likewise():
    """As long as it waits, whatever waits over the link beside it."""
    pump = Linked()
    pump.inputs.read_back = 1
    pump.wait(29_500)
    assert pump.outputs.buzzer_hz == 0
    pump.wait(1_000, 100)
    assert pump.outputs.buzzer_hz > 0 and pump.outputs.cyan
    digest = pump.program()
    assert pump.ask(b"confirm " + digest) == "ok 1"
    assert pump.inputs.unconfirmed == 1
    pump.inputs.read_back = 0
    pump.wait(40_000)
    assert (pump.outputs.buzzer_hz, pump.outputs.cyan, pump.inputs.unconfirmed) == (0, 0, 0)
