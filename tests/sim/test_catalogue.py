"""The catalogue against published lists and figures worked out by hand, and what must hold for each of its rows.

Two of the lists are typed in here from where they were found, apart from the catalogue's own: New Era's diameters
(NE-1000 User Manual, section 12.7) and B. Braun's least rates (Perfusor compact plus, page 42).
"""

import tomllib
from collections import Counter
from importlib.resources import files
from itertools import pairwise

import pytest

from pumpcore.setup import MOST_STEP_PL
from pumpsim.catalogue import (
    CANNULAS,
    DROPS_PER_ML,
    FLUIDS,
    KPA_S_UL_PER_RU,
    ROUTES,
    SETS,
    TISSUE_KPA_S_UL,
    TUBES,
    WATER_MPA_S,
    Cannula,
    Tubing,
    syringes,
    tubing,
)

NE_1000_MM = {
    "BD Plastipak": {1: 4.699, 3: 8.585, 5: 11.99, 10: 14.43, 20: 19.05, 30: 21.59, 60: 26.59},
    "Terumo": {1: 4.7, 3: 8.95, 5: 13.0, 10: 15.8, 20: 20.15, 30: 23.1, 60: 29.7},
    "Monoject": {1: 5.74, 3: 8.941, 6: 12.7, 12: 15.72, 20: 20.12, 35: 23.52, 60: 26.64},
    "Norm-Ject": {1: 4.69, 3: 9.65, 5: 12.45, 10: 15.9, 20: 20.05, 30: 22.9, 50: 29.2},
}
LEAST_ML_H = {1: 0.01, 3: 0.01, 5: 0.05, 10: 0.1, 20: 0.5, 30: 1.0, 50: 1.0}  # the 1 is ours
DEAD_ML = {1: 0.07, 2: 0.07, 5: 0.075, 10: 0.10, 20: 0.15, 30: 0.17, 50: 0.20, 100: 0.20}  # BD data sheet
ELASTIC_UL_KPA = {1: 0.4, 5: 2.0, 10: 3.5, 20: 6.0, 50: 15.0}  # assumed, see syringes.toml
MMHG = 0.13332  # kPa

every_syringe = pytest.mark.parametrize("syringe", syringes().values(), ids=lambda syringe: syringe.name)
every_brand = pytest.mark.parametrize("brand", NE_1000_MM)
every_tube = pytest.mark.parametrize("tube", TUBES.values(), ids=lambda tube: tube.name)


def brand_of(syringe):
    return syringe.name.rpartition(" ")[0]


def interpolated(table, at):
    low, high = max(size for size in table if size <= at), min(size for size in table if size >= at)
    return table[low] + (0 if high == low else (table[high] - table[low]) * (at - low) / (high - low))


def test_no_name_is_given_twice():
    """A second row of the same name would silently replace the first."""
    for name in ("syringes.toml", "lines.toml"):
        text = files("pumpsim").joinpath(name).read_text(encoding="utf-8")
        for table in (rows for rows in tomllib.loads(text).values() if isinstance(rows, list)):
            names = Counter(row["name"] for row in table)
            assert names.most_common(1)[0][1] == 1


@every_brand
def test_each_brand_has_every_size_of_the_published_list(brand):
    ours = {syringe.nominal_ml for syringe in syringes().values() if brand_of(syringe) == brand}
    assert ours >= set(NE_1000_MM[brand])


@every_brand
def test_diameters_agree_with_the_published_list(brand):
    """To 0.005 mm (it rounds), but for three BD sizes taken from another list, up to 0.1 mm larger."""
    for size, diameter in NE_1000_MM[brand].items():
        name = f"{brand} {size}"
        slack = 0.101 if name in ("BD Plastipak 3", "BD Plastipak 10", "BD Plastipak 30") else 0.005
        assert syringes()[name].inner_diameter_mm == pytest.approx(diameter, abs=slack), name


def test_there_are_at_least_27_syringes():
    assert len(syringes()) >= 27


def test_area_and_barrel_compliance_worked_out_by_hand():
    """pi/4 * 26.59^2 = 555.30 mm2; of 15 uL/kPa the rod takes 555.30^2 / 45 * 1e-3 = 6.85."""
    syringe = syringes()["BD Plastipak 50"]
    assert syringe.area_mm2 == pytest.approx(555.30, abs=0.01)
    assert syringe.barrel_compliance_ul_kpa == pytest.approx(8.148, abs=0.001)


