"""The guard's side of the virtual pump: shipped guard code with a clock and an encoder reading of its own.

On a board it looks every 10 ms. Here nothing can happen between two looks but pulses that are queued, so
it looks whenever 20 uL have been given, when the rate changes, and at least every 5 s.
"""

from pumpcore.guard import ANSWER_BYTES, REASON_NAMES, Guard
from pumpcore.orders import Orders
from pumpcore.records import Inputs, Outputs
from pumpcore.setup import Setup
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpsim.plant import Plant
from pumpsim.sensors import COUNTS_PER_TURN, Encoder

MOST_WAIT_MS, LEAST_WAIT_MS = 5_000, 5
LOOK_PL = 20_000_000
LOW_BY = 0.999  # the guard is told a little less than moves: calibrations differ; assumed


class Protector:
    def __init__(self, setup: Setup, plant: Plant, encoder: Encoder) -> None:
        self.plant = plant
        self.encoder = encoder
        self.step_pl = setup.step_pl
        self.guard = Guard(int(setup.step_pl * setup.steps_per_turn / COUNTS_PER_TURN * LOW_BY))
        self.orders = Orders()
        self.answer = bytearray(ANSWER_BYTES)
        self.answer[0] = 1
        self.reason = ""

    def hear(self, now_ms: int, clock_ms: int, inputs: Inputs, outputs: Outputs) -> None:
        """A step of the controller is told, before the motor obeys it."""
        orders, now_ms = self.orders, now_ms & CLOCK_MASK
        orders.write(clock_ms, inputs, outputs)
        if orders.prescribed:
            self.guard.tell(now_ms, orders.prescription)
        if orders.ordered:
            self.guard.tell(now_ms, orders.order)

    def look(self, now_ms: int) -> bool:
        """Run the guard; whether it has stopped the motor just now."""
        counts = self.encoder.read(self.plant.drive.turns, now_ms)
        self.guard.look(now_ms & CLOCK_MASK, counts & CLOCK_MASK, self.answer)
        if self.answer[0] or self.reason:
            return False
        self.reason = REASON_NAMES[self.answer[2]]
        self.plant.shaft.stalls += 1  # without its driver the motor gives no step
        self.plant.renew()
        return True

    def lose_power(self) -> None:
        """Its latch is gone; a new one is made when the power is back."""
        if self.reason:
            self.plant.shaft.stalls -= 1
            self.reason = ""

    def wait_ms(self) -> int:
        """Until when what is queued is to be looked at."""
        wait_ms = MOST_WAIT_MS
        if self.orders.rate_cml_h > 0:
            wait_ms = min(wait_ms, LOOK_PL * 360 // 1_000 // self.orders.rate_cml_h)
        for interval, _ in self.plant.motor.queue:
            wait_ms = min(wait_ms, LOOK_PL // self.step_pl * interval // TICKS_PER_MS)
        return max(LEAST_WAIT_MS, wait_ms)
