"""The virtual pump: motor, drive, line and patient; what can be seen of it, and what can happen to it.

It is brought to a moment only when somebody looks, by course.py, which asks `upset` whether something has to
change (the stopper slips, a valve opens, a bubble moves on) and lets it change in `meet`.
"""

from math import floor, inf

from pumpsim.air import Air, Bubble, ends_of, piece_of, softness
from pumpsim.circuit import CRACK, FAR, IN, METERS, NEAR, OUT, SUPPLY, Circuit
from pumpsim.course import Course
from pumpsim.drive import Drive
from pumpsim.modes import OUTSIDE
from pumpsim.motor import StepMotor
from pumpsim.network import Guard, Network, Push
from pumpsim.shaft import Shaft

KPA_PER_CM = 0.0981  # of water
RUN_UP_UL = 1_000.0  # the flow does not turn back by so much between two looks
MOST_EVENTS = 10_000  # at one moment: more is a defect


class Plant:
    """A primed pump at rest: everything at the patient's pressure, the supply's side at the supply's."""

    def __init__(self, drive: Drive, circuit: Circuit, line_ul: float) -> None:
        self.motor = StepMotor()
        self.shaft = Shaft()
        self.drive = drive
        self.circuit = circuit
        self.air = Air(line_ul)
        self.course = Course(self)
        self.advance = self.course.advance  # brings everything to a moment
        near_kpa = 0.0 if circuit.siphon_valve else circuit.patient_kpa
        rest_kpa = [near_kpa, circuit.patient_kpa] + ([circuit.supply.kpa] if circuit.supply else [])
        self.net = Network(circuit.compliances(), circuit.edges(0.0), rest_kpa, METERS)
        self.pump_compliance = circuit.pump_compliance
        self.held_ul = -self.pump_compliance * near_kpa  # by the pump's own elasticity, less what pressure makes of it
        self.look_ul = inf  # into the patient, at which air and tissue have to be looked at
        self.fallen_ul = self.noted_ul = self.bag_ul = 0.0
        self.flows_out = True  # when it was watched last
        self.guards: list[Guard] = []  # pressures at which something changes
        self.calm_kpa = inf  # below that at the outlet no guard is passed
        self._guard(inf, [])
        self.last_drop: Bubble | None = None  # the air behind it
        drive.arrive(self.net)
        if circuit.supply:
            self.bag_ul = circuit.supply.bag_ul
            self.run_dry(self.bag_ul)

    # What can be seen

    @property
    def at_ticks(self) -> int:
        """The moment it was brought to."""
        return self.course.at_ticks

    @property
    def network(self) -> Network:
        """At the moment it was brought to."""
        self.course.catch_up()
        return self.net

    @property
    def line_kpa(self) -> float:
        """At the pump's outlet, where the sensor sits."""
        lag_s = self.course.lag_s
        return self.net.first_kpa_after(lag_s) if lag_s else self.net.first_kpa

    @property
    def supply_kpa(self) -> float:
        """At the pump's inlet; a syringe is open to the air behind its plunger."""
        return self.network.kpa(SUPPLY) if self.circuit.supply else 0.0

    @property
    def out_ul(self) -> float:
        """What has left the line, fluid and air."""
        return self.network.metered_ul[OUT]

    @property
    def outlet_ul(self) -> float:
        """What has come out of the pump, where detector and flow sensor sit: all that went into the pump's own node
        less what that holds. With a network left behind nothing has gone into it but by the drive."""
        came_ul = self.drive.pushed_ul - self.pump_compliance * self.line_kpa - self.held_ul
        if self.circuit.supply or self.circuit.cracks or self.net.metered_ul[CRACK]:
            metered = self.network.metered_ul
            came_ul += metered[IN] + metered[CRACK]
            if self.circuit.supply:
                came_ul -= self.net.held_ul(SUPPLY)
        return came_ul

    @property
    def air_ul(self) -> float:
        """Air that went into the patient."""
        return self.air.entered_ul(self.out_ul)

    @property
    def delivered_ul(self) -> float:
        """Fluid that went into the patient."""
        return self.out_ul - self.air_ul if self.air.bubbles or self.air.gone_ul else self.out_ul

    @property
    def air_permille(self) -> int:
        """Of the detector's window."""
        if not self.air.bubbles:
            return 0
        outlet_ul = self.outlet_ul
        return self.air.permille(outlet_ul) if outlet_ul > self.air.first_ul else 0

    @property
    def left_ul(self) -> float:
        """In the reservoir, the tube down from a bag not counted. Air that comes in by a crack takes fluid's place."""
        metered = self.network.metered_ul
        left_ul = self.bag_ul - metered[IN] if self.circuit.supply else self.drive.left_ul - max(metered[CRACK], 0.0)
        return max(0.0, left_ul)

    @property
    def drops(self) -> int:
        """That have fallen in the drop chamber; none falls from an empty bag, and none rises."""
        supply = self.circuit.supply
        self._note_fallen()
        return floor(self.fallen_ul / 1000 * supply.drops_per_ml + 1e-9) if supply else 0

    def _note_fallen(self) -> None:
        """Noted before the flow may turn round: what has fallen does not rise."""
        if self.circuit.supply:
            in_ul = min(self.network.metered_ul[IN], self.bag_ul)
            self.fallen_ul += max(0.0, in_ul - self.noted_ul)
            self.noted_ul = in_ul

    @property
    def balance_ul(self) -> float:
        """In less out less stored: 0 but for rounding. In and out are integrals of flow, what the drive pushed
        follows from its geometry, what is stored from the pressures: none is worked out from the others."""
        metered = self.network.metered_ul
        return metered[IN] + metered[CRACK] + self.drive.pushed_ul - metered[OUT] - self.network.stored_ul

    # Changes

    def upset(self) -> bool:
        """Whether something has to change before time goes on."""
        network = self.net
        if self.drive.upset(network) or network.metered_ul[OUT] >= self.look_ul:
            return True
        if network.first_kpa > self.calm_kpa:
            for guard in self.guards:
                if network.passed(guard):
                    return True
        return bool(self.circuit.cracks) and not self.last_drop and not self.left_ul

    def stays(self, push: Push, lead_s: float, pulses: int, interval_s: float) -> bool:
        """Whether no guard is passed in the course of these pulses."""
        return all(self.net.stays(guard, push, lead_s, pulses, interval_s) for guard in self.guards)

    def meet(self) -> None:
        """Let everything that has to change do so."""
        for _ in range(MOST_EVENTS):
            if not self.upset():
                return
            if self.drive.upset(self.net):
                self.drive.settle(self.net)
                continue
            for valve in self.circuit.valves:
                if self.net.passed(valve.guard()):
                    valve.is_open = not valve.is_open
            if self.tide in self.guards and self.net.passed(self.tide):
                self.flows_out = not self.flows_out
            if self.circuit.cracks and not self.last_drop and not self.left_ul:
                self.last_drop = self.air.inject(self.outlet_ul, inf)
            self._rebuild()
        raise RuntimeError(f"the plant does not settle at {self.at_ticks * 80e-9:.6f} s")

    def _rebuild(self) -> None:
        circuit, air, out_ul, outlet_ul = self.circuit, self.air, self.out_ul, self.outlet_ul
        self.held_ul += (self.pump_compliance - circuit.pump_compliance) * self.net.first_kpa
        self.pump_compliance = circuit.pump_compliance
        circuit.air_near = circuit.air_far = 0.0
        air.forget_passed(out_ul)
        air_guards: list[Guard] = []
        near_ul, far_ul = air.halves_ul(outlet_ul, out_ul)
        if near_ul or far_ul:
            pieces = piece_of(self.net.first_kpa), piece_of(self.net.kpa(FAR))
            circuit.air_near, circuit.air_far = softness(near_ul, pieces[0]), softness(far_ul, pieces[1])
            for node, piece in zip((NEAR, FAR), pieces, strict=True):
                air_guards += [Guard(node, OUTSIDE, kpa, way) for kpa, way in zip(ends_of(piece), (-1, 1), strict=True)]
        self._guard(min(air.next_look_ul(outlet_ul, out_ul), circuit.next_growth_ul(out_ul)), air_guards)
        self.net.configure(circuit.compliances(), circuit.edges(out_ul))

    def _guard(self, mark_ul: float, air_guards: list[Guard]) -> None:
        """What is watched from now on. Something changes once `mark_ul` have flowed; on the way there the flow's turns
        are watched as well, since what has flowed only grows or only falls between them, and no crest is missed."""
        circuit, near = self.circuit, mark_ul - self.net.metered_ul[OUT] <= RUN_UP_UL
        self.look_ul = mark_ul if near else mark_ul - RUN_UP_UL
        self.guards = [valve.guard() for valve in circuit.valves] + air_guards
        self.tide = Guard(FAR, OUTSIDE, circuit.patient_kpa, -1 if self.flows_out else 1)
        if near and not circuit.blocks:
            self.guards.append(self.tide)
        self.calm_kpa = min((guard.calm_kpa for guard in self.guards), default=inf)

    def renew(self) -> None:
        """Something in the drive, the circuit or the air has been changed from outside."""
        self.course.catch_up()
        self.drive.wake()
        self._note_fallen()
        self._rebuild()
        self.meet()
        self.course.listen()

    def run_dry(self, left_ul: float) -> None:
        """The reservoir turns out to hold `left_ul`. Behind the last fluid of a bag comes air, without end."""
        if not self.circuit.supply:
            self.drive.run_dry(left_ul)
            return
        if self.last_drop:
            if left_ul >= self.left_ul:
                return  # it holds less already
            self.air.purge(self.last_drop, self.out_ul)
        self.bag_ul = self.net.metered_ul[IN] + left_ul
        self.last_drop = self.inject_air(inf, left_ul + self.circuit.supply.tube_ul)

    def reload(self, fill_ul: float) -> None:
        """Somebody puts in a full reservoir, without air; the line keeps its pressure."""
        self.course.catch_up()
        if self.circuit.supply:
            if self.last_drop:
                self.air.purge(self.last_drop, self.out_ul)
            self.last_drop = None
            self._note_fallen()
            self.bag_ul = self.noted_ul = self.net.metered_ul[IN]
            self.run_dry(fill_ul)
        else:
            self.drive.reload(fill_ul)
            self.renew()

    def inject_air(self, volume_ul: float, after_ul: float = 0.0) -> Bubble:
        """A bubble comes to the detector once `after_ul` more have flowed."""
        bubble = self.air.inject(self.outlet_ul + after_ul, volume_ul)
        self.renew()
        return bubble

    def purge(self, bubble: Bubble) -> None:
        """Somebody flushes what is left of this bubble out of the line."""
        self.air.purge(bubble, self.out_ul)
        self.renew()
