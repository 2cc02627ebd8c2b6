"""The pump as its loop sees it: hear, step, answer. What waits, and what reads and obeys, is the loop's."""

from .controller import Controller
from .link import Link
from .records import Inputs, Outputs
from .session import Session


class Serial:
    """What a port gives the link: bytes in and out, without waiting."""

    def receive(self, buffer: bytearray) -> int:
        """Fill `buffer` with what has come, as much as fits; how many bytes."""
        raise NotImplementedError

    def send(self, line: bytearray, count: int) -> None:
        """Send the first `count` bytes. What cannot be sent is lost: whoever asked will ask again."""
        raise NotImplementedError


class Pump:
    """`cause` is why it has started, a value of events.BOOT."""

    def __init__(self, controller: Controller, session: Session, cause: int = 0) -> None:
        self.controller = controller
        self.link = Link(controller, session, cause)

    def step(self, now_ms: int, inputs: Inputs, outputs: Outputs, serial: Serial) -> int:
        """Run once; return when to run next, as `Controller.step` does, or at once if there is more to be heard."""
        self.link.hear(now_ms, inputs, serial)
        then_ms = self.controller.step(now_ms, inputs, outputs)
        self.link.answer(inputs, outputs)
        if self.link.said:
            serial.send(self.link.writer.line, self.link.said)
        return now_ms if self.link.more() else then_ms
