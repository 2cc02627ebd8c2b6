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
from pumpsim.motor import Run
from pumpsim.shaft import NOT_QUIET

if TYPE_CHECKING:
    from pumpsim.network import Push
    from pumpsim.plant import Plant

TICKS_PER_S = TICKS_PER_MS * 1000


class Course:
    """Times in ticks of 80 ns since power-on."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.at_ticks = 0
        self.quiet_until = NOT_QUIET  # the drive's position up to which nothing can happen

    def advance(self, to_ticks: int) -> None:
        """Bring everything to `to_ticks`, which must not lie before the last call's."""
        plant = self.plant
        runs = plant.motor.take(to_ticks)
        if self.quiet_until != NOT_QUIET:
            pulses = sum(run[1] for run in runs)
            if plant.drive.position + pulses <= self.quiet_until:
                plant.drive.turn_quietly(pulses)
                plant.shaft.pulses += pulses
                plant.network.rest((to_ticks - self.at_ticks) / TICKS_PER_S)
                self.at_ticks = to_ticks
                return
            plant.drive.wake()
        while runs:
            alike, end_ticks, runs = self._divide(runs, to_ticks)
            if not self._glide(alike, end_ticks):
                for run in alike:
                    self._run(*run)
        self._rest(to_ticks)
        self.listen()

    def _divide(self, runs: list[Run], to_ticks: int) -> tuple[list[Run], int, list[Run]]:
        """The runs up to where the drive's next stretch begins, when that is, and the runs after it."""
        pulses = sum(run[1] for run in runs)
        count, _ = self.plant.drive.stretch(pulses + 1)
        if count > pulses:
            return runs, to_ticks, []
        for place, (start, given, interval) in enumerate(runs):
            if given >= count:
                end_ticks = start + count * interval
                rest = [(end_ticks, given - count, interval)] if given > count else []
                return [*runs[:place], (start, count, interval)], end_ticks, rest + runs[place + 1 :]
            count -= given
        raise AssertionError("a stretch that ends within the runs was not found there")

    def _glide(self, runs: list[Run], end_ticks: int) -> bool:
        """Give the pulses of `runs` and go to `end_ticks` at once, if nothing changes on the way."""
        plant, drive, saved = self.plant, self.plant.drive, self._save()
        pulses = sum(run[1] for run in runs)
        if not plant.shaft.sound or not drive.stretch(pulses)[1]:
            return False
        if not drive.pushes and not self._calm(pulses, end_ticks):
            return False
        push, seconds = drive.turn(pulses), (end_ticks - self.at_ticks) / TICKS_PER_S
        if push is None:
            plant.network.rest(seconds)
        elif (push.waves and len(runs) > 1) or plant.in_play(push, pulses):
            self._restore(saved)
            return False
        else:
            trains = [
                (count, interval / TICKS_PER_S, (end_ticks - start - count * interval) / TICKS_PER_S)
                for start, count, interval in runs
            ]
            plant.network.push_trains(push, trains, seconds)
        if plant.upset():
            self._restore(saved)
            return False
        drive.arrive(plant.network)
        plant.shaft.pulses += pulses
        self.at_ticks = end_ticks
        return True

    def listen(self) -> None:
        """Find out how far the drive can turn without anything happening, if nothing but it can make it happen."""
        plant = self.plant
        alone = not plant.guards and plant.look_ul == inf and plant.shaft.sound
        self.quiet_until = plant.drive.quiet_until(plant.network) if alone else NOT_QUIET

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
        if not self.plant.drive.pushes:
            while count > 1 and not self._calm(count, last_ticks + count * interval):
                count //= 2
            if count == 1 and self._rest(last_ticks + interval):
                return 0
        saved = self._save()
        push = self._pump(last_ticks, count, interval)
        in_play = push is not None and self.plant.in_play(push, count)
        while push and in_play and count > 1:
            self._restore(saved)
            count //= 2
            push = self._pump(last_ticks, count, interval)
            in_play = push is not None and self.plant.in_play(push, count)
        if not in_play and not self.plant.upset():
            return count
        quiet, upset = (
            0,
            1 if in_play else count,
        )  # after so many pulses; one by one where a guard may be passed to and fro
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

    def _pump(self, last_ticks: int, count: int, interval: int) -> Push | None:
        push = self.plant.drive.turn(count)
        end_ticks = last_ticks + count * interval
        seconds = (end_ticks - self.at_ticks) / TICKS_PER_S
        if push is None:
            self.plant.network.rest(seconds)
        else:
            self.plant.network.push(push, count, interval / TICKS_PER_S, seconds)
        self.at_ticks = end_ticks
        self.plant.drive.arrive(self.plant.network)
        return push

    def _rest(self, to_ticks: int, to_first_change: bool = False) -> bool:
        """Nothing is pushed until `to_ticks`, or the first change before; whether something changed on the way."""
        changed = False
        while self.at_ticks < to_ticks and not (changed and to_first_change):
            until_ticks = self._until_a_guard_is_passed(to_ticks)
            saved = self.plant.network.save()
            self._settle_at(until_ticks)
            if self.plant.upset():
                quiet, upset = self.at_ticks, until_ticks
                while upset - quiet > 1:
                    middle = (quiet + upset) // 2
                    self.plant.network.restore(saved)
                    self._settle_at(middle)
                    quiet, upset = (quiet, middle) if self.plant.upset() else (middle, upset)
                self.plant.network.restore(saved)
                self._settle_at(upset)
                until_ticks = upset
                changed = True
            self.at_ticks = until_ticks
            if changed:
                self.plant.meet()
        return changed

    def _settle_at(self, ticks: int) -> None:
        """The network as it will be then; the time stays."""
        self.plant.network.rest((ticks - self.at_ticks) / TICKS_PER_S)

    def _until_a_guard_is_passed(self, to_ticks: int) -> int:
        """`to_ticks`, or when the first guard is passed before."""
        network = self.plant.network
        for guard in [*self.plant.guards, *self.plant.drive.guards(0)]:
            first = network.first_passing(guard, to_ticks - self.at_ticks, 1 / TICKS_PER_S)
            if first is not None:
                to_ticks = self.at_ticks + first
        return to_ticks

    def _calm(self, pulses: int, end_ticks: int) -> bool:
        """Whether no guard is passed until then, whenever in between the `pulses` are given that push nothing."""
        network, ticks = self.plant.network, end_ticks - self.at_ticks
        guards = [*self.plant.guards, *self.plant.drive.guards(pulses)]
        return all(network.first_passing(guard, ticks, 1 / TICKS_PER_S) is None for guard in guards)

    def _save(self) -> tuple[Any, Any, int]:
        return self.plant.network.save(), self.plant.drive.save(), self.at_ticks

    def _restore(self, saved: tuple[Any, Any, int]) -> None:
        self.plant.network.restore(saved[0])
        self.plant.drive.restore(saved[1])
        self.at_ticks = saved[2]
