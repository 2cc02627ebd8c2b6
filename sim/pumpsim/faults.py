"""What can go wrong, by kind: what it does to the plant when it starts and when it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from pumpsim.plant import Plant


@dataclass(frozen=True)
class Kind:
    """`start(plant, severity)` and `end(plant)`, which sets right what start did.

    `severity` is (unit, least, most, usual), or None for a fault that is there or not.
    """

    start: Callable[[Plant, float], None]
    end: Callable[[Plant], None]
    severity: tuple[str, float, float, float] | None = None

    def problem(self, severity: float | None) -> str:
        """What is wrong with a fault of this kind, or an empty string."""
        if severity is None:
            return ""
        if self.severity is None:
            return "severity does not belong here: this fault is there or not"
        unit, least, most, _ = self.severity
        if not least <= severity <= most:
            return f"severity is {severity:g}, must be {least:g} to {most:g} {unit}"
        return ""

    def usual(self) -> float:
        return self.severity[3] if self.severity else 0.0


KINDS = {
    "occlusion-downstream": Kind(
        start=lambda plant, severity: setattr(plant.node, "blocked", True),
        end=lambda plant: setattr(plant.node, "blocked", False),
    ),
    "air-bubble": Kind(
        start=lambda plant, microlitres: plant.inject_air(microlitres),
        end=lambda plant: plant.air.bubbles.clear(),  # somebody purges the line
        severity=("uL", 1, 5000, 200),
    ),
}
