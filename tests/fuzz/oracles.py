"""What must hold for any bytes that come in: at the pump's reader, at its whole link with a controller behind it, at
the host's end.

What is a frame is decided here once more, with a regular expression and zlib, from the description at the head of
pumpcore/wire.py; nothing of the readers is used for it. A check takes bytes and raises AssertionError, or whatever the
code under it raises.

An input may leave out what nobody hits by chance: ` *` at the end of a line is given its check, `?` the digest of what
waits or the number that the host asked with.
"""

import re
import zlib

from core.linked import KEY, REPLY, Linked, frame

from pumpcore.commands import ALWAYS, CHANGE, TABLE
from pumpcore.wire import FROM_HOST, FROM_PUMP, Reader
from pumphost.line import Line, NoAnswer, Refused

LINE = re.compile(rb"(0|[1-9][0-9]{0,4})((?: [!-~]+)+?)( #[0-9A-F]{12})? \*([0-9A-F]{8})\r?")
TAG = re.compile(rb"#[0-9A-F]{12}")
LONGEST = 63
OPEN_END = re.compile(rb"([<>][^<>\n]*) \*\n")
WORDS = [command.word for command in TABLE]
CHANGING = {command.word for command in TABLE if command.gate in (CHANGE, ALWAYS)}
# Which words may change it.
MAY = {
    "state": {b"start", b"pause", b"resume", b"stop", b"acknowledge", b"confirm"},
    "prescription": {b"confirm", b"stop"},
    "waiting": {b"program", b"rate", b"confirm", b"stop"},
    "last": CHANGING,
}


def frame_of(line):
    """`(number, word and fields, tag)` of a line without its line feed, or None."""
    match = LINE.fullmatch(line[1:])
    if not match or len(line) >= LONGEST:
        return None
    number, tokens = int(match[1]), match[2][1:].split(b" ")
    tag = match[3] or b""
    if number > 65_535 or len(tokens) > 11 or (not tag and TAG.fullmatch(tokens[-1])):  # a tag, and no word before it
        return None
    return (number, tokens, tag) if zlib.crc32(line[: match.start(4) - 1]) == int(match[4], 16) else None


def frames_in(data, mark):
    """`{where it ends: frame}` of the whole frames in a stream."""
    frames, mark = {}, bytes([mark])
    start = data.find(mark)
    while start >= 0:
        behind = data.find(mark, start + 1)
        end = data.find(b"\n", start, behind if behind >= 0 else len(data))
        found = frame_of(data[start:end]) if end >= 0 else None
        if found:
            frames[end + 1] = found
        start = behind
    return frames


def completed(data, missing=b""):
    """The input with what it has left out."""
    data = data.replace(b"?", missing)
    return OPEN_END.sub(lambda match: frame(match[1]), data)


def check_reader(data, make=Reader):
    """The frames that a reader finds are those that are there, each with its own number, tokens and tag."""
    data = completed(data)
    mark = FROM_PUMP if data[:1] == b"<" else FROM_HOST
    reader = make(mark)
    stream, at, found = bytearray(data), 0, {}
    while at < len(stream):
        at = reader.read(stream, at, len(stream))
        if reader.whole:
            tokens = [reader.text(token) for token in range(reader.tokens)]
            tag = bytes(reader.line[reader.tag_at : reader.tag_at + 14]) if reader.tag_at else b""
            found[at] = (reader.number, tokens, tag)
            check_tokens(reader, tokens)
    assert found == frames_in(data, mark)
    unfinished = reader.length >= 0
    assert reader.bad + len(found) + unfinished == data.count(mark), (
        "each mark begins a frame, or a line that is counted"
    )


def check_tokens(reader, tokens):
    for i in range(len(tokens)):
        token = tokens[i]
        is_number = re.fullmatch(rb"0|[1-9][0-9]{0,9}", token) and int(token) < 2**30
        assert reader.integer(i) == (int(token) if is_number else -1)
        assert reader.is_hexadecimal(i, 8) == bool(re.fullmatch(rb"[0-9A-F]{8}", token))
        assert reader.says(i, token)


# The whole link


class Again:
    """A pump that is as it was each time it is asked for: every number, list and buffer that can be reached from it is
    put back, which takes a tenth of the time of making another."""

    def __init__(self, pump):
        self.pump = pump
        self.objects, self.buffers = [], []
        self.collect(pump, set())

    def collect(self, thing, seen):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        if isinstance(thing, list | bytearray):
            self.buffers.append((thing, thing[:]))
            inside = thing if isinstance(thing, list) else ()
        elif isinstance(getattr(thing, "__dict__", None), dict):
            self.objects.append((thing.__dict__, dict(thing.__dict__)))
            inside = list(thing.__dict__.values())
        else:
            return
        for part in inside:
            self.collect(part, seen)

    def __call__(self):
        for now, then in self.objects:
            now.clear()
            now.update(then)
        for now, then in self.buffers:
            now[:] = then
        return self.pump


def standing():
    """Just switched on, programmed, infusing with a rate that waits, infusing behind a key with a rate that waits."""
    pumps = idle, programmed, infusing, keyed = Linked(), Linked(), Linked(), Linked(key=KEY)
    idle.step()
    programmed.ask(b"confirm " + programmed.program())
    keyed.open()
    for pump in (infusing, keyed):
        pump.infuse()
        pump.ask(b"rate 900")
    return [Again(pump) for pump in pumps]


