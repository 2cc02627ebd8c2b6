"""Units, declared once here and then written on every name.

    _ms       milliseconds of the controller's clock; wraps at 2**30, as `time.ticks_ms` does on a board
    _ticks    80 ns: the schedule and the step generator count in the same tick, so nothing is rounded
              between them (12.5 MHz divides a 125 and a 150 MHz system clock by a whole number)
    _cml_h    0.01 mL/h, the step in which a rate is set
    _pl, _ul  picolitre, microlitre
    _grains   the volume that flows in one tick at 0.01 mL/h; 4500 grains are 1 pL exactly
    _pa       pascal
    _permille thousandths
    _steps    motor microsteps

A small integer on a 32-bit board has 31 bits with its sign. Everything the loop touches stays below
2**30, because a larger number is put on the heap there, and the loop must not allocate.
"""

try:
    from micropython import const  # pyright: ignore[reportAssignmentType]
except ImportError:  # CPython

    def const(value):  # type: ignore
        return value


CLOCK_MASK = const(0x3FFFFFFF)  # the clock and the step counter run modulo this plus one
CLOCK_HALF = const(0x20000000)

TICKS_PER_MS = const(12_500)
GRAINS_PER_PL = const(4_500)  # 1 pL = 3600e9 / (10e6 * 80) ticks at 0.01 mL/h
PL_PER_UL = const(1_000_000)


def later_ms(now_ms: int, wait_ms: int) -> int:
    """The clock's reading `wait_ms` (0 to 2**29) after `now_ms`.

    Written so that no intermediate value leaves 31 bits, even in the second before the clock wraps.
    """
    return (now_ms + (wait_ms - CLOCK_MASK - 1)) & CLOCK_MASK


def until_ms(now_ms: int, then_ms: int) -> int:
    """Milliseconds from `now_ms` to `then_ms`, negative if that is past; right within +-2**29 ms (6 days)."""
    return (((then_ms - now_ms) & CLOCK_MASK) ^ CLOCK_HALF) - CLOCK_HALF
