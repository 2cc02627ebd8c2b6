"""Frames: a row a message, made and read, byte by byte, with junk around it; and every way a line can be none."""

import zlib
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linked import frame
from pumpcore.commands import OK, TABLE, WHY
from pumpcore.wire import FROM_HOST, FROM_PUMP, MOST_BYTES, MOST_INT, Reader, Writer

TAG = b"0123456789AB"

# mark, number, word, fields, tag, the line before its check. A field that is a str is hexadecimal digits.
ROWS = [
    (FROM_HOST, 0, b"hello", (), b"", b">0 hello"),
    (FROM_HOST, 32_768, b"info", (), b"", b">32768 info"),
    (FROM_HOST, 32_769, b"status", (), b"", b">32769 status"),
    (FROM_HOST, 7, b"alarms", (), b"", b">7 alarms"),
    (FROM_HOST, 7, b"senses", (), b"", b">7 senses"),
    (FROM_HOST, 7, b"counts", (), b"", b">7 counts"),
    (FROM_HOST, 7, b"event", (MOST_INT,), b"", b">7 event 1073741823"),
    (FROM_HOST, 9, b"open", ("FEDCBA9876543210",), b"", b">9 open FEDCBA9876543210"),
    (FROM_HOST, 9, b"prove", (), TAG, b">9 prove #0123456789AB"),
    (FROM_HOST, 10, b"alive", (), TAG, b">10 alive #0123456789AB"),
    (FROM_HOST, 99, b"bye", (), b"", b">99 bye"),
    (FROM_HOST, 1, b"program", (500, 10_000, 100), b"", b">1 program 500 10000 100"),
    (
        FROM_HOST, 65_535, b"program", (120_000, 99_999_000, 120_000), TAG,
        b">65535 program 120000 99999000 120000 #0123456789AB",
    ),
    (FROM_HOST, 2, b"rate", (1,), b"", b">2 rate 1"),
    (FROM_HOST, 2, b"confirm", ("0A30D8CF",), TAG, b">2 confirm 0A30D8CF #0123456789AB"),
    (FROM_HOST, 3, b"start", (), b"", b">3 start"),
    (FROM_HOST, 4, b"pause", (), b"", b">4 pause"),
    (FROM_HOST, 5, b"resume", (), b"", b">5 resume"),
    (FROM_HOST, 65_535, b"stop", (), b"", b">65535 stop"),
    (FROM_HOST, 6, b"acknowledge", (), b"", b">6 acknowledge"),
    (FROM_HOST, 7, b"silence", (), b"", b">7 silence"),
    (FROM_HOST, 8, b"reload", (), b"", b">8 reload"),
    (FROM_PUMP, 3, OK, (2,), b"", b"<3 ok 2"),
    (FROM_PUMP, 10, OK, (), b"", b"<10 ok"),
    (FROM_PUMP, 9, OK, ("FEDCBA9876543210",), b"", b"<9 ok FEDCBA9876543210"),
    (FROM_PUMP, 7, OK, (5_000, -1_300, 0, 8_400, -12, 1), b"", b"<7 ok 5000 -1300 0 8400 -12 1"),
    (
        FROM_PUMP, 65_535, OK, (120_000, 99_999_000, 120_000, 999_999_999, "FFFFFFFF"), b"",
        b"<65535 ok 120000 99999000 120000 999999999 FFFFFFFF",
    ),
    *((FROM_PUMP, 12, b"no", (why,), b"", b"<12 no " + why) for why in WHY),
]  # fmt: skip
IDS = [row[5].decode() for row in ROWS]
GOOD = frame(b">7 rate 500")
GOOD_READ = (7, (b"rate", b"500"), b"")