STANDING = standing()


def held(pump):
    dose, waiting, link = pump.controller.dose, pump.link.waiting, pump.link
    prescription = (dose.rate_cml_h, dose.kvo_cml_h, dose.end_ul)
    waits = (waiting.request, waiting.rate_cml_h, waiting.digest) if waiting.request else None
    return {"state": pump.controller.state, "prescription": prescription, "waiting": waits, "last": link.last}


def check_link(data, plant=lambda pump: None):
    """One whole line back for each frame, none for anything else; state, prescription, what waits and the last number
    change only in a step that has a frame which may. The first byte says which pump it is."""
    pump = STANDING[data[0] % len(STANDING) if data else 0]()
    plant(pump)
    data = completed(data[1:], b"%08X" % pump.link.waiting.digest)
    frames = frames_in(data, FROM_HOST)
    pump.to_pump += data
    heard = 0
    while pump.to_pump or pump.link.more():
        before, was = held(pump), heard
        pump.step(1)
        heard = len(data) - len(pump.to_pump) - (pump.link.rx_end - pump.link.rx_at)
        found = frames.get(heard) if heard > was else None
        check_reply(bytes(pump.from_pump), found)
        pump.from_pump.clear()
        check_change(before, held(pump), found, keyed=bool(pump.key))


def check_reply(said, found):
    assert bool(said) == bool(found), f"{said} was said to {found}"
    if found:
        match = REPLY.fullmatch(said)
        assert match and len(said) <= LONGEST
        assert int(match[1]) == found[0]
        assert int(match[3], 16) == zlib.crc32(said[:-11])


def check_change(before, after, found, keyed):
    """A pump with a key is only stopped: nobody here has it."""
    word, *fields = found[1] if found else [b""]
    for what, may in MAY.items():
        if before[what] != after[what]:
            assert word in may and (not keyed or word == b"stop"), f"{found} has changed the {what}"
    if word == b"confirm" and before["prescription"] != after["prescription"]:
        _, rate_cml_h, digest = before["waiting"]
        assert fields == [b"%08X" % digest] and after["prescription"][0] == rate_cml_h, "what waited, and its digest"


# The host's end


class Port:
    """Gives these bytes, and takes anything."""

    def __init__(self, data):
        self.data = data
        self.in_waiting = len(data)

    def write(self, data):
        pass

    def read(self, size):
        data, self.data, self.in_waiting = self.data, b"", 0
        return data


def check_line(data):
    """The host takes the first reply to its number that has the fields it should, and knows only two errors. The first
    byte says which command was given."""
    command = TABLE[data[0] % len(TABLE) if data else 0]
    number = 1 if command.gate >= CHANGE else 32_769
    data = completed(data[1:], b"%d" % number)
    replies = [tokens for n, tokens, _ in frames_in(data, FROM_PUMP).values() if n == number and fits(tokens, command)]
    fields = [field.least or 1 if not field.digits else b"0" * field.digits for field in command.fields]
    try:
        said = [b"ok", *Line(Port(data), patience_s=0).ask(command.word, fields)]
    except Refused as error:
        said = [b"no", error.word]
    except NoAnswer:
        said = None
    assert said == (replies[0] if replies else None)


def fits(tokens, command):
    if tokens[0] == b"no":
        return len(tokens) == 2
    count = len(tokens) - 1
    return tokens[0] == b"ok" and (count > 0 if command.word == b"hello" else count == len(command.reply))


CHECKS = {"reader": check_reader, "link": check_link, "line": check_line}

# What to begin with, and what a stream is made of.
SEEDS = {
    "reader": [b">%d %s *\n" % (i, word) for i, word in enumerate(WORDS)]
    + [b">1 program 500 10000 100 #0123456789AB *\n", b"<65535 ok 120000 99999000 120000 999999999 FFFFFFFF *\n"],
    "link": [
        b"%c>1 program 500 10000 100 *\n>2 confirm ? *\n>3 start *\n" % 0,
        b"%c>3 start *\n>4 pause *\n>5 rate 700 *\n>6 stop *\n" % 1,
        b"%c>5 confirm ? *\n>6 silence *\n>6 silence *\n>4 alive *\n" % 2,
        b"%c>5 confirm ? #0123456789AB *\n>9 open 0123456789ABCDEF *\n>9 prove #0123456789AB *\n>0 stop *\n" % 3,
        *(b"%c>5 %s 0 *\n" % (i, word) for i, word in enumerate(WORDS)),
    ],
    "line": [
        *(b"%c<? ok%s *\n" % (i, b" 1" * len(command.reply)) for i, command in enumerate(TABLE)),
        *(b"%c<? no state *\n<? no lapsed *\n" % i for i in range(len(TABLE))),
    ],
}
TOKENS = [
    *WORDS,
    b"ok",
    b"no",
    b" *\n",
    b"\n",
    b"\r\n",
    b">",
    b"<",
    b" ",
    b" #0123456789AB",
    b" ? ",
    b"65535",
    b"0",
]
