"""The guided calibration: prime, weigh, stand, dose and weigh again and again, stand; and a flow check over an hour.

The vessel stays on the balance and what it shows is read before and after each dose, so an error of the tare is in
none. Before the first and after the last dose the pump stands for a while: what the water loses meanwhile is what it
loses during the doses. No time of its own is here: who calls hands in a clock, and in the tests that is the pump's.

Whatever ends it (an alarm, a balance that falls silent, Ctrl-C), the pump is told to stop, and what was weighed has
been handed to `weighed` before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from pumphost.calibrating.balance import BalanceError, Weight
from pumphost.calibrating.gravimetry import Repeats, Weighing, dose_between, evaporation_g_s
from pumphost.calibrating.plan import Plan, check_volume_ml
from pumphost.capture import SAMPLE_S
from pumphost.errors import BadInput, NotDone
from pumphost.line import PumpError
from pumphost.pump import Pump

LOOK_S = 1.0  # from one look at the pump or the balance to the next
STABLE_WITHIN_S = 60.0  # assumed: MT-SICS balances give up after as long
EXPECTED = {"INFUSION_NEAR_END", "INFUSION_COMPLETE"}  # each dose ends soon, and ends


class Clock(Protocol):
    def now_s(self) -> float:
        """Of some beginning, never back."""

    def sleep_s(self, seconds: float) -> None: ...


class Scale(Protocol):
    """What balance.py has."""

    def read(self) -> Weight | None: ...
    def tare(self) -> None: ...


class CalibrationError(NotDone):
    """The run has ended before its time."""


@dataclass(frozen=True)
class Weighed:
    """What a run came to: weighings of the doses, one more than doses, and those before and after standing."""

    doses: tuple[Weighing, ...]
    standing: tuple[tuple[Weighing, Weighing], ...]

    def evaporation_g_s(self) -> float | None:
        """Measured; None if nothing was."""
        return evaporation_g_s(self.standing) if self.standing else None

    def repeats(self, z: float, lost_g_s: float) -> Repeats:
        pairs = zip(self.doses, self.doses[1:], strict=False)
        return Repeats(tuple(dose_between(before, after, z, lost_g_s) for before, after in pairs))


class Run:
    """Pump, balance and clock, and who is told. `progress` hears what goes on and the share done; `weighed` each
    weighing as it is taken. All that waits or asks raises PumpError or
    CalibrationError."""

    def __init__(
        self,
        pump: Pump,
        balance: Scale,
        clock: Clock,
        progress: Callable[[str, float], None] = lambda what, share: None,
        weighed: Callable[[Weighing], None] = lambda weighing: None,
    ) -> None:
        self.pump = pump
        self.balance = balance
        self.clock = clock
        self.progress = progress
        self.weighed = weighed

    def calibrate(self, plan: Plan) -> Weighed:
        """Carry out the plan. Raises BadInput, before anything moves, for one that does not suit the pump."""
        self.suits(plan.needed_ml, plan.rate_ml_h)
        with _stopping(self.pump):
            if plan.prime_ml:
                self._dose("priming", plan.prime_ml, plan.rate_ml_h)
            self._wait("settling", plan.settle_s)
            self._stable()
            self.balance.tare()
            weighing = self._weigh("start")
            first = self._stand(plan, weighing)
            doses = [first[-1]]
            for number in range(1, plan.doses + 1):
                self._dose(f"dose {number} of {plan.doses}", plan.dose_ml, plan.rate_ml_h)
                self._wait("settling", plan.settle_s)
                doses.append(self._weigh(f"dose {number}"))
            last = self._stand(plan, doses[-1])
        spans = tuple((span[0], span[-1]) for span in (first, last) if len(span) > 1)
        return Weighed(tuple(doses), spans)

    def check_flow(
        self, rate_ml_h: float, minutes: int, lost_g_s: float, sample: Callable[[float, float, float], None]
    ) -> None:
        """Pump for so many minutes and weigh every half minute from the start on: `sample` is told the time in s, the
        mass in g that came by then, what evaporated put back, and what the balance showed."""
        volume_ml = check_volume_ml(rate_ml_h, minutes)
        self.suits(volume_ml, rate_ml_h)
        with _stopping(self.pump):
            self._begin(volume_ml, rate_ml_h)
            began_s = self.clock.now_s()
            for number in range(round(minutes * 60 / SAMPLE_S) + 2):  # one more: the last may come a moment early
                self._until(began_s + number * SAMPLE_S, lambda: self._share(began_s, minutes * 60.0))
                weight = self._read()
                t_s = self.clock.now_s() - began_s
                sample(t_s, weight.grams + lost_g_s * t_s, weight.grams)
            self.pump.stop()

    def _share(self, began_s: float, lasts_s: float) -> None:
        self._trouble()
        self.progress("flow check", min((self.clock.now_s() - began_s) / lasts_s, 1.0))

    def suits(self, volume_ml: float, rate_ml_h: float) -> None:
        """Raises BadInput if the pump is at work, or cannot give that."""
        status, info = self.pump.status(), self.pump.info()
        if status.state not in ("IDLE", "READY", "DONE"):
            raise BadInput(f"the pump is {status.state}: end what it does first, `openinfuse stop`")
        if not 0.0 < rate_ml_h <= info.most_rate_ml_h:
            raise BadInput(f"--rate: {rate_ml_h:g} mL/h, this pump gives up to {info.most_rate_ml_h:g}")
        if volume_ml > info.reservoir_ml:
            raise BadInput(
                f"{volume_ml:g} mL are needed in all, the pump's reservoir holds {info.reservoir_ml:g} mL: take fewer "
                "or smaller doses, or a lower rate"
            )

    # The pump

    def _begin(self, volume_ml: float, rate_ml_h: float) -> None:
        reading = self.pump.program(rate_ml_h, volume_ml)
        if (reading.rate_ml_h, reading.vtbi_ml) != (round(rate_ml_h, 2), round(volume_ml, 3)):
            raise CalibrationError(f"the pump reads {reading.vtbi_ml:g} mL at {reading.rate_ml_h:g} mL/h: not as asked")
        self.pump.confirm(reading.digest)
        self.pump.start()

    def _dose(self, what: str, volume_ml: float, rate_ml_h: float) -> None:
        """Give a volume, and wait until it is in."""
        self._begin(volume_ml, rate_ml_h)
        while True:
            self._trouble()
            status = self.pump.status()
            self.progress(what, 1.0 - status.left_ml / volume_ml)
            if status.state in ("DONE", "KVO"):
                return
            if status.state != "INFUSING":
                raise CalibrationError(f"{what}: the pump is {status.state}; somebody has stopped it")
            self.clock.sleep_s(LOOK_S)

    def _trouble(self) -> None:
        """Raises CalibrationError with the text of an alarm that no dose should raise."""
        for alarm in self.pump.alarms().latched:
            if alarm.name not in EXPECTED:
                raise CalibrationError(f"alarm {alarm.name}: {alarm.text}; see to it and begin again")

    def _wait(self, what: str, seconds: float) -> None:
        began_s = self.clock.now_s()
        self._until(began_s + seconds, lambda: self.progress(what, min((self.clock.now_s() - began_s) / seconds, 1.0)))

    def _until(self, then_s: float, look: Callable[[], None]) -> None:
        while (left_s := then_s - self.clock.now_s()) > 0.0:
            look()
            self.clock.sleep_s(min(left_s, LOOK_S))

    # The balance

    def _read(self) -> Weight:
        """What it shows now, once it says anything."""
        gives_up_s = self.clock.now_s() + SAMPLE_S / 2
        while (weight := self.balance.read()) is None:
            if self.clock.now_s() >= gives_up_s:
                raise BalanceError(
                    "the balance is busy and does not say what it weighs; leave it alone and begin again"
                )
            self.clock.sleep_s(LOOK_S)
        return weight

    def _stable(self) -> float:
        """A stable weight in g."""
        gives_up_s = self.clock.now_s() + STABLE_WITHIN_S
        while True:
            weight = self.balance.read()
            if weight and weight.stable:
                return weight.grams
            self.progress("waiting for a stable weight", 0.0)
            if self.clock.now_s() >= gives_up_s:
                raise BalanceError(
                    f"no stable weight within {STABLE_WITHIN_S:g} s: draughts, vibration, drips, or a needle that "
                    "touches the vessel"
                )
            self.clock.sleep_s(LOOK_S)

    def _weigh(self, what: str) -> Weighing:
        mass_g = self._stable()
        weighing = Weighing(what, self.clock.now_s(), mass_g, self.pump.status().pumped_ml)
        self.weighed(weighing)
        return weighing

    def _stand(self, plan: Plan, weighing: Weighing) -> list[Weighing]:
        """This weighing and one after the pump has stood, if it is to."""
        if not plan.standing_s:
            return [weighing]
        self._wait("standing, to measure evaporation", plan.standing_s)
        return [weighing, self._weigh("standing")]


@contextmanager
def _stopping(pump: Pump) -> Iterator[None]:
    """The pump stops if what stands under it does not end well."""
    try:
        yield
    except BaseException:
        with suppress(PumpError):
            pump.stop()
        raise
