"""Faults that cannot be: each refused by name, in one line, with nothing run and nothing written."""

import pytest
from click.testing import CliRunner

from pumphost.cli import main
from pumpsim.errors import BadScenario
from pumpsim.kinds import KINDS
from pumpsim.loading import load

GOOD = """\
name = "a story"
duration_s = 600
[pump]
drive = "syringe"
syringe = "BD Plastipak 50"
[line]
set = "1.5 m x 1.0 mm"
[[therapy]]
rate_ml_h = 5.0
vtbi_ml = 0.5
[[fault]]
at_s = 10
kind = "motor-stall"
[[fault]]
"""
ROLLERS = GOOD.replace('"syringe"\nsyringe = "BD Plastipak 50"', '"peristaltic"\ntube = "silicone 1.6 mm"')
IDEAL = GOOD.replace("[line]", '[mechanics]\nstopper = "ideal"\n[line]')


def refused(tmp_path, scenario, *lines):
    """What is said, less the path; a run is not begun."""
    path = tmp_path / "story.toml"
    path.write_text(scenario + "\n".join(lines) + "\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["simulate", str(path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and not (tmp_path / "out").exists()
    with pytest.raises(BadScenario) as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: line ") and "\n" not in said
    line, _, words = said.removeprefix(f"{path}: line ").partition(": ")
    assert scenario.count("\n") <= int(line) <= scenario.count("\n") + len(lines)
    return words


@pytest.mark.parametrize(
    ("scenario", "lines", "says"),
    [
        (GOOD, ["at_s = 60", 'kind = "gremlin"'], "fault.kind is 'gremlin', must be one of"),
        (GOOD, ["at_s = 60", 'kind = "door-opened"'], "fault.kind is 'door-opened', unknown; did you mean door-open?"),
        (GOOD, ["at_s = 60"], "fault.kind is missing"),
        (GOOD, ['kind = "motor-stall"'], "fault.at_s is missing"),
        (
            GOOD,
            ["at_s = 60", 'kind = "lost-steps"', "severty = 5"],
            "fault.severty unknown key; did you mean severity?",
        ),
        (GOOD, ["at_s = 60", 'kind = "lost-steps"', "severity = nan"], "fault.severity is nan"),
        (GOOD, ["at_s = 60", 'kind = "lost-steps"', 'severity = "much"'], "fault.severity is 'much'"),
        (GOOD, ["at_s = 60", 'kind = "lost-steps"', "severity = true"], "fault.severity is True"),
        (GOOD, ["at_s = -1", 'kind = "motor-stall"'], "fault.at_s is -1"),
        (GOOD, ["at_s = 600", 'kind = "motor-stall"'], "fault.at_s is 600, the run ends at 600 s"),
        (GOOD, ["at_s = 601", 'kind = "motor-stall"'], "fault.at_s is 601, the run ends at 600 s"),
        (GOOD, ["at_s = 60", 'kind = "motor-stall"', "until_s = 601"], "fault.until_s is 601, the run ends at 600 s"),
        (GOOD, ["at_s = 60", 'kind = "motor-stall"', "until_s = 60"], "until_s must lie after at_s"),
        (GOOD, ["at_s = 60", 'kind = "motor-stall"', "until_s = 5"], "until_s must lie after at_s"),
        (GOOD, ["at_s = 60", 'kind = "door-open"'], "fault.kind is 'door-open', which can only happen to drive"),
        (GOOD, ["at_s = 60", 'kind = "occlusion-upstream"'], "fault.kind is 'occlusion-upstream', which can only"),
        (ROLLERS, ["at_s = 60", 'kind = "syringe-unseated"'], "fault.kind is 'syringe-unseated', which can only"),
        (ROLLERS, ["at_s = 60", 'kind = "wrong-syringe"', 'syringe = "Terumo 50"'], "fault.kind is 'wrong-syringe', w"),
        (IDEAL, ["at_s = 60", 'kind = "syringe-unseated"'], "fault.kind is 'syringe-unseated', which cannot happen"),
        (
            GOOD,
            ["at_s = 60", 'kind = "wrong-syringe"'],
            'syringe is missing, kind = "wrong-syringe" needs the one real',
        ),
        (
            GOOD,
            ["at_s = 60", 'kind = "motor-stall"', 'syringe = "Terumo 50"'],
            "syringe, the one really in the pump, belongs to kind",
        ),
        (
            GOOD,
            ["at_s = 60", 'kind = "wrong-syringe"', 'syringe = "BD"'],
            "fault.syringe is 'BD', must be one of BD",
        ),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(tmp_path, scenario, lines, says):
    assert says in refused(tmp_path, scenario, *lines)


@pytest.mark.parametrize("kind", KINDS)
def test_a_severity_out_of_range_or_out_of_place_is_refused(tmp_path, kind):
    span, scenario = KINDS[kind].severity, ROLLERS if KINDS[kind].drive == "peristaltic" else GOOD
    lines = ["at_s = 60", f'kind = "{kind}"'] + ['syringe = "Terumo 50"'] * (kind == "wrong-syringe")
    if span is None:
        assert "severity does not belong here" in refused(tmp_path, scenario, *lines, "severity = 1.0")
        return
    for beyond in (span.least - 0.001 * (1 + abs(span.least)), span.most * 1.001):
        said = refused(tmp_path, scenario, *lines, f"severity = {beyond}")
        assert f"severity is {beyond:g}, must be {span.least:g} to {span.most:g} {span.unit}" in said
    for amount in (span.least, span.most, span.usual):
        path = tmp_path / "good.toml"
        path.write_text("\n".join([scenario, *lines, f"severity = {float(amount)}"]))
        assert load(path).fault[1].amount == amount
