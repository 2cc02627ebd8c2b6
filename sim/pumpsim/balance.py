"""A virtual balance under the end of the line: weighs what the plant delivered, and says so on a byte stream.

On the pan stands a vessel; what flows into it is weighed in air, against weights of steel (8 g/mL), so it shows a
thousandth less than its mass. Water evaporates, the zero drifts, the last digits are noise, and for a second after
anything has flowed the reading is not stable. It answers MT-SICS (`S`, `SI`, `T`, `Z`, a line each) and SBI (ESC and a
letter: P, T, U, V), whichever it is spoken to in; other commands with ES, as a balance does that speaks MT-SICS.

It has no time of its own: whoever calls `receive` says what time it is, and has brought the plant there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

STEEL_G_ML = 8.0  # OIML R 111: conventional density of weights
SETTLES_S = 1.0
STILL_UL = 0.5  # from look to look: less does not show; a look comes every half second or so, assumed
WAITS_S = 60.0  # for a stable weight, then gives up; assumed
UNDER_G = -1.0  # gross; assumed
ZERO_SHARE = 0.02  # of the range, within which it can be set to zero
ESC = 0x1B
MOST_LINE = 64


@dataclass(frozen=True)
class Scales:
    """An analytical balance, and the room it stands in; assumed but for water and air at 20 °C."""

    density_g_ml: float = 0.998207
    air_g_ml: float = 0.0012
    evaporation_mg_min: float = 0.0
    drift_mg_h: float = 0.0
    noise_mg: float = 0.05  # standard deviation
    decimals: int = 4  # of a gram
    most_g: float = 220.0
    vessel_g: float = 40.0
    identified: bool = False  # SBI with the six characters of a code before the weight


class Balance:
    """`delivered_ul` tells what has come into the vessel by now."""

    def __init__(self, delivered_ul: Callable[[], float], scales: Scales = Scales(), seed: int = 1) -> None:
        self.delivered_ul = delivered_ul
        self.scales = scales
        self.chance = Random(f"balance {seed}")
        self.heard = bytearray()
        self.waiting = ""  # S, T or Z, until the weight is stable
        self.since_s = 0.0
        self.now_s = 0.0
        self.seen_ul = delivered_ul()
        self.moved_s = -SETTLES_S
        self.lifted_g = 0.0  # somebody has taken so much off the pan
        self.zero_g = scales.vessel_g  # it was set to zero with the vessel on it
        self.tare_g = 0.0

    # What it weighs

    def grams(self) -> float:
        """What it shows, before noise and rounding."""
        return self._gross_g() - self.tare_g

    def _gross_g(self) -> float:
        scales = self.scales
        buoyed = (1 - scales.air_g_ml / scales.density_g_ml) / (1 - scales.air_g_ml / STEEL_G_ML)
        poured_g = self.delivered_ul() / 1_000 * scales.density_g_ml * buoyed
        lost_g = scales.evaporation_mg_min / 1_000 * self.now_s / 60
        drifted_g = scales.drift_mg_h / 1_000 * self.now_s / 3_600
        return scales.vessel_g - self.lifted_g - self.zero_g + poured_g - lost_g + drifted_g

    def _stable(self) -> bool:
        return self.now_s - self.moved_s >= SETTLES_S

    def _look(self) -> None:
        delivered_ul = self.delivered_ul()
        if abs(delivered_ul - self.seen_ul) >= STILL_UL:
            self.moved_s = self.now_s
        self.seen_ul = delivered_ul

    # What it says

    def receive(self, now_s: float, data: bytes = b"") -> bytes:
        """Hear `data` at `now_s`, in s since its power-on; what it answers by now. Without `data` it only has the time
        to answer what it was asked before."""
        self.now_s = now_s
        self._look()
        self.heard += data
        said = b""
        while (command := self._command()) is not None:
            said += self._obey(command)
        return said + self._wait()

    def _command(self) -> str | None:
        """The next whole one: a line, or ESC and a letter, which is one by itself."""
        heard = self.heard
        while heard and heard[0] in b"\r\n":
            del heard[0]
        end = 2 if heard and heard[0] == ESC else heard.find(b"\n") + 1
        if not end and len(heard) >= MOST_LINE:
            end = MOST_LINE
        if not end or len(heard) < end:
            return None
        command = heard[:end].decode("ascii", "replace")
        del heard[:end]
        return command.strip("\r\n")

    def _obey(self, command: str) -> bytes:
        if command in ("S", "T", "Z"):
            self.waiting, self.since_s = command, self.now_s
            return b""
        if command == "SI":
            return self._sics("S", "S" if self._stable() else "D")
        if command == "\x1bP":
            return self._sbi()
        if command in ("\x1bT", "\x1bU", "\x1bV"):
            self.tare_g = self._gross_g()
            return b""
        return b"" if command.startswith("\x1b") else b"ES\r\n"

    def _wait(self) -> bytes:
        """The answer to what waits for a stable weight."""
        word = self.waiting
        if not word or (not self._stable() and self.now_s - self.since_s < WAITS_S):
            return b""
        self.waiting = ""
        if not self._stable():
            return b"%s I\r\n" % word.encode()
        if word == "T" and not self._outside():
            self.tare_g = self._gross_g()
        return self._set_to_zero() if word == "Z" else self._sics(word, "S")

    def _set_to_zero(self) -> bytes:
        gross_g = self._gross_g()
        if abs(gross_g) > ZERO_SHARE * self.scales.most_g:
            return b"Z +\r\n" if gross_g > 0 else b"Z -\r\n"
        self.zero_g += gross_g
        self.tare_g = 0.0
        return b"Z A\r\n"

    def _outside(self) -> str:
        gross_g = self._gross_g()
        return "+" if gross_g + self.zero_g > self.scales.most_g else "-" if gross_g < UNDER_G else ""

    def _shown(self) -> str:
        noisy_g = self.grams() + self.chance.gauss(0.0, self.scales.noise_mg) / 1_000
        return f"{round(noisy_g, self.scales.decimals) + 0.0:.{self.scales.decimals}f}"

    def _sics(self, word: str, flag: str) -> bytes:
        outside = self._outside()
        return f"{word} {outside}\r\n".encode() if outside else f"{word} {flag} {self._shown():>10} g\r\n".encode()

    def _sbi(self) -> bytes:
        code, outside = "N" if self.scales.identified else "", self._outside()
        if outside:
            code, body = "Stat" if code else "", f"{'High' if outside == '+' else 'Low':^14}"
        else:
            shown = self._shown()
            body = f"{'-' if shown[0] == '-' else '+'}{shown.lstrip('-'):>9} {'g' if self._stable() else '':3}"
        return (f"{code:6}" if code else "").encode() + body.encode() + b"\r\n"
