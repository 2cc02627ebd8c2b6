"""A recorded capture is read as it stands or refused in one line that names the file, the place and what is right."""

from pathlib import Path

import numpy as np
import pytest

from pumphost.capture import Capture, read_capture
from pumphost.errors import BadInput

GOOD = "t_s,volume_ml\n0,0.0\n30,0.5\n60,1.0\n"

# what is wrong | the file's bytes | what the line must say: the place, what was found, what would be right
BAD = [
    ("empty file", b"", ["is empty", "t_s", "volume_ml"]),
    ("only blank lines", b"\n\n", ["is empty", "t_s"]),
    ("not UTF-8", b"t_s,volume_ml\n0,0\n30,\xff\n", ["line 3", "not UTF-8"]),
    ("UTF-16", GOOD.encode("utf-16"), ["line 1", "not UTF-8"]),
    ("NUL byte", b"t_s,volume_ml\n0,0\n30,1\x00\n", ["line 3"]),
    ("no time", b"time,volume_ml\n0,0\n30,1\n", ["line 1", "t_s", "'time,volume_ml'"]),
    ("no volume", b"t_s,flow\n0,0\n30,1\n", ["line 1", "volume_ml", "mass_g", "'t_s,flow'"]),
    ("semicolons", b"t_s;volume_ml\n0;0\n30;1\n", ["line 1", "'t_s;volume_ml'", "commas"]),
    ("no header", b"0,0\n30,1\n60,2\n", ["line 1", "t_s", "'0,0'"]),
    ("volume and mass", b"t_s,volume_ml,mass_g\n0,0,0\n30,1,1\n", ["line 1", "volume_ml and mass_g", "exactly one"]),
    ("two volumes", b"t_s,volume_ml,delivered_ml\n0,0,0\n30,1,1\n", ["line 1", "volume_ml and delivered_ml"]),
    ("time twice", b"t_s,t_s,volume_ml\n0,0,0\n30,30,1\n", ["line 1", "t_s", "2 times", "once"]),
    ("blank cell", b"t_s,volume_ml\n0,0\n30,\n", ["line 3", "column volume_ml", "blank", "a number"]),
    ("blank time", b"t_s,volume_ml\n0,0\n ,1\n", ["line 3", "column t_s", "blank", "a number"]),
    ("too few cells", b"t_s,volume_ml\n0,0\n30\n", ["line 3", "1 cell", "2"]),
    ("blank line between", b"t_s,volume_ml\n0,0\n\n30,1\n", ["line 3", "the line is blank"]),
    ("decimal comma", b"t_s,volume_ml\n0,0\n30,0,5\n", ["line 3", "3 cells", "2", "decimal point"]),
    ("text", b"t_s,volume_ml\n0,0\n30,full\n", ["line 3", "column volume_ml", "'full'", "a number"]),
    ("a unit", b"t_s,volume_ml\n0,0\n30 s,1\n", ["line 3", "column t_s", "'30 s'", "a number"]),
    ("underscore", b"t_s,volume_ml\n0,0\n3_0,1\n", ["line 3", "column t_s", "'3_0'", "a number"]),
    ("nan", b"t_s,volume_ml\n0,0\n30,nan\n", ["line 3", "column volume_ml", "'nan'", "a number"]),
    ("inf", b"t_s,volume_ml\n0,0\n30,-inf\n", ["line 3", "column volume_ml", "'-inf'", "a number"]),
    ("overflow", b"t_s,volume_ml\n0,0\n30,1e999\n", ["line 3", "column volume_ml", "'1e999'", "1e+12"]),
    ("time backwards", b"t_s,volume_ml\n0,0\n30,1\n29.5,2\n", ["line 4", "column t_s", "29.5", "30", "later"]),
    ("time stands still", b"t_s,volume_ml\n0,0\n30,1\n30,2\n", ["line 4", "column t_s", "30", "later"]),
    ("gap", b"t_s,volume_ml\n0,0\n30,1\n75.5,2\n", ["line 4", "column t_s", "from 30 to 75.5", "at most 45 s", "30 s"]),
    ("no rows", b"t_s,volume_ml\n", ["line 1", "0 rows", "at least 2"]),
    ("one row", b"t_s,volume_ml\n0,0\n", ["line 2", "1 row,", "at least 2"]),
    ("a newline inside a cell", b't_s,volume_ml\n0,0\n30,"a\nb"\n', ["line 4", "column volume_ml", "'a\\nb'"]),
]