def test_a_terumo_50_has_a_fifth_more_area_than_a_bd():
    assert syringes()["Terumo 50"].area_mm2 / syringes()["BD Plastipak 50"].area_mm2 == pytest.approx(1.198, abs=5e-4)


@every_syringe
def test_a_syringe_is_called_after_its_brand_and_size(syringe):
    assert brand_of(syringe) in NE_1000_MM
    assert syringe.name == f"{brand_of(syringe)} {syringe.nominal_ml:g}"


@every_syringe
def test_the_stroke_displaces_the_nominal_volume(syringe):
    """Strokes are computed and rounded to 0.1 mm, which is 0.13 % of the shortest."""
    assert syringe.stroke_mm * syringe.area_mm2 == pytest.approx(syringe.nominal_ml * 1e3, rel=1.4e-3)


@every_syringe
def test_rod_and_barrel_share_the_compliance(syringe):
    """The rod at most two thirds of it, so that a sticking stopper leaves something that is elastic."""
    assert 15 <= syringe.stiffness_n_mm <= 60
    barrel = syringe.barrel_compliance_ul_kpa
    assert syringe.compliance_ul_kpa / 3 <= barrel < syringe.compliance_ul_kpa


@every_syringe
def test_a_size_is_as_elastic_as_assumed_for_it(syringe):
    """Sizes between the table's are interpolated to 6 %. Whole 50 mL syringes measured 9 to 21 (Snijder 2015)."""
    if syringe.nominal_ml >= 50:
        assert 15 <= syringe.compliance_ul_kpa <= 21
    else:
        assert syringe.compliance_ul_kpa == pytest.approx(interpolated(ELASTIC_UL_KPA, syringe.nominal_ml), rel=0.06)


@every_syringe
def test_friction_goes_with_the_diameter_and_doubles_without_rubber(syringe):
    parts = 2 if brand_of(syringe) == "Norm-Ject" else 1
    assert syringe.friction_n == pytest.approx(parts * 5 * syringe.inner_diameter_mm / 26.59, abs=0.005)
    assert syringe.stiction_n == pytest.approx(syringe.friction_n / 5, abs=0.007)
    assert syringe.stiction_n <= 3


def test_friction_is_near_what_was_measured_in_water():
    """Kiselev 2020: three parts 2.9 N, two parts 6 N, taken to be 10 mL syringes."""
    assert syringes()["BD Plastipak 10"].friction_n == pytest.approx(2.9, rel=0.1)
    assert syringes()["Norm-Ject 10"].friction_n == pytest.approx(6.0, rel=0.1)


@every_syringe
def test_the_dead_space_is_the_data_sheets(syringe):
    assert syringe.dead_space_ml == pytest.approx(interpolated(DEAD_ML, syringe.nominal_ml), abs=0.005)


@every_syringe
def test_the_least_rate_is_that_of_the_listed_size_below(syringe):
    size = max(size for size in LEAST_ML_H if size <= syringe.nominal_ml)
    assert syringe.least_rate_ml_h == LEAST_ML_H[size]


@every_brand
def test_nothing_shrinks_from_one_size_of_a_brand_to_the_next(brand):
    sizes = sorted((s for s in syringes().values() if brand_of(s) == brand), key=lambda s: s.nominal_ml)
    for small, large in pairwise(sizes):
        assert small.inner_diameter_mm <= large.inner_diameter_mm
        assert small.compliance_ul_kpa <= large.compliance_ul_kpa
        assert small.stiffness_n_mm <= large.stiffness_n_mm


@pytest.mark.parametrize(
    ("tube", "resistance", "volume", "compliance"),
    [
        (SETS["standard extension"], 0.0611, 1178, 0.51),
        (SETS["neonatal microbore"], 0.978, 294.5, 0.103),
        (SETS["IV administration set"], 0.00101, 14137, 10.8),
        (Tubing(2.0, 2.7, 0.7), 0.00153, 11451, 6.94),
    ],
)
def test_a_line_worked_out_by_hand(tube, resistance, volume, compliance):
    """Poiseuille, a cylinder, a thick-walled tube of 10 MPa; each to the digits given."""
    assert tube.resistance_kpa_s_ul == pytest.approx(resistance, rel=5e-3)
    assert tube.volume_ul == pytest.approx(volume, rel=1e-3)
    assert tube.compliance_ul_kpa == pytest.approx(compliance, rel=5e-3)


