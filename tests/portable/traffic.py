"""Records traffic.trace: every byte that a host sent to a pump with a key, and when.

    PYTHONPATH=tests python tests/portable/traffic.py        writes it anew, after a change of the host or of the wire

A line a step: the clock, the request of a key or 0, and what came from the host, in hexadecimal digits. The host is
pumphost's, with a seed in place of the system's random bytes, over a line that damages some of it; junk by hand at the
end.
"""

import contextlib
import random
from pathlib import Path
from unittest import mock
from zlib import crc32

from host.desk import Desk
from host.noise import Noise

from pumpcore.link import LOST_MS
from pumpcore.session import SILENCE_MS
from pumpcore.states import PAUSE, SILENCE
from pumpcore.units import CLOCK_MASK
from pumpcore.waiting import LAPSES_MS
from pumphost.line import NoAnswer, Refused
from pumphost.pump import Pump

TRAFFIC = Path(__file__).parent / "traffic.trace"
KEY = b"the key of a recorded pump"  # as answer.py has it
JUNK = (
    b">", b"\n", b"\xff\x00>1 sta", b"tus *00000000\n", b">1 status *C5F0F2A5\n>1 stop\n", b">" * 40, b"9" * 99 + b"\n",
    b">70000 status *00000000\r\n", b"<1 ok *00000000\n", b"MicroPython v1.28; type \"help()\"\r\n>>> ",
)  # fmt: skip
STRANGE = (
    b">1 nonsense", b">1 rate", b">1 start", b">0 stop", b">65535 program 120000 99999000 120000",
    b">7 open 0123456789ABCDEF", b">7 prove #0123456789AB", b">9 status 1 2 3 4 5 6 7 8 9",
)  # fmt: skip


class Tap(Desk):
    """Notes what goes into the pump and what comes out. The pump's clock wraps a little later."""

    def __init__(self, **how):
        self.lines, self.replies, self.took = [], [], b""
        super().__init__(**how)
        self.clock_ms = CLOCK_MASK - 30_000

    def step(self, after_ms=0, key=0):
        self.clock_ms = (self.clock_ms + after_ms) & CLOCK_MASK
        self.took = b""
        inputs, outputs = self.inputs, self.outputs
        inputs.request = key
        inputs.steps_done += sum(outputs.counts[: outputs.segments])
        self.pump.step(self.clock_ms, inputs, outputs, self)
        self.lines.append(f"{self.clock_ms} {key} {self.took.hex()}".rstrip() + "\n")

    def receive(self, buffer):
        count = super().receive(buffer)
        self.took = bytes(buffer[:count])
        return count

    def send(self, line, count):
        self.replies.append(bytes(line[1:count]).decode().rstrip())
        super().send(line, count)

    def wait(self, ms):
        for _ in range(10):
            self.step(ms // 10)


def everything(desk, pump):
    """Each command, most of them done, and a key of the pump in between."""
    pump.info(), pump.senses(), list(pump.events())
    with contextlib.suppress(Refused):
        pump.start()
    pump.confirm(pump.program(12.5, 10, 1).digest)
    pump.start()
    pump.alive()
    desk.wait(5_000)
    reading = pump.rate(700)
    with contextlib.suppress(Refused):
        pump.confirm("0BADF00D")
    pump.confirm(reading.digest)
    desk.to_pump += b">"
    desk.step(20, key=PAUSE)
    pump.resume()
    pump.silence(), pump.alarms(), pump.acknowledge()
    desk.wait(LOST_MS)
    pump.alive()
    pump.status(), pump.counts()
    with contextlib.suppress(Refused):
        pump.reload()
    pump.pause()
    with contextlib.suppress(Refused):
        pump.line.ask(b"event", (999,))
    pump.stop(), pump.reload()
    digest = pump.program(1, 1).digest
    desk.step(LAPSES_MS)
    with contextlib.suppress(Refused):
        pump.confirm(digest)
    desk.wait(SILENCE_MS)
    pump.program(1, 2, 0.5)


def by_hand(desk):
    """What no host of ours would send."""
    for junk in JUNK:
        desk.write(junk)
        desk.step(7, key=SILENCE)
    for text in STRANGE:
        desk.write(b"%s *%08X\r\n" % (text, crc32(text)))


def talk():
    """The lines of the trace, and what the pump said."""
    desk = Tap(key=KEY)
    noise = Noise(3, 0)
    with mock.patch("os.urandom", random.Random(1).randbytes):
        with Pump(desk, KEY, patience_s=0) as pump:
            everything(desk, pump)
            pump.line.last -= 1
            pump.alive()  # stale, and asked again with the number that comes next
        with Pump(desk, b"", patience_s=0) as stranger, contextlib.suppress(Refused):
            stranger.start()
        desk.damage, noise.share = noise, 0.3
        with contextlib.suppress(NoAnswer, Refused), Pump(desk, KEY, patience_s=0) as pump:
            for _ in range(20):
                pump.status()
                pump.silence()
    desk.damage = lambda line, way: [line]
    by_hand(desk)
    return desk.lines, desk.replies


if __name__ == "__main__":
    lines, _ = talk()
    TRAFFIC.write_text("".join(lines), encoding="ascii")
