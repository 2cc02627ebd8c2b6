"""One table of alarms, and the latch that keeps them.

A row gives an alarm its priority, what the pump does, the words a person reads, and where the choice
comes from. A raised alarm stays latched until it is acknowledged. The first one that stopped the pump
is the reason; only the highest priority is shown, the earliest of equals.

Sources: Open PCA Pump requirements 1.0.0 (Larson, Hatcliff et al.), Table 4 and R6.8; where that is
silent, what pumps on the market do (INFUSION_NEAR_END and INFUSION_COMPLETE with KVO at the end).
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
)


class Alarms:
    """What has been raised: `latched` and `raised` are masks of 1 << code, `reason` and `shown` are codes."""

    def __init__(self) -> None:
        self.latched = 0
        self.reason = NO_ALARM
        self.shown = NO_ALARM
        self.raised = 0  # in this step: it may be an alarm that was latched before
        self.announced = 0  # raised since the last start: an acknowledged warning is not repeated

    def raise_alarm(self, code: int) -> None:
        """Latch `code`, once between two starts."""
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
