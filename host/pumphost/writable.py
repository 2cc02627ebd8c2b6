"""Whether a file can be written, found out before the work whose result it is to hold. Nothing is left behind."""

import tempfile
from pathlib import Path

from pumphost.errors import BadInput


def check_writable(path: Path, option: str, replaced: bool = False) -> None:
    """Raises BadInput unless the file can be written over, or made where it is to be; one that is to be `replaced` is
    made beside it first."""
    try:
        if path.exists() and not replaced:
            path.open("r+b").close()
            return
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        tempfile.NamedTemporaryFile(dir=folder, prefix=path.name).close()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; {option} names a file that can be written") from None
