"""One table of alarms, and the latch that keeps them.

A row gives an alarm its priority, what the pump does, the words a person reads, and where the choice
comes from. A raised alarm stays latched until it is acknowledged. The first one that stopped the pump
is the reason; only the highest priority is shown, the earliest of equals.

Sources: Open PCA Pump requirements 1.0.0 (Larson, Hatcliff et al.), Table 4 and R6.8; where that is
silent, what pumps on the market do (INFUSION_NEAR_END and INFUSION_COMPLETE with KVO at the end). Where a
drug must not stop for it, going on is the market's choice against Table 4's KVO: a low battery or a long
pause does not change the rate.

The mask of all codes is one small integer of a 32-bit board: 29 codes, and no more.
"""

from .units import const

LOW = const(1)
MEDIUM = const(2)
HIGH = const(3)
PRIORITY_NAMES = ("", "LOW", "MEDIUM", "HIGH")

GO_ON = const(0)
TO_KVO = const(1)
STOP_PUMP = const(2)
ACTION_NAMES = ("go on", "kvo", "stop")

NO_ALARM = const(0)
OCCLUSION_DOWNSTREAM = const(1)
AIR_BUBBLE = const(2)
RESERVOIR_EMPTY = const(3)
RESERVOIR_LOW = const(4)
INFUSION_NEAR_END = const(5)
INFUSION_COMPLETE = const(6)
OCCLUSION_PARTIAL = const(7)
OCCLUSION_UPSTREAM = const(8)
AIR_ACCUMULATED = const(9)
OVER_INFUSION = const(10)
UNDER_INFUSION = const(11)
FREE_FLOW = const(12)
MOTOR_STALL = const(13)
DOOR_OPEN = const(14)
SYRINGE_UNSEATED = const(15)
SYRINGE_WRONG = const(16)
BATTERY_LOW = const(17)
BATTERY_EMPTY = const(18)
ON_BATTERY = const(19)
OVERHEAT = const(20)
SENSOR_FAULT = const(21)
SELF_TEST_FAILED = const(22)
MEMORY_FAULT = const(23)
CLOCK_FAULT = const(24)
LINK_LOST = const(25)
PAUSED_TOO_LONG = const(26)
DOSE_LIMIT = const(27)
RESTART_LIMIT = const(28)
GUARD_STOPPED = const(29)


class Alarm:
    """A row of the table."""

    def __init__(self, name: str, priority: int, action: int, text: str, reference: str) -> None:
        self.name = name
        self.priority = priority
        self.action = action
        self.text = text
        self.reference = reference


