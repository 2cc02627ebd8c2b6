"""What is said of a request that the pump refuses in its state: the state, and what leads to what was wanted.

The pump's own words, pumpcore.commands.WHY, are for any state and any request; only a host knows both.
"""

from pumpcore.states import (
    ACKNOWLEDGE,
    ALARM,
    DONE,
    EVENT_NAMES,
    IDLE,
    INFUSING,
    KVO,
    PAUSE,
    PAUSED,
    PROGRAM,
    READY,
    RELIEF,
    RELOAD,
    RESUME,
    SET_RATE,
    START,
    STATE_NAMES,
    STOP,
)

# What to ask for instead, by the state and what it refuses. Nothing where it has happened already, or is no help.
INSTEAD = {
    IDLE: {START: (PROGRAM, START), RESUME: (PROGRAM, START), SET_RATE: (PROGRAM,)},
    READY: {RESUME: (START,), SET_RATE: (PROGRAM,)},
    INFUSING: {PROGRAM: (STOP, PROGRAM), RELOAD: (PAUSE, RELOAD)},
    KVO: {PROGRAM: (STOP, PROGRAM), RELOAD: (PAUSE, RELOAD)},
    PAUSED: {PROGRAM: (STOP, PROGRAM), START: (RESUME,)},
    ALARM: {
        PROGRAM: (STOP, PROGRAM),
        START: (ACKNOWLEDGE, RESUME),
        SET_RATE: (ACKNOWLEDGE, SET_RATE),
        PAUSE: (ACKNOWLEDGE,),
        RESUME: (ACKNOWLEDGE, RESUME),
        RELOAD: (ACKNOWLEDGE, RELOAD),
    },
    DONE: {START: (PROGRAM, START), RESUME: (PROGRAM, START), SET_RATE: (PROGRAM,)},
    RELIEF: {PROGRAM: (STOP, PROGRAM), RELOAD: (STOP, RELOAD)},
}
WORDS = {SET_RATE: "rate"}  # those of the commands that are called otherwise


def in_this_state(state: str, request: int) -> str:
    """Why `request`, 0 for one that is no request, is refused by a pump in a state of this name."""
    way = INSTEAD[STATE_NAMES.index(state)].get(request, ())
    steps = ", then ".join(WORDS.get(step, EVENT_NAMES[step].lower()) for step in way)
    return f"not while the pump is {state}" + (f": {steps}" if steps else "")
