"""HMAC-SHA256 (RFC 2104, FIPS 180-4) from the interpreter's own SHA-256, for the link's sessions."""

from hashlib import sha256

from pumpcore.session import Hash
from pumpcore.units import const

BLOCK_BYTES = const(64)
INNER = const(0x36)
OUTER = const(0x5C)


class Sha256(Hash):
    def hmac(self, key: bytes, message: bytes) -> bytes:
        if len(key) > BLOCK_BYTES:
            key = sha256(key).digest()
        inner = sha256(_padded(key, INNER))
        inner.update(message)
        outer = sha256(_padded(key, OUTER))
        outer.update(inner.digest())
        digest: bytes = outer.digest()
        return digest


def _padded(key: bytes, pad: int) -> bytes:
    block = bytearray([pad] * BLOCK_BYTES)
    for i in range(len(key)):
        block[i] ^= key[i]
    return bytes(block)
