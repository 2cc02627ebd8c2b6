"""The link over the USB serial port: the interpreter's own standard input and output, without waiting.

A byte at a time comes in: on RP2 a read of more can hang at multiples of 64. A byte at a time goes out, while there is
room: a host that has the port open and reads nothing would hold up a write, and the motor, for half a second (RP2's
MICROPY_HW_USB_CDC_TX_TIMEOUT). Ctrl-C still ends the loop, which stops
the motor, and gives the prompt back to whoever flashes the board; no frame has that byte in it. What is printed goes
the same way, so nothing is printed while the pump runs.
"""

import select
import sys

from pumpcore.pump import Serial


class Usb(Serial):
    def __init__(self) -> None:
        self.poller = select.poll()
        self.poller.register(sys.stdin, select.POLLIN)
        self.room = select.poll()
        self.room.register(sys.stdout, select.POLLOUT)
        self.stdin = sys.stdin.buffer
        self.stdout = sys.stdout.buffer
        self.byte = bytearray(1)

    def waiting(self) -> bool:
        """Whether a byte has come."""
        return _ready(self.poller)

    def receive(self, buffer: bytearray) -> int:
        if not _ready(self.poller):
            return 0
        count = 0
        while count < len(buffer) and self.waiting():
            if not self.stdin.readinto(self.byte):  # type: ignore[union-attr]  # the stub has none
                break
            buffer[count] = self.byte[0]
            count += 1
        return count

    def send(self, line: bytearray, count: int) -> None:
        """As much of it as finds room; the host sees that a frame is cut."""
        for i in range(count):
            if not _ready(self.room):
                return
            self.byte[0] = line[i]
            self.stdout.write(self.byte)


def _ready(poller: select.poll) -> bool:
    for _ in poller.ipoll(0):  # `any` would allocate
        return True
    return False
