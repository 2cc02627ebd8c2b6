"""Reads a CSV file with a header, column by column and strictly.

Nothing is guessed or filled in: a file is read as it stands or refused in one line that names the file, the line, the
column, what was found and what would be right.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pumphost.errors import BadInput

LARGEST = 1e12  # beyond any time in s or volume in mL; inf fails it too
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
SHOWN = 60  # characters of a bad cell that are repeated in a message

Row = tuple[int, list[str]]  # line number, cells


@dataclass(frozen=True, eq=False)
class Columns:
    """A file's header and its rows, every row as wide as the header; `wanted` says what the file should be."""

    path: Path
    wanted: str
    header_line: int
    header: list[str]
    rows: list[Row]

    def text(self, name: str) -> list[str]:
        """The cells of a column. Raises BadInput if it is not there once."""
        if name not in self.header:
            raise self.missing(name)
        if self.header.count(name) > 1:
            times = self.header.count(name)
            raise BadInput(
                f"{self.path}: line {self.header_line}: column {name} stands there {times} times; once is right"
            )
        at = self.header.index(name)
        return [cells[at].strip() for _, cells in self.rows]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as numbers, shape (n,). Raises BadInput for a cell that is blank or none."""
        cells = zip(self.rows, self.text(name), strict=True)
        return np.array([_number(f"{self.path}: line {row[0]}, column {name}", cell) for row, cell in cells])

    def times(self, name: str) -> NDArray[np.float64]:
        """A column of times in s, each later than the one before, shape (n,), n >= 2."""
        t_s = self.numbers(name)
        for (line, _), before_s, now_s in zip(self.rows[1:], t_s, t_s[1:], strict=False):
            if now_s <= before_s:
                where = f"{self.path}: line {line}, column {name}"
                found = f"found {now_s:.12g} after {before_s:.12g}"
                raise BadInput(f"{where}: {found}; each time must be later than the one before")
        if len(t_s) < 2:
            line, count = (self.rows[-1][0], "1 row") if self.rows else (self.header_line, "0 rows")
            raise BadInput(f"{self.path}: line {line}: the file ends after {count}, at least 2 are needed")
        return t_s

    def missing(self, name: str) -> BadInput:
        found = _shown(",".join(self.header))
        where = f"{self.path}: line {self.header_line}"
        return BadInput(
            f"{where}: no column {name} in the header {found}; {self.wanted}, set apart by commas, is right"
        )


def read_columns(path: Path, wanted: str) -> Columns:
    """Read a CSV file: UTF-8 with or without byte-order mark, any line ends, blank lines at the end only.

    `wanted` names the columns it should have, for the messages. Raises BadInput.
    """
    rows = _split(path, io.StringIO(_read_text(path, wanted), newline=""))
    if not rows:
        raise BadInput(f"{path}: the file is empty; a header with {wanted} is needed")
    line, cells = rows[0]
    header = [cell.strip() for cell in cells]
    if header and header[0].startswith("#"):
        raise BadInput(f"{path}: line {line}: is a comment; the first line must be a header with {wanted}")
    for row in rows[1:]:
        _check_width(path, row, len(header))
    return Columns(path, wanted, line, header, rows[1:])


def _read_text(path: Path, wanted: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = "is a folder" if path.is_dir() else "no such file" if not path.exists() else str(error.strerror)
        raise BadInput(f"{path}: {what}; a CSV file with {wanted} is needed") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}: line {line}: not UTF-8 text; save the file as CSV in UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadInput(f"{path}: line {line}: found a NUL byte; save the file as CSV in UTF-8")
    return text


def _split(path: Path, lines: Iterable[str]) -> list[Row]:
    reader = csv.reader(lines, strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise BadInput(f"{path}: line {reader.line_num}: {error}; CSV with comma-separated cells is needed") from error
    while rows and not rows[-1][1]:
        rows.pop()
    return rows


def _check_width(path: Path, row: Row, width: int) -> None:
    line, cells = row
    if not cells:
        raise BadInput(f"{path}: line {line}: the line is blank; only the end of the file may be")
    if len(cells) != width:
        found = f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}"
        hint = "; numbers take a decimal point, not a comma" if len(cells) > width else ""
        raise BadInput(f"{path}: line {line}: found {found}, the header has {width}{hint}")


def _number(place: str, cell: str) -> float:
    if not cell:
        raise BadInput(f"{place}: the cell is blank; a number is needed")
    if not DECIMAL.fullmatch(cell):
        raise BadInput(f"{place}: found {_shown(cell)}; a number such as 12.5 is needed")
    value = float(cell)
    if abs(value) > LARGEST:
        raise BadInput(f"{place}: found {_shown(cell)}; a number between -{LARGEST:g} and {LARGEST:g} is needed")
    return value


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
