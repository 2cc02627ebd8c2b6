"""The pump: read, step, obey, wait, for ever.

The prescription stands here until a host link sets it. It is handed in as PROGRAM at power-on; after
that the START key first confirms that all LEDs were on, then starts, resumes and acknowledges; the STOP key pauses,
then stops. When anything goes
wrong in the loop, the motor is stopped on the way out.
"""

from board.rp2 import Board
from pumpcore.controller import Controller
from pumpcore.records import ANSWER_NAMES, Inputs, Outputs
from pumpcore.setup import Setup
from pumpcore.states import PROGRAM, STATE_NAMES
from pumpcore.units import const

RATE_CML_H = const(500)  # 5.00 mL/h
VTBI_UL = const(10_000)  # 10 mL
KVO_CML_H = const(100)  # 1.00 mL/h

# The nominal rig: BD Plastipak 50 mL, inner diameter 26.59 mm; a screw of 1 mm pitch; 3200 microsteps a turn.
STEP_PL = const(173_530)  # pi / 4 * (26.59 mm)**2 * 1 mm / 3200
RESERVOIR_UL = const(50_000)


def infuse(board: Board) -> None:
    controller = Controller(Setup(STEP_PL, RESERVOIR_UL, signal_test=1, code_sum=board.sealed_sum()))
    inputs = Inputs()
    outputs = Outputs()
    inputs.rate_cml_h = RATE_CML_H
    inputs.vtbi_ul = VTBI_UL
    inputs.kvo_cml_h = KVO_CML_H
    board.ask(PROGRAM)
    while True:
        now_ms = board.now_ms()
        board.read(inputs)
        next_ms = controller.step(now_ms, inputs, outputs)
        board.obey(outputs)
        if outputs.answer:
            print(STATE_NAMES[outputs.state], ANSWER_NAMES[outputs.answer])
        board.wait_until(next_ms)


def main() -> None:
    board = Board()
    try:
        infuse(board)
    finally:
        board.stop()


if __name__ == "__main__":
    main()
