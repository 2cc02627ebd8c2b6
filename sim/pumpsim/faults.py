"""What can go wrong, by kind: what it does to the plant when it starts, and how that is undone."""

from collections.abc import Callable
from dataclasses import dataclass

from pumpsim.plant import Plant


@dataclass(frozen=True)
class Kind:
    """`start(plant, severity)` makes the fault and returns what ends this one, and no other of its kind.

    `severity` is (unit, least, most, usual), or None for a fault that is there or not.
    """

    start: Callable[[Plant, float], Callable[[], None]]
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


def _block(plant: Plant, severity: float) -> Callable[[], None]:
    plant.block()
    return plant.unblock


def _inject_air(plant: Plant, microlitres: float) -> Callable[[], None]:
    bubble = plant.inject_air(microlitres)
    return lambda: plant.purge(bubble)


KINDS = {
    "occlusion-downstream": Kind(_block),
    "air-bubble": Kind(_inject_air, severity=("uL", 1, 5000, 200)),
}
