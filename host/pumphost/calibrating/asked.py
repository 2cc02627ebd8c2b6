"""What `openinfuse calibrate` was asked to do, looked at as a whole before a port is opened."""

from dataclasses import dataclass
from pathlib import Path

from pumphost.calibrating.gravimetry import z_ml_g
from pumphost.calibrating.plan import LEAST_CHECK_MIN, Plan, check_step, check_volume_ml
from pumphost.calibrating.store import check_name, default_store
from pumphost.errors import BadInput


@dataclass(frozen=True)
class Asked:
    """The options of the command, by their names and units. Raises BadInput for what does not go together."""

    port: str | None
    key: Path | None
    balance: str  # sics, sbi, typed
    balance_port: str | None
    balance_baud: int
    syringe: str | None
    tube: str | None
    celsius: float
    hpa: float
    humidity: float
    doses: int
    dose_ml: float
    rate_ml_h: float
    prime_ml: float
    settle_s: float
    standing_s: float
    evaporation_mg_min: float | None
    most_cv: float
    check_min: int | None
    store: Path | None
    new_tube: bool
    tube_limit_ml: float | None
    out: Path

    def __post_init__(self) -> None:
        if (self.syringe is None) == (self.tube is None):
            raise BadInput("give either --syringe or --tube, the name of what is in the pump")
        try:
            check_name(self.reservoir)
        except ValueError as error:
            raise BadInput(f"--syringe, --tube: the name {error}") from None
        if (self.new_tube or self.tube_limit_ml) and not self.tube:
            raise BadInput("--new-tube and --tube-limit go with --tube")
        if (self.balance == "typed") != (self.balance_port is None):
            raise BadInput("--balance-port belongs to --balance sics or sbi, and only there")
        self._check_flow_check()
        check_step("--rate", self.rate_ml_h, 0.01, "mL/h")
        self.z_ml_g()
        if self.doses:
            self.plan()

    def _check_flow_check(self) -> None:
        if self.check_min is None:
            if not self.doses:
                raise BadInput("--doses 0 leaves nothing to do without --check")
        elif self.check_min < LEAST_CHECK_MIN:
            raise BadInput(f"--check: found {self.check_min} min; at least {LEAST_CHECK_MIN} min make a trumpet curve")
        elif self.balance == "typed":
            raise BadInput("--check weighs every half minute: it needs a balance on a port, --balance sics or sbi")

    @property
    def reservoir(self) -> str:
        return self.syringe if self.syringe is not None else self.tube or ""

    @property
    def store_path(self) -> Path:
        return self.store or default_store()

    @property
    def given_g_s(self) -> float:
        """What evaporates, as far as it was given."""
        return (self.evaporation_mg_min or 0.0) / 60_000

    @property
    def needed_ml(self) -> float:
        """What the pump is to give in all."""
        doses_ml = self.plan().needed_ml if self.doses else 0.0
        return doses_ml + (check_volume_ml(self.rate_ml_h, self.check_min) if self.check_min else 0.0)

    def z_ml_g(self) -> float:
        return z_ml_g(self.celsius, self.hpa, self.humidity)

    def plan(self) -> Plan:
        standing_s = self.standing_s if self.evaporation_mg_min is None else 0.0
        return Plan(self.doses, self.dose_ml, self.rate_ml_h, self.prime_ml, self.settle_s, standing_s)
