"""A pump at the end of a wire: `with Pump("/dev/ttyACM0") as pump: pump.start()`. Typed, and it prints nothing.

Rates are mL/h, volumes mL, pressures kPa, times s. What a person may enter is checked here before it is sent, and
again by the pump.
"""

import hmac
import os
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from pumpcore.commands import NO_EVENT, NO_SESSION, PROTOCOL, REFUSALS, STALE
from pumpcore.records import REFUSED_HERE
from pumpcore.states import IDLE, STATE_NAMES
from pumphost import entry
from pumphost.line import COMMANDS, PATIENCE_S, Line, PumpError, Refused, WrongVersion, open_port
from pumphost.refusal import in_this_state
from pumphost.told import Counts, Event, Info, Reading, Senses, Standing, Status, known

__all__ = ["Counts", "Event", "Info", "Pump", "Reading", "Senses", "Standing", "Status", "WrongVersion"]

HANDSHAKES = 3  # a late reply spoils one


class Pump:
    """`port` is anything serial.serial_for_url takes, or an open port; `key` the pump's, if it has one.

    Raises PortError, NoAnswer, WrongVersion, Refused; BadInput for a value that cannot be.
    """

    def __init__(self, port: str | Any, key: bytes = b"", patience_s: float = PATIENCE_S) -> None:
        self.line = Line(open_port(port) if isinstance(port, str) else port, patience_s)
        self.key = key
        self.session = b""
        self.watched = False
        try:
            protocol, *more = self._numbers(b"hello")
            if protocol != PROTOCOL or len(more) != 3:
                raise WrongVersion(f"the pump speaks version {protocol} of the protocol, this is {PROTOCOL}: flash it")
            self.line.last, keyed, _ = more
            self.keyed = keyed == 1
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
        return Info.of(self.keyed, *self._numbers(b"info"))

    def status(self) -> Status:
        return Status.of(*self._numbers(b"status"))

    def alarms(self) -> Standing:
        return Standing.of(*self._numbers(b"alarms"))

    def senses(self) -> Senses:
        return Senses.of(*self._numbers(b"senses"))

    def counts(self) -> Counts:
        return Counts(*self._numbers(b"counts"))

    def events(self, first: int = 0) -> Iterator[Event]:
        """Those the pump still has in memory, from number `first` on, oldest first."""
        counts = self.counts()
        for number in range(max(first, counts.first_event), counts.next_event):
            try:
                yield Event.of(*self._numbers(b"event", number))
            except Refused as error:
                if error.word != NO_EVENT:  # else written over meanwhile
                    raise

    # Programming: two steps

    def program(self, rate_ml_h: float, vtbi_ml: float, kvo_ml_h: float = 0.0) -> Reading:
        rate, vtbi = entry.rate_cml_h(rate_ml_h), entry.vtbi_ul(vtbi_ml)
        return _reading(self._change(b"program", rate, vtbi, entry.kvo_cml_h(kvo_ml_h)))

    def rate(self, rate_ml_h: float) -> Reading:
        """Another rate, while it infuses or is paused."""
        return _reading(self._change(b"rate", entry.rate_cml_h(rate_ml_h)))

    def confirm(self, digest: str) -> str:
        """Make it so; the state after it."""
        return self._state(b"confirm", entry.digest(digest))

    # Requests: each returns the state after it

    def start(self) -> str:
        return self._state(b"start")

    def pause(self) -> str:
        return self._state(b"pause")

    def resume(self) -> str:
        return self._state(b"resume")

    def stop(self) -> str:
        """It needs no session. A pump that is IDLE has nothing to stop: that is as good."""
        try:
            return self._state(b"stop")
        except Refused as error:
            if error.word == REFUSALS[REFUSED_HERE]:
                return STATE_NAMES[IDLE]
            raise

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
        return _integers(self.line.ask(word, fields))

    def _state(self, word: bytes, *fields: int | bytes) -> str:
        return known(STATE_NAMES, _integers(self._change(word, *fields))[0], "state")

    def _change(self, word: bytes, *fields: int | bytes) -> list[bytes]:
        """Ask, with a session if the pump wants one; once more if the session is over, or the number was another's:
        both are answered before anything is done."""
        if self.keyed and self.key and not self.session and word != b"stop":
            self._open()
        try:
            return self.line.ask(word, fields, self.session)
        except Refused as error:
            if error.word == STALE:
                self.line.last = self._numbers(b"hello")[1]
            elif error.word == NO_SESSION and self.key:
                self._open()
            elif error.word == REFUSALS[REFUSED_HERE] and word != b"stop":
                raise self._refused_here(word) from None
            elif error.word == NO_SESSION:
                raise Refused(
                    word.decode(), NO_SESSION, "the pump has a key, and none was given (--key FILE)"
                ) from None
            else:
                raise
        return self.line.ask(word, fields, self.session)

    def _refused_here(self, word: bytes) -> Refused:
        why = in_this_state(self.status().state, COMMANDS[word].request)
        return Refused(word.decode(), REFUSALS[REFUSED_HERE], why)

    def _open(self) -> None:
        """Challenge and response, pumpcore/session.py."""
        for _ in range(HANDSHAKES):
            nonce = os.urandom(8).hex().upper().encode()
            theirs = _integers(self.line.ask(b"open", (nonce,)), 16)[0].to_bytes(8)
            session = hmac.digest(self.key, b"session" + nonce + theirs, "sha256")
            try:
                self.line.ask(b"prove", (), session)
            except Refused as error:
                if error.word != NO_SESSION:
                    raise
            else:
                self.session = session
                return
        raise Refused("key", NO_SESSION, "the pump does not take it: is it another pump's?")


def _reading(fields: list[bytes]) -> Reading:
    rate, vtbi, kvo, duration = _integers(fields[:4])
    return Reading.of(rate, vtbi, kvo, duration, fields[4].decode())


def _integers(fields: list[bytes], base: int = 10) -> list[int]:
    try:
        return [int(field, base) for field in fields]
    except ValueError:
        raise WrongVersion("the pump answers in another way than this version knows: flash it") from None
