"""The drivers: one file per port, the only code that imports `machine` or what a port adds to it.

A port has one class `Board` with these methods. `main.py` calls them and nothing else.

    now_ms() -> int             the clock, modulo 2**30 ms
    sealed_sum() -> int         what the checksum of the firmware's code must be, 0 if nobody knows
    read(inputs) -> None        fill pumpcore.records.Inputs with what is so at this instant
    obey(outputs) -> None       carry out pumpcore.records.Outputs
    wait_until(then_ms) -> None return at that time, or at once when a key asks for something
    ask(request) -> None        hand in a request as a key does; the next read takes it
    stop() -> None              drop what is queued and let go of the motor
"""
