"""The controller and the plant compiled to machine code by mypyc, from the very same files; several times as fast.

It is never needed. `openinfuse compile` makes a folder of extension modules, named after a digest of all that went
into it; `use` puts it before the sources if there is one for exactly these sources and this Python, so what is
compiled can never be older than what is read. Two things are done to what is compiled: a `const(...)` becomes a
`Final`, which mypyc puts in place as MicroPython does its own; and no product and sum are fused into one rounding,
so that compiled and interpreted runs give the same bytes.
"""

import ast
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.machinery import EXTENSION_SUFFIXES
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pumpcore
import pumpsim
from pumphost.errors import BadInput

# Of pumpsim what every step passes through. The rest is looked into, or taken apart, by tests and studies.
HOT = ("course", "drive", "modes", "motor", "network", "peristaltic", "plant", "ports", "shaft", "syringe")
PACKAGES = (pumpcore, pumpsim)
NO_COMPILER = "no C compiler, or no headers of Python: on Debian, apt-get install gcc python3-dev"
MYPY_INI = "[mypy]\nignore_missing_imports = True\nfollow_imports = silent\n"


def use() -> bool:
    """Let what is imported from now on be compiled code, if there is any for these sources; whether there is.

    To be called before any module of pumpcore or pumpsim is imported.
    """
    if used():
        return True
    folder = _folder()
    if not folder.is_dir():
        return False
    sys.path.append(str(folder))  # of the one library that all its modules are in
    for package in PACKAGES:
        package.__path__.insert(0, str(folder / package.__name__))
    return True


def used() -> bool:
    """Whether this process runs compiled code."""
    return str(_folder() / pumpcore.__name__) in pumpcore.__path__


def workers(interpreted: bool = False) -> ProcessPoolExecutor:
    """Processes that run compiled code if this one does; with `interpreted` the sources in any case."""
    if interpreted:
        return ProcessPoolExecutor(mp_context=get_context("spawn"))
    return ProcessPoolExecutor(initializer=use if used() else None)


def build() -> Path:
    """Compile, if that has not been done; the folder it is in. Raises BadInput where it cannot be done."""
    folder = _folder()
    if folder.is_dir():
        return folder
    _need_tools()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix="building-") as made:
        _compile(Path(made))
        ready = Path(made) / "ready"
        for library in _libraries(Path(made)):
            target = ready / library.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            library.rename(target)
        for older in folder.parent.glob("of-*"):
            shutil.rmtree(older)
        ready.rename(folder)
    return folder


def _folder() -> Path:
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {platform.machine()}".encode())
    for path in [Path(__file__), *(file for package in PACKAGES for file in sorted(_home(package).glob("*.py")))]:
        digest.update(path.read_bytes())
    return Path(sys.prefix) / "share" / "openinfuse" / f"of-{digest.hexdigest()[:16]}"


def _home(package: object) -> Path:
    return Path(str(getattr(package, "__file__", ""))).parent


def _need_tools() -> None:
    if not (shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")):
        raise BadInput(NO_COMPILER)
    try:
        import mypyc  # noqa: F401, PLC0415
    except ImportError:
        raise BadInput("no mypyc: `make fast` where the sources are, or pip install mypy setuptools") from None


def _compile(into: Path) -> None:
    """Copy the sources, and let mypyc lay its modules beside the copies."""
    for package in PACKAGES:
        shutil.copytree(_home(package), into / package.__name__, ignore=shutil.ignore_patterns("__pycache__"))
    for source in (into / "pumpcore").glob("*.py"):
        source.write_text(_with_finals(source.read_text(encoding="utf-8")), encoding="utf-8")
    (into / "mypy.ini").write_text(MYPY_INI, encoding="utf-8")
    modules = ["pumpcore", *(f"pumpsim/{name}.py" for name in HOT)]
    tools = {"CFLAGS": "-ffp-contract=off", "MYPYC_DEBUG_LEVEL": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "mypyc", "--config-file", "mypy.ini", *modules],
        cwd=into,
        env={**os.environ, **tools},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line and "-Werror" not in line]
        raise BadInput(NO_COMPILER if any("Python.h" in line for line in words) else f"mypyc: {'; '.join(words[:3])}")


def _libraries(made: Path) -> list[Path]:
    """The one that all modules are in, and a small one that stands for each module."""
    places = (made, *(made / package.__name__ for package in PACKAGES))
    suffixes = tuple(EXTENSION_SUFFIXES)
    return [path for place in places for path in sorted(place.iterdir()) if path.name.endswith(suffixes)]


def _with_finals(source: str) -> str:
    """The same module with `Final` for what it gets from `const`."""
    module = ast.parse(source)
    module.body = [line for statement in module.body for line in _finals(statement)]
    if any(isinstance(line, ast.AnnAssign) and ast.unparse(line.annotation) == "Final" for line in module.body):
        imported = ast.ImportFrom("typing", [ast.alias("Final")], 0)
        module.body.insert(1 if ast.get_docstring(module) is not None else 0, imported)
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def _finals(statement: ast.stmt) -> Iterator[ast.stmt]:
    """`A, B = const(1), const(2)` as one statement for each name; what is no such line as it is."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        calls = [call for call in values if isinstance(call, ast.Call) and ast.unparse(call.func) == "const"]
        if len(calls) == len(values) == len(names):
            for name, call in zip(names, calls, strict=True):
                assert isinstance(name, ast.Name)
                yield ast.AnnAssign(name, ast.Name("Final", ast.Load()), call.args[0], simple=1)
            return
    yield statement
