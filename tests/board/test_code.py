"""The checksum of the firmware's files or of the image: whole at power-on, then in slices; what it is held against."""

import zlib

import pytest

from assemble import image_of, load, read

ROUND = 400  # slices, more than a round of the rig's image has


@pytest.fixture
def code(rig):
    return load(rig, "board.code")


def copied(folder, **more):
    """Files as they are copied; returns the port's checksum of them by another way."""
    files = {"boot.py": b"1", "main.py": b"22", "pumpcore/a.mpy": bytes(range(100)), "board/rp2.py": b"", **more}
    files["notes.txt"] = files["lib.py"] = b"not of the firmware"
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    low, high = 1, 0
    for name in ("boot.py", "main.py", "pumpcore/a.mpy", *sorted(more), "board/rp2.py"):
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


def test_what_was_never_sealed_is_held_against_what_it_was_at_power_on(port, tmp_path):
    code_sum = copied(tmp_path)
    assert port.Board().setup().code_sum == code_sum


# Frozen into the image


def crc(rig):
    """As zlib has it, of the image and nothing behind it."""
    return zlib.crc32(rig.image) & 0x3FFF_FFFF


def test_without_files_the_image_is_summed_up_to_where_it_says_that_it_ends(rig, port):
    rig.image = image_of(bytes(range(250)))
    code_sum = crc(rig)
    rig.image += b"settings and logs"
    board = port.Board()
    assert read(board).code_sum == board.setup().code_sum == code_sum > 0
    board.wait_until(rig.clock_ms + 3 * ROUND)
    assert read(board).code_sum == code_sum


def test_an_image_that_changes_is_found_in_a_round_of_its_slices_and_stays_found(rig, port):
    board = port.Board()
    board.wait_until(rig.clock_ms + ROUND)
    rig.image[280] ^= 1
    board.wait_until(rig.clock_ms + ROUND)
    assert read(board).code_sum == 0 != board.setup().code_sum
    rig.image[280] ^= 1
    board.wait_until(rig.clock_ms + 3 * ROUND)
    assert read(board).code_sum == 0


def test_any_flipped_bit_of_the_image_changes_its_sums(rig, code):
    image = code.Image()
    slices = 0
    while image.first_low < 0:
        image.read_a_slice()
        slices += 1
    for i in range(len(rig.image)):
        rig.image[i] ^= 1 << i % 8
        image.sum = 1
        for _ in range(slices):
            image.read_a_slice()
        assert image.sum == 0
        rig.image[i] ^= 1 << i % 8


def test_words_that_change_places_change_the_sums_too(rig, code):
    image = code.Image()
    for _ in range(ROUND):
        image.read_a_slice()
    rig.image[20:22], rig.image[40:42] = rig.image[40:42], rig.image[20:22]
    for _ in range(ROUND):
        image.read_a_slice()
    assert image.sum == 0


def test_another_image_than_the_one_that_was_sealed_is_found_at_power_on(rig, port):
    sealed = crc(rig)
    board = port.Board()
    load(rig, "board.code").seal()
    assert board.setup().code_sum == sealed
    rig.image = image_of(b"other code")
    board = load(rig).Board()
    assert board.setup().code_sum == sealed != read(board).code_sum == crc(rig)


@pytest.mark.parametrize("at", [0x100, 0x12D])
def test_an_image_that_does_not_say_where_it_ends_is_no_image(rig, code, at):
    rig.image[at] ^= 1  # the header, or what the entry is called
    with pytest.raises(ValueError, match="where it ends"):
        code.Image()


def test_on_another_chip_an_image_is_not_summed_and_nothing_is_held_against_it(rig):
    rig.image = None
    code = load(rig, "board.code", platform="esp32")
    whole = code.whole_code()
    whole.read_a_slice()
    assert whole.sum == code.sealed_sum() == 0
