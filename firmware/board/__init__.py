"""The drivers: one file per port, the only code that imports `machine` or what a port adds to it.

A port has one class `Board` with these methods. `main.py` calls them and nothing else.

    setup() -> Setup            at power-on: what pump this is
    session() -> Session        and who may command it
    now_ms() -> int             the clock, modulo 2**30 ms
    read(inputs) -> None        fill pumpcore.records.Inputs with what is so at this instant, and is asked for
    obey(outputs) -> None       carry out pumpcore.records.Outputs
    receive(buffer) -> int      what a host has sent, and
    send(line, count) -> None   what is said to it: a Board is a pumpcore.pump.Serial
    wait_until(then_ms) -> None return at that time, or at once when a key or a host asks for something
    stop() -> None              drop what is queued and let go of the motor
"""

import sys

if sys.platform == "rp2":
    from board.rp2 import Board
else:  # a PC, where the pump is a virtual one
    from board.unix import Board

__all__ = ("Board",)
