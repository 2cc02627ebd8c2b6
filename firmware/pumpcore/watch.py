"""While the motor has orders: look for what must stop it, end it, or be told.

Each hazard has a file of its own that knows how to find it; here stands which is looked for when, and
what it is called. What follows from an alarm is the table's and the controller's business.

While the motor stands a door may be open and a plunger loose. Once fluid flows by itself they are named with it.
"""

from . import flow as through
from . import supply as upstream
from . import travel as shaft
from .air import Air
from .alarms import (
    AIR_ACCUMULATED,
    AIR_BUBBLE,
    DOOR_OPEN,
    FREE_FLOW,
    INFUSION_COMPLETE,
    INFUSION_NEAR_END,
    MOTOR_STALL,
    OCCLUSION_DOWNSTREAM,
    OCCLUSION_PARTIAL,
    OCCLUSION_UPSTREAM,
    OVER_INFUSION,
    RESERVOIR_EMPTY,
    RESERVOIR_LOW,
    SENSOR_FAULT,
    SYRINGE_UNSEATED,
    SYRINGE_WRONG,
    UNDER_INFUSION,
    Alarms,
)
from .dose import Dose
from .occlusion import Downstream
from .records import Inputs
from .senses import AirSense, PressureSense
from .setup import Setup
from .units import const

BARREL_UM = const(400)  # a clamp measures to a tenth of a millimetre, barrels vary by as much; assumed


