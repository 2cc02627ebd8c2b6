"""What this one pump has been told for good: in flash, in two copies, the newer good one holds.

A copy is a line of ASCII in a file of its own: a count, one more with every change, the values of NAMES, the key in
hexadecimal digits or `-`, why the pump was reset last (pumpcore.events, BOOT), and the CRC-32 of all that. What is new
comes last among NAMES: a copy of an older firmware holds, and the rest is as built. A change
goes to the copy that does not hold, so that whatever is cut off at any byte, the other is there. With both bad the
values below hold, `lost` says so, and the key is one that fits nobody: nobody commands a pump that has forgotten whose
it is.

    mpremote exec "import board.settings; board.settings.change(step_pl=173412, count_pl=135341)"
    mpremote exec "import board.settings; board.settings.change(key='00112233445566778899aabbccddeeff')"
"""

import os
from binascii import crc32

from pumpcore.setup import Setup
from pumpcore.travel import COUNTS_PER_TURN
from pumpcore.units import CLOCK_MASK, const

FILES = ("settings.0", "settings.1")
NAMES = ("step_pl", "count_pl", "reservoir_ul", "occlusion_pa", "bubble_ul", "compliance_nl_kpa")
NO_KEY = "-"
MOST_KEY_BYTES = const(64)  # a block of SHA-256: a longer one is no better
RANDOM_BYTES = const(16)

# The nominal rig: BD Plastipak 50 mL, inner diameter 26.59 mm; a screw of 1 mm pitch; 3200 microsteps a turn.
STEP_PL = const(173_530)  # pi / 4 * (26.59 mm)**2 * 1 mm / 3200
COUNT_PL = const(135_434)  # the guard's, of a count of the encoder: entered apart, so that a slip in one shows
STEPS_PER_TURN = const(3_200)  # 200 full steps, 16 microsteps, no gear
LOW_BY = const(999)  # permille: the guard is told a little less than moves, as calibrations differ; assumed
RESERVOIR_UL = const(50_000)
OCCLUSION_PA = const(40_000)  # pumpcore.setup says why, as for the next
BUBBLE_UL = const(100)
COMPLIANCE_NL_KPA = const(21_715)  # as the virtual pump works it out for that syringe and a line of 1.5 m, at most


class Settings:
    """Read at once. `lost` if there were copies and none is good."""

    def __init__(self) -> None:
        self.step_pl = STEP_PL
        self.count_pl = COUNT_PL
        self.reservoir_ul = RESERVOIR_UL
        self.occlusion_pa = OCCLUSION_PA
        self.bubble_ul = BUBBLE_UL
        self.compliance_nl_kpa = COMPLIANCE_NL_KPA
        self.key = b""
        self.reset = 0  # why the pump was reset last
        self.count = -1  # of the copy that holds
        self.holds = 1  # which of FILES that is
        there = False
        for i in range(len(FILES)):
            copy = _content(FILES[i])
            there = there or copy is not None
            if copy:
                self._take(i, copy)
        self.lost = there and self.count < 0
        if self.lost:
            self.key = os.urandom(RANDOM_BYTES)

    def _take(self, which: int, copy: bytes) -> None:
        """What a copy says, if it is good and the newest yet."""
        words = copy.split()
        values = words[1:-3]
        if not 0 < len(values) <= len(NAMES) or words[-1] != _check(copy[: copy.rfind(b" ")]):
            return
        count = int(words[0])
        if count <= self.count:
            return
        self.count = count
        self.holds = which
        for i in range(len(values)):
            setattr(self, NAMES[i], int(values[i]))
        key = words[-3].decode()
        self.key = b"" if key == NO_KEY else bytes.fromhex(key)
        self.reset = int(words[-2])

    def setup(self, **fitted: int) -> Setup:
        """The pump's, with what is `fitted` to it. Raises SetupError for what a pump cannot have."""
        return Setup(
            self.step_pl,
            self.reservoir_ul,
            self.occlusion_pa,
            self.bubble_ul,
            compliance_nl_kpa=self.compliance_nl_kpa,
            **fitted,
        )

    def save(self) -> None:
        """Into the copy that does not hold, which then does."""
        self.count = (self.count + 1) & CLOCK_MASK
        self.holds = 1 - self.holds
        values = " ".join([str(getattr(self, name)) for name in NAMES])
        key = "".join(["%02x" % byte for byte in self.key]) or NO_KEY
        line = ("%d %s %s %d" % (self.count, values, key, self.reset)).encode()
        with open(FILES[self.holds], "wb") as file:
            file.write(line + b" " + _check(line))
        self.lost = False


def change(**values: object) -> None:
    """Change some of NAMES, or `key`, hexadecimal digits or empty. Raises ValueError or SetupError in one line, and
    changes nothing, for what a pump cannot have. What is changed holds from the next power-on."""
    settings = Settings()
    for name in sorted(values):
        value = values[name]
        if name == "key":
            settings.key = _key_of(value)
        elif name in NAMES and isinstance(value, int):
            setattr(settings, name, value)
        else:
            raise ValueError("no setting %s=%r: there are key, a text, and the numbers %s" % (name, value, NAMES))
    settings.setup()
    count_pl = settings.step_pl * STEPS_PER_TURN // COUNTS_PER_TURN * LOW_BY // 1_000
    if not count_pl * 99 <= settings.count_pl * 100 <= count_pl * 101:
        raise ValueError(
            "count_pl is %d, with step_pl=%d it must be %d or within 1 percent of that: give both"
            % (settings.count_pl, settings.step_pl, count_pl)
        )
    if settings.lost and "key" not in values:
        raise ValueError("the settings are lost, and the key: give key='' or its digits, and what was not as built")
    settings.save()


def _key_of(value: object) -> bytes:
    try:
        key = bytes.fromhex(str(value))
    except ValueError:
        key = bytes(MOST_KEY_BYTES + 1)
    if len(key) > MOST_KEY_BYTES:
        raise ValueError(
            "key must be hexadecimal digits, two a byte, %d bytes at most; empty for none" % MOST_KEY_BYTES
        )
    return key


def _content(name: str) -> bytes | None:
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError:
        return None


def _check(line: bytes) -> bytes:
    return b"*%08X" % (crc32(line) & 0xFFFFFFFF)
