"""What the controller's side tells the guard, in the guard's own frames: what the user confirmed, what the motor has.

A prescription is written from the request as it came in, not from what the controller made of it: were that
wrong, the guard would know; and its rate stands only from the user's START to his PAUSE or STOP. An order is
told at once when it changes, else a few times a second: the guard waits longer than the loop's longest
window for it. Two frames in one step at most, the prescription's first. A driver that has time between two steps
renews an order there, before it is due: no step then is longer for it.
"""

from .guard import BACKWARD, CONFIRM, FRAME_BYTES, MOVING, TITRATE, write_frame
from .records import ACCEPTED, Inputs, Outputs
from .states import PAUSE, PROGRAM, RESUME, SET_RATE, START, STOP
from .units import const, later_ms, until_ms


RENEW_MS = const(400)
EARLY_MS = const(200)  # so long before it is due, between two steps; assumed


class Orders:
    """`prescription` is to be told in a step that sets `prescribed`, `order` in one that sets `ordered`."""

    def __init__(self) -> None:
        self.prescription = bytearray(FRAME_BYTES)
        self.order = bytearray(FRAME_BYTES)
        self.prescribed = self.ordered = False
        self.flags = self.rate_cml_h = -1
        self.renew_ms = 0
        self.sequence = 0
        self.wanted_cml_h = self.kvo_cml_h = 0
        self.started = False  # by the user, and neither paused nor stopped since

    def write(self, now_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        """After a step of the controller, with what went into it and what came out."""
        self.prescribed = False
        if outputs.answer == ACCEPTED:
            self._prescribe(now_ms, inputs)
        flags = 0
        if outputs.motor_cml_h:
            flags = MOVING + BACKWARD if outputs.backward else MOVING
        self.ordered = (
            flags != self.flags or outputs.motor_cml_h != self.rate_cml_h or until_ms(now_ms, self.renew_ms) <= 0
        )
        if self.ordered:
            self._order(now_ms, flags, outputs.motor_cml_h)

    def renew(self, now_ms: int) -> bool:
        """Between two steps: write the order that stands anew if it soon is due, and say so."""
        if until_ms(now_ms, self.renew_ms) > EARLY_MS or self.flags < 0:
            return False
        self._order(now_ms, self.flags, self.rate_cml_h)
        return True

    def _order(self, now_ms: int, flags: int, rate_cml_h: int) -> None:
        self.flags = flags
        self.rate_cml_h = rate_cml_h
        self.renew_ms = later_ms(now_ms, RENEW_MS)
        self._write(self.order, now_ms, flags, rate_cml_h, 0)

    def _prescribe(self, now_ms: int, inputs: Inputs) -> None:
        request = inputs.request
        if request == PROGRAM:
            self.wanted_cml_h, self.kvo_cml_h = inputs.rate_cml_h, inputs.kvo_cml_h
            self.started = False
            self._write(self.prescription, now_ms, CONFIRM, 0, inputs.vtbi_ul)
        elif request == SET_RATE:
            self.wanted_cml_h = inputs.rate_cml_h
        elif request == START or request == RESUME:
            self.started = True
        elif request == PAUSE or request == STOP:
            self.started = False
        else:
            return
        self.prescribed = True
        if request != PROGRAM:
            rate_cml_h = self.wanted_cml_h if self.started else 0
            self._write(self.prescription, now_ms, CONFIRM + TITRATE, rate_cml_h, 0)

    def _write(self, frame: bytearray, now_ms: int, flags: int, rate_cml_h: int, vtbi_ul: int) -> None:
        self.sequence = (self.sequence + 1) & 0xFF
        write_frame(frame, self.sequence, now_ms, flags, rate_cml_h, self.kvo_cml_h, vtbi_ul)
