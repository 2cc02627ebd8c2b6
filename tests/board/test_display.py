"""The SSD1306: a page at a time, only what has changed, readable in two sizes; and a pump that goes on without it."""

import pytest

from assemble import load, order
from parts import Ssd1306
from pumpcore.states import INFUSING


@pytest.fixture
def show(rig):
    """Draws what is so after these outputs, a turn at a time; returns the pages that were sent."""
    board = load(rig).Board()

    def show(turns=8, **outputs):
        board.screen.write(order(**outputs))
        sent = rig.chips[0x3C].sent if 0x3C in rig.chips else []
        before = len(sent)
        for _ in range(turns):
            board.display.turn(rig.clock_ms)
        return sent[before:]

    show.board = board
    return show


def text(chip, page):
    """The small letters of a page: in the stand-in's font each has its code in all of its eight columns."""
    return bytes(chip.dots[page][::8]).decode()


def doubled(chip, page):
    """The large letters of a pair of pages, of which each column stands twice and each bit twice."""
    upper, lower = chip.dots[page], chip.dots[page + 1]
    letters = bytearray()
    for column in range(0, 128, 16):
        dots = upper[column] | lower[column] << 8
        assert all(upper[column + i] | lower[column + i] << 8 == dots for i in range(16))
        assert all((dots >> 2 * i & 1) == (dots >> 2 * i + 1 & 1) for i in range(8))
        letters.append(sum((dots >> 2 * i & 1) << i for i in range(8)))
    return letters.decode()


def test_it_is_switched_on_and_all_of_it_is_drawn(rig, show):
    assert show(turns=1) == []
    assert rig.chips[0x3C].on
    assert show(turns=8, state=INFUSING, rate_cml_h=500, pumped_ul=1_234, left_ul=8_766) == list(range(8))
    chip = rig.chips[0x3C]
    assert (doubled(chip, 0), doubled(chip, 2)) == ("INFUSING", "    5.00")
    assert [text(chip, page) for page in (4, 5, 6)] == ["            mL/h", "gave    1.234 mL", "left    8.766 mL"]


def test_one_page_a_turn_at_most_and_only_what_has_changed(rig, show):
    show(turns=9, state=INFUSING, rate_cml_h=500)
    assert show(turns=16, state=INFUSING, rate_cml_h=500) == []
    assert show(turns=8, state=INFUSING, rate_cml_h=500, pumped_ul=1) == [5]
    assert sorted(show(turns=8, state=INFUSING, rate_cml_h=600, pumped_ul=1)) == [2, 3]


def test_a_row_that_only_changes_its_size_is_drawn_anew(rig, show):
    board = show.board
    show(turns=9)
    board.screen.sizes[4] = 1
    show.board.display.next_row = 4
    board.display.turn(rig.clock_ms)
    assert rig.chips[0x3C].sent[-1] == 4


@pytest.mark.parametrize("noticed", [0, 1])
def test_one_that_was_gone_is_set_up_again_and_drawn_whole(rig, show, noticed):
    show(turns=9)
    rig.chips.pop(0x3C)
    show(turns=20, pumped_ul=noticed)
    rig.chips[0x3C] = Ssd1306()
    assert show(turns=20, pumped_ul=noticed) == []
    rig.clock_ms += 5_000
    assert sorted(show(turns=9, state=INFUSING)) == list(range(8))


def test_without_a_display_the_pump_starts(rig):
    rig.chips.pop(0x3C)
    board = load(rig).Board()
    board.guard(board.setup())
    board.obey(order(red=1))
    then_ms = rig.clock_ms + 1_000
    board.wait_until(then_ms)
    assert rig.clock_ms >= then_ms
    assert board.protector.content and board.red.value() == 1


def test_the_loop_draws_while_it_waits_and_not_when_a_step_is_due(rig, board):
    board.obey(order(state=INFUSING, rate_cml_h=500))
    sent = rig.chips[0x3C].sent
    for _ in range(50):
        board.wait_until(rig.clock_ms + 7)
    assert sent == []
    board.wait_until(rig.clock_ms + 30)
    assert sorted(sent) == list(range(8))
    board.obey(order(state=INFUSING, rate_cml_h=500, pumped_ul=7))
    board.wait_until(rig.clock_ms + 300)
    assert sent[8:] == [5]