class Watch:
    def __init__(self, setup: Setup, alarms: Alarms, dose: Dose) -> None:
        self.barrel_um = setup.barrel_um
        self.drawn = upstream.WELL  # what the supply's last look has found
        self.alarms = alarms
        self.dose = dose
        self.downstream = Downstream(setup)
        self.air = Air(setup)
        self.supply = upstream.Supply(setup)
        self.flow = through.Flow(setup)
        self.follows = self.flow.watched or setup.upstream_pa > 0  # it can see what comes by itself
        self.travel = shaft.Travel(setup)
        self.pressure = PressureSense(setup)
        self.detector = AirSense(setup)

    def start(self, now_ms: int) -> None:
        """The pump starts, for the first time or again: what was before is no more."""
        self.travel.begin()
        self.flow.begin()
        self.supply.begin()
        self.air.begin()
        self.pressure.begin(now_ms)
        self.detector.begin()

    def acknowledge(self) -> None:
        """A user has seen the alarms, before they are cleared: if it still flows by itself, that is found anew, and
        what is open."""
        if self.alarms.latched & 1 << FREE_FLOW:
            self.flow.begin()
            self.supply.begin()
            self.alarms.forget(FREE_FLOW)
            self.alarms.forget(DOOR_OPEN)
            self.alarms.forget(SYRINGE_UNSEATED)

    def begin(self, now_ms: int, rate_cml_h: int) -> None:
        """The motor runs at another rate from now on, 0 for none."""
        self.downstream.begin(now_ms, rate_cml_h)
        self.flow.change()
        self.air.recoil.pump(rate_cml_h)

    def look(self, now_ms: int, inputs: Inputs, steps: int, moving: bool) -> None:
        """Raise what is found, `steps` after the last look. Shaft, drops and flow are followed at rest, too. Cut so
        small that no part has more than 11 words of locals and stack, which MicroPython would take from the heap."""
        self.air.follow(now_ms)
        if self.follows:
            self._look_at_what_flows(now_ms, inputs, steps, moving)
        elif moving and not (inputs.door_closed and inputs.seated):
            self._look_at_what_is_open(inputs)
        if moving:
            if self.barrel_um:
                self._look_at_the_barrel(inputs.barrel_um)
            self._look_at_the_pressure(now_ms, inputs.pressure_pa, steps)
            self._look_at_the_air(now_ms, inputs, steps)
        self._look_at_the_shaft(inputs.encoder_counts, steps, moving)
        if moving:
            self._look_at_the_reservoir()

    def _look_at_what_flows(self, now_ms: int, inputs: Inputs, steps: int, moving: bool) -> None:
        self.drawn = self.supply.look(steps, inputs.supply_pa, inputs.drops)
        flowed = self._follow_the_flow(now_ms, inputs, steps, moving)
        free = self.drawn == upstream.FREE or flowed == through.FREE
        if moving or free:  # first, as the reason for the rest
            self._look_at_what_is_open(inputs)
        if free:
            self.alarms.raise_alarm(FREE_FLOW)
        if flowed != through.WELL:
            self._tell_of_the_flow(flowed)

    def _look_at_what_is_open(self, inputs: Inputs) -> None:
        if not inputs.door_closed:
            self.alarms.raise_alarm(DOOR_OPEN)
        if not inputs.seated:
            self.alarms.raise_alarm(SYRINGE_UNSEATED)

    def _look_at_the_barrel(self, barrel_um: int) -> None:
        if not -BARREL_UM <= barrel_um - self.barrel_um <= BARREL_UM:
            self.alarms.raise_alarm(SYRINGE_WRONG)

    def _look_at_the_pressure(self, now_ms: int, pressure_pa: int, steps: int) -> None:
        line = self.downstream
        if self.pressure.failed(now_ms, pressure_pa, steps):
            self.alarms.raise_alarm(SENSOR_FAULT)
        elif line.found(now_ms, pressure_pa) and (pressure_pa >= line.limit_pa or not self.pressure.restless()):
            self.alarms.raise_alarm(OCCLUSION_DOWNSTREAM)
        elif line.partly():
            self.alarms.raise_alarm(OCCLUSION_PARTIAL)

    def _look_at_the_air(self, now_ms: int, inputs: Inputs, steps: int) -> None:
        # the reading of a test is not the line's, which is as it was
        permille = self.air.permille if self.detector.testing else inputs.air_permille
        if self.detector.failed(now_ms, inputs.air_permille):
            self.alarms.raise_alarm(SENSOR_FAULT)
        self.air.look(permille, steps, inputs.encoder_counts, inputs.pressure_pa)
        if self.air.bubble_too_large():
            self.alarms.raise_alarm(AIR_BUBBLE)
        elif self.air.too_much():
            self.alarms.raise_alarm(AIR_ACCUMULATED)

    def _follow_the_flow(self, now_ms: int, inputs: Inputs, steps: int, moving: bool) -> int:
        loose = not (inputs.door_closed and inputs.seated)
        found = self.flow.look(now_ms, steps, inputs.flowed_nl, inputs.pressure_pa, loose, moving)
        by_sensor = self.flow.watched and not self.flow.dead
        free_nl = self.flow.free_nl if by_sensor else self.supply.came_nl(loose)
        if free_nl:
            self.dose.book_free(free_nl)
        return found

    def _tell_of_the_flow(self, found: int) -> None:
        if found == through.OVER:
            self.alarms.raise_alarm(OVER_INFUSION)
        elif found == through.UNDER:
            self.alarms.raise_alarm(UNDER_INFUSION)
        elif found == through.DEAD:
            self.alarms.raise_alarm(SENSOR_FAULT)
        elif found == through.DRY:
            self.alarms.raise_alarm(RESERVOIR_EMPTY)

    def _look_at_the_shaft(self, encoder_counts: int, steps: int, moving: bool) -> None:
        turned = self.travel.look(steps, encoder_counts)
        if turned == shaft.WELL or not moving:
            return
        if turned == shaft.BEHIND:
            self.alarms.raise_alarm(MOTOR_STALL)
        elif turned == shaft.AHEAD:
            self.alarms.raise_alarm(OVER_INFUSION)
        else:  # ENCODER_DEAD
            self.alarms.raise_alarm(SENSOR_FAULT)

    def _look_at_the_reservoir(self) -> None:
        if self.drawn == upstream.BLOCKED:
            self.alarms.raise_alarm(OCCLUSION_UPSTREAM)
        elif self.drawn == upstream.EMPTY:
            self.alarms.raise_alarm(RESERVOIR_EMPTY)
        dose = self.dose
        if dose.pumped_ul >= dose.low_at_ul:
            self.alarms.raise_alarm(RESERVOIR_LOW)
            if dose.pumped_ul >= dose.empty_at_ul:
                self.alarms.raise_alarm(RESERVOIR_EMPTY)

    def look_for_the_end(self) -> None:
        """Of the volume to be infused."""
        if self.dose.near_end():
            self.alarms.raise_alarm(INFUSION_NEAR_END)
        if self.dose.steps_left() == 0:
            self.alarms.raise_alarm(INFUSION_COMPLETE)
