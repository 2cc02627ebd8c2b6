"""The wire: one line of ASCII a frame, the same in both directions, readable in any terminal.

    >1 program 500 10000 100 *A306D8CF
    <1 ok 500 10000 100 7200 22450A8D *8A0B7662

    mark      > from a host, < from the pump; nowhere else in a line, so a cut line ends where the next begins
    number    of the request, 0 to 65535, no leading zeros; a reply carries that of its request
    word      what it is, small letters; then fields, all parted by one space
    #tag      12 hex digits, only in a session with a key (session.py); of everything before it
    *check    CRC-32 (ISO 3309, as in zip files) of everything before the space, 8 hex digits; then a line feed

A frame has at most 63 bytes with its line feed: that holds the longest `program` with a tag, and a terminal's carriage
return before the line feed. A CRC-32 sees every error of up to three bits in so short a line, and of the others lets
one in 4,000 million pass.

`Reader` takes bytes as they come and keeps one frame; what is not a whole frame is counted and forgotten. `Writer`
makes one. Neither knows what the words mean.
"""

from binascii import crc32

from .units import const

FROM_HOST = const(0x3E)  # >
FROM_PUMP = const(0x3C)  # <
END = const(0x0A)
RETURN = const(0x0D)  # a terminal's; ignored just before END
SPACE = const(0x20)
STAR = const(0x2A)
HASH = const(0x23)
MINUS = const(0x2D)

MOST_BYTES = const(63)
MOST_TOKENS = const(12)  # number, word, fields
TAG_DIGITS = const(12)
CHECK_DIGITS = const(8)
CHECK_BYTES = const(4)
NUMBERS = const(65_536)
MOST_DIGITS = const(10)  # of a field that is an integer
MOST_INT = const(0x3FFFFFFF)
HEX = b"0123456789ABCDEF"


def hex_value(digit: int) -> int:
    """Of one upper-case digit; -1 if it is none."""
    if 0x30 <= digit <= 0x39:
        return digit - 0x30
    return digit - 0x37 if 0x41 <= digit <= 0x46 else -1


def check_of(frame: memoryview) -> bytes:
    """As bytes, whose values are small: shifting a number of 32 bits would allocate at each digit."""
    check: bytes = crc32(frame).to_bytes(CHECK_BYTES, "big")
    return check


