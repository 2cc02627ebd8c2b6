"""An AS5600 magnetic encoder on an emulated I2C bus, at 400 kHz: its angle, and that it sees a magnet.

Registers by its datasheet (ams OSRAM, v1-06): what is written first is the register to read from.
"""

from collections.abc import Callable

ADDRESS = 0x36
STATUS, RAW_ANGLE, ANGLE = 0x0B, 0x0C, 0x0E
MAGNET_SEEN = 0x20
BYTE_NS = 9 * 2_500  # eight bits and their acknowledgement


class As5600:
    """`counts` tells its angle, 0 to 4095, whenever it is looked at."""

    def __init__(self, mcu, bus: int, counts: Callable[[], int]) -> None:
        self.i2c = mcu.i2c[bus]
        self.counts = counts
        self.register = 0
        self.then: list[Callable[[], None]] = []  # what is due when the byte is through
        self.alarm = mcu.clock.create_alarm(self._go_on)
        self.i2c.on_connect = lambda address, mode: self._after(lambda: self.i2c.complete_connect(address == ADDRESS))
        self.i2c.on_write_byte = self._take
        self.i2c.on_read_byte = lambda acknowledged: self._after(lambda: self.i2c.complete_read(self._next()))

    def _after(self, then: Callable[[], None]) -> None:
        """The bus takes its time for each byte."""
        self.then.append(then)
        self.alarm.schedule(BYTE_NS)

    def _go_on(self) -> None:
        self.then.pop()()

    def _take(self, value: int) -> None:
        self.register = value
        self._after(lambda: self.i2c.complete_write(True))

    def _next(self) -> int:
        counts = self.counts()
        known = {STATUS: MAGNET_SEEN}
        for register in (RAW_ANGLE, ANGLE):
            known[register], known[register + 1] = divmod(counts, 256)
        value = known.get(self.register, 0)
        self.register += 1
        return value
