"""Who may command: a session, opened by challenge and response with a key that both ends hold.

    host   open NONCE_H          sixteen hex digits of its own
    pump   ok NONCE_P            sixteen of its own, never the same twice
    host   prove #TAG            the session is open if the tag is right

The session's key is HMAC-SHA256(key, "session" NONCE_H NONCE_P); each frame that changes anything carries a tag,
the first six bytes of HMAC-SHA256(session's key, frame before the tag). Six, so that a frame stays below 64 bytes:
whoever guesses can do so only on the line, a hundred times a second or so, which takes 90,000 years. What the frame
says and its number are under the tag: forged, it is wrong; replayed in the session, its number has passed; replayed in
another, the key is another. Numbers begin anew after 65,536, so a session is over before that; they are counted by how
far they have come, since frames that were lost have some too. A session that has opened ends the one before it, an
attempt that fails ends nothing.

HMAC is RFC 2104 and comes from the port, which has SHA-256 from its interpreter. NONCE_P is the HMAC of a count
of challenges under the key and what `seed` holds, which must differ from one power-on to the next: random bytes, or
a count that is kept.
"""

from .units import CLOCK_MASK, const, until_ms
from .wire import Reader, hex_value

SILENCE_MS = const(180_000)
MOST_NUMBERS = const(30_000)  # they wrap at 65,536
NONCE_BYTES = const(8)
TAG_BYTES = const(6)


class Hash:
    """What a port gives the session."""

    def hmac(self, key: bytes, message: bytes) -> bytes:
        """HMAC-SHA256, 32 bytes."""
        raise NotImplementedError


class Session:
    """Without a key there are no sessions, and everybody may."""

    def __init__(self, key: bytes, seed: bytes, hashing: Hash) -> None:
        self.key = key
        self.seed = seed
        self.hashing = hashing
        self.challenges = 0
        self.offered = b""  # the key of the session that is not proved yet
        self.own = b""  # that of the open one
        self.numbers = 0  # that have passed in it, of frames that were lost too
        self.heard_ms = 0

    @property
    def keyed(self) -> bool:
        return len(self.key) > 0

    def challenge(self, host_nonce: bytes) -> bytes:
        """The pump's nonce, eight bytes, for the host's."""
        self.challenges = (self.challenges + 1) & CLOCK_MASK
        nonce = self.hashing.hmac(self.key, self.seed + b"challenge %d" % self.challenges)[:NONCE_BYTES]
        self.offered = self.hashing.hmac(self.key, b"session" + host_nonce + nonce)
        return nonce

    def prove(self, now_ms: int, reader: Reader) -> bool:
        """Open the session if this frame has its tag."""
        if not self.offered or not _sealed(self.hashing, self.offered, reader):
            return False
        self.own, self.offered = self.offered, b""
        self.numbers = 0
        self.heard_ms = now_ms
        return True

    def lets(self, reader: Reader) -> bool:
        """Whether this frame, which changes something, is from whoever has opened the session."""
        return not self.keyed or (len(self.own) > 0 and _sealed(self.hashing, self.own, reader))

    def heard(self, now_ms: int, ahead: int) -> None:
        """Such a frame has come, and its number is so far ahead of the one before."""
        self.heard_ms = now_ms
        self.numbers = (self.numbers + ahead) & CLOCK_MASK

    def over(self, now_ms: int) -> bool:
        """End it when it is over; whether that was now."""
        if not self.own or (until_ms(self.heard_ms, now_ms) < SILENCE_MS and self.numbers < MOST_NUMBERS):
            return False
        self.own = b""
        return True

    def end(self) -> None:
        self.own = b""


def _sealed(hashing: Hash, key: bytes, reader: Reader) -> bool:
    if not reader.tag_at:
        return False
    tag = hashing.hmac(key, bytes(reader.view[: reader.tag_at]))
    at = reader.tag_at + 2
    wrong = 0
    for i in range(TAG_BYTES):  # all of them: how long it takes tells nothing
        wrong |= tag[i] ^ ((hex_value(reader.line[at]) << 4 | hex_value(reader.line[at + 1])) & 0x1FF)
        at += 2
    return wrong == 0
