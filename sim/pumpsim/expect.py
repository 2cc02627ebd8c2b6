"""What a scenario's [expect] asks for, held against what happened."""

from collections.abc import Mapping
from math import inf
from typing import Any

from pumpsim.record import Note
from pumpsim.scenario import Expect, ExpectedAlarm

Verdict = dict[str, Any]  # what, ok, got

UNITS = {"ml": " mL", "kpa": " kPa", "v": " V", "c": " C"}


def judge(
    expect: Expect, final_state: str, delivered_ml: float, events: list[Note], measured: Mapping[str, float]
) -> list[Verdict]:
    """One verdict for each thing expected."""
    verdicts = []
    if expect.final_state is not None:
        verdicts.append(_verdict(f"final state {expect.final_state}", final_state == expect.final_state, final_state))
    if expect.delivered_ml is not None:
        verdicts.append(_judge_bounds("delivered_ml", expect.delivered_ml, delivered_ml))
    verdicts += [_judge_bounds(name, bounds, measured[name]) for name, bounds in expect.plant.items()]
    if expect.alarms is not None:
        raised = _raised(events)
        verdicts += [_judge_alarm(alarm, raised) for alarm in expect.alarms]
        others = [code for code, _ in raised]
        verdicts.append(_verdict("no other alarm", not others, ", ".join(others) or "none"))
    return verdicts


def _judge_bounds(name: str, bounds: list[float], got: float) -> Verdict:
    """A volume reads "delivered 4.6 to 5.1 mL"."""
    quantity, _, unit = name.rpartition("_")
    least, most = bounds
    words, unit = (quantity.replace("_", " "), UNITS[unit]) if unit in UNITS else (name.replace("_", " "), "")
    return _verdict(f"{words} {least:g} to {most:g}{unit}", least <= got <= most, f"{got:.6g}{unit}")


def _raised(events: list[Note]) -> list[tuple[str, float]]:
    """(code, s since its cause) of every alarm raised. Its cause is the last fault that began before it; in a
    run without faults the last thing the user did; infinitely long ago if there was none."""
    source = "fault" if any(note.source == "fault" for note in events) else "user"
    raised, cause_s = [], -inf
    for note in events:
        if note.source == source and note.value != "off":
            cause_s = note.t_s
        elif note.source == "alarm" and note.value == "raised":
            raised.append((note.code, note.t_s - cause_s))
    return raised


def _judge_alarm(alarm: ExpectedAlarm, raised: list[tuple[str, float]]) -> Verdict:
    """Take the first alarm of its code that came within its time out of `raised`."""
    what = f"{alarm.code} within {alarm.within_s:g} s"
    after_s = [since_s for code, since_s in raised if code == alarm.code]
    for since_s in after_s:
        if since_s <= alarm.within_s:
            raised.remove((alarm.code, since_s))
            return _verdict(what, True, f"after {since_s:.1f} s")
    return _verdict(what, False, f"after {after_s[0]:.1f} s" if after_s else "not raised")


def _verdict(what: str, ok: bool, got: str) -> Verdict:
    return {"what": what, "ok": ok, "got": got}
