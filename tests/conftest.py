"""Figures that tests measure are printed at the end of a run: `record_property("figure", "...")` adds one."""


def pytest_terminal_summary(terminalreporter):
    figures = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if report.when == "call" and name == "figure"
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in sorted(figures):
            terminalreporter.write_line(figure)
