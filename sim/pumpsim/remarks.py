"""What a careful user would say beforehand of a scenario that can be run, but perhaps not as it was meant.

Each remark is one line, "what it is about: what is to be said of it".
"""

from pumpsim.catalogue import syringes
from pumpsim.rig import fill_of
from pumpsim.scenario import Scenario


def remarks(scenario: Scenario) -> list[str]:
    return [*_slow_rates(scenario), *_late_start(scenario), *_too_much(scenario)]


def _slow_rates(scenario: Scenario) -> list[str]:
    """Rates that make no sense in this syringe."""
    if scenario.pump.syringe is None:
        return []
    least_ml_h = syringes()[scenario.pump.syringe].least_rate_ml_h
    rates = [therapy.rate_ml_h for therapy in scenario.therapy]
    rates += [event.rate_ml_h for event in scenario.event if event.rate_ml_h is not None]
    words = f"below {least_ml_h:g} mL/h, the least that makes sense in a {scenario.pump.syringe}; take a smaller one"
    return [f"{rate_ml_h:g} mL/h: {words}" for rate_ml_h in sorted(set(rates)) if rate_ml_h < least_ml_h]


def _late_start(scenario: Scenario) -> list[str]:
    """A start that is given takes the place of the one at 0."""
    first_s = min((event.at_s for event in scenario.event if event.action == "start"), default=0)
    return [f"start: at {first_s:g} s, as the scenario says; nothing is infused before"] if first_s else []


def _too_much(scenario: Scenario) -> list[str]:
    """A volume to be infused that the reservoir does not hold, with as many full ones as are put in on the way."""
    holder = "syringe" if scenario.pump.drive == "syringe" else "bag"
    reloads = sum(event.action == "reload" for event in scenario.event)
    holds_ml = fill_of(scenario) / 1000 * (1 + reloads)
    where = f"{1 + reloads} {holder}s" if reloads else f"the {holder}"
    return [
        f"{therapy.vtbi_ml:g} mL to be infused: more than the {holds_ml:g} mL in {where}"
        for therapy in scenario.therapy
        if therapy.vtbi_ml > holds_ml
    ]
