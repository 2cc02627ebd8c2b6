"""The trumpet analysis against closed forms, to 1e-9 percentage points. Each answer is derived in the test's comment.

Terms, after IEC 60601-2-24: samples every S = 0.5 min, window of P min, analysis window of Tx min from minute T0, set
rate r in mL/h. Window j (j = 0 … (Tx - P)/S) covers the minutes T0 + j*S to T0 + j*S + P.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pumphost.capture import Capture, read_capture
from pumphost.errors import BadInput
from pumphost.trumpet import WINDOWS_MIN, analyse

S_MIN = 0.5
Record = Callable[[str, object], None]
TIGHT = {"rtol": 0.0, "atol": 1e-9}  # percentage points, mL/h


def capture_of(volume_ml: Callable[[float], float], minutes: float = 120.0, every_s: float = 30.0) -> Capture:
    """A capture of a volume given as a function of the minute, sampled exactly on every_s."""
    t_s = np.arange(round(minutes * 60 / every_s) + 1) * every_s
    return Capture(Path("bench.csv"), t_s, np.array([volume_ml(t / 60.0) for t in t_s.tolist()]))


def steady(ml_h: float) -> Callable[[float], float]:
    return lambda minute: ml_h * minute / 60.0


# what is wrong | minutes recorded, set rate, from, to | what the line must say
BAD = [
    ("too short", (90.0, 5.0, 60.0, 120.0), ["bench.csv", "lasts 90 min", "--from 30 --to 90", "120 min"]),
    ("short, few left", (45.2, 5.0, 60.0, 120.0), ["lasts 45.2 min", "--from 0 --to 45 "]),
    ("short of any window", (30.9, 5.0, 60.0, 120.0), ["lasts 30.9 min", "at least 31 min", "120 min"]),
    ("half a minute short", (119.5, 5.0, 60.0, 120.0), ["lasts 119.5 min", "--from 59.5 --to 119.5"]),
    ("window too narrow", (120.0, 5.0, 60.0, 90.5), ["60 to 90.5", "30.5 min", "at least 31 min"]),
    ("window reversed", (120.0, 5.0, 120.0, 60.0), ["120 to 60", "at least 31 min"]),
    ("odd window", (120.0, 5.0, 60.0, 100.25), ["100.25", "multiple of 0.5 min"]),
    ("odd start", (120.0, 5.0, 60.25, 100.25), ["60.25", "multiple of 0.5 min"]),
    ("start before 0", (120.0, 5.0, -1.0, 60.0), ["-1", "0 or later"]),
    ("start not a number", (120.0, 5.0, math.nan, 60.0), ["--from", "nan", "multiple of 0.5 min"]),
    ("end not finite", (120.0, 5.0, 60.0, math.inf), ["--to", "inf", "multiple of 0.5 min"]),
    ("rate 0", (120.0, 0.0, 60.0, 120.0), ["rate", "0 mL/h", "above 0"]),
    ("rate below 0", (120.0, -5.0, 60.0, 120.0), ["rate", "-5 mL/h", "above 0"]),
    ("rate not a number", (120.0, math.nan, 60.0, 120.0), ["rate", "nan mL/h", "above 0"]),
    ("rate not finite", (120.0, math.inf, 60.0, 120.0), ["rate", "inf mL/h", "above 0"]),
]


@pytest.mark.parametrize(("values", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_input_is_refused_in_one_line(values: tuple[float, float, float, float], says: list[str]) -> None:
    minutes, rate_ml_h, from_min, to_min = values
    capture = capture_of(steady(5.0), minutes, every_s=6.0)
    with pytest.raises(BadInput) as caught:
        analyse(capture, rate_ml_h, from_min, to_min)
    assert "\n" not in str(caught.value)
    for part in says:
        assert part in str(caught.value)


@pytest.mark.parametrize("rate_ml_h", [0.1, 1.0, 5.0, 25.0, 1200.0])
@pytest.mark.parametrize("bias_percent", [-100.0, -3.7, 0.0, 0.01, 12.5])
def test_constant_bias(rate_ml_h: float, bias_percent: float, record_property: Record) -> None:
    # Flow r*(1 + b/100) throughout: every Q_i is off by b, so is every mean of them. Ep(max) = Ep(min) = A = b.
    trumpet = analyse(capture_of(steady(rate_ml_h * (1 + bias_percent / 100))), rate_ml_h)
    off = np.abs(np.array([*trumpet.ep_max, *trumpet.ep_min]) - bias_percent).max()
    record_property("worst of trumpet, constant bias, points off", float(off))
    np.testing.assert_allclose(trumpet.ep_max, [bias_percent] * 5, **TIGHT)
    np.testing.assert_allclose(trumpet.ep_min, [bias_percent] * 5, **TIGHT)
    assert trumpet.mean_error_percent == pytest.approx(bias_percent, rel=0, abs=1e-9)


SINES = [(7.0, 0.0), (7.0, 1.0), (13.3, -2.0), (2.0, 0.4), (29.0, 3.0), (5.0, 0.3)]  # period min, phase


@pytest.mark.parametrize(("period_min", "phase"), SINES)
def test_sine(period_min: float, phase: float, record_property: Record) -> None:
    # Flow r*(1 + a*sin(w*t + f)), w = 2*pi/P0. Volume, in mL with t in min: r/60*(t - a/w*(cos(w*t + f) - cos f)).
    # Mean error over t … t+P: 100*a*(cos(w*t + f) - cos(w*(t + P) + f))/(w*P)
    #                        = 100*a*sin(pi*P/P0)/(pi*P/P0)*sin(w*(t + P/2) + f).
    # The exact extremes are those of the sine over the positions t = T0 + j*S that exist.
    rate, amplitude, omega = 5.0, 0.2, 2 * math.pi / period_min

    def volume_ml(t: float) -> float:
        return rate / 60 * (t - amplitude / omega * (math.cos(omega * t + phase) - math.cos(phase)))

    trumpet = analyse(capture_of(volume_ml), rate)
    for window, high, low in zip(WINDOWS_MIN, trumpet.ep_max, trumpet.ep_min, strict=True):
        x = math.pi * window / period_min
        size = 100 * amplitude * math.sin(x) / x
        starts = [60 + j * S_MIN for j in range(int((60 - window) / S_MIN) + 1)]
        exact = [size * math.sin(omega * (t + window / 2) + phase) for t in starts]
        record_property("worst of trumpet, sine, points off", max(abs(high - max(exact)), abs(low - min(exact))))
        assert high == pytest.approx(max(exact), rel=0, abs=1e-9)
        assert low == pytest.approx(min(exact), rel=0, abs=1e-9)
        # Continuous bound: |size|. When the positions span a whole period, one lies within S/2 of the peak, so at
        # least cos(w*S/2) of the bound is reached.
        assert max(high, -low) <= abs(size) + 1e-9
        if 60 - window >= period_min:
            reached = abs(size) * math.cos(omega * S_MIN / 2) - 1e-9
            assert high >= reached
            assert -low >= reached
    # A is the same mean over the whole of T1.
    x = math.pi * 60 / period_min
    mean = 100 * amplitude * math.sin(x) / x * math.sin(omega * 90 + phase)
    assert trumpet.mean_error_percent == pytest.approx(mean, rel=0, abs=1e-9)


@pytest.mark.parametrize("basal_ml_h", [0.0, 1.5])
@pytest.mark.parametrize("every_samples", [1, 3, 7, 10, 40])
def test_periodic_boluses(every_samples: int, basal_ml_h: float, record_property: Record) -> None:
    # A bolus of V mL in the middle of every q-th sample interval, q = Tb/S. A window of n = P/S intervals holds
    # floor(n/q) or ceil(n/q) of them, and as there are at least q positions both counts occur. With c boluses the
    # flow over P min is basal + 60*V*c/P.
    bolus_ml, rate = 0.25, 4.0

    def volume_ml(t: float) -> float:
        interval = round(t / S_MIN)  # intervals that have ended; the k-th bolus falls into interval k*q
        return basal_ml_h * t / 60 + bolus_ml * (interval // every_samples)

    trumpet = analyse(capture_of(volume_ml), rate)
    for window, high, low in zip(WINDOWS_MIN, trumpet.ep_max, trumpet.ep_min, strict=True):
        n, q = round(window / S_MIN), every_samples
        assert 120 - n + 1 >= q
        for got, count in ((high, -(-n // q)), (low, n // q)):
            exact = 100 * ((basal_ml_h + 60 * bolus_ml * count / window) / rate - 1)
            record_property("worst of trumpet, periodic boluses, points off", abs(got - exact))
            assert got == pytest.approx(exact, rel=0, abs=1e-9)


def test_the_window_is_where_it_is_said_to_be() -> None:
    # Twice the rate before minute 60 and none after 120: a sample of either inside T1 would show. From minute 59 the
    # first window of P min holds one minute at 2r: Ep(max) = 100/P.
    def volume_ml(t: float) -> float:
        return 5.0 / 60 * (min(t, 60) + min(t, 120))

    capture = capture_of(volume_ml, 150.0)
    exact = analyse(capture, 5.0)
    np.testing.assert_allclose([*exact.ep_max, *exact.ep_min, exact.mean_error_percent], 0.0, **TIGHT)
    early = analyse(capture, 5.0, 59.0, 120.0)
    np.testing.assert_allclose(early.ep_max, [100 / p for p in WINDOWS_MIN], **TIGHT)
    assert early.mean_error_percent == pytest.approx(100 / 61, rel=0, abs=1e-9)
    # To minute 121 the last window has one minute of no flow.
    late = analyse(capture, 5.0, 60.0, 121.0)
    np.testing.assert_allclose(late.ep_min, [-100 / p for p in WINDOWS_MIN], **TIGHT)


def test_the_narrowest_window_has_one_position_of_31_min() -> None:
    # m = (31 - 31)/0.5 + 1 = 1: the greatest and the least error over 31 min are one and the same, and the mean.
    trumpet = analyse(capture_of(lambda t: t * t / 100, 60.0), 5.0, 10.0, 41.0)
    assert trumpet.ep_max[-1] == trumpet.ep_min[-1] == pytest.approx(trumpet.mean_error_percent, rel=0, abs=1e-9)
    assert trumpet.ep_max[0] > trumpet.ep_min[0]


def test_start_up_is_the_flow_of_the_first_two_hours() -> None:
    # V = t^2/100 mL: Q_i = 60*(t_i^2 - (t_i - S)^2)/(100*S) = 0.6*(2*t_i - S) mL/h, given at the end of its interval.
    trumpet = analyse(capture_of(lambda t: t * t / 100, 150.0), 5.0)
    assert trumpet.startup_min.tolist() == [S_MIN * i for i in range(1, 241)]
    np.testing.assert_allclose(trumpet.startup_ml_h, 0.6 * (2 * trumpet.startup_min - S_MIN), **TIGHT)
    short = analyse(capture_of(lambda t: t * t / 100, 45.4, every_s=6.0), 5.0, 0.0, 31.0)
    assert short.startup_min[-1] == 45.0


def test_between_samples_the_volume_is_a_straight_line() -> None:
    # Samples every 20 s, one bolus of 1 mL between 3600 s and 3620 s. At 3630 s, halfway between two samples, it is all
    # there; were it between 3620 s and 3640 s, half of it would be. The greatest Q_i doubles between the two.
    def after(minute: float) -> Capture:
        return capture_of(lambda t: 1.0 if t > minute else 0.0, every_s=20.0)

    assert max(analyse(after(60.1), 5.0).startup_ml_h) == pytest.approx(120.0, rel=0, abs=1e-9)
    assert max(analyse(after(60.5), 5.0).startup_ml_h) == pytest.approx(60.0, rel=0, abs=1e-9)


@pytest.mark.parametrize("start_s", [-500.0, 12.3, 1.7e9])
def test_time_counts_from_the_first_sample(start_s: float) -> None:
    capture = capture_of(lambda t: 5.0 * t / 60 + math.sin(t) / 50)
    moved = Capture(capture.path, capture.t_s + start_s, capture.volume_ml + 3.0)
    here, there = analyse(capture, 5.0), analyse(moved, 5.0)
    # A clock near 1.7e9 s ticks in 2.4e-7 s, so times of samples off the grid may be that far out.
    np.testing.assert_allclose(there.ep_max, here.ep_max, rtol=0, atol=1e-5)
    np.testing.assert_allclose(there.ep_min, here.ep_min, rtol=0, atol=1e-5)


def test_json_has_the_four_published_keys() -> None:
    trumpet = analyse(capture_of(steady(5.1)), 5.0)
    made = trumpet.to_json()
    assert list(made) == ["windows_min", "ep_max", "ep_min", "mean_error_percent"]
    assert made["windows_min"] == [2, 5, 11, 19, 31]
    assert made["ep_max"] == list(trumpet.ep_max)
    assert made["ep_min"] == list(trumpet.ep_min)
    assert made["mean_error_percent"] == trumpet.mean_error_percent
    assert all(type(value) is float for key in ("ep_max", "ep_min") for value in made[key])
    assert (trumpet.from_min, trumpet.to_min, trumpet.rate_ml_h) == (60.0, 120.0, 5.0)


RISES_ML = st.lists(st.floats(0.0, 0.5), min_size=120, max_size=240)  # one rise a sample


@given(rises_ml=RISES_ML, scale=st.floats(0.01, 100.0), rate=st.floats(0.5, 50.0))
def test_scaling_the_volume_scales_the_flow(rises_ml: list[float], scale: float, rate: float) -> None:
    # 100 + Ep = 100*Q/r, and Q is proportional to V.
    to_min = len(rises_ml) // 2 * 1.0
    assume(to_min >= 60)
    volume_ml = np.concatenate(([0.0], np.cumsum(rises_ml)))
    t_s = np.arange(len(volume_ml)) * 30.0
    one = analyse(Capture(Path("one.csv"), t_s, volume_ml), rate, to_min - 60, to_min)
    many = analyse(Capture(Path("many.csv"), t_s, scale * volume_ml), rate, to_min - 60, to_min)
    for name in ("ep_max", "ep_min", "mean_error_percent"):
        flow = 100 + np.asarray(getattr(one, name))
        np.testing.assert_allclose(100 + np.asarray(getattr(many, name)), scale * flow, rtol=1e-9, atol=1e-8)
    assert all(low <= high for low, high in zip(one.ep_min, one.ep_max, strict=True))


@pytest.mark.parametrize("density", [0.998, 1.0, 1.08])
def test_a_mass_capture_equals_the_volume_capture(tmp_path: Path, density: float) -> None:
    volumes = [(30 * i, 5.0 * i / 120 + 0.01 * math.sin(i)) for i in range(241)]
    by_volume, by_mass = tmp_path / "volume.csv", tmp_path / "mass.csv"
    by_volume.write_text("t_s,volume_ml\n" + "".join(f"{t},{v!r}\n" for t, v in volumes))
    by_mass.write_text("t_s,mass_g\n" + "".join(f"{t},{v * density!r}\n" for t, v in volumes))
    one, other = analyse(read_capture(by_volume), 5.0), analyse(read_capture(by_mass, density), 5.0)
    np.testing.assert_allclose(other.ep_max, one.ep_max, **TIGHT)
    np.testing.assert_allclose(other.ep_min, one.ep_min, **TIGHT)
    assert other.mean_error_percent == pytest.approx(one.mean_error_percent, rel=0, abs=1e-9)
