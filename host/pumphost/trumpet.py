"""Start-up and trumpet curves of a capture, after IEC 60601-2-24 (formulas assumed: written from memory).

The capture is sampled every S = 0.5 min, counted from its first sample; between its rows the volume is taken to be a
straight line. With set rate r in mL/h and volume V in mL, Q_i = 60*(V_i - V_(i-1))/S is the flow of one interval. The
trumpet says how far the mean flow over P minutes can be off, wherever in the analysis window of Tx minutes those P
minutes lie: m = (Tx - P)/S + 1 overlapping positions, one per sample, and

    Ep(max) = MAX over j of (S/P) * sum over i = j … j+P/S-1 of 100*(Q_i - r)/r,    Ep(min) = MIN of the same,
    A = 100*(mean(Q) - r)/r over the whole analysis window.

The sum telescopes to 60*(V_(j+P/S-1) - V_(j-1))/P, so differences of cumulative volume are all that is needed, and no
rounding piles up. All errors are relative to the set rate.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pumphost.capture import SAMPLE_S, Capture
from pumphost.errors import BadInput

WINDOWS_MIN = (2, 5, 11, 19, 31)
STARTUP_MIN = 120.0
SAMPLE_MIN = SAMPLE_S / 60.0
USUAL_MIN = 60.0  # length of the analysis window that is proposed when a capture is short
CLOCK_S = 1e-6  # rounding of times that is forgiven at the end of a capture


@dataclass(frozen=True, eq=False)
class Trumpet:
    """Start-up and trumpet curves; errors in % of the set rate.

    windows_min: the observation windows P in min; ep_max, ep_min: greatest and least error over each of them.
    mean_error_percent: A, the error of the mean flow over the analysis window, minutes from_min to to_min.
    startup_min, startup_ml_h: end of each sample interval in min and the flow in it in mL/h, both of shape (n,), for
    the first 120 min or as long as the capture lasts. rate_ml_h: the set rate.
    """

    windows_min: tuple[int, ...]
    ep_max: tuple[float, ...]
    ep_min: tuple[float, ...]
    mean_error_percent: float
    startup_min: NDArray[np.float64]
    startup_ml_h: NDArray[np.float64]
    from_min: float
    to_min: float
    rate_ml_h: float

    def to_json(self) -> dict[str, list[int] | list[float] | float]:
        """The trumpet as `openinfuse trumpet --json` prints it."""
        return {
            "windows_min": list(self.windows_min),
            "ep_max": list(self.ep_max),
            "ep_min": list(self.ep_min),
            "mean_error_percent": self.mean_error_percent,
        }


def analyse(capture: Capture, rate_ml_h: float, from_min: float = 60.0, to_min: float = 120.0) -> Trumpet:
    """Start-up and trumpet curves of a capture at a set rate in mL/h; the analysis window runs from from_min to to_min,
    in min after the capture's first sample.

    Raises BadInput if the rate is not above 0, if a bound of the window is below 0 or no multiple of 0.5 min, if the
    window is shorter than 31 min, or if the capture ends before it does. Source: IEC 60601-2-24.
    """
    if not 0.0 < rate_ml_h < math.inf:
        raise BadInput(f"--rate: found {rate_ml_h:g} mL/h; the set rate must be above 0")
    _check_window(from_min, to_min)
    _check_length(capture, to_min)
    window_ml = _volume_at(capture, from_min, to_min)
    errors = [_errors_percent(window_ml, minutes, rate_ml_h) for minutes in WINDOWS_MIN]
    startup_ml = _volume_at(capture, 0.0, min(STARTUP_MIN, _whole_samples(_lasts_min(capture))))
    return Trumpet(
        windows_min=WINDOWS_MIN,
        ep_max=tuple(float(error.max()) for error in errors),
        ep_min=tuple(float(error.min()) for error in errors),
        mean_error_percent=float(_errors_percent(window_ml, to_min - from_min, rate_ml_h)[0]),
        startup_min=SAMPLE_MIN * np.arange(1, len(startup_ml), dtype=np.float64),
        startup_ml_h=60.0 * np.diff(startup_ml) / SAMPLE_MIN,
        from_min=from_min,
        to_min=to_min,
        rate_ml_h=rate_ml_h,
    )


def _volume_at(capture: Capture, from_min: float, to_min: float) -> NDArray[np.float64]:
    """Volume in mL at the sample instants from from_min to to_min, both included, linear between the capture's rows."""
    instants = np.arange(round(from_min / SAMPLE_MIN), round(to_min / SAMPLE_MIN) + 1)
    volume_ml: NDArray[np.float64] = np.interp(SAMPLE_S * instants, capture.t_s - capture.t_s[0], capture.volume_ml)
    return volume_ml


def _errors_percent(volume_ml: NDArray[np.float64], minutes: float, rate_ml_h: float) -> NDArray[np.float64]:
    """Error in % of the mean flow over every window of so many minutes, one per sample at which one can begin."""
    samples = round(minutes / SAMPLE_MIN)
    flow_ml_h = 60.0 * (volume_ml[samples:] - volume_ml[:-samples]) / minutes
    return 100.0 * (flow_ml_h - rate_ml_h) / rate_ml_h


def _lasts_min(capture: Capture) -> float:
    return float(capture.t_s[-1] - capture.t_s[0] + CLOCK_S) / 60.0


def _whole_samples(minutes: float) -> float:
    return math.floor(minutes / SAMPLE_MIN) * SAMPLE_MIN


def _check_window(from_min: float, to_min: float) -> None:
    for option, minute in (("--from", from_min), ("--to", to_min)):
        if not math.isfinite(minute) or minute % SAMPLE_MIN != 0.0:
            raise BadInput(f"{option}: found {minute:g} min; a multiple of {SAMPLE_MIN:g} min is needed")
    if from_min < 0.0:
        raise BadInput(f"--from: found {from_min:g} min; 0 or later is needed, the capture begins at 0")
    if to_min - from_min < max(WINDOWS_MIN):
        raise BadInput(
            f"--from, --to: minutes {from_min:g} to {to_min:g} are {to_min - from_min:g} min; the analysis window must "
            f"be at least {max(WINDOWS_MIN)} min long"
        )


def _check_length(capture: Capture, to_min: float) -> None:
    lasts_min = _lasts_min(capture)
    if lasts_min >= to_min:
        return
    last = _whole_samples(lasts_min)
    if last >= max(WINDOWS_MIN):
        remedy = f"--from {max(0.0, last - USUAL_MIN):g} --to {last:g} would fit, or record {to_min:g} min"
    else:
        remedy = f"the analysis needs at least {max(WINDOWS_MIN)} min, and {to_min:g} min as asked: record longer"
    raise BadInput(f"{capture.path}: the capture lasts {math.floor(10 * lasts_min) / 10:g} min (t_s is in s); {remedy}")