def test_a_line_is_half_a_millimetre_thick_unless_told_and_a_thicker_one_is_stiffer():
    assert Tubing(1.5, 1.0) == Tubing(1.5, 1.0, 0.5)
    assert Tubing(1.5, 1.0, 1.0).compliance_ul_kpa < Tubing(1.5, 1.0).compliance_ul_kpa


def test_the_gravity_set_is_the_one_of_the_commercial_item_description():
    """A-A-51886: 74 inches, 0.106 inside, 0.150 outside; to 0.5 %."""
    size = SETS["gravity set"]
    outer_mm = size.inner_diameter_mm + 2 * size.wall_mm
    inches = [size.length_m * 1e3 / 25.4, size.inner_diameter_mm / 25.4, outer_mm / 25.4]
    assert inches == pytest.approx([74, 0.106, 0.150], rel=5e-3)


@pytest.mark.parametrize("name", SETS)
def test_a_set_goes_by_its_name(name):
    assert tubing(name) is SETS[name]


def test_there_are_eight_sets_all_different():
    assert len(set(SETS.values())) == len(SETS) >= 8


@pytest.mark.parametrize("text", ["1.5 m x 1.0 mm", "1.5m x 1mm", " 1.5 m  x  1. mm "])
def test_any_other_line_goes_by_its_size(text):
    assert tubing(text) == Tubing(1.5, 1.0)


@pytest.mark.parametrize(
    ("text", "offered"),
    [("presure line", "pressure line"), ("Blood Set", "blood set"), ("standard extention", "standard extension")],
)
def test_a_name_that_is_none_gets_the_nearest(text, offered):
    with pytest.raises(ValueError, match=rf"^unknown; did you mean {offered}[^,]*\? Or give a length and"):
        tubing(text)


@pytest.mark.parametrize("text", ["", "1.5 x 1.0", "-1 m x 1 mm", "1 m x 1 mm x 1 mm", "zzz"])
def test_a_text_near_nothing_gets_the_whole_list_and_no_guess(text):
    with pytest.raises(ValueError, match=r"or one of minibore extension, .*blood set$"):
        tubing(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 m x 1.0 mm", "longer than 0 m, not 0 m"),
        ("1.5 m x 0.0 mm", "wider than 0 mm, not 0 mm"),
        ("0 m x 0 mm", "longer than 0 m"),
    ],
)
def test_a_line_without_length_or_bore_is_refused_by_what_it_lacks(text, words):
    with pytest.raises(ValueError, match=words):
        tubing(text)


def test_a_line_without_a_wall_is_refused():
    with pytest.raises(ValueError, match="wall thicker than 0 mm"):
        Tubing(1.5, 1.0, 0.0)


def test_a_line_may_be_as_small_as_one_likes():
    assert Tubing(1e-3, 1e-3, 1e-3).volume_ul == pytest.approx(7.854e-7, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "resistance"),
    [
        ("14G", "0.0002"),
        ("18G", "0.0015"),
        ("20G", "0.0032"),
        ("22G", "0.0057"),
        ("24G", "0.0098"),
        ("1.9Fr", "1.01"),
        ("1Fr", "9.8"),
        ("epidural 20G", "0.89"),
    ],
)
def test_cannulas_resist_as_published_to_the_last_digit(name, resistance):
    digits = len(resistance.partition(".")[2])
    assert f"{CANNULAS[name].resistance_kpa_s_ul:.{digits}f}" == resistance


@pytest.mark.parametrize(("name", "volume"), [("1.9Fr", 14), ("1Fr", 4.5), ("epidural 20G", 143)])
def test_what_a_catheter_holds(name, volume):
    assert CANNULAS[name].volume_ul == pytest.approx(volume, rel=0.011)


def test_a_cannula_is_a_short_line():
    cannula, line = Cannula("", 1.0, 1500), Tubing(1.5, 1.0)
    assert cannula.resistance_kpa_s_ul == pytest.approx(line.resistance_kpa_s_ul)
    assert cannula.volume_ul == pytest.approx(line.volume_ul)


