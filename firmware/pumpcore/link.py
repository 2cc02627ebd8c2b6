"""The pump's end of the wire: bytes in, at most one request a step for the controller, one line out for one in.

`hear` runs before a step of the controller, `answer` after it. A frame that changes anything carries a number, and is
taken only if that lies ahead of the last one taken, by 1 to 1000: what is repeated, delayed or out of order does not
lie there. The same frame once more, to the bit, is answered as it was the first time and done no more. So whatever the
line loses or doubles, a command is done once or not at all, and a host that has lost the reply asks again.

STOP is taken with any number but the thousand behind the last one, and without a session with any at all: who wants the
pump to stop need not have asked it anything before.

What waits to be confirmed was read against a prescription. It is forgotten as soon as that ends or becomes another,
whoever has seen to it: a rate that was asked for one infusion is never that of the next.

A few bytes are read in a step, and no more than one frame: traffic does not hold up the motor.
"""

from . import commands
from .alarms import LINK_LOST
from .commands import ALWAYS, CHANGE, NO, OK, READ
from .controller import Controller
from .dose import refuse_program
from .events import BOOT, HOST_BACK, HOST_LOST, LINK, SESSION_ENDED, SESSION_OPENED, UNCONFIRMED_LAPSED, Events
from .records import ACCEPTED, REFUSED_HERE, REFUSED_RATE, Inputs, Outputs
from .replies import READS
from .session import Session
from .states import PROGRAM, REFUSED, SET_RATE, STOP, next_state
from .units import const, until_ms
from .waiting import Waiting
from .wire import FROM_HOST, FROM_PUMP, MOST_BYTES, NUMBERS, Reader, Writer

TYPE_CHECKING = False  # MicroPython has no `typing`; a type checker takes this name for true
if TYPE_CHECKING:
    from .pump import Serial

BYTES = const(16)  # heard in a step
AHEAD = const(1_000)
LOST_MS = const(10_000)  # without a word of a host that says it is there; assumed
FINE = b""


