"""The virtual balance: what it weighs, and that it says so as real ones do."""

import pytest

from pumpsim.balance import Balance, Scales

QUIET = Scales(noise_mg=0.0)


class Poured:
    """A line over the vessel. `ul` is what has come."""

    def __init__(self):
        self.ul = 0.0

    def __call__(self):
        return self.ul


def settled(scales=QUIET, ul=0.0, at_s=0.0):
    """A balance with so much in its vessel since long."""
    poured = Poured()
    balance = Balance(poured, scales)
    poured.ul = ul
    balance.receive(at_s)
    return balance, poured


def test_it_shows_what_came_weighed_in_air():
    """1 mL at 0.998207 g/mL, of which air carries a thousandth: 1 / 1.00285 g."""
    balance, _ = settled(ul=1_000.0)
    assert balance.receive(2.0, b"SI\r\n") == b"S S     0.9972 g\r\n"


def test_it_is_not_stable_for_a_second_after_something_came():
    balance, poured = settled()
    said = []
    for at_s in (1.0, 1.5, 2.0, 2.4, 3.0):
        poured.ul = min(at_s, 2.0) * 100.0
        said.append(balance.receive(at_s, b"SI\r\n")[2:3])
    assert said == [b"D", b"D", b"D", b"D", b"S"]


@pytest.mark.parametrize(("command", "shown"), [(b"S", b"S S     0.9972 g\r\n"), (b"T", b"T S     0.0000 g\r\n")])
def test_a_stable_weight_is_waited_for(command, shown):
    balance, poured = settled()
    poured.ul = 1_000.0
    assert balance.receive(1.0, command + b"\r\n") == b""
    assert balance.receive(1.5) == b""
    assert balance.receive(2.0) == shown
    assert balance.receive(9.0) == b""


def test_it_gives_up_after_a_minute_of_movement():
    balance, poured = settled()
    said = b""
    for at_s in range(1, 63):
        poured.ul += 100.0
        said += balance.receive(float(at_s), b"S\r\n" if at_s == 1 else b"")
    assert said == b"S I\r\n"


def test_a_tare_is_taken_off_and_zero_only_near_zero():
    balance, poured = settled(ul=10_000.0)
    assert balance.receive(2.0, b"Z\r\n") == b"Z +\r\n"
    balance.receive(2.0, b"T\r\n")
    poured.ul += 1_000.0
    balance.receive(3.0)
    assert balance.receive(5.0, b"SI\r\n") == b"S S     0.9972 g\r\n"
    near, _ = settled(ul=1_000.0)
    assert near.receive(2.0, b"Z\r\n") == b"Z A\r\n"
    assert near.receive(2.0, b"SI\r\n") == b"S S     0.0000 g\r\n"


@pytest.mark.parametrize(
    ("scales", "ul", "lifted_g", "sics", "sbi"),
    [
        (Scales(most_g=45.0), 6_000.0, 0.0, b"S +\r\n", b"     High     \r\n"),
        (QUIET, 0.0, 40.0, b"S -\r\n", b"     Low      \r\n"),
        (Scales(most_g=45.0, identified=True), 6_000.0, 0.0, b"S +\r\n", b"Stat       High     \r\n"),
    ],
)
def test_outside_its_range_it_says_so(scales, ul, lifted_g, sics, sbi):
    balance, _ = settled(scales, ul)
    balance.lifted_g = lifted_g
    assert balance.receive(2.0, b"SI\r\n") == sics
    assert balance.receive(2.0, b"\x1bP") == sbi


def test_sbi_is_sixteen_characters_or_twenty_two_and_leaves_the_unit_out_while_it_moves():
    balance, poured = settled(ul=1_000.0)
    assert balance.receive(2.0, b"\x1bP\r\n") == b"+   0.9972 g  \r\n"
    poured.ul = 2_000.0
    assert balance.receive(3.0, b"\x1bP\r\n") == b"+   1.9943    \r\n"
    with_code, _ = settled(Scales(noise_mg=0.0, identified=True), ul=1_000.0)
    assert with_code.receive(2.0, b"\x1bP") == b"N     +   0.9972 g  \r\n"


def test_sbi_tares_without_a_word():
    balance, _ = settled(ul=1_000.0)
    assert balance.receive(2.0, b"\x1bT\r\n\x1bP\r\n") == b"+   0.0000 g  \r\n"


def test_commands_come_in_any_pieces_and_others_are_not_taken():
    balance, _ = settled()
    stream = b"SI\r\n\x1bP\r\nWHO\r\n\x1bQ\r\n"
    whole = balance.receive(2.0, stream)
    assert whole == b"S S     0.0000 g\r\n+   0.0000 g  \r\nES\r\n"
    assert b"".join(balance.receive(2.0, stream[i : i + 1]) for i in range(len(stream))) == whole
    assert balance.receive(2.0, b"A" * 64) == b"ES\r\n"


def test_water_evaporates_and_the_zero_drifts():
    balance, _ = settled(Scales(noise_mg=0.0, evaporation_mg_min=6.0))
    assert balance.receive(600.0, b"SI\r\n") == b"S S    -0.0600 g\r\n"
    balance, _ = settled(Scales(noise_mg=0.0, drift_mg_h=6.0))
    assert balance.receive(600.0, b"SI\r\n") == b"S S     0.0010 g\r\n"


def test_the_same_seed_gives_the_same_noise():
    def readings(seed):
        balance = Balance(Poured(), Scales(noise_mg=1.0), seed)
        return [balance.receive(float(at_s), b"SI\r\n") for at_s in range(20)]

    assert readings(1) == readings(1) != readings(2)
    assert len(set(readings(1))) > 10
