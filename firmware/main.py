"""The pump: read, step, obey, wait, for ever.

The board knows which pump it is in, and who asks it for what. When anything goes wrong in the loop, the motor is
stopped on the way out.
"""

from board import Board
from pumpcore.controller import Controller
from pumpcore.pump import Pump
from pumpcore.records import Inputs, Outputs


def infuse(board: Board, pump: Pump) -> None:
    inputs = Inputs()
    outputs = Outputs()
    while True:
        now_ms = board.now_ms()
        board.read(inputs)
        next_ms = pump.step(now_ms, inputs, outputs, board)
        board.obey(outputs)
        board.wait_until(next_ms)


def main() -> None:
    board = Board()
    try:
        infuse(board, Pump(Controller(board.setup()), board.session()))
    finally:
        board.stop()


if __name__ == "__main__":
    main()
