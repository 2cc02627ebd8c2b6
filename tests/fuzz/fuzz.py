"""Looks for bytes that break what oracles.py says must hold, guided by which branches they take (atheris, libFuzzer).

    python tests/fuzz/fuzz.py reader 1000000 1       or link, or line: so many inputs, the same ones for a seed

An input that breaks something is shown, kept in the environment's folder `fuzz`, and ends it with 77.
"""

import shutil
import sys
from pathlib import Path

import atheris
from atheris.import_hook import HookManager

import pumpcore

sys.path.append(str(Path(__file__).parents[1]))

# Followed branch by branch. The rest of the controller is not, it has tests of its own and would take most of the time;
# nor are comparisons, which take as long again: the words to try are given.
FOLLOWED = {f"pumpcore.{name}" for name in ("commands", "link", "pump", "replies", "session", "waiting", "wire")}
MODULES = {f"pumpcore.{file.stem}" for file in Path(pumpcore.__file__).parent.glob("*.py")}

with HookManager({"pumpcore", "pumphost"}, MODULES - FOLLOWED, True, trace_dataflow=False):
    from oracles import CHECKS, SEEDS, TOKENS

MOST_BYTES = {"reader": 72, "link": 128, "line": 96}  # of an input: a line too long, or some short ones
FOLDER = Path(sys.prefix) / "fuzz"


def quoted(token):
    return '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"\n'


def main(target, inputs, seed):
    folder = FOLDER / f"{target}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "corpus").mkdir(parents=True)
    for i, stream in enumerate(SEEDS[target]):
        (folder / "corpus" / str(i)).write_bytes(stream)
    (folder / "words").write_text("".join(map(quoted, TOKENS)), encoding="ascii")
    options = {
        "runs": inputs,
        "seed": seed,
        "max_len": MOST_BYTES[target],
        "dict": folder / "words",
        "artifact_prefix": f"{folder}/",
        "verbosity": 0,
    }
    atheris.Setup(
        [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(folder / "corpus")], CHECKS[target]
    )
    print(f"fuzzing the {target} with {inputs:,} inputs, seed {seed}", flush=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