class Reader:
    """Bytes in, whole frames out. `mark` is that of the other side."""

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.line = bytearray(MOST_BYTES)
        self.view = memoryview(self.line)
        self.length = -1  # of what has come of a frame; -1 outside of one
        self.bad = 0  # frames that were not whole, modulo 65,536
        self.whole = False  # the last call of `read` has ended with a frame; of it, until the next call:
        self.number = 0
        self.tokens = 0  # word and fields
        self.starts = [0] * MOST_TOKENS
        self.ends = [0] * MOST_TOKENS
        self.tag_at = 0  # where the text that the tag is of ends, and ` #` begins; 0 without one
        self.check = b""  # the four bytes of it

    def read(self, data: bytearray, at: int, end: int) -> int:
        """Take bytes from `at` up to `end`, or to the end of a whole frame, which `whole` then says; return how far."""
        self.whole = False
        line, mark, length = self.line, self.mark, self.length
        while at < end:
            byte = data[at]
            at += 1
            if byte == mark:
                if length >= 0:
                    self._forget()
                line[0] = byte
                length = 1
            elif length < 0:
                pass
            elif byte == END:
                self.whole = self._whole(length)
                length = -1
                if self.whole:
                    break
                self._forget()
            elif length == MOST_BYTES - 1 or not (SPACE <= byte < 0x7F or byte == RETURN):
                self._forget()
                length = -1
            else:
                line[length] = byte
                length += 1
        self.length = length
        return at

    def _forget(self) -> None:
        self.bad = (self.bad + 1) % NUMBERS

    def _whole(self, end: int) -> bool:
        line = self.line
        if line[end - 1] == RETURN:
            end -= 1
        end -= CHECK_DIGITS + 2
        if end < 4 or line[end] != SPACE or line[end + 1] != STAR or not self._checks(end):
            return False
        self.tag_at = 0
        at = end - TAG_DIGITS - 2
        if at > 0 and line[at] == SPACE and line[at + 1] == HASH and self._hexadecimal(at + 2, TAG_DIGITS):
            end = self.tag_at = at
        return self._split(end)

    def _checks(self, end: int) -> bool:
        self.check = check_of(self.view[:end])
        return self._shows(end + 2, self.check)

    def _shows(self, at: int, value: bytes) -> bool:
        """Whether the digits from `at` on are these bytes."""
        line = self.line
        for byte in value:
            if hex_value(line[at]) << 4 | hex_value(line[at + 1]) != byte:
                return False
            at += 2
        return True

    def _split(self, end: int) -> bool:
        """Number, word and fields, with one space between each."""
        line = self.line
        self.tokens = -1
        at = 1
        while at < end:
            start = at
            while at < end and line[at] > SPACE:
                at += 1
            if at == start or (at < end and line[at] != SPACE) or self.tokens + 1 == MOST_TOKENS:
                return False
            if self.tokens >= 0:
                self.starts[self.tokens] = start
                self.ends[self.tokens] = at
            else:
                self.number = self._integer(start, at)
            self.tokens += 1
            at += 1
        return at == end + 1 and self.tokens > 0 and 0 <= self.number < NUMBERS

    def _integer(self, start: int, end: int) -> int:
        """A number of 0 to MOST_INT without leading zeros, or -1."""
        line = self.line
        if end - start > MOST_DIGITS or (line[start] == 0x30 and end - start > 1):
            return -1
        value = 0
        for at in range(start, end):
            if not 0x30 <= line[at] <= 0x39:
                return -1
            value = value * 10 + line[at] - 0x30
        return value if value <= MOST_INT else -1

    def integer(self, token: int) -> int:
        """What the token says, if it is a number of 0 to MOST_INT; else -1."""
        return self._integer(self.starts[token], self.ends[token])

    def shows(self, token: int, value: int) -> bool:
        """Whether a token of eight hexadecimal digits is this value."""
        return self._shows(self.starts[token], value.to_bytes(CHECK_BYTES, "big"))

    def is_hexadecimal(self, token: int, digits: int) -> bool:
        start = self.starts[token]
        return self.ends[token] - start == digits and self._hexadecimal(start, digits)

    def _hexadecimal(self, at: int, digits: int) -> bool:
        for i in range(digits):
            if hex_value(self.line[at + i]) < 0:
                return False
        return True

    def text(self, token: int) -> bytes:
        return bytes(self.view[self.starts[token] : self.ends[token]])

    def says(self, token: int, text: bytes) -> bool:
        """Whether token `token` is this text, to the letter."""
        start = self.starts[token]
        if self.ends[token] - start != len(text):
            return False
        for i in range(len(text)):
            if self.line[start + i] != text[i]:
                return False
        return True


class Writer:
    """Makes a frame in `line[:length]`. What does not fit is left out, and `end` says so."""

    def __init__(self, mark: int) -> None:
        self.line = bytearray(MOST_BYTES)
        self.view = memoryview(self.line)
        self.line[0] = mark
        self.length = 0
        self.cut = False

    def begin(self, number: int, word: bytes) -> None:
        self.length = 1
        self.cut = False
        self._digits(number)
        self.text(word)

    def text(self, text: bytes) -> None:
        self._put(SPACE)
        for byte in text:
            self._put(byte)

    def integer(self, value: int) -> None:
        """-MOST_INT to MOST_INT."""
        self._put(SPACE)
        if value < 0:
            self._put(MINUS)
            value = -value
        self._digits(value)

    def hexadecimal(self, value: int) -> None:
        """Eight digits."""
        self.hexadecimals(value.to_bytes(CHECK_BYTES, "big"))

    def hexadecimals(self, data: bytes) -> None:
        self._put(SPACE)
        for byte in data:
            self._hex(byte)

    def tag(self, tag: bytes) -> None:
        """The first six bytes of it."""
        self._put(SPACE)
        self._put(HASH)
        for i in range(TAG_DIGITS // 2):
            self._hex(tag[i])

    def end(self) -> bool:
        """Put check and line feed behind it; whether all of it has fitted."""
        check = check_of(self.view[: self.length])
        self._put(SPACE)
        self._put(STAR)
        for byte in check:
            self._hex(byte)
        self._put(END)
        return not self.cut

    def _put(self, byte: int) -> None:
        if self.length >= MOST_BYTES:
            self.cut = True
            return
        self.line[self.length] = byte
        self.length += 1

    def _digits(self, value: int) -> None:
        place = 1
        while value // place >= 10:
            place *= 10
        while place:
            self._put(0x30 + value // place % 10)
            place //= 10

    def _hex(self, byte: int) -> None:
        self._put(HEX[byte >> 4])
        self._put(HEX[byte & 15])
