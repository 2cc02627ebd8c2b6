"""A balance over a serial port: what it says, read strictly, in grams and with whether it is stable.

Two protocols that most laboratory balances speak, and weights typed by a person. MT-SICS (Mettler Toledo, reference
manuals of levels 0 and 1): `SI` is answered by `S S     12.3456 g`, stable, or `S D ...`, not; `S I` while the balance
is busy, `S +` and `S -` outside its range, `ES`, `ET`, `EL` for a command it does not take. SBI (Sartorius, manuals of
Combics, Entris II, FB): ESC P is answered by 16 characters, sign, value, unit, CR and LF, or by 22 with a code of six
before them; while it is not stable the unit is left out. A line of any other length has lost something and is no
reading.

Both are to be set to 9600 baud, 8 data bits, no parity, and not to print by themselves.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import serial

from pumphost.line import PortError, PumpError

BAUD = 9_600
PATIENCE_S = 2.0  # for a line; a balance answers within 0.3 s
ATTEMPTS = 3  # a line may have lost a character, or be the end of one that was printed before

SICS_WEIGHT = re.compile(r"S ([SD]) +(-?\d+(?:\.\d*)?) (\S+) *")
SBI_WEIGHT = re.compile(r"([+\- ]) *(\d+(?:\.\d*)?) +([A-Za-z%/]*) *")
SBI_LENGTHS = (14, 20)  # without CR and LF
SBI_CODE = 6
TYPED = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([A-Za-z%/]*)", re.ASCII)


class BalanceError(PumpError):
    """The balance has given no weight that can be used: one line that says what to do."""


class Garbled(BalanceError):
    """A line that is none of the protocol's; the next one may be."""


@dataclass(frozen=True)
class Weight:
    grams: float
    stable: bool


def read_sics(line: str) -> Weight | None:
    """The weight in an answer to `SI`; None while the balance is busy. Raises BalanceError."""
    words = line.split()
    if words == ["S", "I"]:
        return None
    if words in (["S", "+"], ["S", "-"]):
        raise _outside(words[1] == "+")
    if words in (["ES"], ["ET"], ["EL"]):
        raise BalanceError(
            f"the balance answers {words[0]}, it does not take the command: set its interface to MT-SICS"
        )
    found = SICS_WEIGHT.fullmatch(line.replace("[", "").replace("]", ""))  # brackets: digits that are not verified
    if not found:
        raise Garbled(f"the balance says {line[:40]!r}, which is no weight in MT-SICS; is it another protocol?")
    return Weight(_grams(found[2], found[3]), found[1] == "S")


def read_sbi(line: str) -> Weight | None:
    """The weight in an answer to ESC P, without CR and LF; None while the balance adjusts itself.

    Raises BalanceError.
    """
    body = line[SBI_CODE:] if len(line) == max(SBI_LENGTHS) else line
    word = body.strip()
    if word in ("H", "HH", "High") or word in ("L", "LL", "Low"):
        raise _outside(word.startswith("H"))
    if word in ("C", "Cal.", "Cal. Ext.", "Cal.Ext."):
        return None
    if "ER" in word.upper():
        raise BalanceError(f"the balance reports {word!r}: its manual says what that is")
    found = SBI_WEIGHT.fullmatch(body)
    if len(line) not in SBI_LENGTHS or not found:
        raise Garbled(f"the balance says {line[:40]!r}, which is no weight in SBI; is it another protocol?")
    grams = _grams(found[2], found[3] or "g")
    return Weight(-grams if found[1] == "-" else grams, bool(found[3]))


def read_typed(text: str) -> Weight:
    """A weight as a person types it, `12.3456` or `12.3456 g`. Raises BalanceError."""
    found = TYPED.fullmatch(text.strip())
    if not found:
        raise Garbled(f"{text.strip()[:40]!r} is no weight; type it as 12.3456, in g")
    return Weight(_grams(found[1], found[2] or "g"), True)


def _grams(value: str, unit: str) -> float:
    if unit != "g":
        raise BalanceError(f"the balance weighs in {unit}: set it to g")
    return float(value)


def _outside(over: bool) -> BalanceError:
    if over:
        return BalanceError("the balance is overloaded: take a smaller vessel, or empty it")
    return BalanceError("the balance is below its range: is the vessel on the pan?")


@dataclass(frozen=True)
class Protocol:
    name: str
    ask: bytes
    tare: bytes
    tare_answers: bool
    read: Callable[[str], Weight | None]


SICS = Protocol("MT-SICS", b"SI\r\n", b"T\r\n", True, read_sics)
SBI = Protocol("SBI", b"\x1bP\r\n", b"\x1bT\r\n", False, read_sbi)
PROTOCOLS = {"sics": SICS, "sbi": SBI}


class Balance:
    """`port` is an open one, as of `pumphost.line.open_port`."""

    def __init__(self, port: Any, protocol: Protocol) -> None:
        self.port = port
        self.protocol = protocol

    def read(self) -> Weight | None:
        """What it weighs now, stable or not; None while it cannot say. Raises BalanceError."""
        for left in reversed(range(ATTEMPTS)):
            try:
                return self.protocol.read(self._line(self.protocol.ask))
            except Garbled:
                if not left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def tare(self) -> None:
        """Take what is on the pan for nothing; to be called while it is stable. Raises BalanceError."""
        if not self.protocol.tare_answers:
            self._send(self.protocol.tare)
            return
        answer = self._line(self.protocol.tare)
        if not answer.startswith("T S"):
            raise BalanceError(f"the balance does not tare, it says {answer[:40]!r}: is the pan quiet and in range?")

    def _line(self, command: bytes) -> str:
        """One whole line in answer to this, as text."""
        self._send(command)
        try:
            line: bytes = self.port.readline()
        except (serial.SerialException, OSError) as error:
            raise PortError(f"the balance's port has gone: {error}") from error
        if not line:
            how = f"{BAUD} baud, 8 data bits, no parity, {self.protocol.name}"
            raise BalanceError(f"the balance does not answer: is it on, is this its port, is it set to {how}?")
        return line.decode("ascii", "replace").rstrip("\r\n")

    def _send(self, command: bytes) -> None:
        try:
            self.port.reset_input_buffer()
            self.port.write(command)
        except serial.SerialTimeoutException:
            pass  # nobody takes it: no answer will come either
        except (serial.SerialException, OSError) as error:
            raise PortError(f"the balance's port has gone: {error}") from error


class TypedBalance:
    """A balance that a person reads. `ask` shows a text and returns what was typed, `tell` shows one."""

    def __init__(self, ask: Callable[[str], str], tell: Callable[[str], None]) -> None:
        self.ask = ask
        self.tell = tell

    def read(self) -> Weight:
        """Asked for until it is a weight."""
        while True:
            try:
                return read_typed(self.ask("Weight, once the display is stable, in g"))
            except BalanceError as error:
                self.tell(str(error))

    def tare(self) -> None:
        self.tell("Tare the balance now.")
