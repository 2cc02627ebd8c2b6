"""Compiled code stands for exactly the sources it was made of; without a compiler there is a plain word."""

import sys
from types import SimpleNamespace

import pytest

from pumphost import compiled
from pumphost.errors import BadInput


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Two packages of one file each, and a Python of their own."""
    made = []
    for name in ("pumpcore", "pumpsim"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / "a.py").write_text("A = 1\n")
        path = str(tmp_path / name)
        made.append(SimpleNamespace(__name__=name, __file__=f"{path}/__init__.py", __path__=[path]))
    monkeypatch.setattr(compiled, "PACKAGES", made)
    monkeypatch.setattr(compiled.pumpcore, "__path__", made[0].__path__)
    monkeypatch.setattr(compiled, "HOT", ("a",))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return made


def make_folder():
    folder = compiled._folder()
    folder.mkdir(parents=True)
    return folder


def test_without_a_folder_for_these_sources_the_sources_are_run(packages):
    before = list(sys.path)
    assert not compiled.use() and not compiled.used()
    assert sys.path == before
    assert [len(package.__path__) for package in packages] == [1, 1]


def test_with_one_it_comes_before_the_sources_once(packages):
    folder = make_folder()
    assert compiled.use() and compiled.use() and compiled.used()
    assert sys.path.count(str(folder)) == 1
    for package in packages:
        assert package.__path__ == [str(folder / package.__name__), package.__path__[-1]]


@pytest.mark.parametrize("package", [0, 1])
def test_a_changed_source_is_run_as_it_is(packages, tmp_path, package):
    make_folder()
    changed = tmp_path / packages[package].__name__ / "a.py"
    changed.write_text("A = 2\n")
    assert not compiled.use()
    changed.write_text("A = 1\n")
    assert compiled.use()


def test_what_is_there_is_not_built_again(packages, monkeypatch):
    monkeypatch.setattr(compiled, "_compile", lambda into: pytest.fail("built again"))
    folder = make_folder()
    assert compiled.build() == folder


def test_without_a_compiler_a_plain_word_and_nothing_left_behind(packages, monkeypatch, tmp_path):
    monkeypatch.setattr(compiled.shutil, "which", lambda name: None)
    with pytest.raises(BadInput, match=r"no C compiler.*apt-get install gcc"):
        compiled.build()
    assert not (tmp_path / "prefix").exists()


def test_what_mypyc_says_comes_out_and_nothing_half_made_stays(packages, tmp_path):
    (tmp_path / "pumpcore" / "a.py").write_text('A: int = "one"\n')
    with pytest.raises(BadInput, match=r"mypyc: .*a.py:1: error"):
        compiled.build()
    assert list((tmp_path / "prefix" / "share" / "openinfuse").iterdir()) == []


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("A = const(1)", ["from typing import Final", "A: Final = 1"]),
        ("A, B = const(2 * C), const(-3)  # of two", ["from typing import Final", "A: Final = 2 * C", "B: Final = -3"]),
        ("A = 1", ["A = 1"]),
        ("A, B = const(1), 2", ["A, B = (const(1), 2)"]),
        ("A = other(1)", ["A = other(1)"]),
        ("A = B = const(1)", ["A = B = const(1)"]),
    ],
)
def test_a_const_becomes_final_and_nothing_else_changes(line, becomes):
    assert compiled._with_finals(line).splitlines() == becomes


def test_a_docstring_stays_first():
    assert compiled._with_finals('"""Why."""\nA = const(1)\n').splitlines()[0] == '"""Why."""'