@pytest.mark.parametrize(
    "names",
    [["14G", "16G", "17G", "18G", "20G", "22G", "24G", "26G"], ["5Fr", "4Fr", "3Fr", "2Fr", "1.9Fr", "1Fr"]],
    ids=["gauge", "French"],
)
def test_thinner_cannulas_resist_more(names):
    resistances = [CANNULAS[name].resistance_kpa_s_ul for name in names]
    assert resistances == sorted(resistances) and len(set(resistances)) == len(names)


@pytest.mark.parametrize("name", [name for name in CANNULAS if name.endswith("Fr")])
def test_the_bore_of_a_picc_leaves_room_for_its_wall(name):
    """A French is a third of a millimetre of outer diameter."""
    assert CANNULAS[name].bore_mm < 0.7 * float(name.removesuffix("Fr")) / 3


@pytest.mark.parametrize(
    ("name", "outer_mm", "length_mm"),
    [
        ("14G", 2.1, 45),
        ("16G", 1.8, 45),
        ("18G", 1.3, 32),
        ("20G", 1.1, 32),
        ("22G", 0.9, 25),
        ("24G", 0.7, 19),
        ("26G", 0.6, 19),
    ],
)
def test_a_cannula_is_as_long_as_in_the_chart_and_its_bore_leaves_room_for_a_wall(name, outer_mm, length_mm):
    """Peripheral IV Catheter Chart; walls of 0.08 mm and more."""
    assert CANNULAS[name].length_mm == length_mm
    assert outer_mm / 2 < CANNULAS[name].bore_mm <= outer_mm - 2 * 0.08


@pytest.mark.parametrize(("name", "ml_h"), [("4Fr", 2100), ("5Fr", 6000)])
def test_piccs_let_through_what_pumps_drove_through_them(name, ml_h):
    """600 mmHg drove 2100 to over 6000 mL/h through 45 cm of PICC."""
    flow_ml_h = 600 * MMHG / CANNULAS[name].resistance_kpa_s_ul * 3.6
    assert flow_ml_h == pytest.approx(ml_h, rel=0.1)


def test_a_resistance_unit_is_a_millimetre_of_mercury_per_litre_an_hour():
    """62 RU at 1 L/h = 277.8 uL/s press with 62 mmHg = 8.27 kPa."""
    assert pytest.approx(62 * KPA_S_UL_PER_RU, abs=5e-5) == 0.0298
    assert pytest.approx(TISSUE_KPA_S_UL, rel=1e-4) == 544 * MMHG / 277.78


def test_a_20g_in_a_peripheral_vein_resists_as_the_median_patient():
    resistance = ROUTES["peripheral vein"].resistance_kpa_s_ul + CANNULAS["20G"].resistance_kpa_s_ul
    assert resistance == pytest.approx(62 * KPA_S_UL_PER_RU, rel=2e-3)


def test_under_the_skin_a_cannula_works_against_tissue():
    assert ROUTES["subcutaneous"].resistance_kpa_s_ul == pytest.approx(TISSUE_KPA_S_UL, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("peripheral vein", 0.7, 2.7),
        ("central vein", 0.3, 1.6),
        ("artery", 8, 16),
        ("umbilical artery", 4, 7),
        ("epidural", 0, 3),
        ("intrathecal", 5.7 * MMHG, 15.5 * MMHG),
        ("subcutaneous", 0, 7),
        ("intraosseous", (24.5 - 6.8) * MMHG, (24.5 + 6.8) * MMHG),
    ],
)
def test_the_pressure_of_a_route_lies_in_its_range(name, least, most):
    assert least <= ROUTES[name].pressure_kpa <= most


@pytest.mark.parametrize("name", ["central vein", "artery", "umbilical artery"])
def test_a_large_vessel_adds_no_resistance(name):
    assert ROUTES[name].resistance_kpa_s_ul == 0


def test_the_spinal_canal_resists_as_measured():
    """Andersson 2011: a conductance of 9.1 uL/(s kPa)."""
    assert ROUTES["intrathecal"].resistance_kpa_s_ul == pytest.approx(1 / 9.1, rel=2e-3)


