"""A line that damages frames, and a pump that notes under which number each request reached its controller."""

import random

from host.desk import Desk

from pumpcore.states import STATE_NAMES

DAMAGES = ("flip", "drop", "double", "delay")
FURTHEST = 20  # lines that may overtake one


class Noise:
    """To be Desk's `damage`: the `share` of the lines, each way, has bits turned over, is lost, comes twice, or comes
    after as many as 20 later ones. Same seed, same damage."""

    def __init__(self, seed, share):
        self.random = random.Random(seed)
        self.share = share
        self.held = {"to": [], "from": []}  # [lines to let pass, line]
        self.count = dict.fromkeys(DAMAGES, 0)

    def __call__(self, line, way):
        arrives = self._becomes(line, way)
        for held in self.held[way]:
            held[0] -= 1
        arrives += [late for left, late in self.held[way] if left < 0]
        self.held[way] = [held for held in self.held[way] if held[0] >= 0]
        return arrives

    def _becomes(self, line, way):
        if self.random.random() >= self.share:
            return [line]
        damage = self.random.choice(DAMAGES)
        self.count[damage] += 1
        if damage == "flip":
            return [self._flipped(line)]
        if damage == "delay":
            self.held[way].append([self.random.randint(1, FURTHEST), line])
        return [line, line] if damage == "double" else []

    def _flipped(self, line):
        flipped = bytearray(line)
        for _ in range(self.random.randint(1, 8)):
            flipped[self.random.randrange(len(line))] ^= 1 << self.random.randrange(8)
        return bytes(flipped)


class Numbered(Desk):
    """`taken` has the request and the controller's answer by the number of the frame that asked, `seen` the states
    that the pump was in since that was cleared."""

    def __init__(self, **how):
        self.taken = {}
        self.seen = set()
        super().__init__(**how)

    def step(self, after_ms=0):
        before = len(self.requests)
        super().step(after_ms)
        if len(self.requests) > before:
            number = self.pump.link.reader.number
            assert number not in self.taken, f"frame {number} has reached the controller twice"
            self.taken[number] = self.requests[-1]
        self.seen.add(STATE_NAMES[self.controller.state])
