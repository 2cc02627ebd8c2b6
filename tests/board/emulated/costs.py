"""Where the time of a loop goes: make the emulated Pico infuse, and follow some loops instruction by instruction.

    .venv/bin/python tests/board/emulated/costs.py [LOOPS]

Each call of a Python function is seen as the interpreter enters it, and each of C by its place in the image; nothing
is put into the firmware. All times are emulated.
"""

import sys
from bisect import bisect
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from elftools.elf.elffile import ELFFile

from pico import CYCLE_NS
from pumphost.imaging.build import firmware_image
from wired import Wired

RATE_ML_H = 1200.0
LOOPS = 5
BYTECODE = 12  # of a function object: behind its type, its module and its children
SHOWN = 45


class Symbols:
    """Names of addresses, from the ELF file of the image."""

    def __init__(self, elf: Path) -> None:
        with open(elf, "rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            named = {symbol["st_value"] & ~1: symbol.name for symbol in table.iter_symbols() if symbol["st_size"]}
        self.starts = sorted(named)
        self.names = [named[start] for start in self.starts]
        self.places = {name: start for start, name in named.items()}

    def at(self, address: int) -> str:
        return self.names[bisect(self.starts, address) - 1]


class Trace:
    """Cycles by Python function, its own and with what it calls, and by C function."""

    def __init__(self, wired: Wired, symbols: Symbols) -> None:
        self.pico, self.symbols = wired.pico, symbols
        self.core = self.pico.mcu.core
        self.enter = symbols.places["fun_bc_call"]
        self.own: Counter[str] = Counter()
        self.all: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.by_c: Counter[str] = Counter()
        self.stack: list[tuple[str, int, int, int]] = []  # (function, return address, stack pointer, cycles before)
        self.cycles = 0

    def run(self, loops: int) -> None:
        """From one step of the pump to the one `loops` later. Sleep is not counted."""
        step = "pumpcore_pump_Pump_step"
        while self.calls[step] <= loops:
            if self.core.waiting:
                self.pico.sleep()
                continue
            self._enter_or_leave(self.core.pc)
            counting = self.calls[step] and self.stack
            place = self.core.pc
            cycles = self.core.execute_instruction()
            self.pico.clock.tick(cycles * CYCLE_NS)
            for pio in self.pico.mcu.pio:
                pio.advance(cycles)
            if counting:
                self.cycles += cycles
                self.own[self.stack[-1][0]] += cycles
                self.by_c[self.symbols.at(place)] += cycles

    def _enter_or_leave(self, place: int) -> None:
        core, stack = self.core, self.stack
        if place == self.enter:
            bytecode = self.pico.mcu.read_uint32(core.registers[0] + BYTECODE)
            name = self.symbols.at(bytecode).removeprefix("fun_data_")
            stack.append((name, core.lr & ~1, core.sp, self.cycles))
            self.calls[name] += 1
        elif stack and place == stack[-1][1] and core.sp == stack[-1][2]:
            name, _, _, before = stack.pop()
            self.all[name] += self.cycles - before


def infusing(wired: Wired) -> None:
    pump = wired.pump()
    pump.acknowledge()
    pump.confirm(pump.program(RATE_ML_H, 40.0).digest)
    pump.start()
    wired.run(0.1)


def main(loops: int) -> None:
    firmware_image().unlink()  # made anew: then the ELF file beside it is its own
    image = firmware_image()
    wired = Wired(image)
    infusing(wired)
    trace = Trace(wired, Symbols(image.parent / "build/firmware.elf"))
    trace.run(loops)

    def us(cycles: int) -> str:
        return f"{cycles * CYCLE_NS / 1_000 / loops:9.1f}"

    print(f"infusing at {RATE_ML_H:g} mL/h, {loops} loops: us a loop with what it calls, its own, calls a loop")
    for name, cycles in trace.all.most_common(SHOWN):
        print(us(cycles), us(trace.own[name]), f"{trace.calls[name] / loops:6.1f}", name)
    print("by C function: us a loop")
    for name, cycles in trace.by_c.most_common(20):
        print(us(cycles), name)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else LOOPS)
