"""MicroPython's UF2 onto the drive that a Pico is with BOOTSEL held: a folder here, with the file such a drive has."""

import pytest
from click.testing import CliRunner

from pumphost.cli import main
from pumphost.errors import BadInput, NotDone
from pumphost.flashing import bootsel
from pumphost.line import PortError

BLOCK = bootsel.MAGIC + bytes(504)


@pytest.fixture
def uf2(tmp_path):
    path = tmp_path / "micropython.uf2"
    path.write_bytes(BLOCK * 3)
    return path


@pytest.fixture(params=["RPI-RP2", "somebody/RPI-RP2", "somebody/RP2350"])
def drive(request, tmp_path, monkeypatch):
    monkeypatch.setattr(bootsel, "MOUNTS", (str(tmp_path),))
    drive = tmp_path / request.param
    drive.mkdir(parents=True)
    (drive / "INFO_UF2.TXT").write_text("UF2 Bootloader")
    return drive


def test_it_is_copied_and_the_port_that_comes_is_told(uf2, drive, monkeypatch):
    monkeypatch.setattr(bootsel, "LOOK_EVERY_S", 0)
    late = [PortError("no serial port is here")] * 3

    def find_port():
        if late:
            raise late.pop()
        return "/dev/ttyACM0"

    assert bootsel.install(uf2, bootsel.find_drive(), find_port) == "/dev/ttyACM0"
    assert (drive / "micropython.uf2").read_bytes() == BLOCK * 3


def test_a_board_that_does_not_come_back_is_told(uf2, drive, monkeypatch):
    monkeypatch.setattr(bootsel, "RESTARTS_S", -1)

    def find_port():
        raise PortError("no serial port is here")

    with pytest.raises(NotDone, match="no port has come: no serial port is here"):
        bootsel.install(uf2, drive, find_port)


def test_a_drive_that_takes_nothing_is_told(uf2, tmp_path):
    with pytest.raises(NotDone, match=r"micropython\.uf2 does not go onto .*gone: No such file"):
        bootsel.install(uf2, tmp_path / "gone", lambda: "")


def test_a_dry_run_copies_nothing(uf2, drive):
    done = CliRunner().invoke(main, ["flash", "--uf2", str(uf2), "--dry-run"])
    assert done.exit_code == 0
    assert "micropython.uf2 would be copied onto" in done.stdout.replace("\n", "")
    assert [path.name for path in drive.iterdir()] == ["INFO_UF2.TXT"]


def test_without_a_drive_it_is_said_how_one_comes(uf2, tmp_path, monkeypatch):
    monkeypatch.setattr(bootsel, "MOUNTS", (str(tmp_path),))
    done = CliRunner().invoke(main, ["flash", "--uf2", str(uf2)])
    assert done.exit_code == 3
    assert done.stderr == f"Error: {bootsel.HOW}\n"


@pytest.mark.parametrize("content", [b"", b"UF2", b"\x7fELF" + bytes(508), BLOCK[:-1]])
def test_what_is_no_uf2_is_refused(tmp_path, content):
    path = tmp_path / "wrong.uf2"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is no UF2 file: take the one for your board"):
        bootsel.check_uf2(path)


def test_one_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        bootsel.check_uf2(tmp_path / "none.uf2")
