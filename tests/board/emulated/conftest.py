"""One image for all tests of the emulated Pico. Without the emulator, an extra of its own, none is collected."""

from importlib.util import find_spec

import pytest
from lacking import lacking

from pumphost.imaging.build import NoImage, firmware_image

if not find_spec("rp2040py"):
    collect_ignore_glob = ["test_emulated_*.py"]


@pytest.fixture(scope="session")
def image():
    try:
        return firmware_image()
    except NoImage as error:
        return lacking(f"an emulated Pico: {error}")
