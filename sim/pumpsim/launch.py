"""Runs under MicroPython: puts together what main.py does, with the board at the end of a pipe.

Unlike main.py it shows the board where the set rate is kept, as only in a virtual pump a bit is flipped there; and
what goes wrong is said on standard error, as standard output is the pipe.
"""

import sys

from board.port import Board
from main import infuse
from pumpcore.controller import Controller
from pumpcore.pump import Pump

board = Board()
try:
    controller = Controller(board.setup())
    board.dose = controller.dose
    infuse(board, Pump(controller, board.session()))
except Exception as error:
    sys.print_exception(error, sys.stderr)  # type: ignore[attr-defined]  # MicroPython's own
    sys.exit(1)
finally:
    board.stop()
