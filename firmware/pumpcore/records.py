"""What goes into a step and what comes out of it: two records, made once and used again.

Every field is an integer with its unit in its name. A driver fills `Inputs` before a step and obeys
`Outputs` after it; between the two nothing else passes.
"""

from .units import const

# Answers to a request.
NOTHING_ASKED = const(0)
ACCEPTED = const(1)
REFUSED_HERE = const(2)  # not in this state
REFUSED_RATE = const(3)
REFUSED_VTBI = const(4)
REFUSED_KVO = const(5)
UNKNOWN_REQUEST = const(6)
REFUSED_SELF_TEST = const(7)  # something has failed, or nobody has confirmed the signals

ANSWER_NAMES = (
    "", "ACCEPTED", "REFUSED_HERE", "REFUSED_RATE", "REFUSED_VTBI", "REFUSED_KVO", "UNKNOWN_REQUEST",
    "REFUSED_SELF_TEST",
)  # fmt: skip

MOST_SEGMENTS = const(5)  # in one order: the rest of a step, and two runs of two intervals each


def numbers_of(record: object) -> list[str]:
    """The names of a record's numbers, by the alphabet: the order they were made in is kept by CPython only."""
    names = [name for name in sorted(dir(record)) if name[0] != "_"]
    return [name for name in names if isinstance(getattr(record, name), (int, bool))]  # bool is no int in MicroPython


# What of Inputs a link may change, as `pumpcore.link` does: the guard is told of a request as it came in.
ASKED = ("request", "rate_cml_h", "vtbi_ul", "kvo_cml_h", "remote", "unconfirmed", "link_up")


class Inputs:
    """What the sensors, the step generator and the user say at one instant."""

    def __init__(self) -> None:
        self.steps_done = 0  # pulses given since power-on, modulo 2**30
        self.steps_queued = 0  # ordered and not yet given; less than none is taken for none
        self.pressure_pa = 0  # in the line, against the air around
        self.air_permille = 0  # of the detector's window that is air
        self.encoder_counts = 0  # of the screw or the rotor, modulo 2**30; -1 if it does not answer
        self.supply_pa = 0  # at the inlet of a peristaltic pump
        self.flowed_nl = 0  # through the line, as its flow sensor adds up, modulo 2**30
        self.drops = 0  # fallen in the drop chamber, modulo 2**30
        self.barrel_um = 0  # diameter that the syringe's clamp is opened to
        self.seated = 1  # the plunger's flange is held
        self.door_closed = 1  # of a peristaltic pump
        self.on_mains = 1
        self.battery_mv = 8_400
        self.housing_dc = 230  # 0.1 degrees C
        self.second_ms = -1  # of a clock with an oscillator of its own, modulo 2**30; -1 if none answers
        self.code_sum = 0  # of the firmware's code, by the driver's last whole round; the first is whole at power-on
        self.winding_ok = 1  # 0: the motor's driver, switched on, reports a winding without its current
        self.key_down = 0  # some key is held down
        self.guard = 0  # why the guard has stopped the motor, in its own codes; 0 while it has not
        self.remote = 0  # the request came over the link
        self.read_back = 0  # what was entered with keys waits to be confirmed
        self.unconfirmed = 0  # that, or a prescription that came over the link: `pumpcore.link` tells
        self.link_up = 1  # a remote host is heard, or none was ever there
        self.request = 0  # an event of states.py up to REQUESTS, or 0
        self.rate_cml_h = 0  # of PROGRAM and SET_RATE
        self.vtbi_ul = 0  # of PROGRAM: volume to be infused
        self.kvo_cml_h = 0  # of PROGRAM: rate once the volume is in, 0 for none


class Outputs:
    """What the pump is to do and to show until the next step.

    The motor order is `segments` pairs: `counts[i]` pulses, each `intervals_ticks[i]` after the one
    before, to be put behind what is queued. A driver runs its queue out and then stands still: an order
    that is not renewed ends by itself. With `flush` set the driver first drops what it has queued.
    With `backward` set the motor turns back; it never changes without a flush.
    """

    def __init__(self) -> None:
        self.state = 0
        self.answer = NOTHING_ASKED
        self.rate_cml_h = 0  # that is set and flows now, 0 while the pump does not pump
        self.motor_cml_h = 0  # at which the motor is driven, also while it backs off or takes up the way back
        self.pumped_ul = 0  # by the steps given, and free_ul, since power-on
        self.free_ul = 0  # what flowed by itself
        self.left_ul = 0  # of the volume to be infused
        self.alarms = 0  # latched, a mask of 1 << code
        self.alarms_raised = 0  # in this step, a mask likewise
        self.alarm_shown = 0
        self.alarm_reason = 0
        self.buzzer_hz = 0  # the note that sounds, 0 for none
        self.red = 0
        self.yellow = 0
        self.cyan = 0
        self.silent = 0  # somebody has paused the audio
        self.signal_test = 0  # nobody has acknowledged yet that he has seen and heard the test of the signals
        self.air_test = 0  # the air detector's sender is to be off until the next reading
        self.flush = False
        self.backward = False
        self.segments = 0
        self.intervals_ticks = [0] * MOST_SEGMENTS
        self.counts = [0] * MOST_SEGMENTS
