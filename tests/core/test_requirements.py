"""The table of requirements in tests/README.md: nothing is left out, and every test it names is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# Open PCA Pump requirements: Table 4, and the numbers that set a limit; then recalls and reports.
ASKED = {
    *(
        f"T4 {alarm}"
        for alarm in (
            "over-infusion", "air", "empty", "hot", "upstream", "downstream", "alert-stop-start", "self-test", "memory",
            "processor", "dose limit", "battery low", "reservoir low", "paused too long", "under-infusion",
            "on battery",
        )
    ),
    "R5.1", "R5.2", "R5.3", "R6.1(1)", "R6.2(3)", "R6.4", "R6.4.3(5)", "R6.5", "R6.6", "R6.7(6)", "R6.8", "R6.9",
    "R7.1", "R7.2", "R7.3", "R7.4",
    *(
        f"recall: {what}"
        for what in (
            "stops without a fault", "key bounce", "units", "odd order of keys", "silent alarm", "false occlusion",
            "KVO", "stuck keys", "battery estimate", "motor not turning", "bolus on release", "network",
        )
    ),
}  # fmt: skip


def rows():
    """Of the table: (id, what is asked, tests)."""
    text = (TESTS / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| id | asked | tests |") :]
    return [[cell.strip() for cell in line.split("|")[1:4]] for line in table.splitlines()[2:] if line.startswith("|")]


def existing():
    return {
        name
        for file in TESTS.glob("*/test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_requirement_stands_in_the_table_once():
    ids = [row[0] for row in rows()]
    assert sorted(ids) == sorted(ASKED)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_requirement_names_tests_that_exist_or_says_what_is_missing(row):
    named = re.findall(r"`(test_\w+)`", row[2])
    assert named or "not yet" in row[2]
    assert set(named) <= existing()
