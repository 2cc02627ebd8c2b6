"""The checksum of the firmware's files: whole at power-on, then in slices; and what it is held against."""

import pytest

from assemble import load, read


@pytest.fixture
def code(rig):
    return load(rig, "board.code")


def copied(folder, **more):
    """Files as they are copied; returns the port's checksum of them by another way."""
    files = {"boot.py": b"1", "main.py": b"22", "pumpcore/a.py": bytes(range(100)), "board/rp2.py": b"", **more}
    files["notes.txt"] = files["lib.py"] = b"not of the firmware"
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    low, high = 1, 0
    for name in ("boot.py", "main.py", "pumpcore/a.py", *sorted(more), "board/rp2.py"):
        for byte in files[name]:
            low += byte
            high += low
    return high % 32_749 << 15 | low % 32_749


def test_the_code_is_summed_whole_at_power_on_and_in_slices_while_waiting(rig, port, tmp_path):
    code_sum = copied(tmp_path, **{"pumpcore/b.py": b"\x00\xff" * 500})
    board = port.Board()
    assert read(board).code_sum == code_sum
    with (tmp_path / "pumpcore/b.py").open("r+b") as file:
        file.seek(700)
        file.write(b"\x04")  # one bit of it
    assert read(board).code_sum == code_sum
    # 32 slices of 1000 bytes, 4 of 100, and one each of 1 and 2; each file's end takes one more
    board.wait_until(rig.clock_ms + 32 + 4 + 1 + 1 + 5 - 1)
    assert read(board).code_sum == code_sum
    board.wait_until(rig.clock_ms + 1)
    changed = read(board).code_sum
    assert changed != code_sum and 0 < changed < 2**30
    board.wait_until(rig.clock_ms + 500)
    assert read(board).code_sum == changed


@pytest.mark.parametrize("bit", range(8))
def test_any_flipped_bit_of_any_byte_changes_the_sum(code, tmp_path, bit):
    content = bytes(range(0, 250, 7))
    code_sum = copied(tmp_path, **{"pumpcore/b.py": content})
    for i in range(len(content)):
        flipped = bytearray(content)
        flipped[i] ^= 1 << bit
        (tmp_path / "pumpcore/b.py").write_bytes(flipped)
        assert code.Code().sum != code_sum


def test_a_seal_is_the_sum_of_when_it_was_made_and_none_is_0(code, tmp_path):
    code_sum = copied(tmp_path)
    assert code.sealed_sum() == 0
    code.seal()
    assert code.sealed_sum() == code_sum == code.Code().sum
    (tmp_path / "main.py").write_bytes(b"23")
    assert code.sealed_sum() == code_sum != code.Code().sum
    (tmp_path / code.SEAL).write_text("")
    assert code.sealed_sum() == 1


def test_a_seal_is_what_the_setup_asks_for(port, tmp_path):
    code_sum = copied(tmp_path)
    (tmp_path / "code.sum").write_text(str(code_sum))
    assert port.Board().setup().code_sum == code_sum


def test_without_files_nothing_is_summed(rig, port):
    """Frozen into the image they cannot be read; with nothing sealed nothing is held against it."""
    board = port.Board()
    board.wait_until(rig.clock_ms + 100)
    assert (read(board).code_sum, board.setup().code_sum) == (0, 0)
