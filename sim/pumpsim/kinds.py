"""What can go wrong, by name: how bad it can be, and which drive it can happen to. faults.py makes it happen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Severity:
    unit: str
    least: float
    most: float
    usual: float


@dataclass(frozen=True)
class Kind:
    """`drive` is the only one it can happen to."""

    severity: Severity | None = None  # None: there or not
    drive: str = ""

    def problem(self, severity: float | None) -> str:
        """What is wrong with this severity, or an empty string."""
        if severity is None:
            return ""
        if self.severity is None:
            return "severity does not belong here: this fault is there or not"
        if not self.severity.least <= severity <= self.severity.most:
            span = f"{self.severity.least:g} to {self.severity.most:g} {self.severity.unit}"
            return f"severity is {severity:g}, must be {span}"
        return ""


KINDS = {
    "occlusion-downstream": Kind(),
    "occlusion-partial": Kind(Severity("kPa per mL/h", 0.01, 1000, 5)),
    "occlusion-upstream": Kind(drive="peristaltic"),
    "infiltration": Kind(Severity("mL that double the tissue's resistance", 0.1, 1000, 5)),
    "free-flow": Kind(Severity("kPa s/uL of the leak", 0.001, 100, 0.1)),
    "air-bubble": Kind(Severity("uL", 1, 5000, 200)),
    "air-train": Kind(Severity("bubbles", 2, 200, 20)),
    "reservoir-empty": Kind(Severity("mL left", 0, 1000, 0)),
    "motor-stall": Kind(),
    "lost-steps": Kind(Severity("% of the steps", 1, 99, 10)),
    "winding-open": Kind(),
    "door-open": Kind(drive="peristaltic"),
    "syringe-unseated": Kind(drive="syringe"),
    "wrong-syringe": Kind(drive="syringe"),
    "encoder-stuck": Kind(),
    "pressure-stuck": Kind(),
    "pressure-offset": Kind(Severity("kPa", -100, 100, 10)),
    "pressure-noise": Kind(Severity("kPa", 0.01, 50, 2)),
    "flow-sensor-stuck": Kind(),
    "air-sensor-stuck": Kind(Severity("permille of air", 0, 1000, 0)),
    "battery-drain": Kind(Severity("mA", 10, 20_000, 4_000)),
    "power-cut": Kind(),
    "overheat": Kind(Severity("C around the pump", 30, 120, 70)),
    "clock-jump": Kind(Severity("s", -86_400, 86_400, 60)),
    "loop-stall": Kind(),
    "memory-flip": Kind(Severity("the bit of the rate in 0.01 mL/h", 0, 16, 9)),
    "code-flip": Kind(Severity("% of the code that is read before the bit", 0, 100, 50)),
    "key-bounce": Kind(Severity("times", 2, 20, 10)),
    "key-stuck": Kind(),
    "link-drop": Kind(),
}
