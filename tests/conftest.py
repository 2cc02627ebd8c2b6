"""Figures that tests measure are printed at the end of a run.

`record_property("figure", "...")` adds a line; of all numbers recorded as "worst of ..." the largest is printed.
"""

from collections import defaultdict


def pytest_terminal_summary(terminalreporter):
    lines, numbers = [], defaultdict(list)
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties if report.when == "call" else ():
            if name == "figure":
                lines.append(value)
            elif name.startswith("worst of "):
                numbers[name].append(value)
    lines += [f"{name}: {max(values):.1e} in {len(values)} comparisons" for name, values in numbers.items()]
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)
