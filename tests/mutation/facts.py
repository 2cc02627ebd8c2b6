"""What mutmut leaves alone: the limits, names and tables that stand outside functions.

Of each number, name and truth there is a mutant that is another one, of each text one that is empty, and of each
entry of a table's dict one without it. A fresh process imports the changed module and runs its tests.
"""

import ast
import importlib.abc
import importlib.util
import os
import resource
import sys

import pytest
from hypothesis import settings

settings.register_profile("mutation", derandomize=True, database=None)
OUTSIDE = "outside functions"
MOST_CPU_S = 120  # a mutant that hangs is noticed
OTHER_TRUTH = {True: "False", False: "True"}


def outside_functions(node):
    """Every node of a module that runs when it is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Import | ast.ImportFrom):
            yield child
            yield from outside_functions(child)


def changes(source):
    """(start, end, instead): what to put in place of source[start:end], for each mutant."""
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines))]  # all is ASCII: a byte is a character

    def place(node):
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    for node in outside_functions(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield *place(node), OTHER_TRUTH[node.value]
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield *place(node), str(node.value + 1)
        elif isinstance(node, ast.Constant) and node.value and not source.startswith('"""', place(node)[0]):
            yield *place(node), '""'
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id.isupper():
            yield *place(node), f"{node.id} + 1"
        elif isinstance(node, ast.Dict):
            ends = [place(key)[0] for key in node.keys[1:]] + [place(node)[1] - 1]
            for key, end in zip(node.keys, ends, strict=True):
                yield place(key)[0], end, ""


def line_at(text, at):
    """The line around a place, without what surrounds it."""
    return text[text.rfind("\n", 0, at) + 1 : text.index("\n", at)].strip()


class Changed(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    """Hands out one module of pumpcore from another text."""

    def __init__(self, name, path, text):
        self.name, self.path, self.text = name, path, text

    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def exec_module(self, module):
        exec(compile(self.text, self.path, "exec"), module.__dict__)


def begin(module, path, text, tests):
    """A process that ends with 0 if the tests pass with the module as in `text`."""
    child = os.fork()
    if child:
        return child
    try:
        settings.load_profile("mutation")
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.meta_path.insert(0, Changed(f"pumpcore.{module}", str(path), text))
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests])
    except BaseException:
        code = 1
    os._exit(int(code))


def results(module, path, tests, workers):
    """Of each mutant: (module, OUTSIDE, the line, the line it became, whether it was killed)."""
    source = path.read_text(encoding="ascii")
    running, done = {}, []
    left = [("as it is", 0, 0, ""), *(("", *change) for change in changes(source))]
    while left or running:
        while left and len(running) < workers:
            whole, start, end, instead = left.pop(0)
            text = source[:start] + instead + source[end:]
            was, becomes = line_at(source, start), line_at(text, start)
            running[begin(module, path, text, tests)] = (whole, was, becomes)
        child, status = os.wait()
        whole, was, becomes = running.pop(child)
        if not whole:
            done.append((module, OUTSIDE, was, becomes, status != 0))
        elif status:
            sys.exit(f"the tests of {module} fail without a mutant")
    return done