def test_bone_resists_about_as_measured():
    """CITRIN: up to 69 mL/min = 1150 uL/s at 300 mmHg, and more than a vein does."""
    assert ROUTES["intraosseous"].resistance_kpa_s_ul == pytest.approx(300 * MMHG / 1150, rel=0.2)
    assert ROUTES["intraosseous"].resistance_kpa_s_ul > ROUTES["peripheral vein"].resistance_kpa_s_ul


def test_epidural_space_resists_less_than_solid_tissue():
    assert 0 < ROUTES["epidural"].resistance_kpa_s_ul < TISSUE_KPA_S_UL


def test_a_fifth_of_glucose_is_as_thick_as_the_handbook_says():
    """Walstra, table 5.2."""
    assert FLUIDS["glucose 20 %"] == 1.90


def test_colloids_are_as_much_thicker_than_saline_as_measured():
    """Ko 2022."""
    assert FLUIDS["albumin 5 %"] / FLUIDS["saline 0.9 %"] == pytest.approx(1.74, abs=0.005)
    assert FLUIDS["hetastarch 6 %"] / FLUIDS["saline 0.9 %"] == pytest.approx(2.59, abs=0.005)


@pytest.mark.parametrize(("name", "share"), [("lipid 20 %", 0.22), ("propofol 1 %", 0.11)])
def test_an_emulsion_is_as_thick_as_its_share_of_oil_makes_it(name, share):
    """Krieger and Dougherty for hard spheres, which pack to 0.65; glycerol adds 6 %."""
    assert FLUIDS[name] == pytest.approx(1.06 * (1 - share / 0.65) ** (-2.5 * 0.65), abs=0.05)


@pytest.mark.parametrize("kind", ["glucose", "albumin"])
def test_more_of_it_is_thicker(kind):
    rows = [(int(name.split()[1]), viscosity) for name, viscosity in FLUIDS.items() if name.startswith(kind)]
    assert len(rows) >= 2
    assert sorted(rows) == sorted(rows, key=lambda row: row[1])


def test_resistances_are_those_of_the_thinnest_fluid():
    assert min(FLUIDS.values()) == FLUIDS["water"] == WATER_MPA_S
    assert max(FLUIDS, key=FLUIDS.get) == "packed red cells"


def test_the_volume_of_a_turn_worked_out_by_hand():
    """pi/4 * 1.6^2 mm2 on a circle of pi * 30 mm."""
    assert TUBES["silicone 1.6 mm"].turn_ul == pytest.approx(189.5, abs=0.05)


def test_the_volume_of_a_turn_is_near_a_pump_on_the_market():
    """Omega FPU5MT220: 0.22 mL through 1/16 inch, and 15 % from one pump to the next."""
    assert TUBES["silicone 1.6 mm"].turn_ul == pytest.approx(220, rel=0.15)


def test_the_open_tube_worked_out_by_hand():
    """8 * 1e-3 Pa s * 0.1 m / (pi * (0.8 mm)^4) = 6.22e8 Pa s/m3."""
    assert TUBES["silicone 1.6 mm"].open_kpa_s_ul == pytest.approx(6.22e-4, rel=1e-3)


@every_tube
def test_only_the_widest_tube_needs_a_gear(tube):
    """3200 steps a turn; the controller's limit is its own."""
    step_pl = tube.turn_ul / 3200 * 1e6
    assert (step_pl > MOST_STEP_PL) == (tube.name == "silicone 3.2 mm")


@every_tube
def test_a_tube_is_within_its_ranges(tube):
    assert tube.name == f"silicone {tube.bore_mm} mm"
    assert tube.rollers == 4
    assert 0.05 <= tube.suck_back <= 0.3
    assert 0 < tube.suck_back_arc < 1
    assert 0 < tube.wear < 1
    assert tube.flat_kpa < tube.collapse_kpa < 0 < tube.slip_kpa
    assert tube.slip_kpa_s_ul > 10 * tube.open_kpa_s_ul  # closed rollers hold, open ones do not
    assert tube.per_kpa * 150 < 1  # the volume stays positive up to where the rollers slip


def test_bores_of_tubes():
    assert [tube.bore_mm for tube in TUBES.values()] == [0.8, 1.6, 2.4, 3.2]


def test_drops_are_those_of_macrodrip_and_microdrip_sets():
    assert sorted(DROPS_PER_ML) == [10, 15, 20, 60]
