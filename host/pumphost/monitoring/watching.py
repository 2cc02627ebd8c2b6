"""Watches a pump: asks what it does, says that somebody is here, and carries out what a person wants.

One thread has the pump, whoever shows it. Panel, page and file are told a `Snapshot` after each look and hand in what
is wanted by `want`. `look` does what is due at an instant, so a test needs neither a thread nor a clock; `run` is the
loop around it. A pump that cannot be reached is told, and tried again; what is wanted meanwhile is refused and not
kept: a resume that happens minutes later is nobody's wish any more.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import serial

from pumphost.line import PumpError, Refused
from pumphost.monitoring.course import Course, Point
from pumphost.pump import Info, Pump, Senses, Standing, Status

ALIVE_S = 2.0  # the pump minds when it has heard nothing for 10 s, pumpcore/link.py
AGAIN_S = 1.0  # between two tries to reach a pump that has gone

ACTIONS: dict[str, Callable[[Pump], str]] = {
    "pause": Pump.pause,
    "resume": Pump.resume,
    "stop": Pump.stop,
    "silence": Pump.silence,
    "acknowledge": Pump.acknowledge,
}


@dataclass(frozen=True)
class Outcome:
    """What came of the last action."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Snapshot:
    """All that is known of a pump at one instant. While there is `trouble` it is what was known last."""

    t_s: float  # since it is watched, by the pump's clock
    volume_ml: float  # pumped since it is watched
    info: Info
    status: Status
    senses: Senses
    standing: Standing
    points: tuple[Point, ...]  # volume_ml against t_s
    trouble: str = ""  # why there is no link
    remark: str = ""  # what else should be known
    outcome: Outcome | None = None


class Watch:
    """Opens the pump by `open_pump`, and again whenever it has gone. Raises PumpError if it is not there at first."""

    def __init__(self, open_pump: Callable[[], Pump], every_s: float, now_s: float) -> None:
        self.open_pump = open_pump
        self.every_s = every_s
        self.listeners: list[Callable[[Snapshot], None]] = []
        self.wanted: deque[str] = deque()
        self.read_s = self.alive_s = self.again_s = now_s  # when each is due
        self.woken = threading.Event()
        self.over = False
        self.remark = ""
        self.outcome: Outcome | None = None
        self.course: Course | None = None
        self.pump: Pump | None = None
        try:
            self._reach(now_s)
            self.snapshot = self._read(now_s)
        except PumpError:
            self._drop()
            raise

    def want(self, action: str) -> None:
        """Have one of ACTIONS carried out, at once. For any thread."""
        self.wanted.append(action)
        self.woken.set()

    def leave(self) -> None:
        """End `run`. For any thread."""
        self.over = True
        self.woken.set()

    def run(self) -> None:
        """Look until `leave`, then say goodbye; for a thread of its own."""
        try:
            while not self.over:
                until_s = self.look(time.monotonic())
                self.woken.wait(max(0.0, until_s - time.monotonic()))
                self.woken.clear()
        finally:
            if not self.over:
                self._tell("the monitor has failed and shows nothing new: start it again")
            self.close()

    def close(self) -> None:
        if self.pump:
            self.pump.close()

    def look(self, now_s: float) -> float:
        """Do what is due at `now_s` of a clock that never goes back; when to look again."""
        try:
            if self.pump is None and (self.wanted or now_s >= self.again_s):
                self._reach(now_s)
            if self.pump:
                self._attend(now_s)
        except PumpError as error:
            self._drop()
            self.again_s = now_s + AGAIN_S
            if self.wanted:
                what = ", ".join(self.wanted)
                self.outcome = Outcome(False, f"{what}: not sent, there is no link: use the keys of the pump")
                self.wanted.clear()
            self._tell(str(error))
        return min(self.alive_s, self.read_s) if self.pump else self.again_s

    def _attend(self, now_s: float) -> None:
        acted = bool(self.wanted)
        while self.wanted:
            self._do(self.wanted.popleft())
        if now_s >= self.alive_s:
            self._say_alive(now_s)
        if acted or now_s >= self.read_s:
            self.snapshot = self._read(now_s)
            self._tell("")

    def _do(self, action: str) -> None:
        assert self.pump
        try:
            self.outcome = Outcome(True, f"{action}: the pump is {ACTIONS[action](self.pump)}")
        except PumpError as error:
            self.outcome = Outcome(False, str(error))
            if not isinstance(error, Refused):
                raise

    def _reach(self, now_s: float) -> None:
        self.again_s = now_s
        self.pump = self.open_pump()
        self.info = self.pump.info()
        self.read_s = now_s
        self._say_alive(now_s)

    def _say_alive(self, now_s: float) -> None:
        """Of a pump that has a key, who has not may only look."""
        assert self.pump
        if self.pump.key or not self.pump.keyed:
            self.pump.alive()
        self.alive_s = now_s + ALIVE_S

    def _read(self, now_s: float) -> Snapshot:
        assert self.pump
        status, senses, standing = self.pump.status(), self.pump.senses(), self.pump.alarms()
        self.read_s = max(self.read_s + self.every_s, now_s)
        course = self.course
        if course:
            course.add(now_s, senses.clock_s, status.pumped_ml)
        else:
            course = self.course = Course(now_s, senses.clock_s, status.pumped_ml)
        return Snapshot(course.t_s, course.volume_ml, self.info, status, senses, standing, tuple(course.points))

    def _tell(self, trouble: str) -> None:
        self.snapshot = replace(self.snapshot, trouble=trouble, remark=self.remark, outcome=self.outcome)
        for listener in tuple(self.listeners):  # one may leave meanwhile
            listener(self.snapshot)

    def _drop(self) -> None:
        """Let go of a port that has gone; there is nobody to say goodbye to."""
        if self.pump:
            with suppress(serial.SerialException, OSError):
                self.pump.line.port.close()
        self.pump = None