TABLE = (
    Alarm("", 0, GO_ON, "", ""),
    Alarm("OCCLUSION_DOWNSTREAM", MEDIUM, STOP_PUMP, "Line blocked downstream", "Open PCA Table 4"),
    Alarm("AIR_BUBBLE", MEDIUM, STOP_PUMP, "Air in the line", "Open PCA Table 4"),
    Alarm("RESERVOIR_EMPTY", MEDIUM, STOP_PUMP, "Reservoir empty", "Open PCA Table 4, R6.8(10)"),
    Alarm("RESERVOIR_LOW", LOW, GO_ON, "Reservoir nearly empty", "Open PCA R6.8(9); going on: market"),
    Alarm("INFUSION_NEAR_END", LOW, GO_ON, "Infusion ends soon", "market: Graseby 3100, 3 min"),
    Alarm("INFUSION_COMPLETE", LOW, TO_KVO, "Volume infused", "market: KVO at the end"),
    Alarm("OCCLUSION_PARTIAL", LOW, GO_ON, "Line partly blocked", "market: Agilia's pressure warning"),
    Alarm("OCCLUSION_UPSTREAM", MEDIUM, STOP_PUMP, "Line blocked upstream", "Open PCA Table 4, R7.2"),
    Alarm("AIR_ACCUMULATED", MEDIUM, STOP_PUMP, "Too much air in 15 min", "IEC 60601-2-24: 1 mL in 15 min"),
    Alarm("OVER_INFUSION", HIGH, TO_KVO, "More pumped than asked for", "Open PCA Table 4, R6.4"),
    Alarm("UNDER_INFUSION", LOW, GO_ON, "Less pumped than asked for", "Open PCA Table 4, R6.4"),
    Alarm("FREE_FLOW", HIGH, STOP_PUMP, "Flow without pumping: close the clamp", "Open PCA R6.4: at once"),
    Alarm("MOTOR_STALL", HIGH, STOP_PUMP, "Motor does not turn as told", "recalls: motor not turning"),
    Alarm("DOOR_OPEN", MEDIUM, STOP_PUMP, "Door open", "Open PCA R7.2"),
    Alarm("SYRINGE_UNSEATED", MEDIUM, STOP_PUMP, "Plunger not held", "Open PCA R7.2, for a syringe"),
    Alarm("SYRINGE_WRONG", MEDIUM, STOP_PUMP, "Not the syringe that was set", "market: barrel sensors"),
    Alarm("BATTERY_LOW", LOW, GO_ON, "Battery low", "Open PCA R7.3; going on: market"),
    Alarm("BATTERY_EMPTY", HIGH, STOP_PUMP, "Battery empty", "Open PCA R7.3"),
    Alarm("ON_BATTERY", LOW, GO_ON, "Running on battery", "Open PCA Table 4"),
    Alarm("OVERHEAT", MEDIUM, STOP_PUMP, "Too hot", "Open PCA Table 4, R6.4: 55 C"),
    Alarm("SENSOR_FAULT", MEDIUM, STOP_PUMP, "A sensor has failed", "blind for a hazard: as the hazard"),
    Alarm("SELF_TEST_FAILED", LOW, STOP_PUMP, "Self-test failed", "Open PCA Table 4, R7.4"),
    Alarm("MEMORY_FAULT", LOW, STOP_PUMP, "Memory fault", "Open PCA Table 4: RAM, ROM"),
    Alarm("CLOCK_FAULT", LOW, STOP_PUMP, "Clock fault", "Open PCA Table 4: CPU"),
    Alarm("LINK_LOST", LOW, GO_ON, "Remote host not heard", "Open PCA R6.7(6): go on alone"),
    Alarm("PAUSED_TOO_LONG", LOW, GO_ON, "Paused for long", "Open PCA Table 4; no KVO: market"),
    Alarm("DOSE_LIMIT", LOW, TO_KVO, "Dose limit reached", "Open PCA Table 4, R5.2"),
    Alarm("RESTART_LIMIT", MEDIUM, STOP_PUMP, "Blocked again and again", "market: Alaris, 0 to 9 in 10 min"),
    Alarm("GUARD_STOPPED", HIGH, STOP_PUMP, "The guard has stopped the motor", "Open PCA R7.1"),
)


class Alarms:
    """What has been raised: `latched` and `raised` are masks of 1 << code, `reason` and `shown` are codes."""

    def __init__(self) -> None:
        self.latched = 0
        self.reason = NO_ALARM
        self.shown = NO_ALARM
        self.raised = 0  # in this step: it may be an alarm that was latched before
        self.wanted = GO_ON  # the strongest action of those found in this step
        self.announced = 0  # raised since the last start: an acknowledged warning is not repeated

    def raise_alarm(self, code: int) -> None:
        """`code` is found. It is latched once between two starts; what its row wants is wanted each time."""
        self.wanted = max(self.wanted, TABLE[code].action)
        bit = 1 << code
        if self.announced & bit:
            return
        self.announced |= bit
        self.latched |= bit
        self.raised |= bit
        if not self.reason and TABLE[code].action == STOP_PUMP:
            self.reason = code
        if TABLE[code].priority > TABLE[self.shown].priority:
            self.shown = code

    def acknowledge(self) -> None:
        """The user has seen them. A cause that still stands is raised again at the next start."""
        self.latched = 0
        self.reason = NO_ALARM
        self.shown = NO_ALARM

    def rearm(self) -> None:
        """The motor starts: everything may be raised anew."""
        self.announced = 0

    def forget(self, code: int) -> None:
        """`code` may be raised anew: what it warned of has moved away."""
        self.announced &= ~(1 << code)
