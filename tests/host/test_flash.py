"""`openinfuse flash` against the real prompt of a real interpreter, with a folder as the board's flash."""

import errno
import json
import stat
from functools import partial

import pytest
import serial
from click.testing import CliRunner
from host.desk import Desk
from host.flashed import MACHINE, PICO_2, Cut, Flashed
from mpremote.transport import TransportError

from pumphost.cli import main
from pumphost.errors import NotDone
from pumphost.flashing import files, flash
from pumphost.flashing.board import OnBoard
from pumphost.flashing.files import File, firmware_files
from pumphost.line import NoAnswer, PortError, WrongVersion
from pumphost.pump import Pump

KEY = bytes(range(16))
SEALED, SETTINGS, LOG = "code.sum", "settings.0", "log.csv"
# As short as firmware can be: what `flash` calls of it, and a few files more.
PICO = ("micropython", (1, 28, 0), "rp2", "Raspberry Pi Pico with RP2040")
ESP32 = ("micropython", (1, 28, 0), "esp32", "ESP32")
READS_MPY = (6,)  # what a board says behind that
STAYS = "\n\ndef reset():\n    pass\n"  # at its prompt
SMALL = {
    "board/__init__.py": "",
    "board/code.py": "def seal():\n    open('main.py').close()\n    open('code.sum', 'w').write('1')\n",
    "board/settings.py": "def change(key):\n    open('settings.0', 'w').write(key)\n",
    "pumpcore/__init__.py": "",
    "pumpcore/dose.py": "# a dose, in µL\n" * 40,
    "boot.py": "# the motor is off\n",
    "main.py": "# the pump\n",
}
FILES = [File(name, text.encode()) for name, text in SMALL.items()]
CONTENT = {file.name: file.content for file in FILES}


@pytest.fixture
def rig(tmp_path, monkeypatch):
    rig = Flashed(tmp_path)
    monkeypatch.setattr(flash, "GREET_EVERY_S", 0)
    yield rig
    rig.close()


@pytest.fixture
def board(rig, monkeypatch, tmp_path):
    """The command reaches the rig, and a pump that stands still answers before and after."""
    desk = Desk()
    monkeypatch.setattr("pumphost.flashing.board.OnBoard", partial(OnBoard, connect=rig.connect))
    monkeypatch.setattr("pumphost.flashing.flash.firmware_files", lambda: FILES)
    monkeypatch.setattr("pumphost.flashing.command.open_port", lambda port: Desk())
    monkeypatch.setattr("pumphost.flashing.flash.Pump", lambda port: Pump(desk, patience_s=0))
    monkeypatch.chdir(tmp_path)
    rig.desk = desk
    return rig


class Silent:
    def total(self, count):
        pass

    def at(self, what, done):
        pass


def bring(rig, wanted=FILES, keying=flash.Keying()):  # noqa: B008
    board = OnBoard("board", rig.connect)
    plan = flash.compare(board, wanted, Silent())
    flash.carry_out(board, plan, keying, Silent())
    board.reset()
    return [file.name for file in plan.copy]


def run(*words):
    return CliRunner().invoke(main, ["flash", "--port", "board", *map(str, words)])


def check(done, code, *says):
    """One line on stderr, and nothing else."""
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for words in says:
        assert words in done.stderr


# Onto the board


def test_an_empty_board_gets_all_of_it_sealed_and_is_reset(rig):
    assert bring(rig) == [file.name for file in FILES]
    assert rig.files() == CONTENT | {SEALED: b"1"}
    assert rig.was_reset()


def test_the_second_time_nothing_is_copied(rig):
    bring(rig)
    rig.written.clear()
    assert bring(rig) == []
    assert rig.written == []
    assert rig.files() == CONTENT | {SEALED: b"1"}


def test_one_file_that_differs_is_copied_and_main_once_more(rig):
    bring(rig)
    changed = [File(file.name, b"# another\n") if file.name == "pumpcore/dose.py" else file for file in FILES]
    assert bring(rig, changed) == ["pumpcore/dose.py", "main.py"]
    assert rig.files()["pumpcore/dose.py"] == b"# another\n"


