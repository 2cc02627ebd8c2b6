"""Four keys, debounced, and what each asks for.

What START and STOP ask for hangs on the state, SILENCE is always that, and SELECT opens the menu (pumpcore/menu.py),
which then has the keys for itself. Only a signal that sounds comes first: SILENCE then silences it.
"""

from machine import Pin

from board.pins import SELECT_KEY, SILENCE_KEY, START_KEY, STOP_KEY
from pumpcore.menu import BACK, DOWN, NEXT, UP, Menu
from pumpcore.records import NOTHING_ASKED, Inputs, Outputs
from pumpcore.states import ACKNOWLEDGE, PAUSE, PROGRAM, RESUME, SILENCE, START, STOP
from pumpcore.units import const, until_ms

DEBOUNCE_MS = const(20)  # assumed: longer than the bounce of a common key

# What a key asks for, indexed by state.
START_KEY_ASKS = (ACKNOWLEDGE, START, ACKNOWLEDGE, ACKNOWLEDGE, RESUME, ACKNOWLEDGE, ACKNOWLEDGE, ACKNOWLEDGE)
STOP_KEY_ASKS = (NOTHING_ASKED, STOP, PAUSE, PAUSE, STOP, STOP, STOP, STOP)


class Key:
    """A key to ground, polled. Held down at power-on, it counts from when it has been let go."""

    def __init__(self, gpio: int) -> None:
        self.pin = Pin(gpio, Pin.IN, Pin.PULL_UP)
        self.down = True
        self.steady_ms = 0  # when it was last seen as it is taken to be

    def held(self) -> bool:
        return not self.pin()

    def pressed(self, now_ms: int) -> bool:
        """True once for each press, when the key has been down for DEBOUNCE_MS."""
        down = not self.pin()
        if down == self.down:
            self.steady_ms = now_ms
            return False
        if until_ms(self.steady_ms, now_ms) < DEBOUNCE_MS:
            return False
        self.down = down
        self.steady_ms = now_ms
        return down


class Keys:
    def __init__(self, menu: Menu) -> None:
        self.menu = menu
        self.start = Key(START_KEY)
        self.stop = Key(STOP_KEY)
        self.silence = Key(SILENCE_KEY)
        self.select = Key(SELECT_KEY)
        self.held = False  # whether any of them is down
        self.rested = False  # all have been up, for long enough to be sure,
        self.rested_ms = 0  # until then
        self.request = NOTHING_ASKED  # waits to be read
        # As obeyed last: a key asks for what fits it.
        self.state = 0
        self.unconfirmed = 0  # somebody is to say that he has seen and heard the signals
        self.sounding = False  # something that SILENCE can silence

    def follow(self, outputs: Outputs) -> None:
        self.state = outputs.state
        self.unconfirmed = outputs.signal_test
        self.sounding = outputs.alarm_shown > 0 and not outputs.silent

    def read(self, inputs: Inputs) -> None:
        """Hand over what is asked for, and whether something waits to be confirmed."""
        inputs.request = self.request
        inputs.read_back = 1 if self.menu.waiting.request else 0
        if self.request == PROGRAM:
            inputs.rate_cml_h = self.menu.rate_cml_h
            inputs.vtbi_ul = self.menu.vtbi_ul
            inputs.kvo_cml_h = self.menu.kvo_cml_h
        self.request = NOTHING_ASKED

    def poll(self, now_ms: int) -> None:
        """Every millisecond, and in each loop: while nobody presses anything a look at four pins."""
        if self.menu.page:
            self.menu.look(now_ms, self.state)
        self.held = not (self.start.pin() and self.stop.pin() and self.silence.pin() and self.select.pin())
        if self.held or not self.rested:
            self._look(now_ms)
        self.rested_ms = now_ms

    def _look(self, now_ms: int) -> None:
        """At each key. STOP outdoes whatever waits to be read; the others wait their turn."""
        start, stop, silence, select = self.start, self.stop, self.silence, self.select
        if self.rested:
            start.steady_ms = stop.steady_ms = silence.steady_ms = select.steady_ms = self.rested_ms
        if start.pressed(now_ms):
            self._start(now_ms)
        if silence.pressed(now_ms):
            self._silence(now_ms)
        if select.pressed(now_ms):
            self.menu.press(now_ms, NEXT, self.state)
        if stop.pressed(now_ms):
            if self.menu.page:
                self.menu.press(now_ms, DOWN, self.state)
            else:
                self.request = STOP_KEY_ASKS[self.state]
        self.rested = not (self.held or start.down or stop.down or silence.down or select.down)

    def _start(self, now_ms: int) -> None:
        """First it says that the signals were seen and heard."""
        if self.menu.page:
            self._ask(self.menu.press(now_ms, UP, self.state))
        else:
            self._ask(ACKNOWLEDGE if self.unconfirmed else START_KEY_ASKS[self.state])

    def _silence(self, now_ms: int) -> None:
        if self.menu.page and not self.sounding:
            self.menu.press(now_ms, BACK, self.state)
        else:
            self._ask(SILENCE)

    def _ask(self, request: int) -> None:
        if not self.request:
            self.request = request
