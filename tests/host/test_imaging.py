"""What can be shown of the image without building one: that a machine that cannot is told so, and the UF2 format.

The format is read here by Microsoft's description of it (github.com/microsoft/uf2), not by what wrote it.
"""

import struct
import tomllib

import lacking
import pytest
from click.testing import CliRunner

from pumphost.cli import main
from pumphost.flashing.files import firmware_files
from pumphost.imaging import build, sources
from pumpsim.engine import FIRMWARE


def test_what_is_missing_is_named_in_one_line(monkeypatch):
    monkeypatch.setattr(build.shutil, "which", lambda tool: None if tool == "ninja" else f"/usr/bin/{tool}")
    with pytest.raises(sources.NoImage) as caught:
        build.firmware_image()
    assert str(caught.value).startswith("no ninja to build MicroPython with: on Debian 12, apt-get install ")


@pytest.mark.parametrize("out", ["/proc/x.uf2", "/dev/null/x.uf2"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_built(monkeypatch, out):
    monkeypatch.setattr(build, "firmware_image", None)
    done = CliRunner().invoke(main, ["image", "--out", out])
    assert done.exit_code == 2
    assert f"{out}: " in done.stderr and "--out names a file that can be written" in done.stderr


def test_looking_whether_it_can_be_written_leaves_nothing(monkeypatch, tmp_path):
    image = tmp_path / "built"
    image.write_bytes(b"image")
    monkeypatch.setattr(build, "firmware_image", lambda told: image)
    for _ in ("made", "written over"):
        assert CliRunner().invoke(main, ["image", "--out", str(tmp_path / "new/folder/x.uf2")]).exit_code == 0
    assert [path.name for path in (tmp_path / "new").rglob("*")] == ["folder", "x.uf2"]
    assert (tmp_path / "new/folder/x.uf2").read_bytes() == b"image"


def test_without_a_mirror_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sources, "run", lambda *words: "")
    with pytest.raises(sources.NoImage, match="run apt-get update"):
        sources._mirror()


def test_a_build_that_fails_shows_its_last_lines():
    with pytest.raises(sources.NoImage, match=r"sh -c .* failed:\nno room") as caught:
        sources.run("sh", "-c", "echo no room >&2; exit 1")
    assert str(caught.value).count("\n") == 1


def test_where_interpreters_are_required_it_is_a_failure(monkeypatch):
    monkeypatch.delenv("REQUIRE_INTERPRETERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no ninja"):
        lacking.lacking("no ninja")
    monkeypatch.setenv("REQUIRE_INTERPRETERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no ninja"):
        lacking.lacking("no ninja")


@pytest.mark.parametrize("size", [1, 256, 257, 1_000])
def test_a_uf2_holds_the_binary_block_by_block(tmp_path, size):
    binary = bytes(number % 251 for number in range(size))
    build._write_uf2(binary, tmp_path / "firmware.uf2")
    file = (tmp_path / "firmware.uf2").read_bytes()
    blocks = [file[at : at + 512] for at in range(0, len(file), 512)]
    read = b""
    for number, block in enumerate(blocks):
        first, second, flags, address, count, this, total, family = struct.unpack("<8I", block[:32])
        assert (first, second, block[508:]) == (0x0A324655, 0x9E5D5157, struct.pack("<I", 0x0AB16F30))
        assert flags & 0x2000 and family == 0xE48BFF56
        assert (address, this, total) == (0x10000000 + number * 256, number, len(blocks))
        read += block[32 : 32 + count]
    assert read == binary.ljust(-(-size // 256) * 256, b"\0")


@pytest.fixture
def built(monkeypatch, tmp_path):
    """A firmware_image that is there already."""
    made = tmp_path / "made.uf2"
    made.write_bytes(b"an image")
    monkeypatch.setattr(build, "firmware_image", lambda told: made)
    return tmp_path


def test_the_command_puts_the_image_where_it_is_wanted_and_says_what_to_do_with_it(built):
    out = built / "new" / "pump.uf2"
    done = CliRunner().invoke(main, ["image", "--out", str(out)])
    assert (done.exit_code, out.read_bytes()) == (0, b"an image")
    assert f"openinfuse flash --uf2 {out}" in done.stdout


def test_where_it_cannot_be_written_is_named(built):
    (built / "file").touch()
    done = CliRunner().invoke(main, ["image", "--out", str(built / "file" / "pump.uf2")])
    assert done.exit_code == 2 and "--out names a file that can be written" in done.stderr


def test_where_it_cannot_be_built_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(build.shutil, "which", lambda tool: None)
    done = CliRunner().invoke(main, ["image", "--out", str(tmp_path / "new" / "pump.uf2")])
    assert done.exit_code == 1 and "apt-get install" in done.stderr
    assert not (tmp_path / "new").exists()


def test_what_is_frozen_is_what_a_board_is_given_and_the_manifest():
    files = build._shipped()
    assert {file.name for file in firmware_files()} | {"manifest.py", "board/unix.py"} == set(files)
    assert all(file.is_file() for file in files.values())


def test_a_wheel_carries_all_of_it():
    """pumpcore as a package, the rest below pumpsim, where `engine.FIRMWARE` looks."""
    wheel = tomllib.loads((FIRMWARE.parent / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    carried = wheel["force-include"]
    assert "firmware/pumpcore" in wheel["packages"]
    for name in [*build._shipped(), "package.json"]:
        folder = name.split("/")[0]
        if folder != "pumpcore":
            assert carried[f"firmware/{folder}"] == f"pumpsim/firmware/{folder}"
