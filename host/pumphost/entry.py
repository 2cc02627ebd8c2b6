"""What a person enters, in the wire's own units: refused rather than rounded, with what would be right.

Two of rate, volume and time give the third. That one is rounded down, to what the pump can be set to.
"""

import re
from dataclasses import dataclass

from pumpcore.setup import MOST_RATE_CML_H, MOST_VOLUME_UL
from pumpcore.waiting import UL_S_OF_CML_H
from pumphost.errors import BadInput

TIME = re.compile(r"(?:(\d{1,5})h)?(?:(\d{1,5})min)?(?:(\d{1,5})s)?|(\d{1,5})h(\d{1,2})", re.ASCII)
DIGEST = re.compile(r"[0-9A-Fa-f]{8}")
CLOSE = 1e-6  # of a step; a float in range is off by 1e-8 at most


def rate_cml_h(ml_h: float) -> int:
    return _whole("rate", ml_h, 100, 1, MOST_RATE_CML_H, "mL/h")


def kvo_cml_h(ml_h: float) -> int:
    return _whole("KVO rate", ml_h, 100, 0, MOST_RATE_CML_H, "mL/h")


def vtbi_ul(ml: float) -> int:
    return _whole("volume to be infused", ml, 1_000, 1, MOST_VOLUME_UL, "mL")


def _whole(name: str, value: float, per_unit: int, least: int, most: int, unit: str) -> int:
    steps = value * per_unit
    if not least - CLOSE <= steps <= most + CLOSE:
        raise BadInput(f"{name}: {value:.10g} {unit}, must be {least / per_unit:g} to {most / per_unit:.10g} {unit}")
    if abs(steps - round(steps)) > CLOSE:
        raise BadInput(f"{name}: {value:.10g} {unit} is finer than the pump's step of {1 / per_unit:g} {unit}")
    return round(steps)


def seconds(text: str) -> int:
    """Of a time such as 30min, 1h30, 90s or 2h30min."""
    found = TIME.fullmatch(text)
    if not found or not text:
        raise BadInput(f"time: {text!r} is none; write 30min, 1h30, 2h or 90s")
    hours, minutes, rest, only_hours, only_minutes = (int(part or 0) for part in found.groups())
    total_s = (hours + only_hours) * 3_600 + (minutes + only_minutes) * 60 + rest
    if not total_s:
        raise BadInput(f"time: {text!r} is no time at all")
    return total_s


def digest(text: str) -> bytes:
    """As the pump writes it."""
    if not DIGEST.fullmatch(text):
        raise BadInput(f"a digest has 8 hexadecimal digits, this is {text!r}")
    return text.upper().encode()


@dataclass(frozen=True)
class Asked:
    """A rate and a volume, just as the pump reads them; how the one that was not given came about, if so."""

    rate_ml_h: float
    vtbi_ml: float
    worked_out: str = ""


def two_of(rate_ml_h: float | None, vtbi_ml: float | None, over: str | None) -> Asked:
    """Raises BadInput unless just two are given, and each can be."""
    rate = 0 if rate_ml_h is None else rate_cml_h(rate_ml_h)
    volume = 0 if vtbi_ml is None else vtbi_ul(vtbi_ml)
    time_s = 0 if over is None else seconds(over)
    if (rate, volume, time_s).count(0) != 1:
        raise BadInput("give just two of --rate, --vtbi and --over: the third follows")
    if not time_s:
        return Asked(rate / 100, volume / 1_000)
    if not rate:
        rate, rest = divmod(volume * UL_S_OF_CML_H, time_s)
        given, follows, rate = f"{vtbi_ml:.10g} mL", f"{rate / 100:.10g} mL/h", rate_cml_h(rate / 100)
    else:
        volume, rest = divmod(rate * time_s, UL_S_OF_CML_H)
        given, follows, volume = f"{rate_ml_h:.10g} mL/h", f"{volume / 1_000:.10g} mL", vtbi_ul(volume / 1_000)
    rounded = ", rounded down" if rest else ""
    return Asked(rate / 100, volume / 1_000, f"{given} over {over} is {follows}{rounded}")
