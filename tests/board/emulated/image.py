"""The image that is run: MicroPython for a Raspberry Pi Pico with the firmware frozen in, by its own manifest.

No registry has an image of MicroPython, so it is built, which takes about a minute once. It is not byte for byte the
official one: see CUTS in sources.py. What was built stays in the user's cache folder: the tree under the hash of the
two files that make it, the image in it under that of the firmware. After a change of the firmware only the frozen
modules are made anew.
"""

import fcntl
import hashlib
import os
import shutil
import struct
from pathlib import Path

from platformdirs import user_cache_path

import sources
from sources import NoImage, run

FIRMWARE = Path(__file__).parents[3] / "firmware"
SHIPPED = ("boot.py", "main.py", "manifest.py", "pumpcore", "board")

FLASH = 0x1000_0000
FAMILY = 0xE48B_FF56  # RP2040, of Microsoft's list of UF2 families
KEPT = 8  # images, of as many states of the firmware: another checkout may be using one
BLOCK = 256  # bytes of flash in a UF2 block of 512


def firmware_image() -> Path:
    """The UF2 with the firmware as it is now. Raises NoImage."""
    for tool in ("arm-none-eabi-gcc", "cmake", "ninja", "cc", "make", "apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise NoImage(f"no {tool} to build MicroPython with: see .ci/run")
    cache = user_cache_path("openinfuse") / "pico"
    cache.mkdir(parents=True, exist_ok=True)
    tree = cache / _hash([Path(sources.__file__), Path(__file__)])
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others wait until it is built
        if not (tree / "ready").exists():
            _prepare(cache, tree)
        return _freeze(tree)


def mpy_cross(image: Path) -> Path:
    return image.parent / "micropython/mpy-cross/build/mpy-cross"


def _prepare(cache: Path, tree: Path) -> None:
    """Everything but what the firmware decides. Trees of other versions of these files go."""
    for other in cache.iterdir():
        if other.is_dir():
            shutil.rmtree(other)
    sources.fetch(tree)
    run("make", "-C", tree / "micropython/mpy-cross", f"-j{os.cpu_count()}")
    _copy_firmware(tree)
    run(
        *("cmake", "-G", "Ninja", "-S", tree / "micropython/ports/rp2", "-B", tree / "build"),
        *("-DCMAKE_BUILD_TYPE=MinSizeRel", "-DMICROPY_BOARD=RPI_PICO", "-DPICO_NO_PICOTOOL=1", "-DPICO_CLIB=newlib"),
        f"-DPICO_SDK_PATH_OVERRIDE={tree / 'debian/usr/src/pico-sdk'}",
        f"-DMICROPY_FROZEN_MANIFEST={tree / 'firmware/manifest.py'}",
    )
    (tree / "ready").touch()


def _freeze(tree: Path) -> Path:
    image = tree / f"{_hash(_shipped_files())}.uf2"
    if not image.exists():
        _copy_firmware(tree)
        run("ninja", "-C", tree / "build")
        _write_uf2((tree / "build/firmware.bin").read_bytes(), image)
        for old in sorted(tree.glob("*.uf2"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            old.unlink()
    return image


def _shipped_files() -> list[Path]:
    names = [FIRMWARE / name for name in SHIPPED]
    return sorted(file for name in names for file in ([name] if name.is_file() else name.glob("*.py")))


def _copy_firmware(tree: Path) -> None:
    """Into the tree, so that the place of the repository is not in the build. Each file gets a new date: what is frozen
    is made anew by date."""
    shutil.rmtree(tree / "firmware", ignore_errors=True)
    for file in _shipped_files():
        copy = tree / "firmware" / file.relative_to(FIRMWARE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {file.stat().st_size}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _write_uf2(binary: bytes, image: Path) -> None:
    """Blocks of Microsoft's USB flashing format. The image appears whole or not at all."""
    blocks = [binary[at : at + BLOCK].ljust(BLOCK, b"\0") for at in range(0, len(binary), BLOCK)]
    made = image.with_suffix(".new")
    with open(made, "wb") as file:
        for number, block in enumerate(blocks):
            place = FLASH + number * BLOCK, BLOCK, number, len(blocks), FAMILY
            file.write(struct.pack("<8I", 0x0A32_4655, 0x9E5D_5157, 0x2000, *place))
            file.write(block.ljust(476, b"\0") + struct.pack("<I", 0x0AB1_6F30))
    made.rename(image)
