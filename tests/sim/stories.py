"""A short story for each drive, its faults, and what can be asked of how it went."""

import math
from functools import cache

from pumpcore.units import TICKS_PER_MS
from pumpsim.bench import Bench
from pumpsim.scenario import Event, Fault, Line, Mechanics, Pump, Scenario, Therapy

DRIVES = ("syringe", "peristaltic")
RATE_ML_H = 20.0
RATE = RATE_ML_H / 3.6  # uL/s
AREA_MM2 = math.pi / 4 * 26.59**2
STEP_UL = {"syringe": AREA_MM2 / 3200, "peristaltic": math.pi / 4 * 0.8**2 * math.pi * 30 / 3200}

# By Poiseuille, kPa s/uL: 1.5 m of 1.0 mm, a 20G of 32 mm and 0.8 mm with its vein, 2 m of 3.0 mm, 0.1 m of 0.8 mm.
LINE_R, OUT_R, BAG_R, OPEN_R = 0.06112, 0.00318 + 0.0266, 0.001006, 0.009947
PATIENT_KPA, BAG_KPA = 1.3, 60 * 0.0981
LINE_UL = math.pi / 4 * (1.0**2 * 1500 + 0.8**2 * 32)


def story(drive, *faults, duration_s=240.0, rate_ml_h=RATE_ML_H, stopper="real", rig=None, pump=None, **tables):
    """20 mL/h through 1.5 m of 1.0 mm, with nothing of the screw's to disturb it."""
    pumps = {"syringe": {"syringe": "BD Plastipak 50"}, "peristaltic": {"tube": "silicone 0.8 mm"}}
    return Scenario(
        name="a fault",
        duration_s=duration_s,
        trace_every_s=1.0,
        pump=Pump(drive=drive, **{**pumps[drive], **(pump or {})}),
        mechanics=Mechanics(wobble_mm=0.0, step_error_mm=0.0, gap_mm=0.0, stopper=stopper, **(rig or {})),
        line=Line(set="1.5 m x 1.0 mm"),
        therapy=[Therapy(rate_ml_h=rate_ml_h, vtbi_ml=50.0)],
        fault=list(faults),
        **tables,
    )


def fault(kind, at_s=60.0, until_s=None, severity=None, **of):
    if kind == "wrong-syringe":
        of.setdefault("syringe", "Terumo 50")
    return Fault(kind=kind, at_s=at_s, until_s=until_s, severity=severity, **of)


def ran(drive, *faults, **of):
    bench = Bench(story(drive, *faults, **of))
    bench.run()
    return bench


def blind(controller):
    """From now on it looks at nothing, and asks nobody whether he has seen its signals."""
    controller.watch.look = controller.vitals.look = controller.selftest.look = lambda *seen: None
    controller.selftest.signal_test = 0


def unwatched(drive, *faults, **of):
    """A plant under a controller and a guard that look at nothing: it goes on through a fault, whatever they could
    find."""
    bench = Bench(story(drive, *faults, **of))
    blind(bench.controller)
    bench.protector.look = lambda now_ms: False
    return bench


def carried_on(drive, *faults, **of):
    bench = unwatched(drive, *faults, **of)
    bench.run()
    return bench


def looked(bench, at_s):
    """The plant at `at_s`, in a run that goes on; what happens then has not happened yet."""
    bench.env.run(until=round(at_s * 1000))
    bench.plant.advance(round(at_s * 1000) * TICKS_PER_MS)
    return bench.plant


def ml_h(bench, from_s, to_s):
    delivered = {row.t_s: row.delivered_ml for row in bench.record.rows}
    return (delivered[to_s] - delivered[from_s]) / (to_s - from_s) * 3600


def codes(bench, source):
    return [event.code for event in bench.record.events if event.source == source]


PRESSED = [Event(at_s=62.0, action="acknowledge"), Event(at_s=63.0, action="acknowledge", via="link")]


def alarms(bench):
    """[(when in s, what)], of the guard as well."""
    raised = [n for n in bench.record.events if n.source == "guard" or n[1::2] == ("alarm", "raised")]
    return [(n.t_s, n.code) for n in raised]


@cache
def undisturbed(drive):
    return ran(drive, event=PRESSED)
