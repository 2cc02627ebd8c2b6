"""The shipped loop on an emulated Pico, watched from outside: heap, times, and a loop that hangs.

One boot serves all tests here: `told` is what was so on the way. Times are emulated: see pico.py for what they lack.
"""

import subprocess
import zlib
from statistics import median
from types import SimpleNamespace

import pytest

from marked import Marked, percentile_99
from pumphost.imaging.build import mpy_cross
from pumpsim.engine import FIRMWARE

pytestmark = pytest.mark.emulated

STATES = ["READY", "INFUSING", "ALARM"]
RATE_ML_H = 1200.0
VTBI_ML = 100.0  # its near end, 3 min before, is not warned of yet: a step in which a tone begins or ends takes longer
LOOPS = 15
SETTLES_S = 0.25  # what is made once, has been made
INFUSING_S = 2.0  # some 100 loops

HEAP_FREE = 150_000
STEP_MS, LOOP_MS = 3.0, 5.0  # at most, while infusing, with a look of the guard in it
LOOK_EVERY_MS = 10.0  # so there is one look in a loop at most
SLICE_US = 100  # of the image's sum
SHARE = 0.35  # of the time, that the loop works at 1200 mL/h
ORDERS_S = 0.04  # a motor order's life above 900 mL/h, and two steps
RESET_S = 12.0  # more than the guard waits for orders, 2.2 s, and any watchdog of a RP2040, 8.3 s

READ_ENCODER = """
from machine import I2C, Pin
print(int.from_bytes(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000).readfrom_mem(0x36, 0x0E, 2), "big"))
"""

SUM_IMAGE = """
from time import ticks_us
from board.image import FLASH, Image
began = ticks_us()
image = Image()
whole = ticks_us()
for _ in range(100):
    image.read_a_slice()
print(image.sum, image.end - FLASH, whole - began, (ticks_us() - whole) // 100)
"""
SUM_SLICES = """
image.at, image.end = FLASH, FLASH + 256
image.low = image.high = 0
for _ in range(32):
    image.read_a_slice()
print(image.sum)
"""


@pytest.fixture(scope="module")
def told(image):
    wired = Marked(image)
    told = SimpleNamespace(wired=wired, spans={})
    look_at_image(wired, told)
    wired.plant.drive.turn(1_234)
    told.angle, told.angle_read = wired.encoder_counts, int(wired.ask(READ_ENCODER))
    wired.begin()
    told.pump = wired.pump()
    ready(wired, told)
    infusing(wired, told)
    alarm(wired, told)
    told.free, told.most, *used = wired.noted()
    told.grown = {state: used[2 * i + 1] - used[2 * i] for i, state in enumerate(STATES)}
    return told


def look_at_image(wired, told):
    """All of it, then the first bytes as if they were all: a first round, a second, and one after a bit has changed."""
    told.image = [int(number) for number in wired.ask(SUM_IMAGE).split()]
    told.rounds = [int(wired.ask(SUM_SLICES)) for _ in range(2)]
    wired.pico.mcu.flash[100] ^= 4
    told.rounds.append(int(wired.ask(SUM_SLICES)))
    wired.pico.mcu.flash[100] ^= 4


def phase(wired, told, state, act):
    """Note the heap, let some loops go by, note it again."""
    assert told.pump.status().state == state
    wired.note()
    begin_s = wired.now_s
    act()
    end_s = wired.now_s
    wired.note()
    told.spans[state] = SimpleNamespace(
        seconds=end_s - begin_s,
        loops=wired.working.without(wired.looking, begin_s, end_s),
        steps=wired.stepping.without(wired.looking, begin_s, end_s),
        interrupted=wired.working.within(begin_s, end_s),
        looks=wired.looking.within(begin_s, end_s),
    )


def ready(wired, told):
    told.pump.acknowledge()
    told.pump.confirm(told.pump.program(RATE_ML_H, VTBI_ML).digest)
    wired.run(SETTLES_S)
    phase(wired, told, "READY", lambda: wired.loops(LOOPS))


def infusing(wired, told):
    told.pump.start()
    wired.run(0.1)
    phase(wired, told, "INFUSING", lambda: wired.run(INFUSING_S))


def alarm(wired, told):
    wired.block()
    assert wired.run(2.0, wired.stands)
    phase(wired, told, "ALARM", lambda: wired.loops(LOOPS))
    wired.free()


@pytest.fixture(scope="module")
def hung(told):
    """The loop anew, and it hangs amid an infusion."""
    wired = told.wired
    wired.begin()
    pump = wired.pump()
    pump.acknowledge()
    pump.confirm(pump.program(RATE_ML_H, 10.0).digest)
    pump.start()
    wired.run(0.1)
    wired.hang()
    wired.run(3 * ORDERS_S)
    return wired


def test_the_encoder_on_the_bus_tells_the_screws_angle(told):
    assert told.angle_read == told.angle == 1_234 * 4_096 // 3_200


