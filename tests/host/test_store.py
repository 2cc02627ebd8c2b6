"""The file of calibrations and tubes."""

from datetime import UTC, datetime, timedelta

import pytest

from pumphost.calibrating.store import Calibration, Store, read_store, write_store
from pumphost.errors import BadInput

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def calibration(step_pl=178_700, reservoir='BD "Plastipak" 50 µ', date=NOW):
    return Calibration(
        date=date,
        reservoir=reservoir,
        step_pl_before=173_530,
        step_pl=step_pl,
        temperature_c=20.5,
        density_g_ml=0.9981,
        z_ml_g=1.003,
        evaporation_mg_min=1.2,
        rate_ml_h=60.0,
        dose_ml=5.0,
        doses_ml=[5.15, 5.14, 5.15],
        cv_percent=0.1,
        error_percent=2.98,
    )


def test_what_is_kept_comes_back_whatever_the_syringe_is_called(tmp_path):
    path = tmp_path / "a/new/folder/calibrations.toml"
    store = Store(calibration=[calibration()])
    store.wear("silicone 1.6 mm", 12.5, NOW)
    write_store(store, path)
    assert read_store(path) == store
    assert [file.name for file in path.parent.iterdir()] == ["calibrations.toml"]


def test_no_file_is_an_empty_store(tmp_path):
    assert read_store(tmp_path / "none.toml") == Store()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[calibration", "not TOML"),
        ("[[tube]]\nname = 'a'\nsince = 2026-01-15T09:30:00Z\npumped_ml = -1.0", "tube.1.pumped_ml: "),
        ("[[tube]]\nname = 'a'\nsince = 2026-01-15", "tube.1.since: "),
        ("[[tube]]\nname = ''\nsince = 2026-01-15T09:30:00Z", "tube.1.name: "),
        ("colour = 'red'", "colour: "),
    ],
)
def test_a_file_that_is_not_as_promised_is_refused_and_left_alone(tmp_path, text, words):
    path = tmp_path / "calibrations.toml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        read_store(path)
    assert str(refused.value).startswith(f"{path}: {words}")
    assert path.read_text() == text


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="--store names a file that can be written"):
        write_store(Store(), tmp_path / "file/calibrations.toml")
    with pytest.raises(BadInput, match="--store names a file that can be written"):
        write_store(Store(), tmp_path)
    with pytest.raises(BadInput, match="--store names a file that can be read"):
        read_store(tmp_path)


def test_a_tube_counts_what_the_pump_has_pumped_since_it_was_looked_at():
    store = Store()
    assert store.wear("tube", 100.0, NOW).pumped_ml == 0.0  # what was before it came is another tube's
    assert store.wear("tube", 130.0, NOW).pumped_ml == 30.0
    assert store.wear("other", 135.0, NOW).pumped_ml == 0.0
    assert store.wear("tube", 20.0, NOW).pumped_ml == 50.0  # the pump was switched off in between
    assert store.wear("tube", 20.0, NOW).pumped_ml == 50.0


def test_a_new_tube_begins_at_nothing_and_a_worn_one_is_known():
    store = Store()
    store.wear("tube", 0.0, NOW)
    tube = store.wear("tube", 12_000.0, NOW)
    assert not tube.worn
    assert store.wear("tube", 12_001.0, NOW).worn
    later = NOW + timedelta(days=1)
    assert store.renew("tube", 12_001.0, later).pumped_ml == 0.0
    assert [(tube.name, tube.since, tube.worn) for tube in store.tube] == [("tube", later, False)]
