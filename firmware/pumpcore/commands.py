"""Every command of the wire, in one table, which both ends and the tables of the documentation are made from.

A row says how it is called, who may give it, what goes with it and what comes back. Reading is open to anybody;
CHANGE needs a session where the pump has a key (session.py); STOP is never gated. The pump speaks only when spoken
to, one line for one: `ok` and the reply's fields, or `no` and a reason.

PROGRAM and RATE do nothing but wait: the pump answers with its own reading and a digest, and it is CONFIRM with
that digest, within a minute, that makes it so.
"""

from .records import ACCEPTED, REFUSED_HERE, REFUSED_KVO, REFUSED_RATE, REFUSED_SELF_TEST, REFUSED_VTBI
from .setup import MOST_RATE_CML_H, MOST_VOLUME_UL
from .states import ACKNOWLEDGE, PAUSE, PROGRAM, RELOAD, RESUME, SET_RATE, SILENCE, START, STOP
from .units import const
from .wire import Reader

PROTOCOL = const(1)

# Who may.
READ = const(0)  # anybody
OPEN = const(1)  # anybody, to open a session
CHANGE = const(2)  # whoever has a session, or is at the other end of a pump without a key
ALWAYS = const(3)  # anybody
GATE_NAMES = ("anybody", "anybody", "session", "anybody")

# Why not. The controller's own answers come behind these.
UNKNOWN = b"unknown"  # no such command
FIELDS = b"fields"  # too few, too many, or not numbers in their range
NO_SESSION = b"session"  # none is open, or the tag is wrong
STALE = b"stale"  # the number is not one that comes next: a repeated, a delayed or a foreign frame
DIGEST = b"digest"  # not that of what waits to be confirmed
LAPSED = b"lapsed"  # nothing waits, or not any more
NO_KEY = b"no-key"  # a pump without a key opens no sessions
NO_EVENT = b"event"  # none of this number is kept
REFUSALS = {
    REFUSED_HERE: b"state",  # not in this state
    REFUSED_RATE: b"rate",
    REFUSED_VTBI: b"vtbi",
    REFUSED_KVO: b"kvo",
    REFUSED_SELF_TEST: b"self-test",
}
WHY = {
    UNKNOWN: "the pump knows no such command",
    FIELDS: "a field is missing, too many, or out of its range",
    NO_SESSION: "the pump has a key: a session must be opened with it first",
    STALE: "the pump has had this number, or a later one",
    DIGEST: "the digest is not that of what waits to be confirmed",
    LAPSED: "nothing waits to be confirmed, or it has lapsed after a minute",
    NO_KEY: "the pump has no key, and needs no session",
    NO_EVENT: "no event of this number is kept",
    b"state": "not while the pump is in this state",
    b"rate": "the rate is not one that this pump can give",
    b"vtbi": "the volume is not one that this pump can give",
    b"kvo": "the KVO rate is not one that this pump can give",
    b"self-test": "the self-test has failed, or nobody has confirmed that buzzer and LEDs work",
}


class Field:
    """A number from `least` to `most`; with `digits`, so many hexadecimal ones instead."""

    def __init__(self, name: str, least: int = 0, most: int = 0, digits: int = 0) -> None:
        self.name = name
        self.least = least
        self.most = most
        self.digits = digits


class Command:
    def __init__(
        self,
        word: bytes,
        gate: int,
        text: str,
        fields: tuple[Field, ...] = (),
        reply: tuple[str, ...] = (),
        request: int = 0,
    ) -> None:
        self.word = word
        self.gate = gate
        self.text = text
        self.fields = fields
        self.reply = reply
        self.request = request  # of the controller, if it is for that to do


READING = ("rate_cml_h", "vtbi_ul", "kvo_cml_h", "duration_s", "digest")
STATE = ("state",)
RATE_FIELD = Field("rate_cml_h", 1, MOST_RATE_CML_H)

TABLE = (
    Command(
        b"hello", READ, "Who is there, and which number came last",
        reply=("protocol", "last", "keyed", "session"),
    ),
    Command(
        b"info", READ, "What pump it is",
        reply=("step_pl", "reservoir_ul", "most_rate_cml_h", "occlusion_pa", "bubble_ul"),
    ),
    Command(
        b"status", READ, "What it does",
        reply=("state", "rate_cml_h", "pumped_ul", "left_ul", "shown", "silent", "waiting"),
    ),
    Command(
        b"alarms", READ, "What stands: a mask of codes, the one shown, the reason of a stop; what flowed by itself",
        reply=("latched", "shown", "reason", "free_ul"),
    ),
    Command(
        b"senses", READ, "What it sees",
        reply=("clock_ms", "pressure_pa", "air_permille", "battery_mv", "housing_dc", "on_mains"),
    ),
    Command(
        b"counts", READ, "Lines that were no frame, frames refused; the oldest event kept, and the next to come",
        reply=("bad", "refused", "first", "next"),
    ),
    Command(
        b"event", READ, "An event out of the ring",
        (Field("number", 0, 0x3FFFFFFF),), ("number", "clock_ms", "kind", "code", "value"),
    ),
    Command(
        b"open", OPEN, "Ask for a session: the host's nonce for the pump's",
        (Field("nonce", digits=16),), ("nonce",),
    ),
    Command(b"prove", OPEN, "Open it: a frame with the session's tag"),
    Command(b"alive", CHANGE, "The host is there, and goes on saying so: silence for 10 s is LINK_LOST"),
    Command(b"bye", CHANGE, "The host goes, and says so"),
    Command(
        b"program", CHANGE, "A rate, a volume to be infused and a KVO rate wait to be confirmed",
        (RATE_FIELD, Field("vtbi_ul", 1, MOST_VOLUME_UL), Field("kvo_cml_h", 0, MOST_RATE_CML_H)), READING, PROGRAM,
    ),
    Command(b"rate", CHANGE, "Another rate waits to be confirmed", (RATE_FIELD,), READING, SET_RATE),
    Command(b"confirm", CHANGE, "Make it so", (Field("digest", digits=8),), STATE),
    Command(b"start", CHANGE, "Infuse what is programmed", reply=STATE, request=START),
    Command(b"pause", CHANGE, "Stand still, to be resumed", reply=STATE, request=PAUSE),
    Command(b"resume", CHANGE, "Go on", reply=STATE, request=RESUME),
    Command(b"stop", ALWAYS, "Stand still; the prescription ends", reply=STATE, request=STOP),
    Command(b"acknowledge", CHANGE, "The alarms, or the test of the signals, were seen", reply=STATE,
            request=ACKNOWLEDGE),
    Command(b"silence", CHANGE, "The audio of an alarm pauses, 2 min at most", reply=STATE, request=SILENCE),
    Command(b"reload", CHANGE, "A full reservoir is in the pump", reply=STATE, request=RELOAD),
)  # fmt: skip

OK = b"ok"
NO = b"no"


def why_not(answer: int) -> bytes:
    """The word for what the controller answered; empty if it did as asked."""
    return b"" if answer == ACCEPTED else REFUSALS.get(answer, UNKNOWN)


def find(reader: Reader) -> Command | None:
    """The row of the frame's word."""
    for command in TABLE:
        if reader.says(0, command.word):
            return command
    return None


def fits(command: Command, reader: Reader) -> bool:
    """Whether the frame has just the fields that it should, each in its range."""
    if reader.tokens != len(command.fields) + 1:
        return False
    for i in range(len(command.fields)):
        field = command.fields[i]
        if field.digits:
            if not reader.is_hexadecimal(i + 1, field.digits):
                return False
        elif not field.least <= reader.integer(i + 1) <= field.most:
            return False
    return True
