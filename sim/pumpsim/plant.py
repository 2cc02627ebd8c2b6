"""The virtual pump: motor, drive, line and patient, brought to a moment only when somebody looks.

`advance` runs the motor's queue up to that moment, run by run, each in closed form. Nothing happens
once per motor step.
"""

from pumpcore.units import TICKS_PER_MS
from pumpsim.air import Air, Bubble
from pumpsim.catalogue import Syringe
from pumpsim.drive import Screw, SyringeDrive
from pumpsim.hydraulics import Node
from pumpsim.motor import StepMotor

TICKS_PER_S = TICKS_PER_MS * 1000
KPA_PER_CM = 0.0981  # of water


class Plant:
    """A syringe pump, primed, at rest at the patient's pressure.

    compliance in uL/kPa is the line's; resistance in kPa s/uL is that of line and cannula together.
    """

    def __init__(
        self,
        syringe: Syringe,
        screw: Screw,
        line_compliance: float,
        resistance: float,
        patient_kpa: float,
    ) -> None:
        self.motor = StepMotor()
        self.drive = SyringeDrive(syringe, screw)
        self.node = Node(syringe.compliance_ul_kpa + line_compliance, resistance, patient_kpa)
        self.air = Air()
        self.blocks = 0
        self.at_ticks = 0
        self.displaced_ul = 0.0  # by the plunger, from the screw's geometry alone

    def advance(self, to_ticks: int) -> None:
        """Bring everything to `to_ticks`, which must not lie before the last call's."""
        motor = self.motor
        while pulses := motor.next_run(to_ticks):
            self._pump(pulses, motor.queue[0][0])
        if to_ticks > self.at_ticks:
            self.node.rest((to_ticks - self.at_ticks) / TICKS_PER_S)
            self.at_ticks = to_ticks

    def _pump(self, pulses: int, interval_ticks: int) -> None:
        motor, drive = self.motor, self.drive
        displaced_ul = drive.volume_ul(motor.given + pulses)
        came_in_ul = decayed_ul = displaced_ul - self.displaced_ul
        if pulses > 1:
            decayed_ul = drive.decayed_ul(motor.given, pulses, interval_ticks / TICKS_PER_S / self.node.tau)
        motor.give(pulses)
        self.node.pump(came_in_ul, decayed_ul, (motor.last_ticks - self.at_ticks) / TICKS_PER_S)
        self.displaced_ul = displaced_ul
        self.at_ticks = motor.last_ticks

    def block(self) -> None:
        """Nothing gets out of the line until every block is taken away again."""
        self.blocks += 1
        self.node.blocked = True

    def unblock(self) -> None:
        self.blocks -= 1
        self.node.blocked = self.blocks > 0

    def inject_air(self, volume_ul: float) -> Bubble:
        """A bubble comes to the detector."""
        return self.air.inject(self.node.delivered_ul, volume_ul)

    def purge(self, bubble: Bubble) -> None:
        """Somebody flushes this bubble out of the line."""
        self.air.bubbles.remove(bubble)

    @property
    def air_permille(self) -> int:
        return self.air.permille(self.node.delivered_ul)

    @property
    def balance_ul(self) -> float:
        """Delivered plus stored less displaced: 0 but for rounding, or fluid got lost between drive and line.

        It checks the books, not the flow: that a change of pressure is always paid for. That the flow is
        (P - P_out) / R is shown by the fixed-step reference in the tests.
        """
        return self.node.delivered_ul + self.node.stored_ul - self.displaced_ul
