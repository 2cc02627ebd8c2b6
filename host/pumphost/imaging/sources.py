"""MicroPython and what it is built with for a Pico, as Debian packages it: sources only, at versions that are known to
fit one another.

The packages come from Debian 13 by an apt configuration of this file's own, so that nothing of the machine's changes.
The mirror is the machine's. Debian's keyring vouches for what comes, apt sees to that.
"""

import shutil
import subprocess
from pathlib import Path

from pumphost.errors import NotDone

RELEASE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MICROPYTHON, PICO_SDK, TINYUSB = "1.25.0+ds-1", "2.1.1-1", "0.18.0+dfsg-1"

# What Debian has taken out of MicroPython's source, or what of the port needs it: (file, what is there, what instead).
# SHA-256 is a file of its own and stays; a Pico without network has no use for the rest.
CUTS = [
    ("ports/rp2/CMakeLists.txt", "set(MICROPY_SSL_MBEDTLS ON)", "set(MICROPY_SSL_MBEDTLS OFF)"),
    ("ports/rp2/CMakeLists.txt", "    mbedtls/mbedtls_port.c\n", ""),
    ("ports/rp2/CMakeLists.txt", "target_link_libraries(${MICROPY_TARGET} micropy_lib_mbedtls)\n", ""),
    ("ports/rp2/mpconfigport.h", "MICROPY_PY_HASHLIB_SHA1                 (1)", "MICROPY_PY_HASHLIB_SHA1 (0)"),
    ("ports/rp2/mpconfigport.h", "MICROPY_PY_CRYPTOLIB                    (1)", "MICROPY_PY_CRYPTOLIB (0)"),
    ("ports/rp2/mpconfigport.h", "MICROPY_SSL_MBEDTLS                     (1)", "MICROPY_SSL_MBEDTLS (0)"),
    ("ports/rp2/mpconfigport.h", "MICROPY_PY_SSL                  (1)", "MICROPY_PY_SSL (0)"),
]

APT = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
APT::Sandbox::User "root";
"""


class NoImage(NotDone):
    """The image cannot be built here: one line that says what is missing."""


def run(*words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise NoImage(f"no {words[0]}") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout).strip().splitlines()[-15:]
        raise NoImage("\n".join([f"{' '.join(map(str, words))} failed:", *last])) from None
    return done.stdout


def fetch(folder: Path) -> None:
    """Into `folder`: micropython/, with its two libraries in place."""
    downloads = folder / "downloads"
    _configure_apt(downloads)
    env = {"APT_CONFIG": str(downloads / "apt.conf"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    run("apt-get", "--quiet", "update", env=env)
    source = ("apt-get", "--quiet", "source", "--download-only", f"micropython={MICROPYTHON}")
    run(*source, cwd=downloads, env=env)
    libraries = f"pico-sdk-source={PICO_SDK}", f"tinyusb-source={TINYUSB}"
    run("apt-get", "--quiet", "download", *libraries, cwd=downloads, env=env)
    for package in downloads.glob("*.deb"):
        run("dpkg-deb", "--extract", package, folder / "debian")
    tree = folder / "micropython"
    tree.mkdir()
    (archive,) = downloads.glob("micropython_*.orig.tar.*")
    run("tar", "--extract", "--file", archive, "--strip-components=1", "--directory", tree)
    _complete(tree, folder / "debian/usr/src/tinyusb")
    shutil.rmtree(downloads)


def _configure_apt(folder: Path) -> None:
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    signed, mirror = f"signed-by={KEYRING}", _mirror()
    (folder / "sources.list").write_text(
        f"deb [arch=amd64 {signed}] {mirror} {RELEASE} main\ndeb-src [{signed}] {mirror} {RELEASE} main\n"
    )
    (folder / "apt.conf").write_text(APT.format(folder=folder))


def _mirror() -> str:
    """The one that this machine has its own Debian from."""
    sites = run("apt-get", "indextargets", "--format", "$(SITE)", "Origin: Debian", "Label: Debian").split()
    if not sites:
        raise NoImage("apt knows no Debian mirror: run apt-get update")
    return sites[0]


def _complete(tree: Path, tinyusb: Path) -> None:
    """Put in what was packaged apart, and take out what was left out."""
    library = tree / "lib/tinyusb"
    shutil.rmtree(library, ignore_errors=True)
    library.symlink_to(tinyusb)
    (tree / "lib/micropython-lib").mkdir(exist_ok=True)
    (tree / "lib/micropython-lib/README.md").touch()
    for name, old, new in CUTS:
        path = tree / name
        text = path.read_text()
        if text.count(old) != 1:
            raise NoImage(f"{name} of micropython {MICROPYTHON} is not as expected: {old.strip()!r}")
        path.write_text(text.replace(old, new))
