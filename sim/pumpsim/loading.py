"""Reads a scenario file and says in one line what is wrong with it: file, line, key, what would be right."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pumpcore.setup import MOST_STEP_PL, SetupError
from pumpsim.catalogue import nearest
from pumpsim.errors import BadScenario
from pumpsim.kinds import KINDS
from pumpsim.rig import screw_of, setup_of, step_ul
from pumpsim.scenario import Scenario

Place = tuple[str | int, ...]


class _Misfit(Exception):
    """Two values of the file do not go together; `place` is the one to change."""

    def __init__(self, place: Place, words: str) -> None:
        super().__init__(words)
        self.place = place


def load(path: Path, seed: int | None = None) -> Scenario:
    """The scenario in `path`; `seed` replaces the file's. Raises BadScenario, and has done nothing then."""
    text = _read(path)
    table = _parse(path, text)
    try:
        if seed is not None:
            table["seed"] = seed
        scenario = Scenario.model_validate(table)
        _check_together(scenario)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        words = [_locate(text, problem["loc"], _in_words(problem)) for problem in problems]
        raise BadScenario(f"{path}: " + "; ".join(words)) from None
    except _Misfit as error:
        raise BadScenario(f"{path}: {_locate(text, error.place, str(error))}") from None
    return scenario


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadScenario(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise BadScenario(f"{path}: is a folder, name the scenario file in it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path}: cannot be read as text: {error}") from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadScenario(f"{path}: not a scenario: tables or lists nested too deep") from None
    except ValueError as error:  # TOMLDecodeError, and a number of thousands of digits
        raise BadScenario(f"{path}: not TOML: {error}") from None


def _check_together(scenario: Scenario) -> None:
    """What one value alone cannot tell: rates against the pump, times against the run, faults against the drive."""
    _check_tables(scenario)
    most = _most_rate_ml_h(scenario)
    rates: list[tuple[Place, float]] = []
    for i, therapy in enumerate(scenario.therapy):
        rates += [(("therapy", i, "rate_ml_h"), therapy.rate_ml_h), (("therapy", i, "kvo_ml_h"), therapy.kvo_ml_h)]
    for i, event in enumerate(scenario.event):
        _check_time(("event", i, "at_s"), event.at_s, scenario)
        if event.rate_ml_h is not None:
            rates.append((("event", i, "rate_ml_h"), event.rate_ml_h))
    for place, rate in rates:
        if rate > most:
            raise _Misfit(place, f"is {rate:g}, a {scenario.pump.reservoir} allows {most:.2f} mL/h at most")
    for i, fault in enumerate(scenario.fault):
        _check_time(("fault", i, "at_s"), fault.at_s, scenario)
        if fault.until_s is not None and fault.until_s > scenario.duration_s:
            raise _Misfit(("fault", i, "until_s"), _after_the_end(fault.until_s, scenario))
        _check_drive(("fault", i, "kind"), fault.kind, scenario)


def _check_tables(scenario: Scenario) -> None:
    if scenario.pump.drive == "syringe" and "supply" in scenario.model_fields_set:
        raise _Misfit(("supply",), 'belongs to drive = "peristaltic"; a syringe has no bag')
    if scenario.pump.drive == "syringe":
        try:
            screw_of(scenario.mechanics)
        except ValueError as error:
            raise _Misfit(("mechanics",), f"does not fit together: {error}") from None


def _most_rate_ml_h(scenario: Scenario) -> float:
    try:
        return float(setup_of(scenario).most_rate_cml_h) / 100
    except SetupError:
        words = f"a step moves {step_ul(scenario) * 1000:.0f} nL, at most {MOST_STEP_PL / 1000:.0f} can be timed"
        raise _Misfit(("pump",), f"does not fit together: {words}; gear it down in [mechanics]") from None


def _check_drive(place: Place, kind: str, scenario: Scenario) -> None:
    needed = KINDS[kind].drive
    if needed and needed != scenario.pump.drive:
        raise _Misfit(place, f'is {kind!r}, which can only happen to drive = "{needed}"')
    if needed == "syringe" and scenario.mechanics.stopper == "ideal":
        raise _Misfit(place, f'is {kind!r}, which cannot happen to stopper = "ideal"')


def _check_time(place: Place, at_s: float, scenario: Scenario) -> None:
    if round(at_s * 1000) >= round(scenario.duration_s * 1000):
        raise _Misfit(place, _after_the_end(at_s, scenario))


def _after_the_end(at_s: float, scenario: Scenario) -> str:
    return f"is {at_s:.10g}, the run ends at {scenario.duration_s:g} s"


def _in_words(problem: Any) -> str:
    """pydantic's finding as a person would put it, with what stands there."""
    if problem["type"] == "extra_forbidden":
        key, known = str(problem["loc"][-1]), _keys_at(problem["loc"][:-1])
        return f"unknown key; {nearest(key, known) or 'there are ' + ', '.join(known)}"
    if plain := _plainly(problem["type"], problem):
        return plain
    said = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if isinstance(problem["input"], dict):
        return f"does not fit together: {said}"
    must = "" if said.startswith(("must", "unknown")) else "must be "
    return f"is {problem['input']!r}, {must}{said}"


def _plainly(kind: str, problem: Any) -> str:
    """What has words of its own, or an empty string."""
    found = problem["input"]
    if kind == "missing":
        return "is missing"
    if kind == "too_long" and isinstance(found, list):
        return f"stands there {len(found)} times, {problem['ctx']['max_length']} is the most"
    if kind == "float_type":
        return f"is {found!r}, must be a number without a unit"
    if kind == "list_type" and isinstance(found, dict):
        return f"must be a list of tables: write [[{problem['loc'][-1]}]]"
    return ""


def _keys_at(place: Place) -> list[str]:
    """The keys a table may have, found by walking the models."""
    model: type[BaseModel] = Scenario
    for part in place:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_in(kind: Any) -> type[BaseModel] | None:
    """The table that an annotation such as `list[Fault] | None` is about."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((model for model in map(_model_in, get_args(kind)) if model), None)


def _locate(text: str, place: Place, words: str) -> str:
    place = tuple(part for part in place if part != "[key]")
    name = ".".join(str(part) for part in place if isinstance(part, str))
    return f"line {_line_of(text, place)}: {name} {words}" if name else words


def _line_of(text: str, place: Place) -> int:
    """The line on which `place` is written, or else its table's, or else the first."""
    tables = [str(part) for part in place if isinstance(part, str)]
    count = next((part for part in place if isinstance(part, int)), 0)
    inside, found, seen = len(tables) == 1, 1, -1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]?\]", line)
        if header:
            path = header[1].split(".")
            seen += path == tables[:1]
            inside = path == tables[: len(path)] and (seen == count or "[[" not in line)
            found = number if inside else found
        elif inside and (key := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*=", line)):
            if key[1] == tables[-1]:
                return number
            found = number if key[1] in tables[1:] else found
    return found
