"""The tables of the wire in firmware/README.md, made from what both ends run: `python -m pumphost.wiretable FILE` puts
them between the two markers there."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pumpcore.commands import GATE_NAMES, TABLE, WHY, Command, Field
from pumpcore.events import BOOT_NAMES, KIND_NAMES, LINK, LINK_NAMES
from pumpcore.records import ANSWER_NAMES
from pumpcore.states import EVENT_NAMES, REQUESTS, STATE_NAMES
from pumphost.told import ALARM_NAMES

BEGIN = "<!-- made by `python -m pumphost.wiretable firmware/README.md` -->"
END = "<!-- end of what is made -->"
UNITS = {
    "_cml_h": "0.01 mL/h",
    "_ul": "µL",
    "_pl": "pL",
    "_pa": "Pa",
    "_ms": "ms",
    "_s": "s",
    "_permille": "‰",
    "_mv": "mV",
    "_dc": "0.1 °C",
}


def tables() -> str:
    """All of it, as Markdown."""
    return "\n\n".join((_commands(), _units(), _reasons(), _numbers(), _events()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _commands() -> str:
    return _table(("command", "reply after `ok`", "who may", "what"), (_command(command) for command in TABLE))


def _command(command: Command) -> tuple[str, ...]:
    asks = "<br>".join([f"`{command.word.decode()}`", *(_field(field) for field in command.fields)])
    return asks, ", ".join(command.reply), GATE_NAMES[command.gate], command.text


def _field(field: Field) -> str:
    if field.digits:
        return f"{field.name}: {field.digits} hex digits"
    return f"{field.name}: {field.least}..{field.most}"


def _units() -> str:
    named = {name for command in TABLE for name in [*command.reply, *(field.name for field in command.fields)]}
    units = (f"`{end}` {unit}" for end, unit in UNITS.items() if any(name.endswith(end) for name in named))
    return f"The end of a name is its unit: {', '.join(units)}."


def _reasons() -> str:
    return _table(("reply after `no`", "why"), ((f"`{word.decode()}`", text) for word, text in WHY.items()))


def _numbers() -> str:
    rows = (
        ("state", _numbered(STATE_NAMES)),
        ("request", _numbered(EVENT_NAMES[: REQUESTS + 1])),
        ("answer", _numbered(ANSWER_NAMES)),
        ("alarm: shown, reason, bit of latched", _numbered(ALARM_NAMES)),
    )
    return _table(("number of", "which"), rows)


def _numbered(names: Sequence[str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in enumerate(names) if name)


def _events() -> str:
    codes = {**dict.fromkeys(KIND_NAMES, "number of it"), KIND_NAMES[LINK]: _numbered(LINK_NAMES)}
    boot = f"of BOOT why it has started: 0 switched on, {_numbered(BOOT_NAMES)}; else 0"
    values = ("", "state before it", "0 cleared, 1 raised", "answer", boot)
    rows = ((f"{kind} {name}", codes[name], values[kind]) for kind, name in enumerate(KIND_NAMES) if name)
    return _table(("kind of event", "code", "value"), rows)


def put_into(text: str) -> str:
    """The same text with the tables of today between the markers."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    readme = Path(sys.argv[1])
    readme.write_text(put_into(readme.read_text(encoding="utf-8")), encoding="utf-8")
