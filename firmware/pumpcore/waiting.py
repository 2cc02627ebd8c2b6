"""Programming is two steps: what is asked for waits, the pump says how it reads it, and only a digest of just that,
carried back within a minute, lets it through.

The digest is a CRC-32 of what waits and of a count, so that it never fits what was asked for before, nor after.
"""

from binascii import crc32

from .states import PROGRAM, SET_RATE
from .units import CLOCK_MASK, const, until_ms

LAPSES_MS = const(60_000)
MOST_DURATION_S = const(999_999_999)  # 31 years: as said, no longer; a frame holds nine digits
UL_S_OF_CML_H = const(360)  # 0.01 mL/h is 1 uL in 360 s


class Waiting:
    def __init__(self) -> None:
        self.request = 0  # PROGRAM or SET_RATE; 0 while nothing waits
        self.rate_cml_h = self.vtbi_ul = self.kvo_cml_h = 0
        self.duration_s = 0
        self.digest = 0
        self.since_ms = 0
        self.count = 0

    def program(self, now_ms: int, rate_cml_h: int, vtbi_ul: int, kvo_cml_h: int) -> None:
        self._hold(now_ms, PROGRAM, rate_cml_h, vtbi_ul, kvo_cml_h)

    def rate(self, now_ms: int, rate_cml_h: int, left_ul: int, kvo_cml_h: int) -> None:
        self._hold(now_ms, SET_RATE, rate_cml_h, left_ul, kvo_cml_h)

    def _hold(self, now_ms: int, request: int, rate_cml_h: int, vtbi_ul: int, kvo_cml_h: int) -> None:
        self.request = request
        kvo_cml_h = min(kvo_cml_h, rate_cml_h)  # what will be given is what is read back
        self.rate_cml_h, self.vtbi_ul, self.kvo_cml_h = rate_cml_h, vtbi_ul, kvo_cml_h
        self.duration_s = min(vtbi_ul * UL_S_OF_CML_H // rate_cml_h, MOST_DURATION_S)
        self.since_ms = now_ms
        self.count = (self.count + 1) & CLOCK_MASK
        self.digest = crc32(b"%d %d %d %d %d" % (request, rate_cml_h, vtbi_ul, kvo_cml_h, self.count))

    def lapse(self, now_ms: int) -> bool:
        """Forget what has waited for too long; whether that was now."""
        if not self.request or until_ms(self.since_ms, now_ms) < LAPSES_MS:
            return False
        self.request = 0
        return True
