"""How a plant is brought to a moment: its motor's queue run up to there, in as few strides as its nature allows.

Three ways, from the fastest. Quiet: the drive has said up to which position nothing can happen. Gliding: all
pulses until then at once, in closed form, if nothing turns out to have changed at the end. Searching: the first
pulse after which something would change, or the tick between two pulses, is found by halving, what has to change
does, and the rest goes on from there. The ways agree, so it makes no difference who looks and how often.

What has changed may change back: a valve opens with a pulse and closes before the next, a stopper would slip back
and a step later not. So pressures at which something changes are guards, and that none is passed on the way is
known from what each mode can do at most; where it is not, strides are halved, down to a pulse.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from pumpcore.units import TICKS_PER_MS
from pumpsim.drive import NOT_QUIET
from pumpsim.motor import Run

if TYPE_CHECKING:
    from pumpsim.network import Push
    from pumpsim.plant import Plant

TICKS_PER_S = TICKS_PER_MS * 1000


class Course:
    """Times in ticks of 80 ns since power-on."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.at_ticks = 0
        self.lag_s = 0.0  # how far the network is behind
        self.quiet_until = NOT_QUIET  # the drive's position up to which nothing can happen

    def advance(self, to_ticks: int) -> None:
        """Bring everything to `to_ticks`, which must not lie before the last call's."""
        motor = self.plant.motor
        given = motor.given
        runs = motor.take(to_ticks)
        if motor.way < 0:
            self._back(runs, to_ticks)
            return
        if self.quiet_until != NOT_QUIET:
            self._creep(runs, to_ticks)
            return
        pulses = motor.given - given
        while runs:
            count, turns = self.plant.drive.stretch(pulses + 1)
            if count > pulses:
                alike, end_ticks, runs, count = runs, to_ticks, [], pulses
            else:
                alike, end_ticks, runs = _divide(runs, count)
            if not turns or not self._glide(alike, count, end_ticks):
                for run in alike:
                    self._run(*run)
            pulses -= count
        if self.at_ticks < to_ticks:
            self._rest(to_ticks)
        if not self.plant.guards:
            self.listen()

    def _back(self, runs: list[Run], to_ticks: int) -> None:
        """Pulse by pulse: it is seldom, short, and everything may slip."""
        drive, shaft = self.plant.drive, self.plant.shaft
        self._wake()
        for start, pulses, interval in runs:
            for number in range(1, pulses + 1):
                self._rest(start + number * interval)
                if shaft.stretch(1)[1]:
                    drive.turn(-1)
                    self.plant.meet()
                else:
                    shaft.lost += 1
                shaft.pulses += 1
        self._rest(to_ticks)
        self.listen()

    def _creep(self, runs: list[Run], to_ticks: int) -> None:
        """The drive sticks, and only its own steps can loosen it: up to there it just turns, and from there on it goes
        pulse by pulse."""
        drive, shaft = self.plant.drive, self.plant.shaft
        for run in runs:
            start, pulses, interval = run
            while pulses:
                count = min(self.quiet_until - drive.position, pulses)
                if count > 0:
                    drive.turn_quietly(count)
                    shaft.pulses += count
                else:
                    count = 1
                    self._loosen(start, interval)
                start += count * interval
                pulses -= count
        if drive.position <= self.quiet_until:
            self._lag(to_ticks)
        else:
            self._wake()
            self._rest(to_ticks)
            self.listen()

    def _loosen(self, last_ticks: int, interval: int) -> None:
        """Give a pulse at which it may slip."""
        drive = self.plant.drive
        if drive.position <= self.quiet_until:
            self._lag(last_ticks + interval)
        self._wake()
        if self.at_ticks < last_ticks + interval or not drive.stretch(1)[1]:
            self._run(last_ticks, 1, interval)
        else:
            drive.turn(1)
            self.plant.shaft.pulses += 1
            self.plant.meet()
        self.listen()

    def _lag(self, to_ticks: int) -> None:
        """Nothing happens until then; the network is left behind."""
        self.lag_s += (to_ticks - self.at_ticks) / TICKS_PER_S
        self.at_ticks = to_ticks

    def _wake(self) -> None:
        self.catch_up()
        self.plant.drive.wake()

    def catch_up(self) -> None:
        """The network follows; while nothing happens it is left behind: seldom more than one pressure is looked at."""
        if self.lag_s:
            self.plant.net.rest(self.lag_s)
            self.lag_s = 0.0

    def _glide(self, runs: list[Run], pulses: int, end_ticks: int) -> bool:
        """Give the `pulses` of `runs` and go to `end_ticks` at once, if nothing changes on the way."""
        plant, drive, saved = self.plant, self.plant.drive, self._save()
        if not plant.shaft.sound:
            return False
        if not drive.pushes and not self._calm(pulses, end_ticks):
            return False
        push = drive.turn(pulses)
        if push is None:
            plant.net.rest((end_ticks - self.at_ticks) / TICKS_PER_S)
        elif (push.waves and len(runs) > 1) or plant.net.near(plant.guards, plant.calm_kpa, push, pulses):
            self._restore(saved)
            return False
        else:
            self._push_together(push, runs, pulses, end_ticks)
        if plant.upset():
            self._restore(saved)
            return False
        drive.arrive(plant.net)
        plant.shaft.pulses += pulses
        self.at_ticks = end_ticks
        return True

    def _push_together(self, push: Push, runs: list[Run], pulses: int, end_ticks: int) -> None:
        """All `pulses` of `runs`, and nothing from the last to `end_ticks`.

        Runs that differ by a tick, as an order's do, are taken as one train of even intervals: its pulses are less than
        a microsecond from their times, and the volumes out after them less than 1e-7 uL.
        """
        net, at_ticks = self.plant.net, self.at_ticks
        first, (last, count, interval) = runs[0][0], runs[-1]
        done_ticks = last + count * interval
        rest_s = (end_ticks - done_ticks) / TICKS_PER_S
        for run in runs:
            if abs(run[2] - interval) > 1:
                break
        else:
            between_s = (done_ticks - first) / TICKS_PER_S / pulses
            net.push(push, pulses, between_s, (done_ticks - at_ticks) / TICKS_PER_S, rest_s)
            return
        for start, count, interval in runs:
            done_ticks = start + count * interval
            net.push(push, count, interval / TICKS_PER_S, (done_ticks - at_ticks) / TICKS_PER_S)
            at_ticks = done_ticks
        net.rest(rest_s)

    def listen(self) -> None:
        """Find out how far the drive can turn without anything happening, if nothing but it can make it happen."""
        plant = self.plant
        alone = not plant.guards and not plant.circuit.cracks and plant.look_ul == inf and plant.shaft.sound
        self.quiet_until = plant.drive.quiet_until(plant.net) if alone else NOT_QUIET

    def _run(self, last_ticks: int, pulses: int, interval: int) -> None:
        """`pulses`, each `interval` ticks after the one before, the first after `last_ticks`."""
        shaft, drive = self.plant.shaft, self.plant.drive
        while pulses:
            count, turns = shaft.stretch(pulses)
            if turns:
                count, turns = drive.stretch(count)
            if turns:
                count = self._turn(last_ticks, count, interval)
            else:
                if self._rest(last_ticks + count * interval, to_first_change=True):
                    count = (self.at_ticks - last_ticks) // interval
                shaft.lost += count
            shaft.pulses += count
            last_ticks += count * interval
            pulses -= count

    def _turn(self, last_ticks: int, count: int, interval: int) -> int:
        """Give up to `count` pulses that are alike: up to the first after or before which something changes.
        How many were given."""
        count, certain = self._stride(last_ticks, count, interval)
        if not certain:
            if self._rest(last_ticks + interval):
                return 0
            self._pump(last_ticks, 1, interval)
            self.plant.meet()
            return 1
        saved = self._save()
        self._pump(last_ticks, count, interval)
        if not self.plant.upset():
            return count
        quiet, upset = 0, count  # after so many pulses
        while upset - quiet > 1:
            middle = (quiet + upset) // 2
            self._restore(saved)
            self._pump(last_ticks, middle, interval)
            quiet, upset = (quiet, middle) if self.plant.upset() else (middle, upset)
        self._restore(saved)
        if quiet:
            self._pump(last_ticks, quiet, interval)
        if not self._rest(last_ticks + upset * interval):
            self._pump(last_ticks + quiet * interval, 1, interval)
            self.plant.meet()
            return upset
        return quiet

    def _stride(self, last_ticks: int, count: int, interval: int) -> tuple[int, bool]:
        """How many of `count` pulses can be given with no guard passed on the way, found by halving; with False a
        single one, before which a guard may be."""
        while not self._certain(last_ticks, count, interval):
            if count == 1:
                return 1, False
            count //= 2
        return count, True

    def _certain(self, last_ticks: int, count: int, interval: int) -> bool:
        plant, drive = self.plant, self.plant.drive
        if not drive.pushes:
            return self._calm(count, last_ticks + count * interval)
        if not plant.guards:
            return True
        saved = drive.save()
        push = drive.turn(count)
        drive.restore(saved)
        lead_s = (last_ticks + interval - self.at_ticks) / TICKS_PER_S
        return (
            not push
            or not plant.net.near(plant.guards, plant.calm_kpa, push, count)
            or plant.stays(push, lead_s, count, interval / TICKS_PER_S)
        )

    def _pump(self, last_ticks: int, count: int, interval: int) -> Push | None:
        push = self.plant.drive.turn(count)
        end_ticks = last_ticks + count * interval
        seconds = (end_ticks - self.at_ticks) / TICKS_PER_S
        if push is None:
            self.plant.net.rest(seconds)
        else:
            self.plant.net.push(push, count, interval / TICKS_PER_S, seconds)
        self.at_ticks = end_ticks
        self.plant.drive.arrive(self.plant.net)
        return push

    def _rest(self, to_ticks: int, to_first_change: bool = False) -> bool:
        """Nothing is pushed until `to_ticks`, or the first change before; whether something changed on the way."""
        changed = False
        while self.at_ticks < to_ticks and not (changed and to_first_change):
            until_ticks = self._until_a_guard_is_passed(to_ticks)
            saved = self.plant.net.save()
            self._settle_at(until_ticks)
            if self.plant.upset():
                quiet, upset = self.at_ticks, until_ticks
                while upset - quiet > 1:
                    middle = (quiet + upset) // 2
                    self.plant.net.restore(saved)
                    self._settle_at(middle)
                    quiet, upset = (quiet, middle) if self.plant.upset() else (middle, upset)
                self.plant.net.restore(saved)
                self._settle_at(upset)
                until_ticks = upset
                changed = True
            self.at_ticks = until_ticks
            if changed:
                self.plant.meet()
        return changed

    def _settle_at(self, ticks: int) -> None:
        """The network as it will be then; the time stays."""
        self.plant.net.rest((ticks - self.at_ticks) / TICKS_PER_S)

    def _until_a_guard_is_passed(self, to_ticks: int) -> int:
        """`to_ticks`, or when the first guard is passed before."""
        network = self.plant.net
        for guard in [*self.plant.guards, *self.plant.drive.guards(0)]:
            ticks = to_ticks - self.at_ticks
            if network.may_pass(guard, ticks / TICKS_PER_S):
                first = network.first_passing(guard, ticks, 1 / TICKS_PER_S)
                to_ticks = to_ticks if first is None else self.at_ticks + first
        return to_ticks

    def _calm(self, pulses: int, end_ticks: int) -> bool:
        """Whether no guard is passed until then, whenever in between the `pulses` are given that push nothing."""
        network, seconds = self.plant.net, (end_ticks - self.at_ticks) / TICKS_PER_S
        for guard in [*self.plant.guards, *self.plant.drive.guards(pulses)]:
            if network.may_pass(guard, seconds):
                return False
        return True

    def _save(self) -> tuple[Any, Any, int]:
        return self.plant.net.save(), self.plant.drive.save(), self.at_ticks

    def _restore(self, saved: tuple[Any, Any, int]) -> None:
        self.plant.net.restore(saved[0])
        self.plant.drive.restore(saved[1])
        self.at_ticks = saved[2]


def _divide(runs: list[Run], count: int) -> tuple[list[Run], int, list[Run]]:
    """The runs up to pulse number `count`, when that is, and the runs after it."""
    for place, (start, given, interval) in enumerate(runs):
        if given >= count:
            end_ticks = start + count * interval
            rest = [(end_ticks, given - count, interval)] if given > count else []
            return [*runs[:place], (start, count, interval)], end_ticks, rest + runs[place + 1 :]
        count -= given
    raise AssertionError("there are fewer pulses in the runs")
