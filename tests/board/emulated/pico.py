"""A Raspberry Pi Pico that is emulated, instruction by instruction, by rp2040py, and run in here, without threads or
real time: `run` lets simulated time pass, and what happens on pins and USB happens in it.

Two things are put right from outside. rp2040py answers a USB read with nothing, again and again, where a host says "not
now": that kept the processor busy with interrupts. And where the processor sleeps it jumps to the next alarm, and takes
what PIO should have done meanwhile for lost: here PIO goes on while it sleeps, a tick at a time.

Its times count cycles of the processor; that flash is slower than memory when its cache misses it does not know.
"""

from collections.abc import Callable
from math import ceil
from pathlib import Path

from rp2040py.boards import BOARDS, resolve_firmware
from rp2040py.device.base_device import BaseDevice
from rp2040py.execute_batch import execute_batch
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.simulator import Simulator

CYCLE_NS = 8  # 125 MHz
TICK_CYCLES = 10  # of the port's PIO programs, 80 ns
WATCHDOG_CTRL, WATCHDOG_ENABLE = 0x00, 1 << 30  # RP2040 datasheet, 4.7.6
TICK_NS = TICK_CYCLES * CYCLE_NS


class Waking(Simulator):
    """Stops as well when the processor goes to sleep."""

    halted = True

    @property
    def stopped(self) -> bool:
        return self.halted or self.rp2040.core.waiting

    @stopped.setter
    def stopped(self, value: bool) -> None:
        self.halted = value


class Pico:
    """Powered on. `said` is what has come over USB and was not read yet; `boots` counts power-on and resets."""

    def __init__(self, image: Path) -> None:
        board = resolve_firmware(BOARDS["pico"], "micropython", str(image))
        self.device = BaseDevice(board=board)
        self.mcu = self.device.mcu
        self.clock = self.mcu.clock
        self.simulator = Waking(rp2040=self.mcu)
        self.machines = [machine for pio in self.mcu.pio for machine in pio.machines]
        self.cdc = self.device.cdc
        self.said = bytearray()
        self.cdc.on_serial_data = self._hear
        self.boots = 1
        self.mcu.usb_ctrl.on_reset = self._see_reset(self.mcu.usb_ctrl.on_reset)
        self.take_read = self.mcu.usb_ctrl.on_endpoint_read
        self.mcu.usb_ctrl.on_endpoint_read = self._read
        self.unread: list[tuple[int, int]] = []  # what the Pico would like to read: (endpoint, bytes)
        self.limit = self.clock.create_alarm(self._halt)
        self.mcu.core.pc = FLASH_START_ADDRESS

    @property
    def now_ns(self) -> float:
        return self.clock.nanos

    def run(self, most_s: float, until: Callable[[], object] = lambda: False) -> bool:
        """Let at most `most_s` pass, and no more once `until` holds, which is asked when USB has brought something or
        a millisecond has passed; whether it holds."""
        end_ns = self.now_ns + most_s * 1e9
        while self.now_ns < end_ns:
            if until():
                return True
            self.limit.schedule(min(1e6, end_ns - self.now_ns))
            self._go()
        return bool(until())

    def _go(self) -> None:
        """Until somebody halts it."""
        self.simulator.halted = False
        while not self.simulator.halted:
            if self.mcu.core.waiting:
                self.sleep()
            else:
                execute_batch(self.simulator, 1)
        self.limit.cancel()

    def sleep(self) -> None:
        """Up to the next alarm, which need not wake the processor."""
        left_ns = self.clock.nanos_to_next_alarm
        while left_ns > TICK_NS and self._pio_runs():
            self.clock.tick(TICK_NS)
            left_ns -= TICK_NS
            for pio in self.mcu.pio:
                pio.advance(TICK_CYCLES)
            if not self.mcu.core.waiting:
                return
        self.clock.tick(left_ns)
        for pio in self.mcu.pio:
            pio.advance(ceil(left_ns / CYCLE_NS))

    def _pio_runs(self) -> bool:
        return any(machine.enabled and not machine.waiting for machine in self.machines)

    def _halt(self) -> None:
        self.simulator.halted = True

    @property
    def watchdog_runs(self) -> bool:
        return bool(self.mcu.watchdog.read_uint32(WATCHDOG_CTRL) & WATCHDOG_ENABLE)

    # USB

    def send(self, data: bytes) -> None:
        """To the Pico; it reads it when it likes."""
        for byte in data:
            self.cdc.send_serial_byte(byte)
        unread, self.unread = self.unread, []
        for endpoint, size in unread:
            self.take_read(endpoint, size)

    def _read(self, endpoint: int, size: int) -> None:
        if endpoint and self.cdc.tx_fifo.empty:
            self.unread.append((endpoint, size))
        else:
            self.take_read(endpoint, size)

    def _hear(self, data: bytes) -> None:
        self.said += data
        self.simulator.halted = True

    def _see_reset(self, handle: Callable[[], None]) -> Callable[[], None]:
        def reset() -> None:
            self.boots += 1
            self.unread.clear()
            handle()

        return reset


class Port:
    """The Pico's USB serial port as pyserial would show it, in simulated time: whoever asks what has come waits for a
    whole line, or for `timeout_s`."""

    def __init__(self, pico: Pico, timeout_s: float = 0.4) -> None:
        self.pico = pico
        self.timeout_s = timeout_s

    @property
    def in_waiting(self) -> int:
        self.pico.run(self.timeout_s, lambda: b"\n" in self.pico.said)
        return len(self.pico.said)

    def write(self, data: bytes) -> None:
        self.pico.send(data)

    def read(self, size: int) -> bytes:
        data = bytes(self.pico.said[:size])
        del self.pico.said[:size]
        return data

    def close(self) -> None:
        """Nothing to be done."""
