"""mutmut, handed whole test functions: it would name each of 400 parameters, and pytest look for each, per mutant."""

from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner

regular_run = PytestRunner._pytest_args_regular_run


def by_function(self, tests):
    return regular_run(self, sorted({test.partition("[")[0] for test in tests}))


PytestRunner._pytest_args_regular_run = by_function

if __name__ == "__main__":
    cli()
