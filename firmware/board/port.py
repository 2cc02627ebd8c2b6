"""The board of this port."""

import sys

if sys.platform == "rp2":
    from board.rp2 import Board
elif sys.platform == "esp32":
    from board.esp32 import Board
else:  # a PC, where the pump is a virtual one
    from board.unix import Board

__all__ = ("Board",)
