"""What a snapshot reads like to a person. Panel and page show these same words."""

from dataclasses import dataclass

from pumpcore.alarms import PRIORITY_NAMES, Alarm
from pumphost.monitoring.watching import Outcome, Snapshot


@dataclass(frozen=True)
class Note:
    """An alarm that stands, or what else is to be seen: `priority` is high, medium, low."""

    priority: str
    text: str


@dataclass(frozen=True)
class Face:
    state: str
    moves: bool  # it pumps
    rate: str  # mL/h
    pumped: str  # mL since it is watched
    left: str  # mL
    left_time: str
    pressure: str
    pressure_share: float  # of the occlusion limit, 0 to 1
    air: str
    power: str
    warmth: str
    alarms: tuple[Note, ...]  # highest priority first, and of equals in the table's order
    audio: str  # what is to be said of the alarm's sound
    trouble: str
    remark: str
    outcome: Outcome | None


def face(snapshot: Snapshot) -> Face:
    status, senses = snapshot.status, snapshot.senses
    limit_kpa = snapshot.info.occlusion_kpa
    waiting = (Note("low", "A prescription waits to be confirmed"),) if status.waiting else ()
    return Face(
        status.state,
        status.rate_ml_h > 0,
        f"{status.rate_ml_h:.2f}",
        f"{snapshot.volume_ml:.3f}",
        f"{status.left_ml:.3f}",
        "at rest" if status.left_s is None else clock(status.left_s),
        f"{senses.pressure_kpa:.1f} of {limit_kpa:g} kPa",
        min(max(senses.pressure_kpa / limit_kpa, 0.0), 1.0),
        f"{senses.air_permille / 10:.1f} % of the detector",
        f"{'mains' if senses.on_mains else 'battery'}, {senses.battery_v:.2f} V",
        f"{senses.housing_c:.1f} °C",
        tuple(_note(alarm) for alarm in sorted(snapshot.standing.latched, key=_rank)) + waiting,
        "audio silenced" if status.silent else "",
        snapshot.trouble,
        snapshot.remark,
        snapshot.outcome,
    )


def clock(seconds: float) -> str:
    """h:mm:ss, or days and hours where it is longer than one."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours < 100 else f"{hours / 24:.1f} days"


def _rank(alarm: Alarm) -> int:
    return -alarm.priority


def _note(alarm: Alarm) -> Note:
    return Note(PRIORITY_NAMES[alarm.priority].lower(), alarm.text)
