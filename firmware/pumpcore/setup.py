"""What the controller is told about its pump once, at power-on: the drive, the reservoir, the limits.

`step_pl` is the one number that turns steps into volume; a calibration replaces it. Everything that
follows from it (the largest rate, the volume of a step in the schedule's own unit) is worked out here.
"""

from .units import CLOCK_MASK, GRAINS_PER_PL, PL_PER_UL, const

MOST_STEPS_PER_S = const(20_000)
LEAST_INTERVAL_TICKS = const(625)  # 12.5 MHz / 20,000 steps per second
MOST_RATE_CML_H = const(120_000)  # 1200 mL/h
# At 0.01 mL/h the wait for a larger step, plus a window, is more ticks than fit 31 bits.
MOST_STEP_PL = const(235_000)
MOST_STEPS_PER_TURN = const(320_000)  # 200 full steps, 16 microsteps, a gear of 100
MOST_PASSAGE_UL = const(2_000)  # of which half flows back at most, perhaps between two looks: 2**30 pL are 1073 uL
MOST_VOLUME_UL = const(99_999_000)
MOST_PRESSURE_PA = const(120_000)  # 900 mmHg: the highest level of the pumps compared in README


class SetupError(ValueError):
    """A pump cannot be like that. The message says what would be right."""


def _check(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise SetupError("%s is %d, must be %d to %d" % (name, value, least, most))
    return value


class Setup:
    """Volumes in uL, pressures in Pa, times in s. Raises SetupError for a value out of range.

    occlusion_pa  the line pressure at which the pump stops; 40 kPa (300 mmHg) was used on all devices
                  of a comparison in neonatal intensive care
    bubble_ul     the air bubble that stops the pump; pumps on the market: 50 to 325 uL
    air_sum_ul    air in 15 minutes that stops the pump; IEC 60601-2-24: 1 mL
    near_end_s    a warning this long before the volume is in; 3 min as on the Graseby 3100
    low_ul, empty_ul  what is left in the reservoir when the pump warns and when it stops; Open PCA R6.8

    What the pump has to watch itself with; 0 where it has none:
    steps_per_turn   of the encoder's shaft, which gives 4096 counts a turn
    compliance_nl_kpa  the most that syringe and line give way by; without it pressure is only held
                     against its limit, not watched for its climb and for being alive
    opening_pa       what a valve in the line opens at; the climb up to there is no occlusion
    upstream_pa      how far below the air around the inlet of a peristaltic pump may fall
    drops_per_ml     of the drop chamber
    flow_sensor      1 with a sensor in the line that adds up what flows through it
    rollers          of a peristaltic pump: where they stand then tells what flows past them, up to 2 mL from one to
                     the next, which needs
    suck_back_permille, suck_arc_permille  share of a passage's volume that flows back as a roller leaves, and of
                     the passage over which it does; as measured
    air_test         1 where the air detector's sender can be switched off to see whether it sees
    air_window_ul    what the air detector's window holds, where its reading says how much of that is air
    restarts         by itself after an occlusion, in any ten minutes at most; 0 to 9
    back_off         1 for a drive that may turn back to relieve a blocked line
    barrel_um        outer diameter of the syringe's barrel, as its clamp measures it
    second_clock     1 for a clock with an oscillator of its own
    code_sum         what the checksum of the firmware's code must be, however the driver takes it
    signal_test      1 if a user must acknowledge the test of buzzer and LEDs before the first START
    """

    def __init__(
        self,
        step_pl: int,
        reservoir_ul: int,
        occlusion_pa: int = 40_000,
        bubble_ul: int = 100,
        air_sum_ul: int = 1_000,
        near_end_s: int = 180,
        low_ul: int = 1_000,
        empty_ul: int = 500,
        steps_per_turn: int = 0,
        compliance_nl_kpa: int = 0,
        opening_pa: int = 0,
        upstream_pa: int = 0,
        drops_per_ml: int = 0,
        barrel_um: int = 0,
        back_off: int = 0,
        restarts: int = 0,
        air_test: int = 0,
        flow_sensor: int = 0,
        second_clock: int = 0,
        code_sum: int = 0,
        signal_test: int = 0,
        rollers: int = 0,
        suck_back_permille: int = 0,
        suck_arc_permille: int = 100,
        air_window_ul: int = 0,
    ) -> None:
        self.step_pl = _check("step_pl", step_pl, 1, MOST_STEP_PL)
        self.reservoir_ul = _check("reservoir_ul", reservoir_ul, 1, MOST_VOLUME_UL)
        self.occlusion_pa = _check("occlusion_pa", occlusion_pa, 1, MOST_PRESSURE_PA)
        self.bubble_ul = _check("bubble_ul", bubble_ul, 1, 1_000)
        self.air_sum_ul = _check("air_sum_ul", air_sum_ul, 1, 100_000)
        self.near_end_s = _check("near_end_s", near_end_s, 0, 14_400)
        self.empty_ul = _check("empty_ul", empty_ul, 0, reservoir_ul)
        self.low_ul = _check("low_ul", low_ul, empty_ul, reservoir_ul)
        self.steps_per_turn = _check("steps_per_turn", steps_per_turn, 0, MOST_STEPS_PER_TURN)
        self.compliance_nl_kpa = (
            _check("compliance_nl_kpa", compliance_nl_kpa, 100, 1_000_000) if compliance_nl_kpa else 0
        )
        self.opening_pa = _check("opening_pa", opening_pa, 0, MOST_PRESSURE_PA)
        self.upstream_pa = _check("upstream_pa", upstream_pa, 0, 90_000)
        self.drops_per_ml = _check("drops_per_ml", drops_per_ml, 0, 100)
        self.barrel_um = _check("barrel_um", barrel_um, 0, 60_000)
        self.back_off = _check("back_off", back_off, 0, 1)
        self.restarts = _check("restarts", restarts, 0, 9)
        self.air_test = _check("air_test", air_test, 0, 1)
        self.flow_sensor = _check("flow_sensor", flow_sensor, 0, 1)
        self.second_clock = _check("second_clock", second_clock, 0, 1)
        self.code_sum = _check("code_sum", code_sum, 0, CLOCK_MASK)
        self.signal_test = _check("signal_test", signal_test, 0, 1)
        self.rollers = _check("rollers", rollers, 0, 12)
        if self.rollers:
            _check("a passage of a roller in uL", step_pl * steps_per_turn // PL_PER_UL // rollers, 0, MOST_PASSAGE_UL)
        self.suck_back_permille = _check("suck_back_permille", suck_back_permille, 0, 500)
        self.suck_arc_permille = _check("suck_arc_permille", suck_arc_permille, 1, 500)
        self.air_window_ul = _check("air_window_ul", air_window_ul, 0, 100)
        self.step_grains = step_pl * GRAINS_PER_PL
        self.most_rate_cml_h = min(MOST_RATE_CML_H, self.step_grains // LEAST_INTERVAL_TICKS)
