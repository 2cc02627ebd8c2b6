"""The guard alone against a controller that misbehaves: what is pumped too much until the motor stands.

Each run infuses as prescribed, or stands; at a random moment one thing goes wrong in the controller, which heeds its
own alarms no longer: the guard has to stop the motor, looking every 10 ms as on a board. Too much is what the drive has
moved by the encoder's shaft, less what the prescription allowed until it stood.
"""

from collections import Counter
from collections.abc import Sequence
from math import exp, inf, log
from random import Random
from typing import Any, NamedTuple

from pumpcore.records import Outputs
from pumpcore.setup import LEAST_INTERVAL_TICKS
from pumpcore.states import INFUSING
from pumpcore.units import TICKS_PER_MS
from pumphost.studies.study import Finding, Study
from pumpsim.bench import Bench
from pumpsim.engine import CpythonEngine
from pumpsim.protector import Protector
from pumpsim.rig import setup_of, step_ul
from pumpsim.scenario import Event, Line, Pump, Scenario, Therapy

STUCK, FRANK = "full speed, told as prescribed", "full speed, told as it is"
FROZEN, ENDING = "frozen, and the driver repeats", "frozen before the end, and the driver repeats"
WRONG_STEP, FASTER, MILLION = "step taken for half", "rate and its copy overwritten", "a million steps at once"
READY, PAUSED = "INFUSING while READY", "INFUSING while PAUSED"
IDLE, BLANK = "INFUSING with a dose after STOP", "INFUSING with a dose, never programmed"
STANDING = READY, PAUSED, IDLE, BLANK  # nothing is allowed then
KINDS = STUCK, FRANK, FROZEN, ENDING, WRONG_STEP, FASTER, MILLION, *STANDING

MOST_UL, VTBI_UL, MOST_BEFORE_UL = 100.0, 45_000.0, 30_000.0  # too much; prescribed; pumped before it goes wrong
MOMENT_S, STANDING_S, ENDS_MS = (6.0, 1_200.0), (3.0, 60.0), (200, 2_000)  # when it goes wrong; the end, after that
LOOK_MS, SELDOM_MS, SLICE_MS = 10, 500, 500
PATIENCE_UL, PATIENCE_MS = 300.0, 1_800_000  # what is not stopped by then never is


class Case(NamedTuple):
    kind: str
    rate_ml_h: float
    rollers: bool
    seed: int

    def draw(self, what: str, least: float, most: float) -> float:
        return Random(f"{what} {self.kind} {self.seed}").uniform(least, most)

    @property
    def moment_ms(self) -> int:
        least, most = STANDING_S if self.kind in STANDING else MOMENT_S
        return round(1_000 * self.draw("moment", least, max(least, min(most, MOST_BEFORE_UL / self.rate_ml_h * 3.6))))


