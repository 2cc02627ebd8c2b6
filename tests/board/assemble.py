"""The parts of a Pico that the shipped drivers touch, so that the very files run on a PC.

Behind the pins: state machines that run the shipped PIO programs, and the parts of `parts.py`.

`rp2.asm_pio` runs the shipped function and encodes what it calls: the RP2040 datasheet, section 3.4,
gives the encodings, and only the instructions in use are here. `StateMachine` then runs those opcodes in
rp2040-pio-emulator, one cycle for one tick of 80 ns. All state machines share the wires of one `Rig`,
so one can count on a pin what another puts out.

The emulator books the delay of an instruction at once, so a pin's edge is timed by the clock before the
instruction that makes it.
"""

import importlib
import struct
import sys
import types
from dataclasses import replace

from pioemu import State, clock_cycles_reached, emulate

from parts import Adc, FrameBuffer, I2c, Pwm, Rmt, Timer, Wdt
from pumpcore.records import Inputs, Outputs
from pumpcore.states import INFUSING
from pumpcore.units import CLOCK_MASK

FLASH = 0x1000_0000  # RP2040 datasheet 2.2
BINARY_INFO, BINARY_INFO_END = 0x7188_EBF2, 0xE71A_A390  # pico-sdk 2.1, pico/binary_info
BINARY_END = 0x68F4_65DE
FIFO_WORDS = 4  # of each direction, twice that when one is joined to the other; datasheet 3.5.3

# Table "jmp condition", and the source or destination of mov, set and in; datasheet 3.4.2 to 3.4.10.
CONDITIONS = {"not_x": 1, "x_dec": 2, "not_y": 3, "y_dec": 4}
REGISTERS = {"pins": 0, "x": 1, "y": 2, "null": 3, "isr": 6, "osr": 7}
INVERT = 0b01 << 3
PIN = 0b01 << 5  # source of wait
NOBLOCK = 0
BLOCK = 1 << 5


class Instruction:
    """One word of a program. `[n]` adds n cycles of delay, in bits 12 to 8."""

    def __init__(self, program, index):
        self.program = program
        self.index = index

    def __getitem__(self, cycles):
        assert 0 <= cycles < 32
        self.program.opcodes[self.index] |= cycles << 8


class Program:
    """What an assembler function emits while it is called; jumps are filled in once all labels are known."""

    def __init__(self, **options):
        self.options = options
        self.opcodes = []
        self.labels = {}
        self.jumps = []
        self.names = {
            **CONDITIONS, **REGISTERS, "pin": PIN, "noblock": NOBLOCK, "block": BLOCK,
            "invert": lambda source: source | INVERT,
            "label": self.label, "jmp": self.jmp, "wait": self.wait, "in_": self.in_, "push": self.push,
            "pull": self.pull, "mov": self.mov, "set": self.set,
        }  # fmt: skip

    def run(self, function):
        types.FunctionType(function.__code__, self.names)()
        for index, label in self.jumps:
            self.opcodes[index] |= self.labels[label]
        return self

    def emit(self, opcode):
        self.opcodes.append(opcode)
        return Instruction(self, len(self.opcodes) - 1)

    def label(self, name):
        assert name not in self.labels
        self.labels[name] = len(self.opcodes)

    def jmp(self, condition, label):
        self.jumps.append((len(self.opcodes), label))
        return self.emit(0b000 << 13 | condition << 5)

    def wait(self, polarity, source, index):
        return self.emit(0b001 << 13 | polarity << 7 | source | index)

    def in_(self, source, bits):
        return self.emit(0b010 << 13 | source << 5 | bits % 32)

    def push(self, block):
        return self.emit(0b100 << 13 | block)

    def pull(self, block):
        return self.emit(0b100 << 13 | 1 << 7 | block)

    def mov(self, destination, source):
        return self.emit(0b101 << 13 | destination << 5 | source)

    def set(self, destination, value):
        return self.emit(0b111 << 13 | destination << 5 | value)


def asm_pio(**options):
    return lambda function: Program(**options).run(function)


def asm_pio_encode(text, sideset_count):
    assert sideset_count == 0
    program = Program()
    exec(text, program.names)
    (opcode,) = program.opcodes
    return opcode


def image_of(code):
    """An image as a linker lays it out: a table of two entries, the second of which says where the image ends, and code
    around it."""
    table = FLASH + 0x114
    entries = table + 9, table + 9 + 12  # at odd places, as in an image that was seen
    end = table + 33 + len(code)
    header = struct.pack("<7I", BINARY_INFO, table, table + 8, 0, BINARY_INFO_END, *entries)
    entry = struct.pack("<HHIIHHII", 6, 0x5052, 0x02031C86, FLASH, 5, 0x5052, BINARY_END, end)
    return bytearray(bytes(range(256)) + header + b"\0" + entry + code)


