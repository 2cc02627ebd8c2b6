"""What waits to be confirmed: how it is read, its digest, and how long it waits."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linked import Linked
from pumpcore.setup import MOST_RATE_CML_H, MOST_VOLUME_UL
from pumpcore.states import PROGRAM, SET_RATE
from pumpcore.units import CLOCK_MASK
from pumpcore.waiting import LAPSES_MS, MOST_DURATION_S, Waiting

RATES = st.integers(1, MOST_RATE_CML_H)
VOLUMES = st.integers(1, MOST_VOLUME_UL)


@given(rate=RATES, vtbi=VOLUMES, kvo=st.integers(0, MOST_RATE_CML_H))
def test_the_reading_is_what_was_asked_and_how_long_it_takes(rate, vtbi, kvo):
    """But a KVO rate above the rate is read as what will be given: the rate."""
    waiting = Waiting()
    waiting.program(0, rate, vtbi, kvo)
    kvo = min(kvo, rate)
    assert (waiting.request, waiting.rate_cml_h, waiting.vtbi_ul, waiting.kvo_cml_h) == (PROGRAM, rate, vtbi, kvo)
    exact = vtbi * 360 // rate  # 0.01 mL/h is 10 uL an hour
    assert waiting.duration_s == min(exact, MOST_DURATION_S)
    assert waiting.digest == zlib.crc32(b"1 %d %d %d 1" % (rate, vtbi, kvo))


@given(rate=RATES, vtbi=VOLUMES, kvo=st.integers(0, MOST_RATE_CML_H), other=RATES)
def test_another_reading_has_another_digest(rate, vtbi, kvo, other):
    waiting = Waiting()
    waiting.program(0, rate, vtbi, kvo)
    one = waiting.digest
    waiting.rate(0, other, vtbi, kvo)
    assert waiting.request == SET_RATE and waiting.digest != one
    waiting.program(0, rate, vtbi, kvo)
    assert waiting.digest != one


@pytest.mark.parametrize("since_ms", [0, CLOCK_MASK - 30_000])
def test_it_lapses_after_a_minute_to_the_millisecond_and_says_so_once(since_ms):
    waiting = Waiting()
    assert not waiting.lapse(since_ms)
    waiting.program(since_ms, 500, 1_000, 0)
    for after_ms, lapses in ((0, False), (LAPSES_MS - 1, False), (LAPSES_MS, True), (LAPSES_MS + 1, False)):
        assert waiting.lapse((since_ms + after_ms) & CLOCK_MASK) == lapses
    assert waiting.request == 0


@pytest.mark.parametrize(("after_ms", "says"), [(LAPSES_MS - 1, "ok 1"), (LAPSES_MS, "no lapsed")])
def test_a_confirmation_comes_in_time_or_too_late(after_ms, says):
    pump = Linked(clock_ms=CLOCK_MASK - 1_000)
    digest = pump.program()
    pump.step(after_ms)
    assert pump.ask(b"confirm " + digest) == says
    assert ("UNCONFIRMED_LAPSED" in pump.log()) == (says == "no lapsed")
    assert pump.controller.dose.rate_cml_h == (500 if says == "ok 1" else 0)


def test_another_program_waits_a_minute_of_its_own():
    pump = Linked()
    pump.program(500)
    pump.step(LAPSES_MS - 1)
    digest = pump.program(600)
    pump.step(LAPSES_MS - 1)
    assert pump.ask(b"confirm " + digest) == "ok 1"
    assert pump.controller.dose.rate_cml_h == 600


def test_the_count_in_the_digest_begins_anew_at_its_end():
    waiting = Waiting()
    waiting.count = CLOCK_MASK
    waiting.program(0, 1, 1, 0)
    assert waiting.count == 0
