"""The panel in the terminal: what a pump does, in figures that can be read from across the bench, and keys for it.

It shows snapshots and hands in wishes. The pump is the business of `watching`, in a thread of its own, so nothing here
ever waits for it.
"""

from matplotlib.ticker import MaxNLocator
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Digits, Footer, ProgressBar, Static
from textual_plotext import PlotextPlot

from pumphost.monitoring.course import Point
from pumphost.monitoring.face import Face, face
from pumphost.monitoring.watching import Snapshot, Watch

KEYS = {
    "p": ("pause", "Pause"),
    "r": ("resume", "Resume"),
    "s": ("stop", "STOP"),
    "m": ("silence", "Mute"),
    "a": ("acknowledge", "Acknowledge"),
}
# As the LEDs of IEC 60601-1-8.
STYLES = {"high": "bold white on #c01c28", "medium": "bold black on #f5c211", "low": "bold black on #33c7de"}
UNITS = (("h", 3_600.0), ("min", 60.0), ("s", 1.0))
CLOSE = 0.5  # of the occlusion limit: where the pump warns of a line that is partly blocked
TINY = 1e-3  # an axis is at least as long: s, or mL
TICKS = MaxNLocator(6, steps=[1, 2, 5, 10])


class Seen(Message):
    """A new snapshot, from the thread that watches."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class Panel(App[None]):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012, textual's own way
        *(Binding(key, f"want('{action}')", label) for key, (action, label) in KEYS.items()),
        Binding("q", "quit", "Quit"),
    ]
    CSS = """
    #top { height: 1; background: $panel; }
    #title { width: 1fr; padding: 0 1; text-style: bold; }
    #link { width: auto; padding: 0 1; color: $text-success; }
    #link.-lost { background: #c01c28; color: white; text-style: bold; }
    #alarms { height: auto; max-height: 6; min-height: 1; padding: 0 1; text-style: bold; }
    #middle { height: 1fr; min-height: 11; }
    #figures { width: 34; padding: 0 1; }
    #state { height: 1; width: 1fr; text-align: center; text-style: bold; background: $panel; }
    #state.-moves { background: #57e389; color: black; }
    #state.-stopped { background: #c01c28; color: white; }
    .name { color: $text-muted; height: 1; }
    Digits { width: 1fr; height: 3; text-style: bold; }
    #rate { color: $text-success; }
    #course { width: 1fr; }
    #senses { height: 2; padding: 0 1; }
    #senses Static { width: auto; margin-right: 3; }
    #pressure { width: 1fr; height: 1; }
    #bar { width: 32; height: 1; margin-right: 1; }
    #bar Bar { width: 32; }
    #bar.-close Bar > .bar--bar, #bar.-close Bar > .bar--complete { color: #f5c211; }
    #outcome { height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, watch: Watch, title: str) -> None:
        super().__init__()
        self.watched = watch
        self.words = title

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(self.words, id="title", markup=False)
            yield Static("", id="link")
        yield Static("", id="alarms")
        with Horizontal(id="middle"):
            with Vertical(id="figures"):
                yield Static("", id="state")
                yield Static("rate, mL/h", classes="name")
                yield Digits("", id="rate")
                yield Static("pumped while watched, mL", classes="name")
                yield Digits("", id="pumped")
                yield Static("", id="left")
            yield PlotextPlot(id="course")
        with Vertical(id="senses"):
            with Horizontal(id="pressure"):
                yield Static("pressure", classes="name")
                yield ProgressBar(total=1.0, show_percentage=False, show_eta=False, id="bar")
                yield Static("", id="kpa")
            with Horizontal():
                yield Static("", id="air")
                yield Static("", id="power")
                yield Static("", id="warmth")
        yield Static("", id="outcome")
        yield Footer()

    def on_mount(self) -> None:
        self.show(self.watched.snapshot)
        self.watched.listeners.append(self._seen)

    def on_unmount(self) -> None:
        self.watched.listeners.remove(self._seen)

    def action_want(self, action: str) -> None:
        self._put("outcome", Text(f"{action} …"))
        self.watched.want(action)

    def _seen(self, snapshot: Snapshot) -> None:
        self.post_message(Seen(snapshot))

    def on_seen(self, message: Seen) -> None:
        self.show(message.snapshot)

    def show(self, snapshot: Snapshot) -> None:
        seen = face(snapshot)
        self._put("alarms", _alarms(seen))
        self._put("state", Text(seen.state))
        state = self.query_one("#state")
        state.set_class(seen.moves, "-moves")
        state.set_class(seen.state == "ALARM", "-stopped")
        self.query_one("#rate", Digits).update(seen.rate)
        self.query_one("#pumped", Digits).update(seen.pumped)
        self._put(
            "left", Text.assemble(("left       ", "dim"), seen.left, " mL\n", ("time left  ", "dim"), seen.left_time)
        )
        bar = self.query_one("#bar", ProgressBar)
        bar.update(progress=seen.pressure_share)
        bar.set_class(seen.pressure_share > CLOSE, "-close")
        self._put("kpa", Text(seen.pressure))
        for name, words in (("air", seen.air), ("power", seen.power), ("warmth", seen.warmth)):
            self._put(name, Text.assemble((f"{name} ", "dim"), words))
        self._put("link", Text("NO LINK" if seen.trouble else "linked"))
        self.query_one("#link").set_class(bool(seen.trouble), "-lost")
        self._put("outcome", _outcome(seen))
        self._draw(snapshot.points)

    def _put(self, name: str, text: Text) -> None:
        self.query_one(f"#{name}", Static).update(text)

    def _draw(self, points: tuple[Point, ...]) -> None:
        plot = self.query_one("#course", PlotextPlot)
        unit, seconds = next(pair for pair in UNITS if points[-1][0] >= 2 * pair[1] or pair[0] == "s")
        x, y = [t_s / seconds for t_s, _ in points], [ml for _, ml in points]
        plot.plt.clear_data()
        plot.plt.plot(x, y, marker="braille", color="green+")
        for values, limits, ticks in ((x, plot.plt.xlim, plot.plt.xticks), (y, plot.plt.ylim, plot.plt.yticks)):
            most = max(*values, TINY)
            limits(0, most)
            ticks([tick for tick in TICKS.tick_values(0, most) if tick <= most])
        plot.plt.title("pumped, mL")
        plot.plt.xlabel(f"time, {unit}")
        plot.refresh()


def _alarms(seen: Face) -> Text:
    if seen.trouble:
        return Text(f" {seen.trouble} ", STYLES["high"])
    if not seen.alarms:
        return Text("no alarm", "green")
    lines = [
        Text.assemble((f" {note.priority.upper():6} ", STYLES[note.priority]), f" {note.text}") for note in seen.alarms
    ]
    if seen.audio:
        lines[0].append(f"   ({seen.audio})", "dim")
    return Text("\n").join(lines)


def _outcome(seen: Face) -> Text:
    if seen.remark:
        return Text(seen.remark, STYLES["medium"])
    if not seen.outcome:
        return Text("")
    return Text(seen.outcome.text, "" if seen.outcome.ok else "bold #f5c211")