class Flash:
    """machine.mem16 of the image. Behind it nothing is written."""

    def __init__(self, rig):
        self.rig = rig

    def __getitem__(self, address):
        assert address % 2 == 0
        at = address - FLASH
        return int.from_bytes(self.rig.image[at : at + 2].ljust(2, b"\xff"), "little")


class PIO:
    OUT_LOW = 2
    JOIN_TX = 1


class Rig:
    """The wires: levels of pins set by the test or the board, readings of ADCs, and the time."""

    def __init__(self):
        self.ticks = 0  # of the state machines
        self.clock_ms = 0  # of the loop: the two advance apart, as the emulator is slow
        self.exec_ticks = 0  # that pass before an instruction from the board is carried out
        self.levels = {}
        self.counts = {}  # of the ADCs, by GPIO
        self.chips = {}  # on the I2C buses, by address
        self.pwms = {}  # by GPIO
        self.timers = []
        self.fed_ms = []  # when the watchdog was
        self.cause = 1  # of the last reset: power-on
        self.image = image_of(b"the code")
        self.mem32 = {}
        self.rises_us = []  # of the pulses of an ESP32
        self.clock_us = 0
        self.system_hz = 125_000_000
        self.machines = {}
        self.asleep = lambda: None  # called for every millisecond slept
        self.usb_in, self.usb_out = bytearray(), bytearray()
        self.usb_room = 10**6  # bytes of which the host will take

    def run(self, ticks):
        """Let the state machines run: the one that puts out first, then the one that looks on."""
        self.ticks += ticks
        for number in sorted(self.machines):
            self.machines[number].run_to(self.ticks)

    @property
    def pulses(self):
        """Rising edges so far, in ticks."""
        return [tick for tick, level in self.machines[0].edges if level]

    def sleep_ms(self, ms):
        for _ in range(ms):
            self.pass_ms()
            self.asleep()

    def pass_ms(self):
        """A millisecond of the loop's time, whatever the loop does in it."""
        self.clock_ms = (self.clock_ms + 1) & 0x3FFFFFFF
        self.clock_us += 1_000
        for timer in self.timers:
            timer.fire_if_due()

    def modules(self):
        """The modules that a Pico has and CPython lacks."""
        rp2 = types.ModuleType("rp2")
        rp2.PIO = PIO
        rp2.asm_pio = asm_pio
        rp2.asm_pio_encode = asm_pio_encode
        rp2.StateMachine = lambda number, program, **pins: StateMachine(self, number, program, **pins)
        machine = types.ModuleType("machine")
        machine.freq = lambda: self.system_hz
        machine.Pin = type("Pin", (Pin,), {"rig": self})
        machine.ADC = type("ADC", (Adc,), {"rig": self})
        machine.I2C = type("I2C", (I2c,), {"rig": self})
        machine.PWM = type("PWM", (Pwm,), {"rig": self})
        machine.Timer = type("Timer", (Timer,), {"rig": self})
        machine.WDT = type("WDT", (Wdt,), {"rig": self})
        machine.PWRON_RESET, machine.WDT_RESET = 1, 3
        machine.reset_cause = lambda: self.cause
        machine.mem16, machine.mem32 = Flash(self), self.mem32
        framebuf = types.ModuleType("framebuf")
        framebuf.FrameBuffer, framebuf.MONO_VLSB = FrameBuffer, 0
        time = types.ModuleType("time")
        time.ticks_ms = lambda: self.clock_ms
        time.ticks_us = lambda: self.clock_us & CLOCK_MASK
        time.sleep_ms = self.sleep_ms
        select = types.ModuleType("select")
        select.POLLIN, select.POLLOUT = 1, 4
        select.poll = lambda: Poll(self)
        uctypes = types.ModuleType("uctypes")
        uctypes.bytearray_at = lambda address, count: self.image[address - FLASH :][:count]
        esp32 = types.ModuleType("esp32")
        esp32.RMT = type("RMT", (Rmt,), {"rig": self})
        modules = (rp2, esp32, machine, uctypes, time, select, framebuf)
        return {module.__name__: module for module in modules}

    def wire(self, board):
        """Put the host's end of the cable on a board."""
        board.usb.stdin = types.SimpleNamespace(readinto=self._give)
        board.usb.stdout = types.SimpleNamespace(write=self._take)
        return board

    def _take(self, data):
        assert len(data) <= self.usb_room, "a write that finds no room holds up the loop"
        self.usb_room -= len(data)
        self.usb_out += data

    def _give(self, buffer):
        assert len(buffer) == 1, "on RP2 more can hang"
        buffer[0] = self.usb_in.pop(0)
        return 1


