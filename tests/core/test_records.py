"""The names by which a record is passed on, to another process or a file."""

from pumpcore.records import Inputs, Outputs, numbers_of
from pumpcore.setup import Setup


def test_every_field_is_named_once_by_the_alphabet():
    assert numbers_of(Inputs()) == sorted(vars(Inputs()))
    assert numbers_of(Setup(1, 1_000)) == sorted(vars(Setup(1, 1_000)))


def test_what_is_no_number_is_not_named():
    assert sorted([*numbers_of(Outputs()), "counts", "intervals_ticks"]) == sorted(vars(Outputs()))
