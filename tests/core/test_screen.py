"""What the display shows, read as a person would: large letters in double rows, small ones in single."""

import pytest

from pumpcore.alarms import GUARD_STOPPED, OCCLUSION_DOWNSTREAM, TABLE
from pumpcore.events import BOOT_NAMES, SETTINGS_LOST, WATCHDOG
from pumpcore.menu import BACK, NEXT, UP, Menu
from pumpcore.records import Outputs
from pumpcore.screen import CAUSES, COLUMNS, LOWER, ROWS, SMALL, UPPER, WORDS, Screen
from pumpcore.setup import Setup
from pumpcore.states import ALARM, IDLE, INFUSING, KVO, STATE_NAMES


@pytest.fixture
def menu():
    return Menu(Setup(173_530, 50_000))


def shown(menu, cause=0, **outputs):
    """The lines: those in large letters are as long as eight."""
    record = Outputs()
    for name, value in outputs.items():
        setattr(record, name, value)
    screen = Screen(menu, cause)
    screen.text[:] = b"#" * len(screen.text)
    screen.write(record)
    rows = [screen.text[row * COLUMNS : (row + 1) * COLUMNS].decode() for row in range(ROWS)]
    lines = []
    for row, size in enumerate(screen.sizes):
        if size == LOWER:
            assert screen.sizes[row - 1] == UPPER and rows[row][:8] == rows[row - 1][:8]
        else:
            lines.append(rows[row] if size == SMALL else rows[row][:8])
    return lines


def test_an_infusion(menu):
    assert shown(menu, state=INFUSING, rate_cml_h=500, pumped_ul=1_234, left_ul=8_766) == [
        "INFUSING",
        "    5.00",
        "            mL/h",
        "gave    1.234 mL",
        "left    8.766 mL",
        "                ",
    ]


def test_the_largest_numbers_have_room(menu):
    lines = shown(menu, state=KVO, rate_cml_h=120_000, pumped_ul=99_999_999, left_ul=99_999_000)
    assert lines[:3] == ["KVO     ", " 1200.00", "       KVO  mL/h"]
    assert lines[3:5] == ["gave99999.999 mL", "left99999.000 mL"]


@pytest.mark.parametrize(
    ("alarm", "words"), [(OCCLUSION_DOWNSTREAM, ["LINE    ", "BLOCKED "]), (GUARD_STOPPED, ["GUARD   ", "STOPPED "])]
)
def test_an_alarm_comes_first(menu, alarm, words):
    lines = shown(menu, state=ALARM, alarm_shown=alarm, pumped_ul=2, left_ul=10)
    assert lines == [*words, "ALARM       0.00", "gave    0.002 mL", "left    0.010 mL", "START = SEEN    "]


def test_every_alarm_state_and_cause_fits():
    assert len(WORDS) == len(TABLE)
    assert all(len(word) <= 8 for words in WORDS for word in words)
    assert all(words[0] for words in WORDS[1:])
    assert len(set(WORDS)) == len(WORDS)
    assert all(len(name) <= 8 for name in STATE_NAMES)
    assert sorted(CAUSES) == list(range(len(BOOT_NAMES)))
    assert all(len(words) <= COLUMNS for words in CAUSES.values())


def test_why_it_started_stands_there_until_it_is_programmed(menu):
    assert shown(menu, WATCHDOG, state=IDLE)[-1] == "RESET: WATCHDOG "
    assert shown(menu, SETTINGS_LOST, state=IDLE)[-1] == "SETTINGS LOST   "
    assert shown(menu, WATCHDOG, state=INFUSING)[-1].strip() == ""
    assert shown(menu, state=IDLE)[-1].strip() == ""


def press(menu, *keys):
    for key in keys:
        menu.press(0, key, IDLE)


def test_a_digit_of_the_rate(menu):
    press(menu, NEXT, NEXT, NEXT, NEXT, *[UP] * 5, NEXT, UP)
    assert shown(menu) == [
        "RATE    ",
        "0005.10 ",
        "          ^^    ",
        "            mL/h",
        "START+     STOP-",
        "SELECT> SILENCE<",
    ]
    press(menu, BACK)
    assert shown(menu)[2] == "      ^^        "


def test_a_digit_of_the_volume(menu):
    press(menu, *[NEXT] * 7, *[NEXT] * 4, *[UP] * 7)
    assert shown(menu)[:4] == ["VOLUME  ", "0000.7  ", "          ^^    ", "              mL"]


def test_what_it_has_read(menu):
    press(menu, *[NEXT] * 4, *[UP] * 5, *[NEXT] * 3, NEXT, NEXT, UP, NEXT, NEXT, NEXT)
    assert shown(menu) == [
        "rate        mL/h",
        "    5.00",
        "volume        mL",
        "    10.0",
        "KVO 1.00   2h00m",
        "START = CONFIRM ",
    ]


@pytest.mark.parametrize(("ups", "word"), [(0, "RATE"), (5, "VOLUME")])
def test_what_cannot_be(menu, ups, word):
    press(menu, *[NEXT] * 4, *[UP] * ups, *[NEXT] * 3, *[NEXT] * 5)
    assert [line.strip() for line in shown(menu)[4:]] == ["CANNOT BE:", word]
