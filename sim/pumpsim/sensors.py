"""What the controller's sensors say of the plant: the truth, and what comes between.

Noise of the pressure is drawn once per block of 5 s, whoever looks and however often, so reading more does
not change what is read. Four parts: white noise of the sensor; an Ornstein-Uhlenbeck process for breathing
and touch; a level redrawn now and then, for posture and height; and a slow walk. To that come an offset and
the steps of the converter. Any sensor may be stuck.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, hypot, sqrt
from random import Random

BLOCK_MS = 5_000
BLOCK_S = BLOCK_MS / 1_000

FLICKER = 2_654_435_761  # the golden section in 32 bits: its upper bits are as good as chance
FLOW_GAIN, FLOW_ZERO_ML_H = 0.02, 0.02  # at most, of one sensor for good; assumed: calibrated with the pump
COUNTS_PER_TURN = 4096  # of the AS5600 magnetic encoder, 12 bits
CODE_SUM = 0x2A5F1C73  # of the firmware's code, as it should be: one number is as good as another
CODE_ROUND_MS = 300_000  # the driver reads all of the code, evenly; assumed


@dataclass(frozen=True)
class Noise:
    """Standard deviations in kPa, per block; `walk` in kPa per root second. All assumed."""

    white: float = 0.0
    touch: float = 0.0
    touch_tau_s: float = 30.0
    level: float = 0.0
    levels_per_h: float = 0.0
    walk: float = 0.0


MODELS = {
    "none": Noise(),
    "bench": Noise(white=0.015),
    "bedside": Noise(white=0.03, touch=0.3, level=1.0, levels_per_h=4, walk=0.003),
    "harsh": Noise(white=0.05, touch=0.6, level=2.0, levels_per_h=10, walk=0.005),
}


class Sticking:
    """A sensor that gives its last reading again while it `sticks`; several faults may hold it at once."""

    sticks = 0

    def stick(self) -> Callable[[], None]:
        self.sticks += 1
        return self._come_loose

    def _come_loose(self) -> None:
        self.sticks -= 1


class PressureSensor(Sticking):
    """Reads the line's pressure through a noise model of MODELS, an offset and a converter's steps, in kPa."""

    def __init__(self, model: str, seed: int, offset_kpa: float = 0.0, quantum_kpa: float = 0.0) -> None:
        self.noise = MODELS[model]
        self.quantum_pa = round(quantum_kpa * 1000)
        self.chance = Random(f"pressure {seed}")
        self.blocks = 0  # drawn so far
        self.touch_kpa = self.chance.gauss(0, self.noise.touch)
        self.level_kpa = self.walk_kpa = self.error_kpa = 0.0
        self.offsets_kpa = [offset_kpa]
        self.more_white_kpa: list[float] = []
        self.more_chance = Random(f"more pressure {seed}")
        self.more_kpa = 0.0
        self.last_pa = 0

    def read_pa(self, now_ms: int, pressure_kpa: float) -> int:
        while self.blocks <= now_ms // BLOCK_MS:
            self._draw()
            self.blocks += 1
        if not self.sticks:
            error_kpa = self.error_kpa
            for offset_kpa in self.offsets_kpa:
                error_kpa += offset_kpa
            if self.more_white_kpa:
                error_kpa += self.more_kpa * hypot(*self.more_white_kpa)
            self.last_pa = round((pressure_kpa + error_kpa) * 1_000)
            if self.quantum_pa:
                self.last_pa = round(self.last_pa / self.quantum_pa) * self.quantum_pa
        return self.last_pa

    def _draw(self) -> None:
        """The next block's error. Every block takes its draws, so models differ in scale alone."""
        noise, gauss = self.noise, self.chance.gauss
        kept = exp(-BLOCK_S / noise.touch_tau_s)
        fresh = sqrt(-expm1(-2 * BLOCK_S / noise.touch_tau_s))
        self.touch_kpa = self.touch_kpa * kept + gauss(0, noise.touch) * fresh
        self.walk_kpa += gauss(0, noise.walk) * sqrt(BLOCK_S)
        if self.chance.random() < noise.levels_per_h * BLOCK_S / 3600:
            self.level_kpa = gauss(0, noise.level)
        self.error_kpa = gauss(0, noise.white) + self.touch_kpa + self.level_kpa + self.walk_kpa
        self.more_kpa = self.more_chance.gauss(0, 1)


class AirSensor:
    """The share of its window that is air, in permille."""

    def __init__(self) -> None:
        self.stuck_permille: list[int] = []
        self.testing = 0  # without its sender it sees nothing, which is air

    def read(self, permille: int) -> int:
        if self.stuck_permille:
            return self.stuck_permille[-1]
        return 1000 if self.testing else permille


class FlowSensor(Sticking):
    """A thermal sensor in the line, whose chip adds up what flows through it; in nL, of any number."""

    def __init__(self, seed: int) -> None:
        chance = Random(f"flow {seed}")
        self.gain = 1 + chance.uniform(-FLOW_GAIN, FLOW_GAIN)
        self.zero_nl_s = chance.uniform(-FLOW_ZERO_ML_H, FLOW_ZERO_ML_H) / 0.0036
        self.nl = 0
        self.missed_nl = 0  # while it was stuck

    def read_nl(self, now_ms: int, flowed_ul: float) -> int:
        """Its last digit flickers, as the encoder's does."""
        true = round(flowed_ul * 1_000 * self.gain + self.zero_nl_s * now_ms / 1_000) + (now_ms * FLICKER >> 20 & 1)
        if self.sticks:
            self.missed_nl = true - self.nl
        self.nl = true - self.missed_nl
        return self.nl


class CodeSum:
    """What the driver says of the firmware's code: the sum of its last whole round, the first of them at power-on."""

    def __init__(self) -> None:
        self.booted_ms = 0
        self.flips: list[tuple[float, int]] = []  # (share of the code that is read before the bit, since when in ms)

    def read(self, now_ms: int) -> int:
        code_sum = CODE_SUM
        for number, (share, since_ms) in enumerate(self.flips):
            if self._read_last_ms(now_ms, share) >= since_ms:
                code_sum ^= 1 << number % 29
        return code_sum

    def _read_last_ms(self, now_ms: int, share: float) -> float:
        """When this place was read for the last whole round; at power-on everything is read at once."""
        whole = (now_ms - self.booted_ms) // CODE_ROUND_MS
        return self.booted_ms + ((whole - 1 + share) * CODE_ROUND_MS if whole else 0)


class Encoder(Sticking):
    """Counts of the screw's or the rotor's angle, of any number of turns."""

    def __init__(self) -> None:
        self.counts = 0
        self.missed = 0  # while it was stuck

    def read(self, turns: float, now_ms: int = 0) -> int:
        """Its last digit flickers: a count more in every other millisecond, as chance has it."""
        true = int(turns * COUNTS_PER_TURN) + (now_ms * FLICKER >> 20 & 1)
        if self.sticks:
            self.missed = true - self.counts
        self.counts = true - self.missed
        return self.counts
