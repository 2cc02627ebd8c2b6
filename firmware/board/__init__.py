"""The drivers: the only code that imports `machine` or what a port adds to it.

A port has one class `Board` with these methods; `board.port` has the one that fits. `main.py` calls them and nothing
else.

    setup() -> Setup            at power-on: what pump this is
    session() -> Session        and who may command it
    cause() -> int              and why it has started, as pumpcore.events names it
    guard(setup) -> None        let the guard run, beside the loop, from now on: it alone feeds the watchdog
    now_ms() -> int             the clock, modulo 2**30 ms
    read(inputs) -> None        fill pumpcore.records.Inputs with what is so at this instant, and is asked for
    tell(now_ms, inputs, outputs) -> None   tell the guard of a step, before the motor obeys it
    obey(outputs) -> None       carry out pumpcore.records.Outputs
    receive(buffer) -> int      what a host has sent, and
    send(line, count) -> None   what is said to it: a Board is a pumpcore.pump.Serial
    wait_until(then_ms) -> None return at that time, or at once when a key or a host asks for something
    stop() -> None              drop what is queued and let go of the motor, for good
    release() -> None           the same, and no watchdog any more: whoever interrupted the loop has the board

On a chip the guard is protector.py. A PC has none of its own: there it runs beside the virtual pump
(sim/pumpsim/protector.py), which hears of each step with the board's answer, and `guard` and `tell` do nothing.
"""