def crc_32(data):
    """Bit by bit, by the polynomial of ISO 3309."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def read(reader, data):
    """`(number, word and fields, tag)` of the frames in `data`."""
    frames, at = [], 0
    data = bytearray(data)
    while at < len(data):
        at = reader.read(data, at, len(data))
        if reader.whole:
            tokens = tuple(reader.text(token) for token in range(reader.tokens))
            tag = reader.tag_at and bytes(reader.line[reader.tag_at + 2 : reader.tag_at + 14])
            frames.append((reader.number, tokens, tag or b""))
    return frames


def write(mark, number, word, fields, tag):
    """A writer with that frame in it, and whether it fits."""
    writer = Writer(mark)
    writer.begin(number, word)
    for field in fields:
        if isinstance(field, int):
            writer.integer(field)
        elif isinstance(field, bytes):
            writer.text(field)
        elif len(field) == 8:
            writer.hexadecimal(int(field, 16))
        else:
            writer.hexadecimals(bytes.fromhex(field))
    if tag:
        writer.tag(bytes.fromhex(tag.decode()))
    return writer, writer.end()


def text_of(field):
    return b"%d" % field if isinstance(field, int) else field if isinstance(field, bytes) else field.encode()


def read_of(row):
    _, number, word, fields, tag, _ = row
    return number, (word, *map(text_of, fields)), tag


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_message_is_made(row):
    writer, fits = write(*row[:5])
    assert fits
    assert bytes(writer.line[: writer.length]) == frame(row[5])


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_message_is_read_whole_byte_by_byte_and_with_junk_around_it(row):
    line = frame(row[5])
    for data in (line, line[:-1] + b"\r\n", b"junk\n\x00\xff" + line + b"junk\n", line + b"\n\n \r\n"):
        reader = Reader(row[0])
        assert read(reader, data) == [read_of(row)]
        one_by_one = Reader(row[0])
        assert [f for i in range(len(data)) for f in read(one_by_one, data[i : i + 1])] == [read_of(row)]
        assert reader.bad == one_by_one.bad == 0


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_fields_are_asked_for_by_what_they_are(row):
    reader = Reader(row[0])
    read(reader, frame(row[5]))
    assert reader.says(0, row[2])
    for other in (row[2] + b"e", row[2][:-1], row[2][:-1] + b"?"):
        assert not reader.says(0, other)
    for token, field in enumerate(row[3], 1):
        if isinstance(field, int):
            assert reader.integer(token) == (field if field >= 0 else -1)
        elif isinstance(field, str):
            assert reader.is_hexadecimal(token, len(field)) and not reader.is_hexadecimal(token, len(field) - 1)
            assert len(field) != 8 or reader.shows(token, int(field, 16))


def test_every_command_and_every_reason_has_a_row():
    assert {row[2] for row in ROWS if row[0] == FROM_HOST} == {command.word for command in TABLE}
    assert {row[3][0] for row in ROWS if row[2] == b"no"} == set(WHY)


def test_the_check_is_crc_32():
    """123456789 -> CBF43926 is the check value in the catalogue of CRCs; the rest bit by bit."""
    assert crc_32(b"123456789") == zlib.crc32(b"123456789") == 0xCBF43926
    for row in ROWS:
        assert frame(row[5])[-9:-1].decode() == f"{crc_32(row[5]):08X}"


WRONG = {
    "cut in the word": b">1 stat",
    "cut in the check": frame(b">1 status")[:-4],
    "cut before the line feed": frame(b">1 status")[:-1],
    "two joined, a mark lost": frame(b">1 status")[:-1] + frame(b">2 status")[1:],
    "two joined, a line feed lost, the second is cut": frame(b">1 status")[:-1] + b"2 sta",
    "the middle is lost": b">1 sta" + frame(b">2 status")[-12:],
    "too long by one": frame(b">1 rate " + b"5" * (MOST_BYTES - 18)),
    "too long by one with a return": frame(b">1 rate " + b"5" * (MOST_BYTES - 19))[:-1] + b"\r\n",
    "far too long": b">1 " + b"5" * 500 + b"\n",
    "a number with a leading zero": frame(b">01 status"),
    "number 65536": frame(b">65536 status"),
    "a number below 0": frame(b">-1 status"),
    "a number of eleven digits": frame(b">10000000001 status"),
    "no number": frame(b">status"),
    "no word": frame(b">1"),
    "a space and no word": frame(b">1 "),
    "a mark": b">",
    "nothing": b">\n",
    "nothing and a return": b">\r\n",
    "no text": frame(b">"),
    "only a check": b"> *00000000\n",
    "two spaces": frame(b">1  status"),
    "two spaces between fields": frame(b">1 program 1  1 1"),
    "a space before the number": frame(b"> 1 status"),
    "a space before the check": frame(b">1 status "),
    "a tabulator": frame(b">1\tstatus"),
    "a NUL": frame(b">1 sta\x00tus"),
    "a DEL": frame(b">1 status\x7f"),
    "no ASCII": frame(b">1 stat\xfcs"),
    "a return within": frame(b">1 sta\rtus"),
    "a return for a space": frame(b">1\rstatus"),
    "a return after the word": frame(b">1 status\r"),
    "two returns at the end": frame(b">1 status")[:-1] + b"\r\r\n",
    "thirteen tokens": frame(b">1 status 1 2 3 4 5 6 7 8 9 0 1"),
    "a wrong check": frame(b">1 status")[:-2] + b"!\n",
    "a check with a digit off": b">1 status *00000000\n",
    "a check of small letters": frame(b">1 status")[:-9] + frame(b">1 status")[-9:].lower(),
    "a check of seven digits": b">1 status *%07X\n" % (zlib.crc32(b">1 status") & 0xFFFFFFF),
    "a check of nine digits": b">1 status *0%08X\n" % zlib.crc32(b">1 status"),
    "no check": b">1 status\n",
    "no star": frame(b">1 status").replace(b"*", b" "),
    "no space before the star": frame(b">1 status").replace(b" *", b"**"),
    "something behind the check": frame(b">1 status")[:-1] + b" \n",
    "a tag and no word": frame(b">1 #0123456789AB"),
    "a tag and nothing else": frame(b"> #0123456789AB"),
    "a tag in front of a space": frame(b">1 start  #0123456789AB"),
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG)
def test_what_is_no_frame_is_refused_counted_once_and_leaves_nothing_behind(line):
    for pieces in ([line + GOOD], [line, GOOD], [bytes([byte]) for byte in line + GOOD]):
        reader = Reader(FROM_HOST)
        assert [f for piece in pieces for f in read(reader, piece)] == [GOOD_READ]
        assert reader.bad == 1


def test_the_table_of_wrong_lines_is_wrong_by_what_it_says():
    assert frame(b">1 status").replace(b"*", b" ")[-10:-9] == b" "
    check = frame(b">1 status")[-9:-1]
    assert check != check.lower(), "a check without letters has none to make small"
    assert len(WRONG["too long by one"]) == MOST_BYTES + 1


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"1 status\n", frame(b"<1 status"), b"\x00" * 99, b"status\n" * 9])
def test_what_begins_with_no_mark_is_not_even_counted(line):
    reader = Reader(FROM_HOST)
    assert read(reader, line + GOOD) == [GOOD_READ]
    assert reader.bad == 0


@pytest.mark.parametrize(
    ("line", "is_read"),
    [
        (frame(b">1 rate " + b"5" * (MOST_BYTES - 19)), (1, (b"rate", b"5" * (MOST_BYTES - 19)), b"")),
        (frame(b">1 rate " + b"5" * (MOST_BYTES - 20))[:-1] + b"\r\n", (1, (b"rate", b"5" * (MOST_BYTES - 20)), b"")),
        (frame(b">1 a 1 2 3 4 5 6 7 8 9 0"), (1, (b"a", *(b"1 2 3 4 5 6 7 8 9 0".split())), b"")),
        (frame(b">65535 a"), (65_535, (b"a",), b"")),
        (frame(b">1 a #0123"), (1, (b"a", b"#0123"), b"")),  # what only looks like a tag is a field, of no command
        (frame(b">1 a #0123456789ab"), (1, (b"a", b"#0123456789ab"), b"")),
        (frame(b">1 a #0123456789AG"), (1, (b"a", b"#0123456789AG"), b"")),
        (frame(b">1 a # 123456789AB"), (1, (b"a", b"#", b"123456789AB"), b"")),
        (frame(b">1 a#0123456789AB"), (1, (b"a#0123456789AB",), b"")),
        (frame(b">1 a<*#"), (1, (b"a<*#",), b"")),
    ],
)
def test_what_is_just_a_frame(line, is_read):
    reader = Reader(FROM_HOST)
    assert read(reader, line) == [is_read]


@pytest.mark.parametrize(
    ("token", "value"),
    [("0", 0), ("1073741823", MOST_INT), ("1073741824", -1), ("9999999999", -1), ("10000000000", -1), ("00", -1),
     ("01", -1), ("-1", -1), ("+1", -1), ("1e3", -1), ("1.5", -1), ("1_0", -1), ("0x1", -1), ("A", -1)],
)  # fmt: skip
def test_integers_are_read_strictly(token, value):
    reader = Reader(FROM_HOST)
    assert read(reader, frame(b">1 rate " + token.encode()))
    assert reader.integer(1) == value


@pytest.mark.parametrize("digits", ["0123456", "012345678", "0123456g", "abcdef01", "@1234567", ":1234567", "/1234567"])
def test_hexadecimal_digits_are_counted_and_large(digits):
    reader = Reader(FROM_HOST)
    assert read(reader, frame(b">1 confirm " + digits.encode()))
    assert not reader.is_hexadecimal(1, 8)


def test_a_value_is_shown_by_just_its_digits():
    reader = Reader(FROM_HOST)
    read(reader, frame(b">1 confirm 0A30D8CF"))
    assert reader.shows(1, 0x0A30D8CF)
    assert not any(reader.shows(1, 0x0A30D8CF ^ 1 << bit) for bit in range(32))


def test_what_does_not_fit_is_told_and_no_line_is_longer():
    longest = b"5" * (MOST_BYTES - 19)
    assert write(FROM_HOST, 1, b"rate", (longest,), b"")[1]
    for more in range(1, 30):
        writer, fits = write(FROM_HOST, 1, b"rate", (longest + b"5" * more,), b"")
        assert not fits and writer.length == MOST_BYTES
        assert read(Reader(FROM_HOST), writer.line + GOOD) == [GOOD_READ]
    writer.begin(1, b"rate")
    assert writer.end(), "a frame that fits, behind one that did not"


def test_the_count_of_bad_lines_begins_anew_after_65535():
    reader = Reader(FROM_HOST)
    reader.bad = 65_535
    read(reader, b">\n")
    assert reader.bad == 0


WORDS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=11).map(str.encode)
FIELDS = st.one_of(
    st.integers(-MOST_INT, MOST_INT),
    WORDS,
    st.binary(min_size=4, max_size=4).map(lambda data: data.hex().upper()),
    st.binary(min_size=8, max_size=8).map(lambda data: data.hex().upper()),
)
FRAMES = st.tuples(
    st.sampled_from([FROM_HOST, FROM_PUMP]),
    st.integers(0, 65_535),
    WORDS,
    st.lists(FIELDS, max_size=10),
    st.sampled_from([b"", TAG]),
)


@settings(max_examples=500, deadline=None)
@given(row=FRAMES)
@example(row=(FROM_HOST, 0, b"a", [], b""))
def test_what_is_written_is_read_back(row):
    writer, fits = write(*row)
    line = bytes(writer.line[: writer.length])
    assert read(Reader(row[0]), line) == ([read_of((*row, b""))] if fits else [])
    assert len(line) <= MOST_BYTES


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_bit_that_turns_over_is_always_seen(row):
    """Each bit of the line, its mark and line feed too; and the frame behind it is read."""
    line = frame(row[5])
    behind = frame(b"%c7 rate 500" % row[0])
    for bit in range(8 * len(line)):
        flipped = bytearray(line)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        assert read(Reader(row[0]), flipped + behind) == [GOOD_READ]


STREAM = st.lists(
    st.one_of(
        st.sampled_from([frame(row[5]) for row in ROWS]),
        st.sampled_from(list(WRONG.values())),
        st.binary(max_size=9),
        st.sampled_from([b">", b"<", b"\n", b"\r"]),
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(data=STREAM, cuts=st.lists(st.integers(0, 600), max_size=12))
def test_however_the_stream_is_cut_the_frames_are_the_same(data, cuts):
    whole, pieces = Reader(FROM_HOST), Reader(FROM_HOST)
    ends = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    frames = [f for start, end in pairwise(ends) for f in read(pieces, data[start:end])]
    assert frames == read(whole, data)
    assert pieces.bad == whole.bad
