"""How many wrong lines would the tests of a module notice? `make mutate` counts.

mutmut changes one thing at a time in every function of MODULES, and facts.py what stands outside functions; the
module's own tests are run against each. A mutant that no test fails on has survived, and must stand in
survivors.toml with a sentence that says why it is the same pump, or why it does no harm.

It works on a copy below .venv, since mutmut wants `src` beside `tests`. There the tests' random examples are
always the same and the quick tests come first, so that the count is the same each time and soon there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import facts
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

MODULES = ("guard", "occlusion", "air", "recoil", "alarms", "states")
LEAST_PERCENT = 90
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCRATCH = ROOT / ".venv" / "mutation"

# Left out: what reads the source that mutmut has rewritten, and what simulates hours.
LEFT_OUT = "not shares_nothing and not honest_pump and not two_permille"

CONFTEST = """
import json
from pathlib import Path

from hypothesis import settings

settings.register_profile("mutation", derandomize=True, database=None)
settings.load_profile("mutation")


def pytest_collection_modifyitems(items):
    stats = Path(__file__).parents[1] / "mutmut-stats.json"
    took = json.loads(stats.read_text())["duration_by_test"] if stats.exists() else {}
    items.sort(key=lambda item: took.get(item.nodeid, 0))
"""


def prepare():
    """A fresh copy of pumpcore and of the tests of MODULES, set up for mutmut."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    no_cache = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "firmware" / "pumpcore", SCRATCH / "src" / "pumpcore", ignore=no_cache)
    shutil.copytree(ROOT / "tests" / "core", SCRATCH / "tests" / "core", ignore=no_cache)
    (SCRATCH / "tests" / "conftest.py").write_text(CONFTEST)
    tests = [
        str(file.relative_to(SCRATCH))
        for module in MODULES
        for file in sorted((SCRATCH / "tests" / "core").glob(f"test_{module}*.py"))
    ]
    (SCRATCH / "setup.cfg").write_text(
        "\n    ".join(["[mutmut]\nsource_paths =", "src\nonly_mutate =", *(f"src/pumpcore/{m}.py" for m in MODULES)])
        + "\n    ".join(["\npytest_add_cli_args_test_selection =", *tests])
        + "\n    ".join(["\npytest_add_cli_args =", "-p", "no:cacheprovider", "-k", LEFT_OUT])
        + "\nuse_git_change_detection = false\n"
    )


def run(workers):
    """mutmut, with a line of progress for every tenth of the mutants."""
    command = [sys.executable, str(HERE / "quick.py"), "run", "--max-children", str(workers)]
    told, said = 0, []
    with subprocess.Popen(command, cwd=SCRATCH, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as mutmut:
        for line in mutmut.stdout:  # its "\r" are line ends here
            said.append(line)
            progress = re.search(r"(\d+)/(\d+)", line)
            if progress and (tenth := int(progress[1]) * 10 // int(progress[2])) > told:
                told = tenth
                print(f"{progress[1]} of {progress[2]} mutants", flush=True)
    if mutmut.returncode:
        sys.exit("".join(said[-20:]) + f"mutmut ended with {mutmut.returncode} and no count; a signal if negative")


def results_outside(workers):
    for module in MODULES:
        tests = sorted((ROOT / "tests" / "core").glob(f"test_{module}*.py"), reverse=True)  # the quick ones first
        path = ROOT / "firmware" / "pumpcore" / f"{module}.py"
        yield from facts.results(module, path, [*map(str, tests), "-k", LEFT_OUT], workers)
        print(f"{module}: limits, names and tables", flush=True)


def results():
    """Of each mutant in a function: (module, function, the line, the line it became, whether it was killed)."""
    os.chdir(SCRATCH)  # where mutmut's own readers look
    for module in MODULES:
        path = Path("src/pumpcore") / f"{module}.py"
        for name, code in json.loads(Path(f"mutants/{path}.meta").read_text())["exit_code_by_key"].items():
            status = status_by_exit_code[code]
            if status not in ("killed", "timeout", "survived", "no tests"):
                sys.exit(f"{name}: {status}")
            function, in_class = orig_function_and_class_names_from_key(name)
            was = becomes = ""
            if status in ("survived", "no tests"):
                diff = get_diff_for_mutant(name, path=path).splitlines()[2:]
                was = " ".join(line[1:].strip() for line in diff if line.startswith("-"))
                becomes = " ".join(line[1:].strip() for line in diff if line.startswith("+"))
            yield module, f"{in_class}.{function}" if in_class else function, was, becomes, not was


def table(found):
    """Print how many of each module were killed, in functions and outside; tell where it is too few."""
    made, killed = Counter(), Counter()
    for module, function, _, _, dead in found:
        kind = (module, function == facts.OUTSIDE)
        made[kind] += 1
        killed[kind] += dead
    print(f"\n{'module':<28} {'mutants':>8} {'killed':>8} {'survived':>9} {'killed %':>9}")
    short = []
    for module, outside in sorted(made, key=lambda kind: (kind[1], MODULES.index(kind[0]))):
        name = f"{module}, {facts.OUTSIDE}" if outside else module
        of, dead = made[module, outside], killed[module, outside]
        print(f"{name:<28} {of:>8} {dead:>8} {of - dead:>9} {100 * dead / of:>9.1f}")
        if 100 * dead < LEAST_PERCENT * of:
            short.append(name)
    return short


def main():
    workers = os.cpu_count() or 1
    prepare()
    run(workers)
    found = [*results_outside(workers), *results()]
    explained = {
        (one["module"], one["function"], one["was"], one["becomes"])
        for one in tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))["survivor"]
    }
    survivors = [mutant[:4] for mutant in found if not mutant[4]]
    unexplained = [mutant for mutant in survivors if mutant not in explained]
    short = table(found)
    for title, mutants in (
        ("explained in survivors.toml", [mutant for mutant in survivors if mutant in explained]),
        ("NOT EXPLAINED", unexplained),
        ("in survivors.toml, and killed or changed by now: take them out", sorted(explained - set(survivors))),
    ):
        if mutants:
            print(f"\n{title}: {len(mutants)}")
        for module, function, was, becomes in mutants:
            print(f"  {module}, {function}\n    - {was}\n    + {becomes}")
    if short:
        print(f"\nless than {LEAST_PERCENT} % killed: {', '.join(short)}")
    sys.exit(1 if short or unexplained else 0)


if __name__ == "__main__":
    main()
