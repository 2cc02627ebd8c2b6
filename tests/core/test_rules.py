"""The rules pumpcore lives by, read from its source: what it imports, and that it knows no fractions."""

import ast
from pathlib import Path

import pytest

import pumpcore

FILES = sorted(Path(pumpcore.__file__).parent.glob("*.py"))
ALLOWED = {"pumpcore", "struct", "binascii", "micropython"}


def breaches(source):
    """Every line of `source` that breaks a rule."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (f"imports {name.name}" for name in node.names if name.name.split(".")[0] not in ALLOWED)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and (node.module or "").split(".")[0] not in ALLOWED:
                yield f"imports {node.module}"
            if node.level > 1:
                yield "imports from above itself"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("__import__", "float"):
            yield f"calls {node.func.id}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield f"a float: {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"true division in line {node.lineno}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_pumpcore_keeps_its_rules(file):
    assert list(breaches(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from os import path",
        "from .. import board",
        "x = 0.5",
        "x = 1 / 2",
        "x /= 2",
        "y = float(3)",
        "import machine as struct",
    ],
)
def test_a_breach_is_seen(source):
    assert len(list(breaches(source))) == 1


def test_there_is_something_to_check():
    assert {"controller.py", "motion.py", "states.py"} <= {file.name for file in FILES}
