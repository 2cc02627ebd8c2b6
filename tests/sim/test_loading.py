"""Scenario files that are wrong: one line that names the file, the line, the key and what would be right."""

import pytest

from pumpsim.errors import BadScenario
from pumpsim.loading import load

GOOD = """\
name = "a story"
duration_s = 600
seed = 1
[pump]
drive = "syringe"
syringe = "BD Plastipak 1"
[line]
set = "1.5 m x 1.0 mm"
[[therapy]]
mode = "continuous"
rate_ml_h = 5.0
vtbi_ml = 0.5
[[event]]
at_s = 60
action = "rate"
rate_ml_h = 10.0
[[event]]
at_s = 120
action = "pause"
[[fault]]
at_s = 300
kind = "occlusion-downstream"
[expect]
final_state = "ALARM"
alarms = [{ code = "OCCLUSION_DOWNSTREAM", within_s = 600 }]
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "story.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_good_one_loads(written):
    scenario = load(written(GOOD))
    assert (scenario.therapy[0].rate_ml_h, scenario.event[1].action, scenario.seed) == (5.0, "pause", 1)
    assert load(written(GOOD), seed=7).seed == 7


WRONG = [
    ('name = "a story"', 'name = ""', "line 1: name is '', must not be empty"),
    ('name = "a story"', 'name = " \\t"', "line 1: name is ' \\t', must not be empty"),
    ("rate_ml_h = 5.0", "rate_mlh = 5.0", "line 11: therapy.rate_mlh unknown key; did you mean rate_ml_h?"),
    ("seed = 1", "seeed = 1", "line 3: seeed unknown key; did you mean seed?"),
    ("seed = 1", "frobnicate = 1", "line 3: frobnicate unknown key; there are name, duration_s"),
    (
        "rate_ml_h = 5.0",
        "rate_ml_h = -5.0",
        "line 11: therapy.rate_ml_h is -5.0, must be greater than or equal to 0.01",
    ),
    ("rate_ml_h = 5.0", "rate_ml_h = 5.005", "line 11: therapy.rate_ml_h is 5.005, must be a multiple of 0.01 mL/h"),
    ("rate_ml_h = 5.0", 'rate_ml_h = "five"', "line 11: therapy.rate_ml_h is 'five', must be"),
    ("rate_ml_h = 5.0", "rate_ml_h = nan", "line 11: therapy.rate_ml_h is nan, must be"),
    ("rate_ml_h = 5.0", "rate_ml_h = true", "line 11: therapy.rate_ml_h is True, must be"),
    ("rate_ml_h = 5.0", "rate_ml_h = 390.39", "line 11: therapy.rate_ml_h is 390.39, a BD Plastipak 1 allows 390.38"),
    ("rate_ml_h = 10.0", "rate_ml_h = 900.0", "line 16: event.rate_ml_h is 900, a BD Plastipak 1 allows 390.38 mL/h"),
    ("rate_ml_h = 10.0\n", "", 'line 13: event does not fit together: rate_ml_h is missing, action = "rate" needs it'),
    ('action = "pause"', 'action = "pause"\nrate_ml_h = 1.0', 'rate_ml_h belongs to action = "rate", and only there'),
    ('action = "pause"', 'action = "height"', 'height_cm is missing, action = "height" needs it'),
    (
        '"BD Plastipak 1"',
        '"BD Plastipack 1"',
        "line 6: pump.syringe is 'BD Plastipack 1', unknown; did you mean BD Plastipak 1 or ",
    ),
    ('"BD Plastipak 1"', '"squirter"', "line 6: pump.syringe is 'squirter', must be one of BD Plastipak 1, BD "),
    ('drive = "syringe"', 'drive = "balloon"', "line 5: pump.drive is 'balloon', must be 'syringe'"),
    (
        "1.5 m x 1.0 mm",
        "1.5 m x 0 mm",
        "line 8: line.set is '1.5 m x 0 mm', must be wider than 0 mm",
    ),
    (
        "1.5 m x 1.0 mm",
        "1.5 m x 11 mm",
        "line 8: line.set is '1.5 m x 11 mm', must be up to 10 m long and 0.1 to 10 mm wide",
    ),
    ("1.5 m x 1.0 mm", "standart extension", "line 8: line.set is 'standart extension', unknown; did you mean st"),
    (
        'set = "1.5 m x 1.0 mm"',
        "length_m = 1.0\ninner_diameter_mm = 0.0",
        "line 9: line.inner_diameter_mm is 0.0, must be greater than or equal to 0.1",
    ),
    ('drive = "syringe"', 'drive = "peristaltic"', 'line 4: pump does not fit together: drive = "peristaltic" needs a'),
    (
        'drive = "syringe"\nsyringe = "BD Plastipak 1"',
        'drive = "peristaltic"\ntube = "silicone 3.2 mm"',
        "line 4: pump does not fit together: a step moves 237 nL, at most 235 can be timed; gear it down",
    ),
    ("[line]\n", "[supply]\nbag_ml = 500.0\n[line]\n", 'line 7: supply belongs to drive = "peristaltic"'),
    (
        "[line]\n",
        "[mechanics]\npitch_mm = 0.5\nwobble_mm = 0.1\n[line]\n",
        "line 7: mechanics does not fit together: wobble_mm and step_error_mm would turn the screw's travel backwards",
    ),
    ('"occlusion-downstream"', '"occlusion-upstream"', "line 22: fault.kind is 'occlusion-upstream', which can only"),
    ("at_s = 300\n", "at_s = 600\n", "line 21: fault.at_s is 600, the run ends at 600 s"),
    ("at_s = 300\n", "at_s = 300\nuntil_s = 601\n", "line 22: fault.until_s is 601, the run ends at 600 s"),
    (
        'kind = "occlusion-downstream"',
        'kind = "wrong-syringe"',
        "line 20: fault does not fit together: syringe is missing, kind = ",
    ),
    ("seed = 1", 'seed = 1\ntrace_every_s = "5 s"', "line 4: trace_every_s is '5 s', must be a number without a unit"),
    (
        "[[event]]\n",
        "[[therapy]]\nrate_ml_h = 1.0\nvtbi_ml = 1.0\n[[event]]\n",
        "therapy stands there 2 times, 1 is the",
    ),
    ("[expect]\n", "[expect]\nplant = { air_litre = [0.0, 1.0] }\n", "unknown; did you mean air_ml?"),
    ("[expect]\n", "[expect]\nplant = { colour = [0.0, 1.0] }\n", "must be one of pumped_ml, free_ml, air_ml"),
    ("1.5 m x 1.0 mm", "long", "line 8: line.set is 'long', must be a length and a bore like \"1.5 m x 1.0 mm\""),
    (
        'set = "1.5 m x 1.0 mm"',
        "length_m = 1.5",
        "line 7: line does not fit together: give either set, or length_m and inner_diameter_mm",
    ),
    ("duration_s = 600", "duration_s = 0", "line 2: duration_s is 0, must be greater than or equal to 1"),
    ("duration_s = 600\n", "", "line 1: duration_s is missing"),
    ("vtbi_ml = 0.5\n", "", "line 9: therapy.vtbi_ml is missing"),
    ("at_s = 120", "at_s = 600", "line 18: event.at_s is 600, the run ends at 600 s"),
    ("at_s = 300", "at_s = 700", "line 21: fault.at_s is 700, the run ends at 600 s"),
    ("at_s = 300", "at_s = 300\nuntil_s = 200", "line 20: fault does not fit together: until_s must lie after at_s"),
    ("at_s = 300", "at_s = 300\nseverity = 2.0", "line 20: fault does not fit together: severity does not belong here"),
    (
        '"occlusion-downstream"',
        '"air-bubble"\nseverity = 6000.0',
        "line 20: fault does not fit together: severity is 6000, must be 1 to 5000 uL",
    ),
    ("occlusion-downstream", "gremlin", "line 22: fault.kind is 'gremlin', must be one of occlusion-downstream, "),
    ('action = "pause"', 'action = "dance"', "line 19: event.action is 'dance', must be 'program', 'start', 'pause'"),
    (
        'final_state = "ALARM"',
        'final_state = "GONE"',
        "line 24: expect.final_state is 'GONE', unknown; did you mean DONE?",
    ),
    ("OCCLUSION_DOWNSTREAM", "OCCLUSION", "OCCLUSION_UPSTREAM or OCCLUSION_DOWNSTREAM?"),
    (
        'code = "OCC',
        'kode = "OCC',
        "line 25: expect.alarms.kode unknown key; did you mean code?",
    ),
    ("at_s = 120", "at_s = 599.9997", "line 18: event.at_s is 599.9997, the run ends at 600 s"),
    ("1.5 m x 1.0 mm", "1.2.3 m x 1.0 mm", "line.set is '1.2.3 m x 1.0 mm', must be a length and a bore"),
    ('final_state = "ALARM"', "delivered_ml = [2.0, 1.0]", "expect.delivered_ml is [2.0, 1.0], must be [least, most]"),
    ("seed = 1", "seed = " + "1" * 5_000, "not TOML: Exceeds the limit"),
    ("seed = 1", "seed = " + "[" * 5_000, "nested too deep"),
    ("[[therapy]]", "[therapy]", "line 9: therapy must be a list of tables: write [[therapy]]"),
    ("seed = 1", "seed = ", "not TOML: Invalid value (at line 3"),
    ("seed = 1", "seed = 1\nseed = 2", "not TOML: Cannot overwrite a value (at line 4"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "says"), WRONG, ids=[row[1].strip()[:40] or f"no {row[0].strip()}" for row in WRONG]
)
def test_what_is_wrong_is_said_in_one_line(written, right, wrong, says):
    assert right in GOOD
    path = written(GOOD.replace(right, wrong, 1))
    with pytest.raises(BadScenario) as caught:
        load(path)
    assert str(caught.value).startswith(str(path) + ": ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_mistakes_are_both_named(written):
    with pytest.raises(BadScenario, match=r"line 2: duration_s is -1.*; line 11: therapy.rate_ml_h is -5"):
        load(written(GOOD.replace("600\nseed", "-1\nseed").replace("= 5.0", "= -5.0")))


def test_a_missing_file_a_folder_and_noise_are_not_scenarios(tmp_path):
    with pytest.raises(BadScenario, match="there is no such file"):
        load(tmp_path / "nothing.toml")
    with pytest.raises(BadScenario, match="is a folder"):
        load(tmp_path)
    (tmp_path / "noise.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadScenario, match="cannot be read as text"):
        load(tmp_path / "noise.toml")


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    (tmp_path / "story.toml").write_text(GOOD, encoding="utf-8-sig")
    assert load(tmp_path / "story.toml").name == "a story"
