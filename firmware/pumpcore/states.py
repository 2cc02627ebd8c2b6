"""Every change of mode is here, and nowhere else.

Theory. The pump is in one state. An event, asked for from outside (a key, a frame) or found by the
controller itself (the volume is in, an alarm wants the motor stopped), moves it to the next by TABLE.
What is not in the table is refused and changes nothing. The controller asks the table first and
changes its numbers only once the table has said yes.

    IDLE      nothing is programmed
    READY     a rate and a volume are set, the motor stands
    INFUSING  the set rate, until the volume to be infused (VTBI) is in
    KVO       the volume is in, or an alarm asked for it: a low rate keeps the vein open
    PAUSED    stopped by the user, to be resumed
    ALARM     stopped by an alarm; it must be acknowledged before anything moves
    DONE      the volume is in and no KVO rate was set
    RELIEF    the line is blocked: the motor turns back before it stands in ALARM

A pause during KVO resumes as INFUSING with nothing left, which ends in KVO again at the same step.
"""

from .units import const

IDLE = const(0)
READY = const(1)
INFUSING = const(2)
KVO = const(3)
PAUSED = const(4)
ALARM = const(5)
DONE = const(6)
RELIEF = const(7)

STATE_NAMES = ("IDLE", "READY", "INFUSING", "KVO", "PAUSED", "ALARM", "DONE", "RELIEF")

# Indexed by state: the motor has orders, and orders to pump.
MOVING = (False, False, True, True, False, False, False, True)
PUMPING = (False, False, True, True, False, False, False, False)

# Asked for from outside. 0 means that nothing is asked.
PROGRAM = const(1)
START = const(2)
SET_RATE = const(3)
PAUSE = const(4)
RESUME = const(5)
STOP = const(6)
ACKNOWLEDGE = const(7)
RELOAD = const(8)  # the reservoir has been changed for a full one
SILENCE = const(9)  # the audio of an alarm is to pause
REQUESTS = const(9)  # 1 to this may come from outside, no more

# Found by the controller.
HALT = const(10)  # an alarm stops the motor
KEEP_OPEN = const(11)  # an alarm, or the end of the volume, goes to the KVO rate
FINISH = const(12)  # the end of the volume, and no KVO rate is set
BACK_OFF = const(13)  # the line is blocked, and the drive can turn back
RESTART = const(14)  # it is free again, soon enough to go on

EVENT_NAMES = (
    "", "PROGRAM", "START", "SET_RATE", "PAUSE", "RESUME", "STOP", "ACKNOWLEDGE", "RELOAD", "SILENCE",
    "HALT", "KEEP_OPEN", "FINISH", "BACK_OFF", "RESTART",
)  # fmt: skip

TABLE = (
    # IDLE
    {PROGRAM: READY, ACKNOWLEDGE: IDLE, RELOAD: IDLE, SILENCE: IDLE},
    # READY
    {PROGRAM: READY, START: INFUSING, STOP: IDLE, ACKNOWLEDGE: READY, RELOAD: READY, SILENCE: READY},
    # INFUSING
    {SET_RATE: INFUSING, PAUSE: PAUSED, STOP: IDLE, ACKNOWLEDGE: INFUSING, SILENCE: INFUSING,
     HALT: ALARM, KEEP_OPEN: KVO, FINISH: DONE, BACK_OFF: RELIEF},
    # KVO
    {PAUSE: PAUSED, STOP: IDLE, ACKNOWLEDGE: KVO, SILENCE: KVO, HALT: ALARM, BACK_OFF: RELIEF},
    # PAUSED
    {SET_RATE: PAUSED, RESUME: INFUSING, STOP: IDLE, ACKNOWLEDGE: PAUSED, RELOAD: PAUSED, SILENCE: PAUSED},
    # ALARM
    {STOP: IDLE, ACKNOWLEDGE: PAUSED, SILENCE: ALARM, RESTART: INFUSING},
    # DONE
    {PROGRAM: READY, STOP: IDLE, ACKNOWLEDGE: DONE, RELOAD: DONE, SILENCE: DONE},
    # RELIEF
    {STOP: IDLE, ACKNOWLEDGE: RELIEF, SILENCE: RELIEF, HALT: ALARM},
)  # fmt: skip

REFUSED = const(-1)


def next_state(state: int, event: int) -> int:
    """The state that `event` leads to from `state`, or REFUSED."""
    return TABLE[state].get(event, REFUSED)
