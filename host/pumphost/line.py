"""The host's end of the wire: one frame out, its reply in, over whatever pyserial opens.

A frame that gets no whole reply is sent again, to the bit, so the pump knows it and does nothing twice. Numbers of
frames that change something follow the pump's last; those of frames that only read are half of all numbers away from
these, so that a late reply to one is never taken for the other's.
"""

import hmac
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import serial

from pumpcore.commands import CHANGE, NO, NO_SESSION, OK, READ, STALE, TABLE, WHY, Command
from pumpcore.wire import FROM_HOST, FROM_PUMP, NUMBERS, Reader, Writer
from pumphost.errors import BadInput

ATTEMPTS = 5
PATIENCE_S = 0.4  # for one reply; a pump's loop wakes as a byte comes
READS_APART = 1_000  # numbers of reading, used in turn
COMMANDS = {command.word: command for command in TABLE}


class PumpError(Exception):
    """Something at the other end is not as it should be: one line that says what to do."""


class PortError(PumpError):
    """The port cannot be opened or has gone."""


class NoAnswer(PumpError):
    """No whole reply has come. What was asked for may have happened, or not."""


class Refused(PumpError):
    """The pump has said no. `word` is its own, of commands.WHY; `why` says it better where more is known."""

    def __init__(self, command: str, word: bytes, why: str = "") -> None:
        why = why or WHY.get(word, f"the pump says {word.decode()!r}, which this version does not know")
        super().__init__(f"{command}: {why}")
        self.word = word


class WrongVersion(PumpError):
    """The other end speaks another version of the protocol, or tells of what this one does not know."""


def open_port(port: str, baudrate: int = 115_200, timeout_s: float = PATIENCE_S) -> Any:
    """A port that pyserial knows: /dev/ttyACM0, COM3, socket://host:port. Raises PortError; BadInput for an address
    that no port can have."""
    _check_url(port)
    exclusive: dict[str, Any] = {} if "://" in port else {"exclusive": True}
    try:
        return serial.serial_for_url(port, baudrate=baudrate, timeout=timeout_s, write_timeout=timeout_s, **exclusive)
    except (serial.SerialException, OSError, ValueError, KeyError) as error:
        if "://" in port and isinstance(error, ValueError | KeyError):
            raise BadInput(f"{port} is no port: /dev/ttyACM0, COM3 or socket://HOST:PORT are such ({error})") from None
        raise PortError(_explain(port, error)) from error


def _check_url(port: str) -> None:
    """pyserial takes a missing or impossible port for one that cannot be opened."""
    if port.startswith(("socket://", "rfc2217://")):
        try:
            found = urlsplit(port).port
        except ValueError:
            found = None
        if found is None:
            kind = port.partition("://")[0]
            raise BadInput(f"{port} is no port: {kind}://HOST:PORT is one, with a number up to 65535")


def _explain(port: str, error: Exception) -> str:
    text = str(error)
    if "exclusively lock" in text or "busy" in text.lower():
        return f"{port} is in use: close the other program that has it open"
    if "No such file" in text or "FileNotFound" in text:
        return f"there is no {port}: `openinfuse ports` lists those that are here"
    if "Inappropriate ioctl" in text or "Is a directory" in text:
        return f"{port} is no serial port: `openinfuse ports` lists those that are here"
    if "ermission" in text:
        return f"no permission for {port}: on Linux, add yourself to the group dialout and log in again"
    if "refused" in text:
        return f"nothing listens at {port}"
    return f"{port} cannot be opened: {text}"


class Line:
    """Frames over an open port. `attempts` counts what was sent, retries too; each is given `patience_s`."""

    def __init__(self, port: Any, patience_s: float = PATIENCE_S) -> None:
        self.port = port
        self.patience_s = patience_s
        self.writer = Writer(FROM_HOST)
        self.reader = Reader(FROM_PUMP)
        self.last = 0  # number of the last frame that changed something
        self.reads = 0
        self.attempts = 0

    def ask(self, word: bytes, fields: Sequence[int | bytes] = (), key: bytes = b"") -> list[bytes]:
        """Send a command, sealed with the session's `key` if there is one; the fields of its reply.

        Raises Refused, NoAnswer, PortError.
        """
        command = COMMANDS[word]
        frame, number = self._frame(command, fields, key)
        for attempt in range(ATTEMPTS):
            self._send(frame)
            reply = self._reply(command, number)
            if reply is None:
                continue
            if reply[0] == OK:
                return reply[1:]
            if attempt and command.gate >= CHANGE and reply[1] in (STALE, NO_SESSION):  # one sent before may be done
                raise NoAnswer(f"{word.decode()}: the pump has gone on without a reply; look at its status")
            raise Refused(word.decode(), reply[1])
        if command.gate == READ:
            raise NoAnswer("the pump does not answer: is it on, is this its port, is its firmware running?")
        raise NoAnswer(f"{word.decode()}: no answer; it may have happened or not, look at the pump's status")

    def _frame(self, command: Command, fields: Sequence[int | bytes], key: bytes) -> tuple[bytes, int]:
        if command.gate >= CHANGE:
            number = self.last = (self.last + 1) % NUMBERS
        else:
            self.reads = (self.reads + 1) % READS_APART
            number = (self.last + NUMBERS // 2 + self.reads) % NUMBERS
        writer = self.writer
        writer.begin(number, command.word)
        for field in fields:
            if isinstance(field, int):
                writer.integer(field)
            else:
                writer.text(field)
        if key:
            writer.tag(hmac.digest(key, bytes(writer.view[: writer.length]), "sha256"))
        if not writer.end():
            raise ValueError(f"{command.word.decode()} {fields} does not fit a frame")
        return bytes(writer.view[: writer.length]), number

    def _send(self, frame: bytes) -> None:
        self.attempts += 1
        try:
            self.port.write(frame)
        except serial.SerialTimeoutException:
            pass  # nobody takes it: no answer will come either
        except (serial.SerialException, OSError) as error:
            raise PortError(f"the port has gone: {error}") from error

    def _reply(self, command: Command, number: int) -> list[bytes] | None:
        """The reply to this number, or None if none comes in time."""
        until = time.monotonic() + self.patience_s
        reader = self.reader
        while True:
            try:
                data = bytearray(self.port.read(max(1, self.port.in_waiting)))
            except (serial.SerialException, OSError) as error:
                raise PortError(f"the port has gone: {error}") from error
            at = 0
            while at < len(data):
                at = reader.read(data, at, len(data))
                if reader.whole and reader.number == number:
                    reply = [reader.text(token) for token in range(reader.tokens)]
                    if _belongs(reply, command):
                        return reply
            if time.monotonic() >= until:
                return None


def _belongs(reply: list[bytes], command: Command) -> bool:
    if reply[0] == NO:
        return len(reply) == 2
    if command.word == b"hello":  # of any version: it begins with that
        return reply[0] == OK and len(reply) > 1
    return reply[0] == OK and len(reply) - 1 == len(command.reply)
