"""What a board must do to be accepted, in the order in which it is looked at."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pumpcore.senses import LEAST_PA
from pumphost.accepting import onboard
from pumphost.flashing.board import OnBoard
from pumphost.flashing.flash import can_be_sealed
from pumphost.line import PortError

TURN_STEPS = 800  # a quarter turn of 3200 steps (board/hardware.py)
TURN_COUNTS = 1_024  # of the encoder's 4096
COUNTS_OFF = 23  # 2 degrees: an AS5600 is within 1 degree at each end, as its datasheet says, from memory
STEP_TICKS = 12_500  # 1 ms
TURN_MS = 1_000
STILL_COUNTS = 8  # noise of an encoder at rest; assumed
HELD_STEPS = 80  # asked for while GATE is at rest; 102 counts if it were not held
HELD_MS = 200
MOST_PA = 5_000  # of a sensor on an open line, either way; assumed
BATTERY_MV = (3_000, 9_000)  # one or two cells of lithium; assumed
BUZZER_HZ = 440
KEYS = ("start", "stop", "silence", "select")
KEY_MS = 15_000
BITES_AFTER_MS = 8_000  # board/watchdog.py
BITES_S = 11.0  # that, and until the port is back; assumed
COMES_BACK_S = 30.0  # assumed
LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Outcome:
    item: str
    wanted: str
    found: str
    passed: bool


@dataclass(frozen=True)
class Person:
    """Who stands at the board. `sees` answers a question, `does` is told what to do."""

    sees: Callable[[str], bool]
    does: Callable[[str], None]


def look_at(board: OnBoard, person: Person) -> Iterator[Outcome]:
    """All but the watchdog, one after the other; the board is left with its motor off. Raises NotDone, PortError."""
    board.refresh()
    board.run(onboard.PREPARE)
    try:
        yield _code(board)
        yield _encoder(board)
        yield from _motor(board)
        yield from _sensors(board)
        yield from _lights(board, person)
        yield _buzzer(board, person)
        yield from _keys(board, person)
        kept = board.ask(onboard.SETTINGS)
        yield Outcome("settings", "written and read back", "as written" if kept else "not as written", bool(kept))
    finally:
        board.refresh()  # Ctrl-C ends whatever runs there, and boot.py lets go of the motor


def _code(board: OnBoard) -> Outcome:
    found, sealed = board.ask(onboard.SUMS)
    if not can_be_sealed(board):
        return Outcome("code", "in files and sealed, or in the image", "in the image", not found)
    return Outcome("code", f"checksum {sealed}, as sealed", f"{found}", bool(found) and found == sealed)


def _encoder(board: OnBoard) -> Outcome:
    counts = board.ask(onboard.ENCODER)
    silent = min(counts) < 0
    moves = max(counts) - min(counts)
    found = "does not answer, or sees no magnet" if silent else f"moves by {moves}"
    return Outcome("encoder", f"answers, still to {STILL_COUNTS} counts", found, not silent and moves <= STILL_COUNTS)


def _motor(board: OnBoard) -> Iterator[Outcome]:
    """One that turns while GATE does, and only then."""
    forward = _turn(board, "forward", "FORWARD", TURN_COUNTS)
    yield forward
    for name, rest in (("low", 0), ("high", 1)):
        yield _held(board, name, rest, forward.passed)
    yield _turn(board, "backward", "BACKWARD", -TURN_COUNTS)


def _turn(board: OnBoard, way: str, level: str, wanted: int) -> Outcome:
    code = onboard.TURN.format(steps=TURN_STEPS, interval_ticks=STEP_TICKS, ms=TURN_MS, level=level)
    steps, counts = board.ask(code)
    return Outcome(
        f"motor {way}",
        f"{TURN_STEPS} steps, {wanted} counts, {COUNTS_OFF} more or less",
        f"{steps} steps, {counts} counts",
        steps == TURN_STEPS and abs(counts - wanted) <= COUNTS_OFF,
    )


def _held(board: OnBoard, name: str, rest: int, turns: bool) -> Outcome:
    """By the external timer, whatever the chip asks for. A motor that does not turn anyway shows nothing."""
    code = onboard.TURN_WITH_GATE_AT.format(steps=HELD_STEPS, interval_ticks=STEP_TICKS, ms=HELD_MS, rest=rest)
    steps, counts = board.ask(code)
    held = abs(counts) <= STILL_COUNTS
    found = f"{steps} steps, {counts} counts" + ("" if held else ": the external timer does not hold it")
    return Outcome(
        f"GATE at rest, {name}",
        f"{HELD_STEPS} steps, {STILL_COUNTS} counts at most, of a motor that turns otherwise",
        found if turns else "the motor does not turn otherwise",
        turns and steps == HELD_STEPS and held,
    )


def _sensors(board: OnBoard) -> Iterator[Outcome]:
    pressure_pa, air, battery_mv, driver = board.ask(onboard.SENSORS)
    off = pressure_pa < LEAST_PA
    found = "its wire is off" if off else f"{pressure_pa} Pa"
    yield Outcome("pressure", f"within {MOST_PA} Pa of 0", found, abs(pressure_pa) <= MOST_PA)
    yield Outcome("air detector", "0 to 1000 permille", f"{air}" if air <= 1_000 else "its wire is off", air <= 1_000)
    least, most = BATTERY_MV
    yield Outcome("battery", f"{least} to {most} mV", f"{battery_mv} mV", least <= battery_mv <= most)
    yield Outcome("motor driver", "no fault", "no fault" if driver else "fault", driver == 1)


def _lights(board: OnBoard, person: Person) -> Iterator[Outcome]:
    for at, colour in enumerate(("red", "yellow", "cyan")):
        board.run(onboard.LIGHTS.format(*(int(at == one) for one in range(3))))
        seen = person.sees(f"Is the {colour} LED on, and no other?")
        yield Outcome(f"{colour} LED", "on, and no other", "seen" if seen else "not so", seen)
    board.run(onboard.LIGHTS.format(0, 0, 0))


def _buzzer(board: OnBoard, person: Person) -> Outcome:
    board.run(onboard.SOUND.format(BUZZER_HZ))
    heard = person.sees("Does the buzzer sound?")
    board.run(onboard.SOUND.format(0))
    return Outcome("buzzer", f"{BUZZER_HZ} Hz", "heard" if heard else "not heard", heard)


def _keys(board: OnBoard, person: Person) -> Iterator[Outcome]:
    for key in KEYS:
        person.does(f"Press {key.upper()} within {KEY_MS // 1_000} s, and let it go.")
        pressed = board.ask(onboard.KEY.format(key, KEY_MS))
        found = "pressed" if pressed else "not pressed, or with another"
        yield Outcome(f"key {key.upper()}", "pressed, and no other", found, bool(pressed))


def watchdog(board: OnBoard, open_again: Callable[[], OnBoard]) -> tuple[Outcome, OnBoard]:
    """The board hangs until its watchdog starts it anew; and the board as it then is. Raises PortError if none is.

    Its clock must have begun anew: on a Pico the cause alone tells nothing, as a reset by a program is one by the
    watchdog there.
    """
    before_ms = board.ask(onboard.CLOCK_MS)
    board.leave_running(onboard.NOT_FED)
    time.sleep(BITES_S)  # to look sooner would interrupt what hangs
    again = _opened(open_again)
    anew = again.ask(onboard.CLOCK_MS) < before_ms + BITES_AFTER_MS
    bitten = anew and again.after_watchdog
    found = "started anew by it" if bitten else "started anew, and not by it" if anew else "hung on"
    return Outcome("watchdog", "starts a board anew that hangs", found, bitten), again


def _opened(open_again: Callable[[], OnBoard]) -> OnBoard:
    until = time.monotonic() + COMES_BACK_S
    while True:
        try:
            return open_again()
        except PortError:
            if time.monotonic() > until:
                raise
            time.sleep(LOOK_EVERY_S)
