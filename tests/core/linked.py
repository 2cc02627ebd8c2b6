"""A pump at the far end of a line, and a host that makes its frames by itself: with zlib and hmac, and nothing of the
firmware's.

`Linked` is the board too: it leaves `link_up` alone, as a board that knows of no host does, and its motor gives what it
was ordered as soon as any time passes.
"""

import hmac
import re
import zlib

from pumpcore.commands import CHANGE, TABLE
from pumpcore.controller import Controller
from pumpcore.events import BOOT, KIND_NAMES, LINK_NAMES
from pumpcore.events import LINK as LINK_KIND
from pumpcore.pump import Pump, Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.session import Hash, Session
from pumpcore.setup import Setup
from pumpcore.states import STATE_NAMES
from pumpcore.units import CLOCK_MASK

STEP_PL = 173_530
KEY = b"a key of the pump"
SEED = b"what the port found at power-on"
HOST_NONCE = b"0123456789ABCDEF"
GATES = {command.word: command.gate for command in TABLE}
REPLY = re.compile(rb"<(\d+) (.+) \*([0-9A-F]{8})\n")


def frame(text):
    """The line of `text`, which begins with its mark."""
    return b"%s *%08X\n" % (text, zlib.crc32(text))


def tagged(session, text):
    """`text` with the session's tag behind it."""
    return text + b" #" + hmac.digest(session, text, "sha256")[:6].hex().upper().encode()


class Hashing(Hash):
    def hmac(self, key, message):
        return hmac.digest(key, message, "sha256")


class Linked(Serial):
    """`number` is that of the last frame that changed something, `session` the key of the host's session."""

    def __init__(self, key=b"", seed=SEED, clock_ms=0, **setup):
        self.controller = Controller(Setup(STEP_PL, 50_000, **setup))
        self.pump = Pump(self.controller, Session(key, seed, Hashing()))
        self.link = self.pump.link
        self.inputs, self.outputs = Inputs(), Outputs()
        self.key = key
        self.session = b""
        self.number = 0
        self.clock_ms = clock_ms
        self.next_ms = clock_ms
        self.to_pump, self.from_pump = bytearray(), bytearray()
        self.requests = []  # that came over the link, with the controller's answers
        self.ordered = 0  # motor steps

    # The pump's side

    def step(self, after_ms=0, key=0):
        """One step, `after_ms` later, with the request of a `key`."""
        self.clock_ms = (self.clock_ms + after_ms) & CLOCK_MASK
        inputs, outputs = self.inputs, self.outputs
        inputs.request = key
        if after_ms:
            inputs.steps_done = (inputs.steps_done + inputs.steps_queued) & CLOCK_MASK
            inputs.steps_queued = 0
        self.next_ms = self.pump.step(self.clock_ms, inputs, outputs, self)
        steps = sum(outputs.counts[: outputs.segments])
        inputs.steps_queued = steps + (0 if outputs.flush else inputs.steps_queued)
        self.ordered += steps
        if inputs.remote:
            self.requests.append((inputs.request, outputs.answer))

    def wait(self, ms, every_ms=500):
        for _ in range(ms // every_ms):
            self.step(every_ms)
        self.step(ms % every_ms)

    def receive(self, buffer):
        count = min(len(buffer), len(self.to_pump))
        buffer[:count] = self.to_pump[:count]
        del self.to_pump[:count]
        return count

    def send(self, line, count):
        self.from_pump += line[:count]

    # The host's side

    def say(self, data):
        """Bytes, as they are; what comes back."""
        self.to_pump += data
        self.step()
        while self.to_pump or self.link.more():
            self.step()
        said = bytes(self.from_pump)
        self.from_pump.clear()
        return said

    def text(self, words, number=None):
        """The frame of these words before its check, with the next number if it changes something."""
        changes = GATES.get(words.split()[0], CHANGE) >= CHANGE
        if number is None:
            if changes:
                self.number = (self.number + 1) % 65_536
            number = self.number
        text = b">%d %s" % (number, words)
        return tagged(self.session, text) if self.session and changes else text

    def ask(self, words, number=None):
        """What the pump says to a frame, without the number, which must be the frame's."""
        text = self.text(words, number)
        match = REPLY.fullmatch(self.say(frame(text)))
        assert match and match[1] == text[1:].split()[0]
        assert int(match[3], 16) == zlib.crc32(match[0][:-11])
        return match[2].decode()

    def open(self, key=None, nonce=HOST_NONCE):
        """Open a session; what the pump says to the proof."""
        key = self.key if key is None else key
        word, theirs = self.ask(b"open " + nonce).split()
        assert word == "ok" and len(theirs) == 16
        self.session = hmac.digest(key, b"session" + nonce + bytes.fromhex(theirs), "sha256")
        return self.prove()

    def prove(self):
        text = tagged(self.session, b">%d prove" % self.number)
        return REPLY.fullmatch(self.say(frame(text)))[2].decode()

    def program(self, rate_cml_h=500, vtbi_ul=10_000, kvo_cml_h=100):
        """Let it wait; its digest."""
        ok, *_, digest = self.ask(b"program %d %d %d" % (rate_cml_h, vtbi_ul, kvo_cml_h)).split()
        assert ok == "ok"
        return digest.encode()

    def infuse(self, **prescription):
        assert self.ask(b"confirm " + self.program(**prescription)) == "ok 1"
        assert self.ask(b"start") == "ok 2"

    # What has become of it

    @property
    def state(self):
        return STATE_NAMES[self.controller.state]

    def held(self):
        """Everything a host can change: state, prescription, what waits, which number came last, the session."""
        dose, waiting, link = self.controller.dose, self.link.waiting, self.link
        return (
            self.controller.state,
            (dose.rate_cml_h, dose.kvo_cml_h, dose.end_ul),
            (waiting.request, waiting.digest) if waiting.request else None,
            (link.last, link.last_check, link.watched, link.session.own),
            self.controller.signals.silent,
            self.controller.alarms.latched,
        )

    def log(self):
        """`(kind, code, value)` of the events that are kept, oldest first; the link's by name, without the first."""
        events = self.link.events
        rows = []
        for number in range(events.first(), events.count):
            at = number % len(events.kinds)
            kind, code, value = events.kinds[at], events.codes[at], events.values[at]
            rows.append(LINK_NAMES[code] if kind == LINK_KIND else (KIND_NAMES[kind], code, value))
        return rows[1:] if rows and rows[0] == LINK_NAMES[BOOT] else rows
