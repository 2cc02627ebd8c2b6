"""What firmware/README.md says about the wire is what the pump does."""

from pathlib import Path

from host.desk import Desk

from pumpcore.commands import TABLE, WHY
from pumphost.wiretable import UNITS, put_into, tables

README = Path(__file__).parents[2] / "firmware/README.md"


def test_the_readme_has_the_tables_of_today():
    """If not: python -m pumphost.wiretable firmware/README.md."""
    text = README.read_text(encoding="utf-8")
    assert tables() in text
    assert put_into(text) == text


def test_the_tables_name_everything():
    told = tables()
    for command in TABLE:
        assert f"`{command.word.decode()}`" in told
        for name in [*command.reply, *(field.name for field in command.fields)]:
            assert name in told
            assert "_" not in name or name in ("on_mains",) or any(name.endswith(unit) for unit in UNITS), name
    assert all(f"`{word.decode()}`" in told for word in WHY)


def test_the_conversation_by_hand_is_what_the_pump_says():
    lines = README.read_text(encoding="utf-8").split("```")[1].split("\n")[1:-1]
    desk = Desk()
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        desk.write(asked.encode() + b"\r\n")
        assert desk.read(desk.in_waiting).decode() == answered + "\n"
    assert desk.controller.state == 0