class Poll:
    """select.poll of the one port there is."""

    def __init__(self, rig):
        self.rig = rig

    def register(self, stream, flags):
        self.flags = flags

    def ipoll(self, timeout_ms):
        assert timeout_ms == 0
        ready = self.rig.usb_in if self.flags == 1 else self.rig.usb_room
        return [("stdio", self.flags)] if ready else []


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1

    def __init__(self, gpio, mode=None, pull=None, value=None):
        self.gpio = gpio
        if value is not None:
            self.rig.levels[gpio] = value

    def value(self, level=None):
        if level is None:
            return self.rig.levels.get(self.gpio, 1)  # pulled up
        self.rig.levels[self.gpio] = int(level)
        return None

    __call__ = value


class StateMachine:
    """One state machine, with its one pin as pin 0. Number 1 sees the pin of number 0."""

    def __init__(self, rig, number, program, freq, set_base=None, in_base=None):
        assert freq == 12_500_000
        rig.machines[number] = self
        self.rig = rig
        self.program = program
        self.state = State(clock=rig.ticks, pin_values=program.options.get("set_init", 0) & 1)
        self.fifo_words = FIFO_WORDS * (2 if program.options.get("fifo_join") == PIO.JOIN_TX else 1)
        self.running = False
        self.edges = []  # (tick, level) of the pin it puts out
        self.seen = 0  # edges that it has looked at, as the other's

    def level_at(self, state: State) -> int:
        """The other's pin: its edges are known up to now, and looked at in their order."""
        edges = self.rig.machines[0].edges
        while self.seen < len(edges) and edges[self.seen][0] < state.clock:
            self.seen += 1
        return edges[self.seen - 1][1] if self.seen else 0

    def emulate(self, opcodes, until):
        looks_on = self is not self.rig.machines[0]
        return emulate(
            opcodes,
            initial_state=self.state,
            stop_when=clock_cycles_reached(until),
            shift_isr_right=False,
            input_source=self.level_at if looks_on else None,
        )

    def run_to(self, ticks):
        if not self.running:
            self.state = replace(self.state, clock=ticks)
            return
        for before, after in self.emulate(self.program.opcodes, ticks):
            self._note(before, after)
            self.state = after

    def _note(self, before, after):
        if (before.pin_values ^ after.pin_values) & 1 and self is self.rig.machines[0]:
            self.edges.append((before.clock, after.pin_values & 1))

    def exec(self, opcode):
        """Run one instruction in between; the program counter and the time stay."""
        self.rig.run(self.rig.exec_ticks)
        kept = {"program_counter": self.state.program_counter, "clock": max(self.state.clock, self.rig.ticks)}
        self.state = replace(self.state, program_counter=0)
        before, after = next(self.emulate([opcode], self.state.clock + 1))
        self._note(replace(before, clock=self.rig.ticks), after)
        self.state = replace(after, **kept)

    def active(self, on):
        self.running = bool(on)

    def restart(self):
        """Back to the first instruction and out of any delay. The FIFO and the pin keep what they hold."""
        self.state = replace(self.state, program_counter=0, clock=self.rig.ticks)

    def tx_fifo(self):
        return len(self.state.transmit_fifo)

    def put(self, word):
        assert self.tx_fifo() < self.fifo_words, "on a board this would wait for room"
        assert -(2**30) <= word < 2**30, "on a board this would be put on the heap"
        self.state.transmit_fifo.append(word & 0xFFFFFFFF)

    def get(self):
        """The oldest word pushed; with none there a board would wait for ever, and this raises."""
        return self.state.receive_fifo.popleft()


def load(rig, name="board.rp2", platform="rp2"):
    """Import a firmware module afresh, wired to `rig`, as on a board."""
    stand_ins = rig.modules()
    hidden = {key: sys.modules.get(key) for key in stand_ins}
    sys.modules.update(stand_ins)
    here, sys.platform = sys.platform, platform
    try:
        for key in [key for key in sys.modules if key.split(".")[0] == "board" or key == name]:
            del sys.modules[key]
        return importlib.import_module(name)
    finally:
        sys.platform = here
        for key, module in hidden.items():
            if module is None:
                del sys.modules[key]
            else:
                sys.modules[key] = module


def order(*segments, state=INFUSING, flush=False, **shown):
    """What the controller has the board do."""
    outputs = Outputs()
    outputs.state = state
    outputs.flush = flush
    outputs.segments = len(segments)
    for i, (interval, count) in enumerate(segments):
        outputs.intervals_ticks[i] = interval
        outputs.counts[i] = count
    for name, value in shown.items():
        setattr(outputs, name, value)
    return outputs


def read(board):
    inputs = Inputs()
    board.read(inputs)
    return inputs


def part(name):
    """A module of the board that was loaded last."""
    return sys.modules[f"board.{name}"]


def press(rig, gpio, down_at, up_at):
    """From now on: hold the key between the two, in ms slept."""
    levels = iter([*[1] * down_at, *[0] * (up_at - down_at)])
    rig.asleep = lambda: rig.levels.__setitem__(gpio, next(levels, 1))


def settle(board, state):
    board.obey(order(state=state))
    board.wait_until((board.now_ms() + 50) & CLOCK_MASK)
