"""The image: MicroPython for a Raspberry Pi Pico with the firmware frozen in, by its own manifest.

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
from collections.abc import Callable, Mapping
from pathlib import Path

from platformdirs import user_cache_path

from pumphost.errors import BadInput
from pumphost.imaging import sources
from pumphost.imaging.sources import NoImage, run
from pumpsim.engine import FIRMWARE, SOURCES

TOP = ("boot.py", "main.py", "manifest.py")
FOLDERS = {"board": FIRMWARE, "pumpcore": SOURCES}  # a wheel has pumpcore beside pumpsim
TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja", "cc", "make", "apt-get", "dpkg-deb")
GET_TOOLS = (
    "on Debian 12, apt-get install build-essential cmake ninja-build gcc-arm-none-eabi libnewlib-arm-none-eabi "
    "libstdc++-arm-none-eabi-newlib"
)

FLASH = 0x1000_0000
FAMILY = 0xE48B_FF56  # RP2040, of Microsoft's list of UF2 families
KEPT = 8  # images, of as many states of the firmware: another checkout may be using one
BLOCK = 256  # bytes of flash in a UF2 block of 512


def firmware_image(told: Callable[[str], None] = lambda what: None) -> Path:
    """The UF2 with the firmware as it is now; `told` hears what is going on. Raises NoImage."""
    for tool in TOOLS:
        if not shutil.which(tool):
            raise NoImage(f"no {tool} to build MicroPython with: {GET_TOOLS}")
    cache = user_cache_path("openinfuse") / "pico"
    cache.mkdir(parents=True, exist_ok=True)
    tree = cache / _hash({file: Path(__file__).with_name(file) for file in ("build.py", "sources.py")})
    told("waiting for another build")
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (tree / "ready").exists():
            _prepare(cache, tree, told)
        return _freeze(tree, told)


def put(image: Path, out: Path) -> None:
    """A copy of it at `out`. Raises BadInput if that cannot be."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(image, out)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}; --out names a file that can be written") from None


def mpy_cross(image: Path) -> Path:
    return image.parent / "micropython/mpy-cross/build/mpy-cross"


def _prepare(cache: Path, tree: Path, told: Callable[[str], None]) -> None:
    """Everything but what the firmware decides. Trees of other versions of these files go."""
    for other in cache.iterdir():
        if other.is_dir():
            shutil.rmtree(other)
    told("fetching the sources of MicroPython and of the Pico's libraries")
    sources.fetch(tree)
    told("building MicroPython's cross compiler")
    run("make", "-C", tree / "micropython/mpy-cross", f"-j{os.cpu_count()}")
    _copy_firmware(tree)
    run(
        *("cmake", "-G", "Ninja", "-S", tree / "micropython/ports/rp2", "-B", tree / "build"),
        *("-DCMAKE_BUILD_TYPE=MinSizeRel", "-DMICROPY_BOARD=RPI_PICO", "-DPICO_NO_PICOTOOL=1", "-DPICO_CLIB=newlib"),
        f"-DPICO_SDK_PATH_OVERRIDE={tree / 'debian/usr/src/pico-sdk'}",
        f"-DMICROPY_FROZEN_MANIFEST={tree / 'firmware/manifest.py'}",
    )
    (tree / "ready").touch()


def _freeze(tree: Path, told: Callable[[str], None]) -> Path:
    image = tree / f"{_hash(_shipped())}.uf2"
    if not image.exists():
        told("building MicroPython with the firmware in it")
        _copy_firmware(tree)
        run("ninja", "-C", tree / "build")
        _write_uf2((tree / "build/firmware.bin").read_bytes(), image)
        for old in sorted(tree.glob("*.uf2"), key=lambda file: file.stat().st_mtime)[:-KEPT]:
            old.unlink()
    return image


def _shipped() -> dict[str, Path]:
    """What is frozen, and the manifest, by its place beside that."""
    files = {name: FIRMWARE / name for name in TOP}
    for folder, parent in FOLDERS.items():
        files |= {f"{folder}/{file.name}": file for file in sorted((parent / folder).glob("*.py"))}
    return files


def _copy_firmware(tree: Path) -> None:
    """Into the tree, so that the place of the repository is not in the build. Each file gets a new date: what is frozen
    is made anew by date."""
    shutil.rmtree(tree / "firmware", ignore_errors=True)
    for name, file in _shipped().items():
        copy = tree / "firmware" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _hash(files: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(f"{name} {file.stat().st_size}\n".encode() + file.read_bytes())
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