def test_code_of_an_older_version_goes_and_settings_and_logs_stay(rig):
    (rig.flash / "board").mkdir()
    (rig.flash / "board" / "rp2_old.py").write_text("")
    (rig.flash / "board" / "notes.txt").write_text("mine")
    (rig.flash / SETTINGS).write_text("as set")
    (rig.flash / LOG).write_text("what happened")
    bring(rig)
    kept = {"board/notes.txt": b"mine", SETTINGS: b"as set", LOG: b"what happened"}
    assert rig.files() == CONTENT | kept | {SEALED: b"1"}


@pytest.mark.parametrize("after", range(len(FILES)))
def test_cut_off_in_any_file_it_starts_nothing_and_the_next_attempt_is_whole(rig, after):
    old = {file.name: file.content + b"# older\n" for file in FILES}
    for name, content in old.items():
        (rig.flash / name).parent.mkdir(exist_ok=True)
        (rig.flash / name).write_bytes(content)
    rig.cut_after = after
    with pytest.raises(Cut):
        bring(rig)
    there = rig.files()
    assert "main.py" not in there
    assert all(there[file.name] == file.content for file in FILES[:after])
    assert all(there[file.name] == old[file.name] for file in FILES[after:-1])
    rig.cut_after = None
    bring(rig)
    assert rig.files() == CONTENT | {SEALED: b"1"}


def test_what_has_not_arrived_as_it_was_sent_is_not_put_in_its_place(rig):
    rig.spoil = CONTENT["pumpcore/dose.py"]
    with pytest.raises(NotDone, match=r"pumpcore/dose\.py has not arrived as it was sent: try again"):
        bring(rig)
    assert rig.files().keys() == {"board/__init__.py", "board/code.py", "board/settings.py", "pumpcore/__init__.py"}


def test_what_the_board_says_is_one_line(rig):
    failing = [File("board/code.py", b"raise ValueError('no seal today')\n"), *FILES[:1], *FILES[2:]]
    with pytest.raises(NotDone, match="the board says ValueError: no seal today"):
        bring(rig, failing)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (OSError(errno.ENOSPC, "flash.part"), NotDone, "the board's flash is full"),
        (serial.SerialException("device disconnected"), PortError, "the board has gone, or its flash fails"),
        (TransportError("timeout waiting for first EOF reception"), PortError, "the board does not answer"),
    ],
)
def test_what_fails_on_the_way_is_one_line(rig, monkeypatch, error, kind, says):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("host.flashed.Transport.fs_writefile", fail)
    with pytest.raises(kind, match=says) as caught:
        bring(rig)
    assert "\n" not in str(caught.value)


# Which board


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (
            ("micropython", (1, 19, 1), "rp2", ""),
            r"1\.19\.1 on rp2: install MicroPython 1\.25 or newer, from",
        ),
        (("circuitpython", (9, 2, 0), "RP2040", ""), r"circuitpython 9\.2\.0 on RP2040: install MicroPython"),
        (("micropython", (1, 28, 0), "linux", ""), "and the pump has drivers for rp2 and esp32 only"),
    ],
)
def test_what_the_firmware_does_not_run_on_is_left_alone(rig, about, says):
    rig.about = about
    with pytest.raises(WrongVersion, match=says):
        OnBoard("board", rig.connect)
    assert rig.files() == {}


def test_an_esp32_is_reset_and_stopped_before_its_watchdog_runs(rig, monkeypatch):
    monkeypatch.setattr("pumphost.flashing.board.KNOCKS", 0)
    (rig.modules / "machine.py").write_text(MACHINE + "\n\ndef reset():\n    open('was_reset', 'w').close()\n")
    rig.about = ESP32
    bring(rig)
    assert rig.files() == CONTENT | {SEALED: b"1", "was_reset": b""}


def test_a_port_where_nothing_is_says_what_to_install(rig, monkeypatch):
    def dead(port, timeout):
        transport = rig.connect(port, timeout)
        monkeypatch.setattr(transport, "read_until", lambda *_, **__: b"")
        return transport

    with pytest.raises(PortError, match="no MicroPython answers at board: install MicroPython"):
        OnBoard("board", dead)


