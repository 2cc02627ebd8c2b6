"""The calibrations that were made, and how much has gone through each tube: a TOML file on the host.

A calibration is kept as it was made and never changed; the newest of a syringe or a tube is the one that counts. A
tube wears: its `pumped_ml` grows by what the pump's own count has grown since it was looked at last. That count begins
anew at power-on, so what was pumped before it was switched off and not looked at is missed.
"""

import os
import tempfile
import tomllib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import tomli_w
from platformdirs import user_data_path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from pumpcore.setup import MOST_STEP_PL
from pumphost.errors import BadInput

TUBE_LASTS_ML = 12_000.0  # 96 h at 125 mL/h; assumed: sets are usually changed after 96 h


def default_store() -> Path:
    """Where the platform keeps a user's data: on Linux ~/.local/share/openinfuse."""
    return user_data_path("openinfuse", appauthor=False) / "calibrations.toml"


def check_name(name: str) -> str:
    """A name that can stand in a file and in a table. Raises ValueError."""
    if not name.strip() or not name.isprintable() or len(name) > 80:
        raise ValueError("must be 1 to 80 printable characters")
    return name


Name = Annotated[str, AfterValidator(check_name)]
StepPl = Annotated[int, Field(ge=1, le=MOST_STEP_PL)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Calibration(_Entry):
    """Evaporation as it was taken off; `doses_ml` as measured, `dose_ml` as asked for."""

    date: AwareDatetime
    reservoir: Name  # syringe or tube, as the user calls it
    step_pl_before: StepPl
    step_pl: StepPl
    temperature_c: float
    density_g_ml: float
    z_ml_g: float
    evaporation_mg_min: float
    rate_ml_h: float
    dose_ml: float
    doses_ml: list[float]
    cv_percent: float
    error_percent: float


class Tube(_Entry):
    name: Name
    since: AwareDatetime  # it was put in
    pumped_ml: Annotated[float, Field(ge=0)] = 0.0  # through it
    counter_ml: Annotated[float, Field(ge=0)] = 0.0  # of the pump, when it was looked at last
    limit_ml: Annotated[float, Field(gt=0)] = TUBE_LASTS_ML

    @property
    def worn(self) -> bool:
        return self.pumped_ml > self.limit_ml


class Store(_Entry):
    calibration: list[Calibration] = []
    tube: list[Tube] = []

    def renew(self, name: str, counter_ml: float, now: datetime) -> Tube:
        """A new tube of this name is in the pump, whose count is at `counter_ml`."""
        self.tube = [tube for tube in self.tube if tube.name != name]
        self.tube.append(Tube(name=name, since=now, counter_ml=counter_ml))
        return self.tube[-1]

    def wear(self, name: str, counter_ml: float, now: datetime) -> Tube:
        """The tube of this name, with what went through it up to the pump's count of now; new if there is none."""
        for tube in self.tube:
            if tube.name == name:
                since_ml = counter_ml - tube.counter_ml
                tube.pumped_ml += since_ml if since_ml >= 0.0 else counter_ml  # the pump was switched off in between
                tube.counter_ml = counter_ml
                return tube
        return self.renew(name, counter_ml, now)


def read_store(path: Path) -> Store:
    """The store in `path`, an empty one if there is no such file yet. Raises BadInput for one that is not as
    promised."""
    try:
        return Store.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Store()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; --store names a file that can be read") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        raise BadInput(f"{path}: {where}: {first['msg']}; mend it, or let --store name another file") from None
    except ValueError as error:  # of TOML or of UTF-8
        raise BadInput(f"{path}: not TOML: {error}; mend it, or let --store name another file") from None


def write_store(store: Store, path: Path) -> None:
    """Write all of it, or leave the file as it was. Raises BadInput if that cannot be."""
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as file:
            tomli_w.dump(store.model_dump(), file)
        os.replace(beside, path)
    except OSError as error:
        if beside:
            with suppress(OSError):
                os.unlink(beside)
        raise BadInput(f"{path}: {error.strerror}; --store names a file that can be written") from None
