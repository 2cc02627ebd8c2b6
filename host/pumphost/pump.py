"""A pump at the end of a wire: `with Pump("/dev/ttyACM0") as pump: pump.start()`. Typed, and it prints nothing.

Rates are mL/h, volumes mL, pressures kPa, times s. What a person may enter is checked here before it is sent, and
again by the pump.
"""

import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from pumpcore.alarms import TABLE as ALARMS
from pumpcore.alarms import Alarm
from pumpcore.commands import NO_SESSION, PROTOCOL, STALE
from pumpcore.events import KIND_NAMES, LINK, LINK_NAMES, RAISED, REQUEST, STATE
from pumpcore.records import ANSWER_NAMES
from pumpcore.setup import MOST_RATE_CML_H, MOST_VOLUME_UL
from pumpcore.states import EVENT_NAMES, STATE_NAMES
from pumphost.errors import BadInput
from pumphost.line import Line, PumpError, Refused, open_port


class WrongVersion(PumpError):
    """The other end speaks another version of the protocol."""


@dataclass(frozen=True)
class Info:
    protocol: int
    keyed: bool  # changing anything needs a session opened with the pump's key
    step_pl: int  # volume of a motor step
    reservoir_ml: float
    most_rate_ml_h: float
    occlusion_kpa: float
    bubble_ul: int


@dataclass(frozen=True)
class Status:
    state: str
    rate_ml_h: float  # that flows now
    pumped_ml: float  # since power-on
    left_ml: float  # of the volume to be infused
    alarm: str  # the code shown, empty for none
    alarm_text: str
    silent: bool
    waiting: bool  # a prescription waits to be confirmed

    @property
    def left_s(self) -> float | None:
        """Time left at this rate; None while nothing flows."""
        return self.left_ml / self.rate_ml_h * 3_600 if self.rate_ml_h else None


@dataclass(frozen=True)
class Standing:
    """The alarms that stand."""

    latched: tuple[Alarm, ...]
    shown: str
    reason: str  # which of them stopped the pump
    free_ml: float  # that flowed by itself


@dataclass(frozen=True)
class Senses:
    clock_s: float  # since power-on, modulo 2**30 ms
    pressure_kpa: float
    air_permille: int  # of the detector's window
    battery_v: float
    housing_c: float
    on_mains: bool


@dataclass(frozen=True)
class Counts:
    bad: int  # lines that were no frame
    refused: int
    first_event: int
    next_event: int


@dataclass(frozen=True)
class Event:
    number: int
    clock_s: float
    kind: str  # state, alarm, request, link
    code: str
    value: str


@dataclass(frozen=True)
class Reading:
    """How the pump reads what it is to do. Nothing happens before `confirm(digest)`."""

    rate_ml_h: float
    vtbi_ml: float
    kvo_ml_h: float
    duration_s: int
    digest: str