@pytest.mark.parametrize("mpy", [(), (5,), (7,)])
def test_a_chip_that_is_too_small_for_sources_needs_a_micropython_that_reads_bytecode(board, mpy):
    board.about = PICO + mpy
    says = (
        "the memory of an RP2040 is too small for the firmware's sources",
        "not read .mpy files of version 6",
        "openinfuse image",
    )
    check(run(), 1, *says)
    assert board.files() == {}


@pytest.mark.parametrize("about", [PICO, PICO_2, ESP32])
def test_a_board_that_reads_bytecode_gets_that_and_its_sources_go(board, monkeypatch, about):
    """Compiled by the interpreter's own compiler, imported and sealed by the interpreter."""
    monkeypatch.setattr("pumphost.flashing.board.KNOCKS", 0)
    (board.modules / "machine.py").write_text(MACHINE + STAYS)
    bring(board)
    board.about = about + READS_MPY
    assert "6 copied, 1 the same, 5 removed; checksum sealed" in run().stdout
    names = {name if name in ("boot.py", "main.py") else name.replace(".py", ".mpy") for name in CONTENT}
    assert set(board.files()) == names | {SEALED}
    assert all(content[:2] == b"M\x06" for name, content in board.files().items() if name.endswith(".mpy"))
    assert "0 copied, 7 the same, 0 removed" in run().stdout


@pytest.mark.parametrize(
    ("about", "says", "left"),
    [(PICO, "checksum sealed", {SEALED: b"the image's"}), (ESP32, "no checksum on this chip", {})],
)
def test_with_the_firmware_in_its_image_files_only_stand_in_the_way(board, monkeypatch, about, says, left):
    monkeypatch.setattr("pumphost.flashing.board.KNOCKS", 0)
    (board.modules / "machine.py").write_text(MACHINE + STAYS)
    (board.modules / "board").mkdir()
    (board.modules / "board/code.py").write_text("def seal():\n    open('code.sum', 'w').write(\"the image's\")\n")
    for name, content in (CONTENT | {SEALED: b"1", LOG: b"what happened"}).items():
        (board.flash / name).parent.mkdir(exist_ok=True)
        (board.flash / name).write_bytes(content)
    board.about, board.frozen = about, True
    done = run("--dry-run")
    assert done.stdout.count("would be removed") == len(FILES)
    said = " ".join(run().stdout.split())
    assert f"7 removed; the image has the firmware in it, and needs no files; {says}" in said
    assert board.files() == {LOG: b"what happened"} | left
    assert not [path for path in board.flash.iterdir() if path.is_dir()]


def test_a_folder_that_hides_the_images_code_is_named(board):
    (board.flash / "board").mkdir()
    (board.flash / "board/notes.txt").write_text("mine")
    board.about, board.frozen = PICO, True
    check(run(), 1, "board/notes.txt is not the pump's, and its folder hides the image's code")
    assert board.files() == {"board/notes.txt": b"mine"}


# The key


def test_a_key_is_set_before_the_pump_can_start(rig, tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY.hex())
    keying = flash.Keying(key_file=path)
    rig.cut_after = len(FILES) - 1
    with pytest.raises(Cut):
        bring(rig, keying=keying)
    assert rig.files()[SETTINGS] == KEY.hex().encode()
    assert "main.py" not in rig.files()


def test_a_new_key_is_kept_in_a_file_of_its_owner_and_set(board, tmp_path):
    path = tmp_path / "new.key"
    assert run("--new-key", path).exit_code == 0
    assert len(bytes.fromhex(path.read_text())) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert board.files()[SETTINGS].decode() == path.read_text().strip()


def test_two_new_keys_differ(tmp_path):
    assert files.make_key(tmp_path / "a") != files.make_key(tmp_path / "b")


def test_what_cannot_be_a_key_is_said_before_any_port_is_opened(board, tmp_path):
    there = tmp_path / "there"
    there.write_text("not hexadecimal")
    check(run("--new-key", there), 2, "there is there already and stays")
    check(run("--new-key", tmp_path / "no" / "key"), 2, "there is no such folder")
    check(run("--key", there), 2, "a key is hexadecimal digits")
    check(run("--key", there, "--new-key", tmp_path / "new"), 2, "either --key or --new-key")
    assert board.running == []
    assert there.read_text() == "not hexadecimal"


