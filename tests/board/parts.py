"""What hangs on the chip's pins, and the parts of the chip itself that no state machine is: stand-ins as simple as the
drivers can tell. `rig` is the Rig that a class made by assemble.py belongs to."""


class Adc:
    ATTN_11DB = 3

    def __init__(self, pin, atten=None):
        self.gpio = pin.gpio

    def read_u16(self):
        """A constant, or the next of a list that goes round."""
        counts = self.rig.counts.get(self.gpio, 32_768)
        if isinstance(counts, list):
            counts.append(counts.pop(0))
            return counts[-1]
        return counts

    def read_uv(self):
        return self.read_u16() * 33 * 100_000 // 65_536


class I2c:
    """A bus: whoever is not there, or is made to fail, raises OSError as on a board."""

    def __init__(self, number, sda, scl, freq, timeout):
        assert freq == 400_000
        self.wires = (number, sda.gpio, scl.gpio)

    def _chip(self, address):
        chip = self.rig.chips.get(address)
        if chip is None or chip.wires != self.wires:
            raise OSError(5)
        return chip

    def readfrom_mem_into(self, address, register, buffer):
        buffer[:] = self._chip(address).read(register, len(buffer))

    def writeto(self, address, buffer):
        self._chip(address).write(bytes(buffer))
        return len(buffer)


class As5600:
    """Its angle is set by the test."""

    def __init__(self, wires=(0, 4, 5)):
        self.wires = wires
        self.angle = 0
        self.status = 0x20

    def read(self, register, count):
        memory = {0x0B: self.status, 0x0C: self.angle >> 8, 0x0D: self.angle & 0xFF}
        return bytes(memory[register + i] for i in range(count))


class Ssd1306:
    """Only what the driver uses: page addressing. `dots` is its memory, eight pages of 128 columns."""

    def __init__(self, wires=(1, 6, 7)):
        self.wires = wires
        self.dots = [bytearray(b"\xaa" * 128) for _ in range(8)]
        self.page = 0
        self.column = 0
        self.on = False
        self.sent = []  # pages, in their order

    def write(self, message):
        if message[0] == 0x40:
            assert len(message) == 129 and self.column == 0
            self.dots[self.page][:] = message[1:]
            self.sent.append(self.page)
        elif len(message) == 4:
            assert message[2:] == b"\x00\x10"
            self.page = message[1] - 0xB0
        else:
            assert b"\x20\x02" in message, "not in page addressing mode"
            self.on = message[-1] == 0xAF


class FrameBuffer:
    """Its font is a stand-in's: a letter is its own code in every column, so that a page can be read."""

    def __init__(self, buffer, width, height, mode):
        assert (len(buffer), width, height) == (8, 8, 8)
        self.buffer = buffer

    def fill(self, colour):
        self.buffer[:] = bytes(8)

    def text(self, letter, x, y, colour):
        assert (x, y) == (0, 0)
        self.buffer[:] = bytes([ord(letter)] * 8)


class Pwm:
    def __init__(self, pin, freq, duty_u16):
        self.calls = [(freq, duty_u16)]
        self.hz, self.duty = freq, duty_u16
        self.rig.pwms[pin.gpio] = self

    def freq(self, hz):
        self.hz = hz
        self.calls.append(("freq", hz))

    def duty_u16(self, duty):
        self.duty = duty
        self.calls.append(("duty", duty))


class Timer:
    PERIODIC = 1

    def __init__(self, number, mode, period, callback):
        assert mode == self.PERIODIC
        self.number = number
        self.period = period
        self.callback = callback
        self.since = 0
        self.rig.timers.append(self)

    def fire_if_due(self):
        self.since += 1
        if self.since >= self.period:
            self.since = 0
            self.callback(self)

    def deinit(self):
        self.rig.timers.remove(self)


class Wdt:
    def __init__(self, timeout):
        assert timeout <= 8_388, "the RP2040 counts no further"
        self.rig.fed_ms.append(self.rig.clock_ms)

    def feed(self):
        self.rig.fed_ms.append(self.rig.clock_ms)


class Rmt:
    """The ESP32's: gives a burst by the rig's microseconds, and is done once it is over."""

    def __init__(self, channel, pin, clock_div):
        assert clock_div == 80, "a tick is 1 us"
        self.until_us = 0
        self.rises_us = self.rig.rises_us

    def write_pulses(self, durations, level):
        assert self.wait_done(timeout=0), "on a board this would wait for the one before"
        assert level is False
        at_us = self.rig.clock_us
        for low, high in zip(durations[::2], durations[1::2], strict=True):
            assert 1 <= low <= 32_767 and high == 2
            at_us += low
            self.rises_us.append(at_us)
            at_us += high
        self.until_us = at_us

    def wait_done(self, timeout):
        return self.rig.clock_us >= self.until_us
