"""What a careful user would say of a scenario that runs, but perhaps not as it was meant."""

import pytest

from pumpsim.remarks import remarks
from pumpsim.scenario import Event, Line, Pump, Scenario, Supply, Therapy

SYRINGE = Pump(syringe="BD Plastipak 50")
ROLLERS = Pump(drive="peristaltic", tube="silicone 2.4 mm")


def told(*events, pump=SYRINGE, rate_ml_h=5.0, vtbi_ml=10.0, **tables):
    therapy = [Therapy(rate_ml_h=rate_ml_h, vtbi_ml=vtbi_ml)]
    line = Line(set="1.5 m x 1.0 mm")
    return remarks(
        Scenario(name="a story", duration_s=600.0, pump=pump, line=line, therapy=therapy, event=list(events), **tables)
    )


def test_nothing_is_remarked_of_what_is_usual():
    assert told() == told(Event(at_s=0.0, action="start")) == told(pump=ROLLERS, vtbi_ml=500.0) == []


def test_a_rate_too_low_for_its_syringe():
    """The Perfusor's table: 1 mL/h at least in 50 mL, 0.1 mL/h in 10 mL."""
    words = "below 1 mL/h, the least that makes sense in a BD Plastipak 50; take a smaller one"
    assert told(rate_ml_h=0.9) == [f"0.9 mL/h: {words}"]
    assert told(Event(at_s=9.0, action="rate", rate_ml_h=0.5)) == [f"0.5 mL/h: {words}"]
    assert told(rate_ml_h=0.9, vtbi_ml=5.0, pump=Pump(syringe="BD Plastipak 10")) == []
    assert told(rate_ml_h=0.9, pump=ROLLERS) == []


def test_a_start_that_is_given_for_later_is_the_first():
    words = "start: at 60 s, as the scenario says; nothing is infused before"
    late, later = Event(at_s=60.0, action="start"), Event(at_s=90.0, action="start")
    assert told(late) == told(later, late) == [words]
    assert told(later, Event(at_s=0.0, action="start")) == []


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"vtbi_ml": 60.0}, "more than the 50 mL in the syringe"),
        ({"vtbi_ml": 60.0, "pump": Pump(syringe="BD Plastipak 50", fill_ml=60.0)}, None),
        (
            {"vtbi_ml": 10.0, "pump": Pump(syringe="BD Plastipak 10", fill_ml=8.5)},
            "more than the 8.5 mL in the syringe",
        ),
        ({"vtbi_ml": 600.0, "pump": ROLLERS}, "more than the 500 mL in the bag"),
        ({"vtbi_ml": 600.0, "pump": ROLLERS, "supply": Supply(bag_ml=1000.0)}, None),
    ],
)
def test_a_volume_that_the_reservoir_does_not_hold(tables, words):
    assert told(**tables) == ([f"{tables['vtbi_ml']:g} mL to be infused: {words}"] if words else [])


def test_a_full_reservoir_put_in_on_the_way_counts():
    reload = Event(at_s=60.0, action="reload")
    assert told(reload, vtbi_ml=100.0) == []
    (remark,) = told(reload, vtbi_ml=100.1)
    assert remark == "100.1 mL to be infused: more than the 100 mL in 2 syringes"
