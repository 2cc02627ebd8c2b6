"""A virtual pump in real time, with a host at the other end of its link instead of a therapy in a file.

The bench is run up to the moment that a clock shows, `speed` times as fast as it passes; a byte from the host wakes
the loop, as it does on a board. Faults, heights and noise happen as the scenario says, counted from the start.
"""

from pumpsim.bench import Bench


class Live:
    """One bench, in its own milliseconds."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.leave_to_host()

    @property
    def now_ms(self) -> int:
        return int(self.bench.env.now)

    def advance(self, to_ms: int) -> None:
        """Let time pass up to `to_ms`; nothing if that is past."""
        env = self.bench.env
        if to_ms > env.now:
            env.run(to_ms)
        env.leaps = False
        while env.peek() <= env.now:  # what is due just now as well
            env.step()
        env.leaps = True

    def hear(self, data: bytes) -> None:
        """These bytes come from the host now; what they lead to at once takes a millisecond."""
        self.bench.ports.to_pump += data
        self.bench.loop.interrupt()
        self.advance(self.now_ms + 1)

    def say(self) -> bytes:
        """What the pump has said since it was asked last."""
        data = bytes(self.bench.ports.from_pump)
        self.bench.ports.from_pump.clear()
        return data

    def quiet_ms(self) -> float:
        """Until something happens by itself, infinite if nothing will."""
        return float(self.bench.env.peek() - self.bench.env.now)
