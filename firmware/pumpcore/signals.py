"""Alarm signals: what the buzzer and three LEDs do at each millisecond.

Theory. A pattern is a tuple of edges, in ms from its start: the tone is on from an even edge to the odd
one behind it, and the whole repeats with its period. What is on now follows from the clock's reading and
from when the pattern began, so it may be looked at as often or rarely as one likes, and `next_ms` tells
when the next look can show something else. A start is moved on by whole periods, so that a pattern may
run for days while the clock wraps. If the clock goes back, all that was started or will end goes back with it: a tone
does not last, or an alarm stay without one, for as long as the jump.

             tones                                          light
    HIGH     C d g - C d, twice, then 8 s of rest           red, 2 Hz
    MEDIUM   C d g, then 10 s of rest                       yellow, 0.5 Hz
    LOW      e c every 30 s                                 cyan, constant
    reminder e c, when no alarm stands and a user is due    cyan, as long as the two notes

Tones and lights begin apart: a new alarm, or the end of a silence, begins the tones anew and leaves the
flashing in step. A silence only holds the tones back, 2 min at most; a new alarm ends it, and a silence
that the remote side asked for also ends with the link to it. Whoever asked last owns it.

An alarm stays latched until it is acknowledged, so its end is somebody's act, and cuts the burst short.

Assumed: IEC 60601-1-8, from memory: the ranges of pulses, spacings, repetition and flashing, and the
melodies of its infusion category. Each value stands well inside its range.
"""

from .alarms import HIGH, LOW, MEDIUM
from .states import IDLE, PAUSED
from .units import CLOCK_MASK, const, later_ms, until_ms

SILENCE_MS = const(120_000)  # assumed: IEC 60601-2-24, from memory; Open PCA R6.4.3(5) allows 10 min
TOO_LONG_MS = const(600_000)  # assumed: a pause that becomes an alarm
NOTHING_MS = const(60_000)  # to the next look when nothing will change

# What sounds: an alarm by its priority, or a reminder.
REMIND_IDLE = const(4)
REMIND_PAUSED = const(5)
REMIND_UNCONFIRMED = const(6)
REMINDERS = (0, REMIND_IDLE, 0, 0, REMIND_PAUSED, 0, REMIND_IDLE, 0)  # by state: READY, PAUSED and DONE have one

C_LOW_HZ = const(262)  # the standard's c, d, e, g, and C an octave above c
D_HZ = const(294)
E_HZ = const(330)
G_HZ = const(392)
C_HZ = const(523)

HIGH_PULSE_MS = const(150)  # 75 to 200
HIGH_SPACE_MS = const(100)  # 50 to 125
HIGH_BREAK_MS = const(2 * HIGH_SPACE_MS + HIGH_PULSE_MS)  # between pulses 3 and 4, as if one were left out
HIGH_HALVES_MS = const(700)  # 350 to 1300, between pulses 5 and 6
HIGH_SPACES_MS = (
    HIGH_SPACE_MS, HIGH_SPACE_MS, HIGH_BREAK_MS, HIGH_SPACE_MS, HIGH_HALVES_MS,
    HIGH_SPACE_MS, HIGH_SPACE_MS, HIGH_BREAK_MS, HIGH_SPACE_MS,
)  # fmt: skip
PULSE_MS = const(200)  # medium and low: 125 to 250
SPACE_MS = const(200)  # 125 to 250


def burst(pulse_ms: int, spaces_ms: tuple[int, ...]) -> tuple[int, ...]:
    """The edges of pulses with these spaces between them."""
    edges = [0, pulse_ms]
    for space_ms in spaces_ms:
        start_ms = edges[-1] + space_ms
        edges += [start_ms, start_ms + pulse_ms]
    return tuple(edges)


HIGH_EDGES_MS = burst(HIGH_PULSE_MS, HIGH_SPACES_MS)
MEDIUM_EDGES_MS = burst(PULSE_MS, (SPACE_MS, SPACE_MS))
LOW_EDGES_MS = burst(PULSE_MS, (SPACE_MS,))
HIGH_REST_MS = const(8_000)  # 2.5 to 15 s
MEDIUM_REST_MS = const(10_000)  # 2.5 to 30 s
HIGH_NOTES_HZ = (C_HZ, D_HZ, G_HZ, C_HZ, D_HZ, C_HZ, D_HZ, G_HZ, C_HZ, D_HZ)
MEDIUM_NOTES_HZ = (C_HZ, D_HZ, G_HZ)
LOW_NOTES_HZ = (E_HZ, C_LOW_HZ)

