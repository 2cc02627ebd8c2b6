"""The event ring: what happened last, in memory, oldest overwritten first.

An event has a number that counts from power-on, the clock's reading, a kind, a code and a value. Nothing is
allocated when one is noted.
"""

from .alarms import TABLE
from .records import Inputs, Outputs
from .units import const

EVENTS = const(256)
NUMBER_MASK = const(0x3FFFFFFF)

# Kinds, with what code and value are.
STATE = const(1)  # the state, the one before
RAISED = const(2)  # an alarm's code, 1; or 0 as it is cleared
REQUEST = const(3)  # the request, the controller's answer
LINK = const(4)  # one of these:
KIND_NAMES = ("", "state", "alarm", "request", "link")

BOOT = const(1)
SESSION_OPENED = const(2)
SESSION_ENDED = const(3)
HOST_LOST = const(4)
HOST_BACK = const(5)
UNCONFIRMED_LAPSED = const(6)
# The value of BOOT, why the pump has started: 0 because it was switched on. All other values of LINK are 0.
WATCHDOG = const(1)  # nobody fed it: the loop hung, or the guard wanted it so
RESET = const(2)  # a pin, a button or a program
SETTINGS_LOST = const(3)  # whatever the reason: no copy of the settings was good, those that it was built with hold
BOOT_NAMES = ("", "WATCHDOG", "RESET", "SETTINGS_LOST")
LINK_NAMES = ("", "BOOT", "SESSION_OPENED", "SESSION_ENDED", "LINK_LOST", "LINK_BACK", "UNCONFIRMED_LAPSED")


class Events:
    def __init__(self) -> None:
        self.count = 0  # noted since power-on, modulo 2**30
        self.clocks_ms = [0] * EVENTS
        self.kinds = bytearray(EVENTS)
        self.codes = bytearray(EVENTS)
        self.values = [0] * EVENTS
        self.state = self.alarms = 0  # as last seen

    def note(self, clock_ms: int, kind: int, code: int, value: int = 0) -> None:
        at = self.count % EVENTS
        self.clocks_ms[at] = clock_ms
        self.kinds[at] = kind
        self.codes[at] = code
        self.values[at] = value
        self.count = (self.count + 1) & NUMBER_MASK

    def first(self) -> int:
        """The number of the oldest that is kept."""
        return self.count - EVENTS if self.count > EVENTS else 0

    def keeps(self, number: int) -> bool:
        return self.first() <= number < self.count

    def follow(self, clock_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        """Note what a step of the controller has changed."""
        if inputs.request:
            self.note(clock_ms, REQUEST, inputs.request, outputs.answer)
        if outputs.state != self.state:
            self.note(clock_ms, STATE, outputs.state, self.state)
            self.state = outputs.state
        if outputs.alarms_raised or outputs.alarms != self.alarms:
            self._alarms(clock_ms, self.alarms & ~outputs.alarms, 0)
            self._alarms(clock_ms, outputs.alarms_raised, 1)
            self.alarms = outputs.alarms

    def _alarms(self, clock_ms: int, mask: int, raised: int) -> None:
        for code in range(1, len(TABLE)):
            if mask & 1 << code:
                self.note(clock_ms, RAISED, code, raised)
