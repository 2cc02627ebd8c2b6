"""A blocked line, found by its pressure.

The line fills as a capacitor does: pressure climbs by flow / compliance. At a plain threshold the
alarm comes after compliance * threshold / flow, 7 minutes at 5 mL/h with a 50 mL syringe and 40 kPa.
"""

from .setup import Setup


class Occlusion:
    def __init__(self, setup: Setup) -> None:
        self.limit_pa = setup.occlusion_pa

    def found(self, pressure_pa: int) -> bool:
        return pressure_pa >= self.limit_pa
