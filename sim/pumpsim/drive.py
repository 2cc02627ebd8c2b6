"""What a drive is to the plant: from steps of the motor to volumes pushed into the network.

The plant turns a drive by pulses that are alike, `stretch` says how many are, and pushes what `turn` returns.
A drive in which something can happen between steps says so in `upset` and lets it happen in `settle`; one that
can tell for how long nothing will, says that in `quiet_until`. As they stand here, nothing ever does.
"""

from abc import ABC, abstractmethod
from typing import Any

from pumpsim.network import Guard, Network, Push

NOT_QUIET = -1  # a position no drive reaches: anything may happen at any step


class Drive(ABC):
    """`position` in steps that turned it, volumes in uL."""

    pushes = True  # steps push fluid; or else only `settle` does

    def __init__(self) -> None:
        self.position = 0
        self.pushed_ul = 0.0  # into the network, less what was drawn from it, by the drive's own geometry
        self.left_ul = 0.0  # in its own reservoir

    def run_dry(self, left_ul: float) -> None:
        """The reservoir turns out to hold `left_ul`, if that is less."""
        self.left_ul = min(left_ul, self.left_ul)

    def reload(self, fill_ul: float) -> None:
        """A reservoir that holds so much is put in."""
        self.left_ul = fill_ul

    @property
    @abstractmethod
    def turns(self) -> float:
        """Of what the encoder sits on."""

    @abstractmethod
    def stretch(self, pulses: int) -> tuple[int, bool]:
        """Of the next pulses so many are alike; whether they turn the motor, or are lost for too high a force."""

    @abstractmethod
    def turn(self, pulses: int) -> Push | None:
        """Turn by `pulses` of one stretch; what each of them pushes into the network, if anything."""

    @abstractmethod
    def save(self) -> Any:
        """All that `turn` changes, for `restore`."""

    @abstractmethod
    def restore(self, saved: Any) -> None:
        """Turn back to what `save` returned."""

    def arrive(self, network: Network) -> None:
        """The pulses turned last have been pushed: this is the state they lead to."""

    def upset(self, network: Network) -> bool:
        """Whether something has to happen before time goes on."""
        return False

    def guards(self, pulses: int) -> list[Guard]:
        """Pressures that would upset it at any time from now until `pulses` have been given."""
        return []

    def settle(self, network: Network) -> None:
        """Let it happen."""

    def quiet_until(self, network: Network) -> int:
        """The position up to which nothing will be pushed or happen, as long as only steps disturb it; one below its
        own if something may happen at rest."""
        return NOT_QUIET

    def turn_quietly(self, pulses: int) -> None:
        """Turn within what `quiet_until` allows; everything but the position follows in `wake`."""
        self.position += pulses

    def wake(self) -> None:
        """Bring everything up to the position."""
