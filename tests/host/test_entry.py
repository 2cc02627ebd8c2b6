"""What a person enters, and what follows from two of rate, volume and time."""

import pytest

from pumphost import entry
from pumphost.entry import Asked, two_of
from pumphost.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30min", 1_800),
        ("1h30", 5_400),
        ("1h5", 3_900),
        ("1h30min", 5_400),
        ("2h", 7_200),
        ("90s", 90),
        ("1h1min1s", 3_661),
        ("10min30s", 630),
        ("48h", 172_800),
    ],
)
def test_a_time(text, seconds):
    assert entry.seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "30", "1:30", "h", "min", "-30min", "1.5h", "30 min", "30m", "1h300", "0s", "0h0", "\u0661h", "9" * 400 + "h"],
)
def test_what_is_no_time(text):
    with pytest.raises(BadInput, match=r"^time: "):
        entry.seconds(text)


@pytest.mark.parametrize(
    ("rate", "vtbi", "over", "asked"),
    [
        (5, 10, None, Asked(5.0, 10.0)),
        (None, 50, "30min", Asked(100.0, 50.0, "50 mL over 30min is 100 mL/h")),
        (None, 10, "7min", Asked(85.71, 10.0, "10 mL over 7min is 85.71 mL/h, rounded down")),
        (None, 0.1, "1h30", Asked(0.06, 0.1, "0.1 mL over 1h30 is 0.06 mL/h, rounded down")),
        (20, None, "90min", Asked(20.0, 30.0, "20 mL/h over 90min is 30 mL")),
        (0.01, None, "1h5", Asked(0.01, 0.01, "0.01 mL/h over 1h5 is 0.01 mL, rounded down")),
    ],
)
def test_two_of_three(rate, vtbi, over, asked):
    assert two_of(rate, vtbi, over) == asked


@pytest.mark.parametrize("given", [(None, None, None), (5, None, None), (None, None, "2h"), (5, 10, "2h")])
def test_one_or_all_of_them_are_too_few_or_too_many(given):
    with pytest.raises(BadInput, match="give just two of --rate, --vtbi and --over"):
        two_of(*given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((None, 1, "500h"), "rate: 0 mL/h, must be 0.01 to 1200 mL/h"),
        ((None, 100, "1s"), "rate: 360000 mL/h, must be 0.01 to 1200 mL/h"),
        ((0.01, None, "1s"), "volume to be infused: 0 mL, must be 0.001 to 99999 mL"),
        ((1_200, None, "99999h"), "volume to be infused: 119998800 mL, must be 0.001 to 99999 mL"),
        ((0, 10, None), "rate: 0 mL/h, must be"),
        ((5.005, None, "2h"), "rate: 5.005 mL/h is finer than the pump's step of 0.01 mL/h"),
        ((119.9995, 1, None), "is finer"),
        ((1_199.9999, 1, None), "is finer"),
    ],
)
def test_what_does_not_come_out_in_range(given, says):
    with pytest.raises(BadInput) as caught:
        two_of(*given)
    assert says in str(caught.value)


@pytest.mark.parametrize("cml_h", [1, 7, 29, 1_001, 57_857, 119_999, 120_000])
def test_every_rate_in_hundredths_comes_through_a_float(cml_h):
    assert entry.rate_cml_h(cml_h / 100) == cml_h
    assert entry.rate_cml_h(sum([0.01] * min(cml_h, 2_000))) == min(cml_h, 2_000)
