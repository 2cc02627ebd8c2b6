"""What the controller's pressure sensor says of the plant's pressure: the truth and seeded noise, in Pa.

Noise is drawn once per block of 5 s, whoever looks and however often, so reading more does not change what
is read. Four parts: white noise of the sensor; an Ornstein-Uhlenbeck process for breathing and touch; a
level redrawn now and then, for posture and height; and a slow walk.
"""

from dataclasses import dataclass
from math import exp, expm1, sqrt
from random import Random

BLOCK_MS = 5_000
BLOCK_S = BLOCK_MS / 1_000


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


class PressureSensor:
    """Reads the line's pressure through a noise model of MODELS."""

    def __init__(self, model: str, seed: int) -> None:
        self.noise = MODELS[model]
        self.chance = Random(f"pressure {seed}")
        self.blocks = 0  # drawn so far
        self.touch_kpa = self.chance.gauss(0, self.noise.touch)
        self.level_kpa = self.walk_kpa = self.error_kpa = 0.0

    def read_pa(self, now_ms: int, pressure_kpa: float) -> int:
        while self.blocks <= now_ms // BLOCK_MS:
            self._draw()
            self.blocks += 1
        return round((pressure_kpa + self.error_kpa) * 1_000)

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
