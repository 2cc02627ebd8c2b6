"""Compiled by mypyc, controller and plant give the same bytes as the sources: in the recorded story, in the whole book.

Where there is no C compiler these are skipped and say so; with REQUIRE_INTERPRETERS set that is a failure.
"""

import json
import subprocess
import sys

import pytest
from lacking import lacking

from pumphost import compiled
from pumphost.errors import BadInput
from test_portable import BOOK, HERE, on_cpython, output_of

pytestmark = pytest.mark.long

COMPILED = "import runpy, sys; from pumphost import compiled; assert compiled.use(); "
REPLAY = COMPILED + "runpy.run_path('replay.py'); import pumpcore.guard as g; assert not g.__file__.endswith('.py')"
SIMULATE = "from pumphost.cli import main; main()"


@pytest.fixture(scope="module", autouse=True)
def build():
    try:
        compiled.build()
    except BadInput as error:
        lacking(str(error))


def test_the_recorded_story():
    assert output_of([sys.executable, "-c", REPLAY], HERE) == on_cpython("replay.py")


def test_the_whole_book(tmp_path, record_property):
    for name, code in (("sources", SIMULATE), ("compiled", COMPILED + SIMULATE)):
        command = [sys.executable, "-c", code, "simulate", *map(str, BOOK), "--out", str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
    for story in BOOK:
        one, other = (tmp_path / name / story.stem for name in ("sources", "compiled"))
        for file in ("trace.csv", "events.csv"):
            assert (one / file).read_bytes() == (other / file).read_bytes(), story.stem
        mine, theirs = (json.loads((folder / "summary.json").read_text()) for folder in (one, other))
        assert mine.pop("wall_s") >= 0 and theirs.pop("wall_s") >= 0
        assert mine == theirs
    record_property("figure", f"compiled by mypyc: {len(BOOK)} scenarios equal to those of the sources, byte for byte")
