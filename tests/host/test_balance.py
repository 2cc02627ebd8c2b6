"""What balances say, line by line: weights, refusals, and whatever else may come."""

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from pumphost.calibrating.balance import (
    SBI,
    SICS,
    Balance,
    BalanceError,
    TypedBalance,
    Weight,
    read_sbi,
    read_sics,
    read_typed,
)
from pumphost.line import PortError

WEIGHTS = [
    (read_sics, "S S     12.3456 g", Weight(12.3456, True)),
    (read_sics, "S D     12.3456 g", Weight(12.3456, False)),
    (read_sics, "S S    -12.3456 g", Weight(-12.3456, True)),
    (read_sics, "S S     12.34[56] g", Weight(12.3456, True)),
    (read_sics, "S S        100. g", Weight(100.0, True)),
    (read_sics, "S I", None),
    (read_sbi, "+   12.3456 g ", Weight(12.3456, True)),
    (read_sbi, "+   12.3456   ", Weight(12.3456, False)),
    (read_sbi, "-    0.0012 g ", Weight(-0.0012, True)),
    (read_sbi, "     0.0000 g ", Weight(0.0, True)),
    (read_sbi, "N     +  123.456 g  ", Weight(123.456, True)),
    (read_sbi, "G#    -  123.456    ", Weight(-123.456, False)),
    (read_sbi, "Stat        C       ", None),
]

REFUSALS = [
    (read_sics, "S +", "overloaded: take a smaller vessel"),
    (read_sics, "S -", "below its range: is the vessel on the pan"),
    (read_sics, "ES", "answers ES, it does not take the command: set its interface to MT-SICS"),
    (read_sics, "S S    12345.6 mg", "weighs in mg: set it to g"),
    (read_sics, "S S     0.0271 lb", "weighs in lb: set it to g"),
    (read_sics, "S S    1,2.34 g", "no weight in MT-SICS"),
    (read_sics, "+   12.3456 g ", "no weight in MT-SICS; is it another protocol?"),
    (read_sics, "", "no weight in MT-SICS"),
    (read_sbi, "     High     ", "overloaded"),
    (read_sbi, "Stat        HH      ", "overloaded"),
    (read_sbi, "Stat         Low    ", "below its range"),
    (read_sbi, "Stat     Err  54    ", "reports 'Err  54'"),
    (read_sbi, "+   12.3456 ct", "weighs in ct: set it to g"),
    (read_sbi, "Qnt   +      253 pcs", "weighs in pcs: set it to g"),
    (read_sbi, "2.3456 g ", "no weight in SBI"),  # its first half is lost
    (read_sbi, "S S     12.3456 g", "no weight in SBI; is it another protocol?"),
    (read_typed, "12,5", "'12,5' is no weight; type it as 12.3456, in g"),
    (read_typed, "", "'' is no weight"),
    (read_typed, "nan", "no weight"),
    (read_typed, "12.5 kg", "weighs in kg: set it to g"),
]


@pytest.mark.parametrize(("read", "line", "weight"), WEIGHTS)
def test_a_weight_is_read_with_its_sign_and_whether_it_is_stable(read, line, weight):
    assert read(line) == weight


@pytest.mark.parametrize(("read", "line", "words"), REFUSALS)
def test_what_is_no_weight_in_grams_is_refused_in_one_line(read, line, words):
    with pytest.raises(BalanceError) as refused:
        read(line)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_typed_weight_may_have_its_unit():
    assert read_typed(" 12.5 g\n") == read_typed("12.5g") == read_typed("+12.5") == Weight(12.5, True)
    assert read_typed("-.5") == Weight(-0.5, True)


GRAMS = st.integers(-9_999_999, 9_999_999).map(lambda tenths_mg: tenths_mg / 10_000)


@given(GRAMS, st.booleans())
def test_whatever_it_weighs_comes_through_both_protocols(grams, stable):
    assert read_sics(f"S {'S' if stable else 'D'} {grams:10.4f} g") == Weight(grams, stable)
    sixteen = f"{'-' if grams < 0 else '+'}{abs(grams):9.4f} {'g' if stable else '':3}"
    assert read_sbi(sixteen) == read_sbi(f"N     {sixteen}") == Weight(grams, stable)


@given(GRAMS, st.integers(0, 19), st.sampled_from(["", "??", "11", "  "]))
def test_a_line_that_lost_or_gained_a_character_is_never_taken(grams, at, instead):
    line = f"N     {'-' if grams < 0 else '+'}{abs(grams):9.4f} g  "
    with pytest.raises(BalanceError):
        read_sbi(line[:at] + instead + line[at + 1 :])


@given(st.text(max_size=30))
def test_whatever_else_it_says_is_refused_or_a_weight_and_never_a_defect(line):
    for read in (read_sics, read_sbi, read_typed):
        try:
            weight = read(line)
        except BalanceError:
            continue
        assert weight is None or isinstance(weight, Weight)


# The port


class Port:
    """Gives one line after another; `sent` is what it was asked."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.sent = b""

    def reset_input_buffer(self):
        pass

    def write(self, data):
        self.sent += data

    def readline(self):
        line = self.lines.pop(0) if self.lines else b""
        if isinstance(line, Exception):
            raise line
        return line


def test_it_is_asked_in_its_own_protocol():
    for protocol, asked, line in (
        (SICS, b"SI\r\n", b"S S     12.3456 g\r\n"),
        (SBI, b"\x1bP\r\n", b"+   12.3456 g \r\n"),
    ):
        port = Port(line)
        assert Balance(port, protocol).read() == Weight(12.3456, True)
        assert port.sent == asked


def test_a_damaged_line_is_asked_for_again_twice():
    assert Balance(Port(b"3456 g\r\n", b"\xff\r\n", b"S S  1.0000 g\r\n"), SICS).read() == Weight(1.0, True)
    port = Port(*[b"3456 g\r\n"] * 3)
    with pytest.raises(BalanceError, match="'3456 g', which is no weight"):
        Balance(port, SICS).read()
    assert port.sent == b"SI\r\n" * 3


def test_silence_says_how_a_balance_must_be_set():
    with pytest.raises(BalanceError, match=r"does not answer: is it on.*9600 baud, 8 data bits, no parity, MT-SICS"):
        Balance(Port(), SICS).read()


def test_a_port_that_has_gone_is_told():
    with pytest.raises(PortError, match="the balance's port has gone: unplugged"):
        Balance(Port(serial.SerialException("unplugged")), SBI).read()


def test_taring_is_answered_in_one_protocol_and_not_in_the_other():
    port = Port(b"T S      0.0000 g\r\n")
    Balance(port, SICS).tare()
    Balance(port, SBI).tare()
    assert port.sent == b"T\r\n\x1bT\r\n"
    with pytest.raises(BalanceError, match=r"does not tare, it says 'T \+'"):
        Balance(Port(b"T +\r\n"), SICS).tare()


def test_a_person_is_asked_until_a_weight_is_typed():
    typed, told = ["", "12,5", "12.5 oz", "12.5"], []
    balance = TypedBalance(lambda text: typed.pop(0), told.append)
    assert balance.read() == Weight(12.5, True)
    assert [words.split(";")[0] for words in told] == [
        "'' is no weight",
        "'12,5' is no weight",
        "the balance weighs in oz: set it to g",
    ]
    balance.tare()
    assert told[-1] == "Tare the balance now."