# The command


def test_the_command_says_what_it_did_and_what_came_up(board):
    done = run()
    assert done.exit_code == 0, done.output
    assert "7 copied, 0 the same, 0 removed; checksum sealed" in done.stdout
    assert "the pump at board is up: protocol" in done.stdout
    assert board.files() == CONTENT | {SEALED: b"1"}


def test_a_dry_run_tells_each_file_and_changes_nothing(board, tmp_path):
    (board.flash / "pumpcore").mkdir()
    (board.flash / "pumpcore" / "dose.py").write_bytes(CONTENT["pumpcore/dose.py"])
    (board.flash / "pumpcore" / "gone.py").write_text("")
    before = board.files()
    done = run("--dry-run", "--new-key", tmp_path / "new.key")
    assert done.exit_code == 0, done.output
    said = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "stays" in said["pumpcore/dose.py"]
    assert "would be removed" in said["pumpcore/gone.py"]
    assert all("would be copied" in said[name] for name in SMALL if name != "pumpcore/dose.py")
    assert board.files() == before
    assert board.was_reset()
    assert not (tmp_path / "new.key").exists()


@pytest.fixture
def infusing(board):
    pump = Pump(board.desk, patience_s=0)
    pump.confirm(pump.program(5, 10).digest)
    pump.start()
    return board


def test_a_pump_that_infuses_is_left_alone(infusing):
    check(run(), 1, "the pump at board is INFUSING: stop it first, or say --force")
    assert infusing.running == []


def test_unless_that_is_meant(infusing):
    assert run("--force").exit_code == 0
    assert infusing.files() == CONTENT | {SEALED: b"1"}


def test_a_pump_of_another_version_may_infuse(board, monkeypatch):
    monkeypatch.setattr("pumphost.pump.PROTOCOL", 99)
    check(run(), 1, "whether it infuses cannot be asked: look at it, and say openinfuse flash --force")
    assert board.running == []


def test_a_board_that_starts_nothing_cannot_infuse(rig, monkeypatch):
    asked = []

    def silent(port):
        asked.append(port)
        raise NoAnswer("the pump does not answer")

    monkeypatch.setattr(flash, "Pump", silent)
    flash.refuse_while_moving("board")  # which would raise NotDone
    assert asked == ["board"]


def test_a_pump_that_comes_up_late_is_waited_for(rig, monkeypatch):
    late = [PortError("there is no board"), NoAnswer("the pump does not answer")]

    def come(port):
        if late:
            raise late.pop(0)
        return Pump(Desk(key=KEY), patience_s=0)

    monkeypatch.setattr(flash, "Pump", come)
    assert flash.greet("board").keyed


def test_one_that_does_not_come_up_is_told(rig, monkeypatch):
    def silent(port):
        raise NoAnswer("the pump does not answer")

    monkeypatch.setattr(flash, "Pump", silent)
    monkeypatch.setattr(flash, "COMES_UP_S", -1)
    with pytest.raises(NoAnswer, match="all is written, and the pump at board does not come up"):
        flash.greet("board")


def test_a_served_pump_has_no_flash():
    done = CliRunner().invoke(main, ["flash", "--port", "socket://localhost:4001"])
    check(done, 2, "only a board at a serial port can be flashed")


# What goes onto it


def test_the_files_are_those_of_the_package_and_start_last():
    names = [file.name for file in firmware_files()]
    listed = json.loads((files.FIRMWARE / "package.json").read_text())["urls"]
    assert sorted(names) == sorted(name for name, _ in listed)
    assert names[-2:] == ["boot.py", "main.py"]
    assert "board/unix.py" not in names


def test_the_firmware_arrives_whole(rig):
    """All of it, over the real prompt; what seals it needs no chip."""
    board = OnBoard("board", rig.connect)
    plan = flash.compare(board, firmware_files(), Silent())
    for folder in files.CODE_FOLDERS:
        board.make_folder(folder)
    for file in plan.copy:
        board.put(file, lambda done: None)
    assert rig.files() == {file.name: file.content for file in firmware_files()}
