"""What a scenario's [expect] asks for, held against what happened."""

from typing import Any

from pumpsim.record import Note
from pumpsim.scenario import Expect, ExpectedAlarm

Verdict = dict[str, Any]  # what, ok, got


def judge(expect: Expect, final_state: str, delivered_ml: float, events: list[Note]) -> list[Verdict]:
    """One verdict for each thing expected."""
    verdicts = []
    if expect.final_state is not None:
        verdicts.append(_verdict(f"final state {expect.final_state}", final_state == expect.final_state, final_state))
    if expect.delivered_ml is not None:
        least, most = expect.delivered_ml
        what = f"delivered {least:g} to {most:g} mL"
        verdicts.append(_verdict(what, least <= delivered_ml <= most, f"{delivered_ml:.3f} mL"))
    if expect.alarms is not None:
        verdicts += [_judge_alarm(alarm, events) for alarm in expect.alarms]
        verdicts.append(_judge_no_others(expect.alarms, events))
    return verdicts


def _judge_alarm(alarm: ExpectedAlarm, events: list[Note]) -> Verdict:
    """Raised within its time after the last fault or user event before it."""
    what = f"{alarm.code} within {alarm.within_s:g} s"
    cause_s = 0.0
    for t_s, source, code, value in events:
        if source in ("fault", "user"):
            cause_s = t_s
        elif source == "alarm" and code == alarm.code and value == "raised":
            return _verdict(what, t_s - cause_s <= alarm.within_s, f"after {t_s - cause_s:.1f} s")
    return _verdict(what, False, "not raised")


def _judge_no_others(alarms: list[ExpectedAlarm], events: list[Note]) -> Verdict:
    expected = {alarm.code for alarm in alarms}
    raised = {code for _, source, code, value in events if source == "alarm" and value == "raised"}
    others = sorted(raised - expected)
    return _verdict("no other alarm", not others, ", ".join(others) or "none")


def _verdict(what: str, ok: bool, got: str) -> Verdict:
    return {"what": what, "ok": ok, "got": got}
