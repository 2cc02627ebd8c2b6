"""The same panel as a page in a browser: one file of HTML, and server-sent events that carry each snapshot to it.

The page can pause and stop a pump, so not every page of the web may speak for it. A POST needs a token that only the
page we served knows, and has to come from it (Origin). Host must be an address or our own name, as a stranger's name
that is made to point at this machine would otherwise read the token. We listen on this machine alone unless told
another address; whoever reaches that one has the buttons too.
"""

import json
import secrets
import threading
from contextlib import suppress
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET6
from typing import cast
from urllib.parse import urlsplit

from pumphost.errors import BadInput
from pumphost.monitoring.face import face
from pumphost.monitoring.watching import ACTIONS, Snapshot, Watch

LOCAL = "127.0.0.1"
PAGE = Path(__file__).with_name("monitor.html")
END_S = 0.1  # until it is noticed that the site is to end
PATIENCE_S = 10.0  # after which a page that has gone is noticed though nothing new is to be said


class Site(ThreadingHTTPServer):
    """Serves `watch` at `host`:`port`, 0 for any that is free. Raises BadInput if it cannot listen there."""

    daemon_threads = True

    def __init__(self, host: str, port: int, watch: Watch, title: str) -> None:
        if ":" in host:
            self.address_family = AF_INET6
        try:
            super().__init__((host, port), Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise BadInput(f"--web {host}:{port}: {why}; name another port or address") from None
        self.name = host
        self.watch = watch
        self.title = title
        self.token = secrets.token_urlsafe(24)
        self.news = threading.Condition()
        self.told = 0
        self.over = False
        watch.listeners.append(self._hear)

    @property
    def url(self) -> str:
        host = f"[{self.name}]" if ":" in self.name else self.name
        return f"http://{host}:{self.server_address[1]}/"

    def __enter__(self) -> "Site":
        threading.Thread(target=self.serve_forever, args=(END_S,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.listeners.remove(self._hear)
        with self.news:
            self.over = True
            self.news.notify_all()
        self.shutdown()
        self.server_close()

    def _hear(self, snapshot: Snapshot) -> None:
        with self.news:
            self.told += 1
            self.news.notify_all()

    def next_after(self, told: int) -> int:
        """Wait until more than `told` has been told; how much it is now."""
        with self.news:
            self.news.wait_for(lambda: self.told > told or self.over, PATIENCE_S)
            return self.told

    def page(self) -> bytes:
        return PAGE.read_text(encoding="utf-8").replace("TOKEN", self.token).encode()

    def trusts(self, host: str) -> bool:
        """Whether a request to `host` can be meant for us: an address, or a name that we were given."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in ("localhost", self.name) or bool(ip_address(name))
        except ValueError:
            return False


def event(snapshot: Snapshot, title: str) -> bytes:
    """A snapshot as a server-sent event."""
    body = {"title": title, **asdict(face(snapshot)), "points": snapshot.points}
    return f"data: {json.dumps(body)}\n\n".encode()


class Handler(BaseHTTPRequestHandler):
    @property
    def site(self) -> Site:
        return cast(Site, self.server)

    def do_GET(self) -> None:
        if not self.site.trusts(self.headers.get("Host", "")):
            self._say(HTTPStatus.FORBIDDEN)
        elif self.path == "/":
            self._say(HTTPStatus.OK, self.site.page(), "text/html; charset=utf-8")
        elif self.path == "/events":
            with suppress(OSError):  # the page has gone
                self._stream()
        else:
            self._say(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        host = self.headers.get("Host", "")
        token = self.headers.get("X-Token", "")
        action = self.path.removeprefix("/")
        ours = self.site.trusts(host) and self.headers.get("Origin") == f"http://{host}"
        if not ours or not secrets.compare_digest(token.encode(), self.site.token.encode()):
            self._say(HTTPStatus.FORBIDDEN)
        elif action not in ACTIONS:
            self._say(HTTPStatus.NOT_FOUND)
        else:
            self.site.watch.want(action)
            self._say(HTTPStatus.ACCEPTED)

    def _stream(self) -> None:
        self._head(HTTPStatus.OK, "text/event-stream")
        told = self.site.told
        while not self.site.over:
            self.wfile.write(event(self.site.watch.snapshot, self.site.title))
            told = self.site.next_after(told)

    def _say(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/plain") -> None:
        self._head(status, kind, len(body))
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Frame-Options", "DENY")  # nobody lays our buttons under a page of his own
        self.send_header("X-Content-Type-Options", "nosniff")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal may be the panel's."""
