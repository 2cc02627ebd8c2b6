"""`openinfuse monitor`: a watch on the pump, and whatever shows or saves it: panel, page, file.

Ends with the panel, or with Ctrl-C where there is none. The pump goes on as it is; it is told goodbye.
"""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

from pumphost.errors import BadInput
from pumphost.monitoring.face import face
from pumphost.monitoring.saving import Save
from pumphost.monitoring.watching import Snapshot, Watch
from pumphost.monitoring.web import LOCAL, Site
from pumphost.remote.reach import Reach


def monitor(pump: Reach, every_s: float, save: Path | None, web: str | None, panel: bool) -> None:
    """Watch the pump until the user ends it. Raises BadInput, and PumpError for one that is not there."""
    where = address(web) if web else None
    _check(panel, save is not None or web is not None)
    watch = Watch(pump.open, every_s, time.monotonic())
    with ExitStack() as stack:
        thread = threading.Thread(target=watch.run)
        stack.callback(_end, watch, thread)
        file = stack.enter_context(Save(save, watch)) if save else None
        site = stack.enter_context(Site(*where, watch, f"OpenInfuse  {pump.port}")) if where else None
        told = [f"page {site.url}"] if site else []
        told += [f"saving {file.path}"] if file else []
        if site and not ip_address(str(site.server_address[0])).is_loopback:
            print("Whoever reaches this address can stop the pump.", file=sys.stderr)
        thread.start()
        if panel:
            from pumphost.monitoring.panel import Panel  # noqa: PLC0415, textual is an extra

            Panel(watch, "  ".join(["OpenInfuse", pump.port, *told])).run()
        else:
            _print(watch, ", ".join([f"Watching {pump.port}", *told]))
    if file:
        print(f"Saved: {file.path}, {file.rows} rows")


def address(text: str) -> tuple[str, int]:
    """HOST and PORT out of `[HOST:]PORT`; this machine alone unless a host is given. Raises BadInput."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65_536):
        raise BadInput(f"--web {text}: PORT or HOST:PORT is right, with a port up to 65535")
    return host.strip("[]") or LOCAL, int(port)


def _check(panel: bool, else_: bool) -> None:
    if not panel and not else_:
        raise BadInput("--no-panel leaves nothing to do: give --save FILE or --web PORT with it")
    if panel and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("there is no terminal to show the panel in: give --no-panel, and --save FILE or --web PORT")
    if panel and not (find_spec("textual") and find_spec("textual_plotext")):
        raise BadInput("the panel needs two libraries: pip install textual textual-plotext; or give --no-panel")


def _end(watch: Watch, thread: threading.Thread) -> None:
    watch.leave()
    if thread.ident:
        thread.join()
    else:
        watch.close()


def _print(watch: Watch, title: str) -> None:
    """What changes, a line each, until Ctrl-C."""
    print(f"{title}; Ctrl-C ends it", flush=True)
    tell = changes()
    tell(watch.snapshot)
    watch.listeners.append(tell)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()


def changes() -> Callable[[Snapshot], None]:
    """Prints a line whenever state, rate, alarms or link are others than before."""
    last = ""

    def tell(snapshot: Snapshot) -> None:
        nonlocal last
        seen = face(snapshot)
        words = [seen.state, f"{seen.rate} mL/h", *(note.text for note in seen.alarms), seen.trouble, seen.remark]
        line = ", ".join(filter(None, words))
        if line != last:
            print(f"{snapshot.t_s:10.1f} s  {seen.pumped} mL  {line}", flush=True)
        last = line

    return tell
