"""The page: what is served to whom, and the whole of it in headless Chromium against a pump whose clock the test moves.

Without Node.js, playwright-core or Chromium the browser's tests skip and say so; with REQUIRE_INTERPRETERS set, as
.ci/run does, that is a failure.
"""

import http.client
import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from lacking import lacking
from monitored import Bench

from pumphost.errors import BadInput
from pumphost.monitoring.web import Site

BROWSER = Path(__file__).parent / "browser"
NODE_FOLDER = Path(sys.prefix) / "browser"  # where `make` puts the npm package


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def site(bench):
    with Site("127.0.0.1", 0, bench.watch, "OpenInfuse  <b>/dev/pump</b>") as site:
        yield site


def ask(site, method, path, **headers):
    """The status and the body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", site.server_address[1], timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = b"" if path == "/events" else answer.read()
    connection.close()
    return answer.status, body.decode()


def ours(site, **instead):
    return {"Origin": site.url.rstrip("/"), "X_Token": site.token, **instead}


def test_the_page_has_the_token_and_nothing_from_elsewhere(site):
    status, page = ask(site, "GET", "/")
    assert status == 200
    assert page.count(site.token) == 1
    assert "http" not in page.replace('http-equiv="', "")
    assert ask(site, "GET", "/monitor.html") == (404, "")


def test_a_snapshot_goes_to_the_page_as_it_is_read(site, bench):
    connection = http.client.HTTPConnection("127.0.0.1", site.server_address[1], timeout=30)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"

    def event():
        line = answer.readline()
        assert line.startswith(b"data: ") and answer.readline() == b"\n"
        return json.loads(line[6:])

    first = event()
    assert (first["state"], first["rate"], first["points"]) == ("INFUSING", "36.00", [[0.0, 0.0]])
    bench.look(1)
    assert event()["points"][-1] == list(bench.watch.snapshot.points[-1])
    bench.do("pause")
    told = event()
    assert told["outcome"] == {"ok": True, "text": "pause: the pump is PAUSED"}
    connection.close()


@pytest.mark.parametrize("action", ["pause", "resume", "stop", "silence", "acknowledge"])
def test_a_button_reaches_the_pump(site, bench, action):
    assert ask(site, "POST", f"/{action}", **ours(site)) == (202, "")
    assert bench.look().outcome.text.startswith(f"{action}: ")


@pytest.mark.parametrize(
    "instead",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"X_Token": ""},
        {"X_Token": "guessed"},
        {"X_Token": "é"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "[", "Origin": "http://["},
    ],
)
def test_no_other_page_can_speak_for_ours(site, bench, instead):
    before = len(bench.wire.requests)
    assert ask(site, "POST", "/pause", **ours(site, **instead)) == (403, "")
    assert ask(site, "POST", "/pause") == (403, "")
    assert bench.look().status.state == "INFUSING"
    assert len(bench.wire.requests) == before


def test_a_stranger_s_name_for_this_machine_does_not_get_the_token(site):
    for path in ("/", "/events"):
        assert ask(site, "GET", path, Host=f"evil.example:{site.server_address[1]}") == (403, "")
    for name in ("localhost", "127.0.0.1", "[::1]", "192.0.2.7"):
        assert ask(site, "GET", "/", Host=f"{name}:{site.server_address[1]}")[0] == 200


def test_what_is_no_button_is_not_found(site, bench):
    for path in ("/start", "/program", "/", "/pause/../stop"):
        assert ask(site, "POST", path, **ours(site))[0] == 404
    assert not bench.watch.wanted


def test_it_listens_on_this_machine_only_and_says_where(site):
    assert site.server_address[0] == "127.0.0.1"
    assert site.url == f"http://127.0.0.1:{site.server_address[1]}/"


def test_a_port_in_use_is_one_line(site, bench):
    with pytest.raises(BadInput, match=r"--web 127\.0\.0\.1:\d+: Address already in use; name another"):
        Site("127.0.0.1", site.server_address[1], bench.watch, "")
    assert len(bench.watch.listeners) == 1


# In a browser


class Page:
    """The site in Chromium. `tell` runs some JavaScript with playwright's `page`; what it returns."""

    def __init__(self, url, colours="light"):
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        if not chromium:
            lacking("no browser: on Debian, apt-get install chromium")
        if not shutil.which("node"):
            lacking("no Node.js, which drives the browser")
        if not (NODE_FOLDER / "node_modules/playwright-core").exists():
            lacking("no playwright-core: make .venv/.browser-ready installs it with npm")
        command = ["node", str(BROWSER / "drive.mjs"), chromium, url, colours]
        self.process = subprocess.Popen(
            command, cwd=NODE_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def tell(self, script):
        print(json.dumps(script), file=self.process.stdin, flush=True)
        told = json.loads(self.process.stdout.readline())
        assert "error" not in told, told
        return told["value"]

    def text(self, name):
        return self.tell(f"return await page.textContent('#{name}')")

    def shows(self, name, words):
        """Wait until it does."""
        self.tell(
            f"await page.waitForFunction((words) => document.getElementById('{name}').textContent.includes(words), "
            f"{json.dumps(words)})"
        )

    def press(self, name):
        """Click a button; when the server has taken it."""
        status = self.tell(
            f"const answer = page.waitForResponse((one) => one.url().endsWith('/{name}')); "
            f"await page.click('#{name}'); return (await answer).status()"
        )
        assert status == 202

    def curve(self):
        """The points of the curve, in px of the picture."""
        drawn = self.tell("return await page.getAttribute('#curve .course', 'points')")
        return [tuple(map(float, point.split(","))) for point in drawn.split()]


def test_the_page_shows_the_pump_and_its_buttons_work(site, bench, record_property):
    bench.look(3)
    with Page(site.url) as page:
        page.shows("state", "INFUSING")
        assert page.text("title") == "OpenInfuse  <b>/dev/pump</b>", "text, and no markup"
        assert page.text("rate") == "36.00 mL/h"
        assert page.text("alarms") == "No alarm"
        before = page.curve()
        assert len(before) == 4, "a point a reading"
        bench.look(20)
        page.shows("pumped", f"{bench.watch.snapshot.volume_ml:.3f} mL")
        after = page.curve()
        assert len(after) == 24
        assert [x for x, _ in after] == sorted(x for x, _ in after)
        assert after[-1][1] < after[0][1], "upwards"
        page.press("pause")
        bench.look()
        page.shows("state", "PAUSED")
        assert bench.watch.snapshot.status.state == "PAUSED"
        page.shows("outcome", "pause: the pump is PAUSED")
        page.press("pause")
        bench.look()
        page.shows("outcome", "pause: not while the pump is PAUSED")
        page.press("resume")
        bench.look()
        page.shows("state", "INFUSING")
        page.press("stop")
        bench.look()
        page.shows("state", "IDLE")
    record_property("figure", "the monitor's page: pause, resume and stop in Chromium reach the pump")


def test_alarms_have_their_colour_and_a_link_that_goes_is_told_light_and_dark(site, bench):
    backgrounds = []
    for colours in ("light", "dark"):
        with Page(site.url, colours) as page:
            bench.wire.inputs.pressure_pa = 45_000
            bench.look(2)
            page.shows("alarms", "Line blocked downstream")
            colour = page.tell("return await page.$eval('.alarm', (line) => getComputedStyle(line).backgroundColor)")
            assert colour == "rgb(245, 194, 17)"
            backgrounds.append(
                page.tell("return await page.$eval('body', (at) => getComputedStyle(at).backgroundColor)")
            )
            bench.wire.cut = True
            bench.look(1)
            page.shows("link", "no link")
            page.shows("alarms", "unplugged")
            bench.wire.cut = False
            bench.look(2)
            page.shows("link", "linked")
    assert backgrounds[0] != backgrounds[1]


def test_a_monitor_that_has_ended_is_told(bench):
    with ExitStack() as stack:
        site = stack.enter_context(Site("127.0.0.1", 0, bench.watch, "OpenInfuse"))
        with Page(site.url) as page:
            page.shows("state", "INFUSING")
            stack.close()
            page.shows("alarms", "openinfuse monitor has ended, or cannot be reached")


def test_a_monitor_that_hangs_is_told_though_it_is_still_there(site, bench):
    with Page(site.url) as page:
        page.tell("await page.clock.install(); await page.reload()")
        page.shows("link", "● linked")
        page.tell("await page.clock.fastForward(14000)")
        assert page.text("link") == "● linked"
        page.tell("await page.clock.fastForward(3000)")
        page.shows("alarms", "openinfuse monitor has not been heard for 15 s")
        bench.look(1)
        page.shows("link", "● linked")