# By what sounds.
EDGES_MS = ((), LOW_EDGES_MS, MEDIUM_EDGES_MS, HIGH_EDGES_MS, LOW_EDGES_MS, LOW_EDGES_MS, LOW_EDGES_MS)
NOTES_HZ = ((), LOW_NOTES_HZ, MEDIUM_NOTES_HZ, HIGH_NOTES_HZ, LOW_NOTES_HZ, LOW_NOTES_HZ, LOW_NOTES_HZ)
PERIODS_MS = (
    0,
    30_000,  # more than 15 s
    MEDIUM_EDGES_MS[-1] + MEDIUM_REST_MS,
    HIGH_EDGES_MS[-1] + HIGH_REST_MS,
    60_000,  # assumed, as all of the reminders
    30_000,
    10_000,
)
WAITS_MS = (0, 0, 0, 0, 120_000, 120_000, 30_000)  # before the first tone; 30 s: market, Medfusion

# By priority; LOW does not flash.
FLASHES_MS = (0, 0, 2_000, 500)  # medium 0.4 to 0.8 Hz, high 1.4 to 2.8 Hz
LIT_MS = (0, 0, 1_000, 250)  # 20 to 60 % of it


class Signals:
    """Buzzer and LEDs. After `silence` and `touched`, and once `unconfirmed` is set, look again at once."""

    def __init__(self) -> None:
        self.unconfirmed = 0  # set from outside: the test of the signals waits for its confirmation,
        self.waiting = 0  # or a prescription does

        self.buzzer_hz = 0
        self.red = 0
        self.yellow = 0
        self.cyan = 0
        self.silent = 0  # the audio is paused
        self.paused_too_long = 0
        self.next_ms = 0  # when something of this changes next

        self.looked_ms = 0
        self.state = IDLE
        self.state_ms = 0  # since when, kept for PAUSED
        self.priority = 0
        self.sounds = 0  # a priority or a reminder
        self.tones_ms = 0  # when the burst began, or will,
        self.lights_ms = 0  # and when the flash did
        self.silence_end_ms = 0
        self.silence_remote = 0
        self.wait_ms = 0  # to the next change, 0 when there is none

    def look(self, now_ms: int, state: int, priority: int, raised: int, link_up: int) -> None:
        """Set what is on now. `raised` is not 0 in a step that raised an alarm."""
        self._go_back(until_ms(self.looked_ms, now_ms))
        self.looked_ms = now_ms
        self._follow(now_ms, state, priority, raised)
        if self.silent:
            self._hold(now_ms, link_up)
        self.wait_ms = 0
        if self.silent:
            self._sooner(until_ms(now_ms, self.silence_end_ms))
        self._sound(now_ms)
        self._light(now_ms)
        self._time_pause(now_ms)
        self.next_ms = later_ms(now_ms, self.wait_ms if self.wait_ms else NOTHING_MS)

    def stale(self, now_ms: int, state: int, priority: int) -> bool:
        """Whether `look` would find anything new, unless an alarm has been raised."""
        if state != self.state or priority != self.priority or self.silent:
            return True
        return until_ms(now_ms, self.next_ms) <= 0 or until_ms(self.looked_ms, now_ms) < 0

    def silence(self, now_ms: int, remote: int) -> None:
        """Pause the audio from now, if there is an alarm or a reminder to silence. The lights go on."""
        if self.silent or (self.sounds and until_ms(self.tones_ms, now_ms) >= 0):
            self.silent = 1
            self.silence_remote = remote
            self.silence_end_ms = later_ms(now_ms, SILENCE_MS)
            self.next_ms = now_ms

    def touched(self, now_ms: int) -> None:
        """A user is here: a reminder waits anew."""
        if not self.priority:
            self.tones_ms = later_ms(now_ms, WAITS_MS[self.sounds])
            self.next_ms = now_ms

    # What began

    def _go_back(self, passed_ms: int) -> None:
        """With a clock that went back since the last look."""
        if passed_ms < 0:
            self.state_ms = (self.state_ms + passed_ms) & CLOCK_MASK
            self.tones_ms = (self.tones_ms + passed_ms) & CLOCK_MASK
            self.lights_ms = (self.lights_ms + passed_ms) & CLOCK_MASK
            self.silence_end_ms = (self.silence_end_ms + passed_ms) & CLOCK_MASK

    def _follow(self, now_ms: int, state: int, priority: int, raised: int) -> None:
        """Begin anew what has changed since the last look."""
        sounds = priority
        if not priority:
            sounds = REMIND_UNCONFIRMED if self.unconfirmed or self.waiting else REMINDERS[state]
        moved = state != self.state
        if moved:
            self.state_ms = now_ms
            self.paused_too_long = 0
        if raised or sounds != self.sounds or (moved and not priority):
            self.tones_ms = later_ms(now_ms, WAITS_MS[sounds])
            if raised or not priority or priority > self.priority:
                self.silent = 0
        if priority != self.priority:
            self.lights_ms = now_ms
        self.state = state
        self.priority = priority
        self.sounds = sounds

    def _hold(self, now_ms: int, link_up: int) -> None:
        """End the silence when it is over, or when the remote side that asked for it is gone."""
        if until_ms(now_ms, self.silence_end_ms) <= 0:
            self._resume(self.silence_end_ms)
        elif self.silence_remote and not link_up:
            self._resume(now_ms)

    def _resume(self, at_ms: int) -> None:
        self.silent = 0
        if until_ms(self.tones_ms, at_ms) > 0:  # not a reminder that waits for longer
            self.tones_ms = at_ms

    # What is on

    def _sooner(self, wait_ms: int) -> None:
        if self.wait_ms == 0 or wait_ms < self.wait_ms:
            self.wait_ms = wait_ms

    def _sound(self, now_ms: int) -> None:
        """The note of this moment."""
        self.buzzer_hz = 0
        if not self.sounds:
            return
        at_ms = until_ms(self.tones_ms, now_ms)
        period_ms = PERIODS_MS[self.sounds]
        if at_ms >= period_ms:
            at_ms %= period_ms
            self.tones_ms = (now_ms - at_ms) & CLOCK_MASK
        if self.silent:
            return
        if at_ms < 0:
            self._sooner(-at_ms)
            return
        edges_ms = EDGES_MS[self.sounds]
        i = 0
        while i < len(edges_ms) and edges_ms[i] <= at_ms:
            i += 1
        if i & 1:
            self.buzzer_hz = NOTES_HZ[self.sounds][i >> 1]
        self._sooner((edges_ms[i] if i < len(edges_ms) else period_ms) - at_ms)

    def _light(self, now_ms: int) -> None:
        """The LED of the priority; in a reminder, from its first note to the end of its last."""
        lit = self._flash(now_ms) if self.priority > LOW else 0
        self.red = lit if self.priority == HIGH else 0
        self.yellow = lit if self.priority == MEDIUM else 0
        self.cyan = 1 if self.priority == LOW else 0
        if self.sounds > HIGH and not self.silent:
            self.cyan = 1 if 0 <= until_ms(self.tones_ms, now_ms) < LOW_EDGES_MS[-1] else 0

    def _flash(self, now_ms: int) -> int:
        at_ms = until_ms(self.lights_ms, now_ms)
        flash_ms = FLASHES_MS[self.priority]
        if at_ms >= flash_ms:
            at_ms %= flash_ms
            self.lights_ms = (now_ms - at_ms) & CLOCK_MASK
        lit = 1 if at_ms < LIT_MS[self.priority] else 0
        self._sooner((LIT_MS[self.priority] if lit else flash_ms) - at_ms)
        return lit

    def _time_pause(self, now_ms: int) -> None:
        if self.state != PAUSED or self.paused_too_long:
            return
        left_ms = TOO_LONG_MS - until_ms(self.state_ms, now_ms)
        self.paused_too_long = 1 if left_ms <= 0 else 0
        if left_ms > 0:
            self._sooner(left_ms)