class Board(Protector):
    """Looks as often as on a board once it is `awake`, whatever is ordered, and notes what the drive had moved."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(setup_of(bench.scenario), bench.plant, bench.ports.encoder)
        self.env, self.awake, self.seen = bench.env, False, list[tuple[int, int]]()

    def wait_ms(self) -> int:
        since_ms = int(self.env.now) - self.seen[-1][0] if self.seen else 0
        return LOOK_MS - since_ms if self.awake else min(super().wait_ms(), SELDOM_MS)

    def look(self, now_ms: int) -> bool:
        if self.awake and now_ms - self.seen[-1][0] < LOOK_MS:  # the bench would rather look with the loop
            return False
        self.seen.append((now_ms, self.plant.drive.position))
        return super().look(now_ms)


def go_wrong(bench: Bench, mad: Any, case: Case) -> None:
    kind, order = case.kind, Outputs()
    order.flush, order.segments = kind in (STUCK, FRANK, MILLION), int(kind in (FROZEN, ENDING, MILLION))
    order.intervals_ticks[0], order.counts[0] = mad.motion.interval_ticks, 1_000_000
    if kind in (FROZEN, ENDING):
        bench.hold()
    elif kind in (STUCK, FRANK):
        mad.stuck, mad.frank = True, kind == FRANK
    elif kind == MILLION:
        span = log(LEAST_INTERVAL_TICKS), log(mad.motion.interval_ticks / 1.1)
        order.intervals_ticks[0] = round(exp(case.draw("interval", *span)))
    elif kind == FASTER:
        most = mad.setup.most_rate_cml_h
        mad.dose.set_rate(round(exp(case.draw("rate", log(min(110 * case.rate_ml_h, most)), log(most)))))
    elif kind == WRONG_STEP:
        mad.motion.step_pl = mad.dose.step_pl = mad.motion.step_pl // 2
        mad.motion.step_grains //= 2
        mad.motion.set_rate(mad.motion.rate_cml_h, int(bench.env.now), 0)
    else:
        if kind in (IDLE, BLANK):
            mad.dose.program(round(case.rate_ml_h * 100), round(VTBI_UL), 0)
        mad.state = INFUSING
    bench.plant.motor.obey(order, int(bench.env.now) * TICKS_PER_MS)
    bench.loop.interrupt()


def cases(runs: int) -> list[Case]:
    rates = [round(exp(Random(f"rate {seed}").uniform(log(1), log(999))), 2) for seed in range(runs)]
    return [Case(kind, rate_ml_h, seed % 2 == 1, seed) for kind in KINDS for seed, rate_ml_h in enumerate(rates)]


def scenario(case: Case) -> Scenario:
    ends_ul = case.rate_ml_h / 3_600 * (case.moment_ms + case.draw("end", *ENDS_MS))
    start, pause, stop = Event(at_s=86_400, action="start"), Event(at_s=1, action="pause"), Event(at_s=1, action="stop")
    vtbi_ml = round((ends_ul if case.kind == ENDING else VTBI_UL) / 1_000, 3)
    return Scenario(
        name="a controller that misbehaves",
        duration_s=86_400,
        pump=Pump(drive="peristaltic", tube="silicone 1.6 mm") if case.rollers else Pump(syringe="BD Plastipak 50"),
        line=Line(set="IV administration set" if case.rollers else "1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=case.rate_ml_h, vtbi_ml=vtbi_ml, kvo_ml_h=0)],
        event={READY: [start], PAUSED: [pause], IDLE: [stop]}.get(case.kind, []),
    )


def run(case: Case) -> tuple[float, str, list[str]]:
    """uL too much, why the guard stopped it, and what the controller itself had raised by then."""
    from pumphost.studies.mad import Mad  # noqa: PLC0415 a class of a compiled Controller cannot be made

    bench, now_ms = Bench(scenario(case)), (moment_ms := case.moment_ms)
    mad, board = Mad(setup_of(bench.scenario)), Board(bench)
    bench.pump, bench.protector = CpythonEngine(mad), board
    if case.kind == BLANK:
        bench.ports.requests.clear()
    bench.env.run(moment_ms - 1_000)
    board.awake = True
    bench.env.run(moment_ms)
    bench.plant.advance(moment_ms * TICKS_PER_MS)
    step, before = step_ul(bench.scenario), bench.plant.drive.position
    left_ul = 0.0 if case.kind in STANDING else bench.scenario.therapy[0].vtbi_ml * 1_000 - before * step
    if board.reason:
        return inf, "", [f"the guard stopped it before, {board.reason}"]
    go_wrong(bench, mad, case)

    def too_much_ul(at_ms: int) -> float:
        return (bench.plant.drive.position - before) * step - min(case.rate_ml_h / 3_600 * (at_ms - moment_ms), left_ul)

    while not board.reason and now_ms < moment_ms + PATIENCE_MS and too_much_ul(now_ms) < PATIENCE_UL:
        now_ms += SLICE_MS
        bench.env.run(now_ms)
    bench.env.run(now_ms + SLICE_MS)
    stood_ms = next((at_ms for at_ms, position in board.seen if position == bench.plant.drive.position), now_ms)
    alarms = [note for note in bench.record.events if note[1::2] == ("alarm", "raised")]
    noticed = {note.code for note in alarms if moment_ms <= note.t_s * 1_000 <= stood_ms} - {"GUARD_STOPPED"}
    return too_much_ul(stood_ms), board.reason if stood_ms <= now_ms else "", sorted(noticed)


def judge(cases: Sequence[Any], results: Sequence[Any]) -> list[Finding]:
    findings = []
    for kind in KINDS:
        pairs = [pair for pair in zip(cases, results, strict=True) if pair[0].kind == kind]
        case, (worst_ul, _, _) = max(pairs, key=lambda pair: pair[1][0])
        late, reasons = sum(r[0] > MOST_UL for _, r in pairs), Counter(r[1] or "nothing" for _, r in pairs)
        own = ", ".join(sorted({code for _, (_, _, noticed) in pairs for code in noticed})) or "none"
        got = "stopped by " + ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
        got += f" of {len(pairs)}, {late} too late; worst {worst_ul / 1_000:.3f} mL at {case.rate_ml_h:g} mL/h, "
        got += f"{'rollers' if case.rollers else 'syringe'}; the controller's own alarms: {own}"
        findings.append(Finding(f"guard: {kind}", "all within 0.1 mL", got, not late and not reasons["nothing"]))
    return findings


STUDY = Study("the guard with the controller made to misbehave", 30, cases, run, judge, takes_apart=True)