@pytest.mark.parametrize(("content", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_file_is_refused_in_one_line(tmp_path: Path, content: bytes, says: list[str]) -> None:
    file = tmp_path / "bench.csv"
    file.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_capture(file)
    path, said = str(caught.value)[: len(str(file))], str(caught.value)[len(str(file)) :]
    assert path == str(file)  # set apart: a temporary folder's name may hold any figure
    assert "\n" not in said
    for part in says:
        assert part in said


@pytest.mark.parametrize(("name", "says"), [("absent.csv", "no such file"), (".", "is a folder")])
def test_what_is_not_a_file_is_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        read_capture(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("density", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_density_is_refused(tmp_path: Path, density: float) -> None:
    with pytest.raises(BadInput, match=r"density.*g/mL.*above 0"):
        written(tmp_path, "t_s,mass_g\n0,0\n30,1\n", density)


def written(folder: Path, text: str, density_g_ml: float = 0.998) -> Capture:
    file = folder / "bench.csv"
    file.write_bytes(text.encode())
    return read_capture(file, density_g_ml)


# what the file looks like | its text; every one holds the same three samples as GOOD
SAME = [
    ("plain", GOOD),
    ("byte-order mark", "\ufeff" + GOOD),
    ("CRLF", GOOD.replace("\n", "\r\n")),
    ("byte-order mark and CRLF", "\ufeff" + GOOD.replace("\n", "\r\n")),
    ("no last newline", GOOD.rstrip("\n")),
    ("blank lines at the end", GOOD + "\n\n"),
    ("spaces", "t_s, volume_ml\n0, 0.0\n30, 0.5\n60 , 1.0\n"),
    ("exponents and signs", "t_s,volume_ml\n0,-0.0\n3e1,+.5\n6.0E+1,1.\n"),
    ("quotes", '"t_s","volume_ml"\n"0","0"\n"30","0.5"\n"60","1"\n'),
    ("a simulated run", "t_s,state,pumped_ml,delivered_ml,alarm\n0,RUN,0,0.0,\n30,RUN,1,0.5,\n60,KVO,2,1.0,\n"),
    ("other order", "note,volume_ml,t_s\nx,0,0\n,0.5,30\n,1,60\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_the_same_samples_in_any_dress(tmp_path: Path, text: str) -> None:
    capture = written(tmp_path, text)
    assert capture.path == tmp_path / "bench.csv"
    assert capture.t_s.tolist() == [0.0, 30.0, 60.0]
    assert capture.volume_ml.tolist() == [0.0, 0.5, 1.0]


def test_mass_is_divided_by_the_density(tmp_path: Path) -> None:
    text = "t_s,mass_g\n0,0\n30,0.499\n60,1.996\n"
    np.testing.assert_allclose(written(tmp_path, text).volume_ml, [0.0, 0.5, 2.0], rtol=1e-15)
    np.testing.assert_allclose(written(tmp_path, text, 0.499).volume_ml, [0.0, 1.0, 4.0], rtol=1e-15)


def test_density_leaves_a_volume_alone(tmp_path: Path) -> None:
    assert written(tmp_path, GOOD, 2.0).volume_ml.tolist() == [0.0, 0.5, 1.0]


def test_a_falling_volume_is_a_balance_that_drifts(tmp_path: Path) -> None:
    assert written(tmp_path, "t_s,volume_ml\n0,0\n30,-0.01\n").volume_ml.tolist() == [0.0, -0.01]


@pytest.mark.parametrize("start_s", [0.0, 0.1, 1.7e9])
def test_a_gap_of_just_45_s_is_kept(tmp_path: Path, start_s: float) -> None:
    assert len(written(tmp_path, f"t_s,volume_ml\n{start_s},0\n{start_s + 45.0},1\n").t_s) == 2
