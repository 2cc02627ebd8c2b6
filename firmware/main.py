"""The pump: read, step, tell the guard, obey, wait, for ever.

The board knows which pump it is in, and who asks it for what; it also has the guard run beside this loop
(`board.guard`), by a timer of its own. When anything goes wrong in the loop, the motor is stopped on the way out, and
the watchdog, which the guard alone feeds, starts the pump anew. Ctrl-C over USB also stops it, and leaves the board to
whoever flashes it.

What is independent. On one chip the guard shares memory, clock and interpreter with the loop. It holds out against a
loop that hangs, that orders what nobody has confirmed, or that a motor does not follow; not against a chip that runs
wild, an interrupt that never comes back, or a crystal that is off. For those there are the watchdog, and the external
timer of hardware/: the pin GATE has an edge only while the guard is content, and without edges that timer takes the
motor's driver its enable, whatever the chip's own pin says. The pulses end by themselves in any case.
"""

from board.port import Board
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
        board.tell(now_ms, inputs, outputs)
        board.obey(outputs)
        board.wait_until(next_ms)


def main() -> None:
    board = Board()
    try:
        setup = board.setup()
        pump = Pump(Controller(setup), board.session(), board.cause())
        board.guard(setup)
        infuse(board, pump)
    except KeyboardInterrupt:
        board.release()
        raise
    finally:
        board.stop()


if __name__ == "__main__":
    main()