class Pump:
    """`port` is anything serial.serial_for_url takes, or an open port; `key` the pump's, if it has one.

    Raises PortError, NoAnswer, WrongVersion, Refused; BadInput for a value that cannot be.
    """

    def __init__(self, port: str | Any, key: bytes = b"") -> None:
        self.line = Line(open_port(port) if isinstance(port, str) else port)
        self.key = key
        self.session = b""
        self.watched = False
        try:
            protocol, self.line.last, keyed, _ = self._numbers(b"hello")
            self.keyed = keyed == 1
            if protocol != PROTOCOL:
                raise WrongVersion(f"the pump speaks version {protocol} of the protocol, this is {PROTOCOL}: flash it")
        except BaseException:
            self.line.port.close()
            raise

    def __enter__(self) -> "Pump":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if the pump would miss us, and close the port."""
        try:
            if self.watched or self.session:
                self.line.ask(b"bye", (), self.session)
        except PumpError:
            pass
        finally:
            self.line.port.close()

    # Reading

    def info(self) -> Info:
        step_pl, reservoir_ul, most_cml_h, occlusion_pa, bubble_ul = self._numbers(b"info")
        return Info(
            PROTOCOL, self.keyed, step_pl, reservoir_ul / 1_000, most_cml_h / 100, occlusion_pa / 1_000, bubble_ul
        )

    def status(self) -> Status:
        state, rate, pumped, left, shown, silent, waiting = self._numbers(b"status")
        alarm = ALARMS[shown]
        return Status(
            STATE_NAMES[state],
            rate / 100,
            pumped / 1_000,
            left / 1_000,
            alarm.name,
            alarm.text,
            silent == 1,
            waiting == 1,
        )

    def alarms(self) -> Standing:
        latched, shown, reason, free = self._numbers(b"alarms")
        rows = tuple(row for code, row in enumerate(ALARMS) if code and latched & 1 << code)
        return Standing(rows, ALARMS[shown].name, ALARMS[reason].name, free / 1_000)

    def senses(self) -> Senses:
        clock, pressure, air, battery, housing, mains = self._numbers(b"senses")
        return Senses(clock / 1_000, pressure / 1_000, air, battery / 1_000, housing / 10, mains == 1)

    def counts(self) -> Counts:
        return Counts(*self._numbers(b"counts"))

    def events(self, first: int = 0) -> Iterator[Event]:
        """Those the pump still has in memory, from number `first` on, oldest first."""
        counts = self.counts()
        for number in range(max(first, counts.first_event), counts.next_event):
            yield _event(self._numbers(b"event", number))

    # Programming: two steps

    def program(self, rate_ml_h: float, vtbi_ml: float, kvo_ml_h: float = 0.0) -> Reading:
        rate = _whole("rate", rate_ml_h, 100, 1, MOST_RATE_CML_H, "mL/h")
        vtbi = _whole("volume to be infused", vtbi_ml, 1_000, 1, MOST_VOLUME_UL, "mL")
        kvo = _whole("KVO rate", kvo_ml_h, 100, 0, MOST_RATE_CML_H, "mL/h")
        return _reading(self._change(b"program", rate, vtbi, kvo))

    def rate(self, rate_ml_h: float) -> Reading:
        """Another rate, while it infuses or is paused."""
        return _reading(self._change(b"rate", _whole("rate", rate_ml_h, 100, 1, MOST_RATE_CML_H, "mL/h")))

    def confirm(self, digest: str) -> str:
        """Make it so; the state after it."""
        if len(digest) != 8 or any(digit not in "0123456789ABCDEF" for digit in digest.upper()):
            raise BadInput(f"a digest has 8 hexadecimal digits, this is {digest!r}")
        return self._state(b"confirm", digest.upper().encode())

    # Requests: each returns the state after it

    def start(self) -> str:
        return self._state(b"start")

    def pause(self) -> str:
        return self._state(b"pause")

    def resume(self) -> str:
        return self._state(b"resume")

    def stop(self) -> str:
        return self._state(b"stop")

    def acknowledge(self) -> str:
        return self._state(b"acknowledge")

    def silence(self) -> str:
        return self._state(b"silence")

    def reload(self) -> str:
        return self._state(b"reload")

    def alive(self) -> None:
        """Say that somebody is here. From the first time on the pump minds if it hears nothing for 10 s."""
        self._change(b"alive")
        self.watched = True

    # How

    def _numbers(self, word: bytes, *fields: int) -> list[int]:
        return [int(field) for field in self.line.ask(word, fields)]

    def _state(self, word: bytes, *fields: int | bytes) -> str:
        return STATE_NAMES[int(self._change(word, *fields)[0])]

    def _change(self, word: bytes, *fields: int | bytes) -> list[bytes]:
        """Ask, with a session if the pump wants one; once more if the session is over, or the number was another's:
        both are answered before anything is done."""
        if self.keyed and self.key and not self.session:
            self._open()
        try:
            return self.line.ask(word, fields, self.session)
        except Refused as error:
            if error.word == STALE:
                self.line.last = self._numbers(b"hello")[1]
            elif error.word == NO_SESSION and self.key:
                self._open()
            else:
                raise
        return self.line.ask(word, fields, self.session)

    def _open(self) -> None:
        """Challenge and response, pumpcore/session.py."""
        nonce = os.urandom(8).hex().upper().encode()
        theirs = bytes.fromhex(self.line.ask(b"open", (nonce,))[0].decode())
        session = hmac.digest(self.key, b"session" + nonce + theirs, "sha256")
        self.line.ask(b"prove", (), session)
        self.session = session


def _whole(name: str, value: float, per_unit: int, least: int, most: int, unit: str) -> int:
    """In the wire's own unit, refused rather than rounded."""
    whole = round(value * per_unit)
    if abs(value * per_unit - whole) > 1e-6 * max(1, abs(whole)):
        raise BadInput(f"{name}: {value:g} {unit} is finer than the pump's step of {1 / per_unit:g} {unit}")
    if not least <= whole <= most:
        raise BadInput(f"{name}: {value:g} {unit}, must be {least / per_unit:g} to {most / per_unit:g} {unit}")
    return whole


def _reading(fields: list[bytes]) -> Reading:
    rate, vtbi, kvo, duration = (int(field) for field in fields[:4])
    return Reading(rate / 100, vtbi / 1_000, kvo / 100, duration, fields[4].decode())


def _event(numbers: list[int]) -> Event:
    number, clock, kind, code, value = numbers
    names = {
        STATE: (STATE_NAMES, STATE_NAMES),
        RAISED: ([row.name for row in ALARMS], ("cleared", "raised")),
        REQUEST: (EVENT_NAMES, ANSWER_NAMES),
        LINK: (LINK_NAMES, ("",)),
    }[kind]
    return Event(number, clock / 1_000, KIND_NAMES[kind], names[0][code], names[1][value])
