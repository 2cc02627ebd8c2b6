"""The bill of materials: every part with number, alternative and a price that says it is assumed."""

import csv
from pathlib import Path

import pytest

HARDWARE = Path(__file__).parents[2] / "hardware"
HEADS = {"both", "syringe", "peristaltic"}
README = " ".join((HARDWARE / "README.md").read_text(encoding="utf-8").split())
NUMBER_SEEN, ALTERNATIVE_SEEN = ("both seen", "number seen"), ("both seen", "alternative seen")
GIVEN = ("part", "must", "maker", "number", "alternative_maker", "alternative_number", "checked")

ROWS = list(csv.DictReader((HARDWARE / "bom.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_part_can_be_bought(row):
    assert not [name for name in GIVEN if not row[name].strip()]
    assert row["head"] in HEADS
    assert int(row["quantity"]) > 0
    assert float(row["price_eur"]) > 0
    assert row["price_is"] == "assumed"
    assert (row["maker"], row["number"]) != (row["alternative_maker"], row["alternative_number"])
    assert "seen" in row["checked"] or "unchecked" in row["checked"]
    assert row["checked"].startswith((*NUMBER_SEEN, *ALTERNATIVE_SEEN, "unchecked"))


def test_ids_are_unique():
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_either_head_is_whole():
    for head, needed in (("syringe", {"M1", "K1", "K5", "K15"}), ("peristaltic", {"M2", "K11", "K14"})):
        assert needed <= {row["id"] for row in ROWS if row["head"] in ("both", head)}


def test_the_readme_counts_what_was_seen():
    numbers, alternatives = (
        sum(row["checked"].startswith(said) for row in ROWS) for said in (NUMBER_SEEN, ALTERNATIVE_SEEN)
    )
    assert f"Of {len(ROWS)} lines, {numbers} numbers and {alternatives} alternatives were seen" in README


def test_the_price_is_the_sum():
    """To 10 EUR."""
    syringe, peristaltic = (
        sum(int(row["quantity"]) * float(row["price_eur"]) for row in ROWS if row["head"] in ("both", head))
        for head in ("syringe", "peristaltic")
    )
    assert (
        f"about {round(syringe, -1):.0f} EUR with the syringe drive, {round(peristaltic, -1):.0f} with the head"
        in README
    )