class Link:
    """After `answer`, `writer.line[:said]` is to be sent. `refused` counts frames that were whole and not taken,
    modulo 65,536. `cause` is why the pump has started, a value of events.BOOT."""

    def __init__(self, controller: Controller, session: Session, cause: int = 0) -> None:
        self.controller = controller
        self.session = session
        self.events = Events()
        self.waiting = Waiting()
        self.rx = bytearray(BYTES)
        self.rx_at = self.rx_end = 0
        self.reader = Reader(FROM_HOST)
        self.writer = Writer(FROM_PUMP)
        self.said = 0
        self.refused = 0
        self.now_ms = 0
        # The frame of this step.
        self.command = commands.TABLE[0]
        self.heard = False
        self.why = FINE  # it is not taken
        self.asks = False  # the controller answers it
        self.repeated = False
        self.taken = False  # it changes something, and is the first of its number
        # The last that was taken: number, check, and what was said to it.
        self.last = 0
        self.last_check = b""
        self.again = bytearray(MOST_BYTES)
        self.again_bytes = 0
        # A host that says that it is there, and one that does so no longer.
        self.watched = False
        self.lost = False
        self.alive_ms = 0
        self.booted = False
        self.cause = cause

    # Before a step

    def hear(self, now_ms: int, inputs: Inputs, serial: "Serial") -> None:
        """Take what has come, a little of it; nothing while a key asks in the same step."""
        self.now_ms = now_ms
        self.heard = False
        inputs.remote = 0
        self._time()
        if not inputs.request:
            if self.rx_at == self.rx_end:
                self.rx_at, self.rx_end = 0, serial.receive(self.rx)
            if self.rx_at < self.rx_end:
                self.rx_at = self.reader.read(self.rx, self.rx_at, self.rx_end)
                if self.reader.whole:
                    self._frame(inputs)
        inputs.unconfirmed = 1 if self.waiting.request or inputs.read_back else 0
        if self.watched:
            inputs.link_up = 0 if self.lost else 1

    def more(self) -> bool:
        """Something is left of what has come, or may be."""
        return self.rx_at < self.rx_end or self.rx_end == BYTES

    def _time(self) -> None:
        if not self.booted:
            self.booted = True
            self.events.note(self.now_ms, LINK, BOOT, self.cause)
        if self.waiting.request and self.waiting.lapse(self.now_ms):
            self._note(UNCONFIRMED_LAPSED)
        if self.session.own and self.session.over(self.now_ms):
            self._note(SESSION_ENDED)
        if self.watched and not self.lost and until_ms(self.alive_ms, self.now_ms) >= LOST_MS:
            self.lost = True
            self._note(HOST_LOST)

    def _note(self, code: int) -> None:
        self.events.note(self.now_ms, LINK, code)

    def _frame(self, inputs: Inputs) -> None:
        """A whole frame: what it says, who may, and whether its number comes next."""
        self.heard = True
        self.asks = self.repeated = self.taken = False
        self.why = FINE
        command = commands.find(self.reader)
        if command is None:
            self.why = commands.UNKNOWN
            return
        self.command = command
        if not commands.fits(command, self.reader):
            self.why = commands.FIELDS
        elif command.gate == CHANGE or command.gate == ALWAYS:
            self.why = self._gate()
            if not (self.why or self.repeated):
                self.why = self._change(inputs)
        elif command.gate != READ:
            self.why = self._open()

    def _gate(self) -> bytes:
        if self.session.lets(self.reader):
            return self._in_order()
        return FINE if self.command.gate == ALWAYS else commands.NO_SESSION

    def _in_order(self) -> bytes:
        reader = self.reader
        ahead = (reader.number - self.last) % NUMBERS
        if ahead == 0 and reader.check == self.last_check:
            self.repeated = True
            return FINE
        if not (1 <= ahead <= AHEAD if self.command.gate == CHANGE else ahead < NUMBERS - AHEAD):
            return commands.STALE
        self.last = reader.number
        self.last_check = reader.check
        self.taken = True
        self.session.heard(self.now_ms, ahead)
        return FINE

    # What a command that changes something does

    def _change(self, inputs: Inputs) -> bytes:
        word = self.command.word
        if word == b"program" or word == b"rate":
            return self._propose(self.command.request)
        if word == b"confirm":
            return self._confirm(inputs)
        if word == b"alive":
            self._alive()
        elif word == b"bye":
            self._bye(inputs)
        else:
            self._ask(inputs, self.command.request)
        return FINE

    def _propose(self, request: int) -> bytes:
        """Let it wait, if the pump could do it now."""
        reader, dose, setup = self.reader, self.controller.dose, self.controller.setup
        rate_cml_h = reader.integer(1)
        if next_state(self.controller.state, request) == REFUSED:
            return commands.why_not(REFUSED_HERE)
        if request == SET_RATE:
            if rate_cml_h > setup.most_rate_cml_h:
                return commands.why_not(REFUSED_RATE)
            self.waiting.rate(self.now_ms, rate_cml_h, dose.left_ul(), dose.kvo_cml_h)
            return FINE
        vtbi_ul, kvo_cml_h = reader.integer(2), reader.integer(3)
        answer = refuse_program(setup, rate_cml_h, vtbi_ul, kvo_cml_h)
        if answer == ACCEPTED:
            self.waiting.program(self.now_ms, rate_cml_h, vtbi_ul, kvo_cml_h)
        return commands.why_not(answer)

    def _confirm(self, inputs: Inputs) -> bytes:
        waiting = self.waiting
        if not waiting.request:
            return commands.LAPSED
        if not self.reader.shows(1, waiting.digest):
            return commands.DIGEST
        inputs.rate_cml_h = waiting.rate_cml_h
        inputs.vtbi_ul, inputs.kvo_cml_h = waiting.vtbi_ul, waiting.kvo_cml_h
        self._ask(inputs, waiting.request)
        waiting.request = 0
        return FINE

    def _ask(self, inputs: Inputs, request: int) -> None:
        inputs.request = request
        inputs.remote = 1
        self.asks = True

    def _alive(self) -> None:
        self.alive_ms = self.now_ms
        if self.lost:
            self._note(HOST_BACK)
        self._back()
        self.watched = True

    def _back(self) -> None:
        """Nobody is missed; whoever is so again is a new alarm."""
        self.lost = False
        self.controller.alarms.forget(LINK_LOST)

    def _bye(self, inputs: Inputs) -> None:
        self._back()
        self.watched = False
        inputs.link_up = 1
        self.session.end()

    def _open(self) -> bytes:
        session = self.session
        if not session.keyed:
            return commands.NO_KEY
        if self.command.word == b"prove":
            if not session.prove(self.now_ms, self.reader):
                return commands.NO_SESSION
            self._note(SESSION_OPENED)
        return FINE

    # After a step

    def answer(self, inputs: Inputs, outputs: Outputs) -> None:
        """Note what the step has changed, and say something if something was asked."""
        self.events.follow(self.now_ms, inputs, outputs)
        if outputs.answer == ACCEPTED:
            self._carried_out(inputs.request)
        self.said = 0
        if not self.heard:
            return
        if self.repeated:
            self._say_again()
            return
        if self.asks:
            self.why = commands.why_not(outputs.answer)
        elif not self.why and self.command.word == b"event" and not self.events.keeps(self.reader.integer(1)):
            self.why = commands.NO_EVENT  # any more: this step may have written over it
        self._say(inputs, outputs)
        if self.taken:
            self.again[:] = self.writer.line
            self.again_bytes = self.said

    def _carried_out(self, request: int) -> None:
        """Forget what waits if the prescription is not what it was."""
        if request == PROGRAM or request == SET_RATE or request == STOP:
            self.waiting.request = 0

    def _say(self, inputs: Inputs, outputs: Outputs) -> None:
        writer, command = self.writer, self.command
        writer.begin(self.reader.number, NO if self.why else OK)
        if self.why:
            self.refused = (self.refused + 1) % NUMBERS
            writer.text(self.why)
        elif self.asks:
            writer.integer(outputs.state)
        elif command.gate == READ:
            READS[command.word](writer, self, inputs, outputs)
        elif command.word == b"open":
            writer.hexadecimals(self.session.challenge(self.reader.text(1)))
        elif command.request == PROGRAM or command.request == SET_RATE:
            self._say_waiting(writer)
        writer.end()
        self.said = writer.length

    def _say_waiting(self, writer: Writer) -> None:
        """The pump's own reading of it."""
        waiting = self.waiting
        writer.integer(waiting.rate_cml_h)
        writer.integer(waiting.vtbi_ul)
        writer.integer(waiting.kvo_cml_h)
        writer.integer(waiting.duration_s)
        writer.hexadecimal(waiting.digest)

    def _say_again(self) -> None:
        self.writer.line[:] = self.again
        self.said = self.again_bytes