def test_the_image_is_summed_to_its_last_byte_and_a_bit_that_changes_is_found(told, image, record_property):
    uf2 = image.read_bytes()
    written = b"".join(uf2[at : at + 256] for at in range(32, len(uf2), 512))  # the last block padded
    code_sum, size, whole_us, slice_us = told.image
    assert len(written) - 256 < size <= len(written)
    assert code_sum == zlib.crc32(written[:size]) & 0x3FFF_FFFF
    assert told.rounds == [code_sum, code_sum, 0]
    assert slice_us <= SLICE_US
    record_property(
        "figure",
        f"emulated Pico: the image's {size / 1000:.0f} kB summed in {whole_us / 1000:.0f} ms at power-on, "
        f"8 bytes in {slice_us} us in the loop",
    )


def test_the_heap_has_room(told, record_property):
    assert told.free >= HEAP_FREE
    record_property(
        "figure",
        f"emulated Pico: {told.free / 1000:.0f} kB of heap free with the pump made, "
        f"{told.most / 1000:.0f} kB ever used, what compiled the test's program included",
    )


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_allocated_in_a_steady_loop(told, state):
    """Sensors, motor orders and the wait included: what the heap holds afterwards, with collection off."""
    assert len(told.spans[state].loops) >= LOOPS
    assert told.grown[state] == 0


@pytest.mark.parametrize("state", STATES)
def test_step_and_loop_are_quick_enough(told, state, record_property):
    """Loop and timer have one clock, so the guard's looks fall either into every loop or into none, as it happens.
    They are taken out of each, and the longest of all looks is added to what is left."""
    loops, steps = told.spans[state].loops, told.spans[state].steps
    looks, interrupted = told.spans[state].looks, told.spans[state].interrupted
    assert max(loops) + max(looks) < LOOK_EVERY_MS
    if state == "INFUSING":
        assert percentile_99(steps) + max(looks) <= STEP_MS
        assert percentile_99(loops) + max(looks) <= LOOP_MS
        assert percentile_99(interrupted) <= LOOP_MS
    record_property(
        "figure",
        f"emulated Pico, {state}: step {median(steps):.2f} ms, 99 % {percentile_99(steps):.2f}; "
        f"whole loop {median(loops):.2f} ms, 99 % {percentile_99(loops):.2f}, most {max(loops):.2f} "
        f"({len(loops)} loops); less the looks of the guard of {median(looks):.2f} ms, at most {max(looks):.2f}",
    )


def test_the_loop_leaves_time_at_the_highest_rate(told, record_property):
    spans = told.spans["INFUSING"]
    share = sum(spans.interrupted) / 1_000 / spans.seconds  # with the guard's looks in them
    assert share <= SHARE
    record_property("figure", f"emulated Pico: the loop works {share:.0%} of the time at {RATE_ML_H:g} mL/h")


def test_when_the_loop_hangs_the_pulses_stop_within_the_orders_life(hung, record_property):
    since_s = hung.working.all[-1][1]  # its orders were out then
    went_on_s = hung.last_pulse_s - since_s
    two_steps_s = 2 * hung.port.STEP_PL * 3.6e-9 / RATE_ML_H
    assert hung.stands()
    assert 0 < went_on_s <= ORDERS_S + two_steps_s
    record_property("figure", f"emulated Pico: pulses go on for {went_on_s * 1000:.1f} ms after the loop hangs")


def test_the_watchdog_resets_a_hung_pump_and_it_says_why(hung):
    pulses = hung.motor.pulses
    assert hung.pico.watchdog_runs
    assert hung.run(RESET_S, lambda: hung.pico.boots > 1)
    pump = hung.pump()
    assert pump.status().state == "IDLE"
    booted = next(pump.events())
    assert (booted.kind, booted.code, booted.value) == ("link", "BOOT", "WATCHDOG"), booted
    assert hung.motor.pulses == pulses


def test_the_size_on_flash(image, tmp_path, record_property):
    files = [file for name in ("boot.py", "main.py", "pumpcore/*.py", "board/*.py") for file in FIRMWARE.glob(name)]
    files = [file for file in files if file.name != "unix.py"]
    mpy = 0
    for number, file in enumerate(files):
        subprocess.run([mpy_cross(image), "-o", tmp_path / f"{number}.mpy", file], check=True)
        mpy += (tmp_path / f"{number}.mpy").stat().st_size
    py = sum(file.stat().st_size for file in files)
    binary = image.stat().st_size // 2  # each 512 bytes of UF2 carry 256
    assert binary < 640_000  # below the file system of a Pico, 1408 kB of its 2 MB
    record_property(
        "figure",
        f"size of the firmware: {py / 1000:.0f} kB of .py, {mpy / 1000:.0f} kB of .mpy, "
        f"{binary / 1000:.0f} kB of image with MicroPython",
    )
