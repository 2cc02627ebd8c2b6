"""What each fault of kinds.py does when it starts, and how that one is undone.

Several of a kind may run at once; each ends alone. A fault acts on the plant, on a sensor, on what powers
the pump, or on the loop itself; never on what the controller would do about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pumpsim.catalogue import syringes
from pumpsim.circuit import Tissue
from pumpsim.shaft import BLOCK

if TYPE_CHECKING:
    from pumpsim.bench import Bench
    from pumpsim.scenario import Fault

Undo = Callable[[], object]

TRAIN_BUBBLE_UL, TRAIN_GAP_UL = 40.0, 200.0  # of an air train; assumed


def nothing() -> None:
    """What cannot be undone."""


def _counted(thing: Any, name: str, then: Undo = nothing) -> Undo:
    """One more of what `thing.name` counts, and `then`; the undoing takes it away, and `then` again."""

    def count(by: int) -> None:
        setattr(thing, name, getattr(thing, name) + by)
        then()

    count(1)
    return lambda: count(-1)


def _listed(values: list[Any], value: Any, then: Undo = nothing) -> Undo:
    """One more value, and `then`; the undoing takes it away, and `then` again."""
    values.append(value)
    then()

    def take_away() -> None:
        del values[len(values) - 1 - values[::-1].index(value)]  # the last may be the one that counts
        then()

    return take_away


# The line


def occlusion_downstream(bench: Bench, fault: Fault) -> Undo:
    return _counted(bench.plant.circuit, "blocks", bench.plant.renew)


def occlusion_partial(bench: Bench, fault: Fault) -> Undo:
    resistance = fault.amount * 3.6  # kPa per mL/h in kPa s/uL
    return _listed(bench.plant.circuit.added, resistance, bench.plant.renew)


def occlusion_upstream(bench: Bench, fault: Fault) -> Undo:
    return _counted(bench.plant.circuit.supply, "clamps", bench.plant.renew)


def infiltration(bench: Bench, fault: Fault) -> Undo:
    tissue = Tissue(bench.plant.out_ul, fault.amount * 1000)
    return _listed(bench.plant.circuit.tissues, tissue, bench.plant.renew)


def free_flow(bench: Bench, fault: Fault) -> Undo:
    circuit = bench.plant.circuit
    return _listed(circuit.tubes if circuit.supply else circuit.cracks, fault.amount, bench.plant.renew)


# Air and reservoir


def air_bubble(bench: Bench, fault: Fault) -> Undo:
    bubble = bench.plant.inject_air(fault.amount)
    return lambda: bench.plant.purge(bubble)


def air_train(bench: Bench, fault: Fault) -> Undo:
    pitch_ul = TRAIN_BUBBLE_UL + TRAIN_GAP_UL
    train = [bench.plant.inject_air(TRAIN_BUBBLE_UL, n * pitch_ul) for n in range(round(fault.amount))]

    def purge() -> None:
        for bubble in train:
            bench.plant.purge(bubble)

    return purge


def reservoir_empty(bench: Bench, fault: Fault) -> Undo:
    bench.plant.run_dry(fault.amount * 1000)
    return nothing


def flow_sensor_stuck(bench: Bench, fault: Fault) -> Undo:
    return bench.ports.flow.stick() if bench.ports.flow else nothing


# The drive


def motor_stall(bench: Bench, fault: Fault) -> Undo:
    return _counted(bench.plant.shaft, "stalls", bench.plant.renew)


def lost_steps(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.plant.shaft.weak, BLOCK * fault.amount / 100, bench.plant.renew)


def winding_open(bench: Bench, fault: Fault) -> Undo:
    """A motor with one winding trembles and does not turn; its driver, once on, sees that no current flows."""
    come_back = _counted(bench, "windings_open")
    turn = motor_stall(bench, fault)

    def close() -> None:
        come_back()
        turn()

    return close


def door_open(bench: Bench, fault: Fault) -> Undo:
    drive, tubes = bench.rollers, bench.plant.circuit.tubes

    def move(by: int) -> None:
        drive.lifts += by
        if by > 0 and drive.lifts == 1:
            tubes.append(drive.tube.open_kpa_s_ul)
        elif not drive.lifts:
            tubes.remove(drive.tube.open_kpa_s_ul)
        bench.plant.renew()

    move(1)
    return lambda: move(-1)


def syringe_unseated(bench: Bench, fault: Fault) -> Undo:
    def seat(held: bool) -> None:
        bench.plunger.seat(held)
        bench.plant.renew()

    seat(False)
    return lambda: seat(True)


def wrong_syringe(bench: Bench, fault: Fault) -> Undo:
    def load() -> None:
        bench.plunger.wake()
        bench.plunger.load(syringes()[bench.syringes[-1]])
        bench.plant.circuit.pump_compliance = bench.plunger.compliance_ul_kpa
        bench.plant.renew()

    return _listed(bench.syringes, fault.syringe, load)


# Sensors


def encoder_stuck(bench: Bench, fault: Fault) -> Undo:
    encoder, drive = bench.ports.encoder, bench.plant.drive
    encoder.read(drive.turns)
    end = encoder.stick()

    def come_loose() -> None:
        encoder.read(drive.turns)
        end()

    return come_loose


def pressure_stuck(bench: Bench, fault: Fault) -> Undo:
    return bench.ports.pressure.stick()


def pressure_offset(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.ports.pressure.offsets_kpa, fault.amount)


def pressure_noise(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.ports.pressure.more_white_kpa, fault.amount)


def air_sensor_stuck(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.ports.air.stuck_permille, round(fault.amount))


# Power, loop, memory, keys, link


def battery_drain(bench: Bench, fault: Fault) -> Undo:
    return bench.drain_battery(fault.amount)


def power_cut(bench: Bench, fault: Fault) -> Undo:
    bench.lose_power()
    return bench.regain_power


def overheat(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.rooms_c, fault.amount, bench.feel_room)


def clock_jump(bench: Bench, fault: Fault) -> Undo:
    def jump(seconds: float) -> None:
        bench.clock_ms += round(seconds * 1000)

    jump(fault.amount)
    return lambda: jump(-fault.amount)


def loop_stall(bench: Bench, fault: Fault) -> Undo:
    bench.hold()
    return bench.release


def memory_flip(bench: Bench, fault: Fault) -> Undo:
    """A rate written since is whole: there is nothing left to flip back in it."""
    bit = 1 << round(fault.amount)

    def flip() -> None:
        bench.pump.dose.rate_cml_h ^= bit
        bench.flipped_cml_h = bench.pump.dose.rate_cml_h

    def flip_back() -> None:
        if bench.pump.dose.rate_cml_h == bench.flipped_cml_h:
            flip()

    flip()
    return flip_back


def code_flip(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.ports.code.flips, (fault.amount / 100, int(bench.env.now)))


def key_bounce(bench: Bench, fault: Fault) -> Undo:
    return _listed(bench.ports.bounces, round(fault.amount))


def key_stuck(bench: Bench, fault: Fault) -> Undo:
    """The key that stays down asks no more; the others work."""
    return _counted(bench, "keys_stuck")


def link_drop(bench: Bench, fault: Fault) -> Undo:
    return _counted(bench.ports, "link_drops")


STARTS: dict[str, Callable[[Bench, Fault], Undo]] = {
    "occlusion-downstream": occlusion_downstream,
    "occlusion-partial": occlusion_partial,
    "occlusion-upstream": occlusion_upstream,
    "infiltration": infiltration,
    "free-flow": free_flow,
    "air-bubble": air_bubble,
    "air-train": air_train,
    "reservoir-empty": reservoir_empty,
    "flow-sensor-stuck": flow_sensor_stuck,
    "motor-stall": motor_stall,
    "lost-steps": lost_steps,
    "winding-open": winding_open,
    "door-open": door_open,
    "syringe-unseated": syringe_unseated,
    "wrong-syringe": wrong_syringe,
    "encoder-stuck": encoder_stuck,
    "pressure-stuck": pressure_stuck,
    "pressure-offset": pressure_offset,
    "pressure-noise": pressure_noise,
    "air-sensor-stuck": air_sensor_stuck,
    "battery-drain": battery_drain,
    "power-cut": power_cut,
    "overheat": overheat,
    "clock-jump": clock_jump,
    "loop-stall": loop_stall,
    "memory-flip": memory_flip,
    "code-flip": code_flip,
    "key-bounce": key_bounce,
    "key-stuck": key_stuck,
    "link-drop": link_drop,
}
