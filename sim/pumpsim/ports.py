"""The virtual pump's driver: fills the controller's inputs from the plant and obeys its outputs.

It is to the plant what the files of firmware/board are to a board.
"""

import hmac
from collections import deque

from pumpcore.pump import Serial
from pumpcore.records import Inputs, Outputs
from pumpcore.session import Hash
from pumpcore.units import CLOCK_MASK, TICKS_PER_MS
from pumpsim.plant import Plant
from pumpsim.sensors import AirSensor, CodeSum, Encoder, FlowSensor, PressureSensor


class Hashing(Hash):
    def hmac(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, "sha256")


class Ports(Serial):
    """`now_ms` counts from power-on and never wraps."""

    def __init__(self, plant: Plant, pressure: PressureSensor, flow: FlowSensor | None = None) -> None:
        self.plant = plant
        self.pressure = pressure
        self.flow = flow
        self.air = AirSensor()
        self.encoder = Encoder()
        self.code = CodeSum()
        self.bounces = [1]  # requests a key makes when pressed once; the largest counts
        self.link_drops = 0  # nothing comes over the link while there is one
        self.to_pump = bytearray()  # over the link, not read yet
        self.from_pump = bytearray()
        self.requests: deque[tuple[int, int, int, int]] = deque()

    def ask(self, request: int, rate_cml_h: int = 0, vtbi_ul: int = 0, kvo_cml_h: int = 0) -> None:
        """Somebody presses a key; the next step sees it."""
        self.requests.append((request, rate_cml_h, vtbi_ul, kvo_cml_h))

    def read(self, now_ms: int, inputs: Inputs) -> None:
        plant = self.plant
        plant.advance(now_ms * TICKS_PER_MS)
        inputs.steps_done = plant.motor.given & CLOCK_MASK
        inputs.steps_queued = plant.motor.queued
        inputs.pressure_pa = self.pressure.read_pa(now_ms, plant.line_kpa)
        inputs.air_permille = self.air.read(plant.air_permille)
        inputs.encoder_counts = self.encoder.read(plant.drive.turns, now_ms) & CLOCK_MASK
        inputs.second_ms = now_ms & CLOCK_MASK
        if self.flow:
            inputs.flowed_nl = self.flow.read_nl(now_ms, plant.outlet_ul) & CLOCK_MASK
        if plant.circuit.supply:
            inputs.supply_pa = round(plant.supply_kpa * 1_000)
            inputs.drops = plant.drops & CLOCK_MASK
        inputs.request = 0
        if self.requests:
            inputs.request, inputs.rate_cml_h, inputs.vtbi_ul, inputs.kvo_cml_h = self.requests.popleft()

    def obey(self, now_ms: int, outputs: Outputs) -> None:
        self.plant.motor.obey(outputs, now_ms * TICKS_PER_MS)
        self.air.testing = outputs.air_test

    def receive(self, buffer: bytearray) -> int:
        if not self.to_pump:
            return 0
        if self.link_drops:
            self.to_pump.clear()
        count = min(len(buffer), len(self.to_pump))
        buffer[:count] = self.to_pump[:count]
        del self.to_pump[:count]
        return count

    def send(self, line: bytearray, count: int) -> None:
        if not self.link_drops:
            self.from_pump += line[:count]
