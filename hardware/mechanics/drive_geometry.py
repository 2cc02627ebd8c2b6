"""The syringe drive as numbers: where everything stands, and whether it fits. syringe.py makes solids of it.

x runs along the syringe, from the barrel (below 0) over its flange (from 0) to the motor; y across; z up from the
base. The carriage runs between the barrel plate and the thrust wall on two rods, the screw between them; a plate
before it holds the plunger's flange both ways, so that nothing can suck the plunger along. Lengths in mm.

The frame fits all syringes of 10 to 60 mL in pumpsim's table; V-block, insert and keepers are made for one.
"""

from dataclasses import dataclass
from math import sqrt

from check import LEAST_WALL_MM, Check
from pumpsim.catalogue import Syringe, syringes
from pumpsim.syringe import STALL_N
from screw_force import FRICTION_SPAN, ScrewDrive

SMALLEST_ML, LARGEST_ML = 10, 60
OCCLUSION_KPA = 120.0  # the highest limit that Setup takes

# Parts that are bought
ROD_MM, ROD_Y_MM = 8.0, 30.0
BUSH_MM, BUSH_LONG_MM = 15.0, 24.0  # LM8UU
BUSH_N = 265.0  # dynamic load, of its makers' tables; assumed
SCREW_MM = 8.0
NUT_BODY_MM, NUT_FLANGE_MM, NUT_HOLES_MM = 10.2, 22.0, 16.0
BEARING_MM, BEARING_LONG_MM = 16.0, 5.0  # 688 and F8-16M alike
COUPLING_MM, COUPLING_LONG_MM = 19.0, 25.0
MOTOR_MM, MOTOR_LONG_MM, MOTOR_HOLES_MM, MOTOR_PILOT_MM = 42.3, 48.0, 31.0, 22.0
COLLAR_MM, COLLAR_LONG_MM = 18.0, 9.0
BASE_LONG_MM, BASE_WIDE_MM, BASE_HIGH_MM = 400.0, 80.0, 20.0
ENCODER_MM = 23.0  # the board of the AS5600
MAGNET_GAP_MM = 1.5  # of 0.5 to 3

# Frame
SCREW_Z_MM = 22.0
AXIS_Z_MM = 50.0  # of the syringe
PLATE_MM = 14.0  # barrel plate
INSERT_MM = 5.0
KEEPER_MM = 5.0
CARRIAGE_LONG_MM, CARRIAGE_HIGH_MM = 54.0, 26.0
THRUST_WALL_MM, MOTOR_WALL_MM, COUPLING_ROOM_MM = 14.0, 8.0, 34.0
V_LONG_MM, V_WIDE_MM = 20.0, 80.0
V_FROM_FLANGE_MM = 60.0
PLAY_MM = 0.4  # between printed parts that slide
SLOT_MM = 36.0  # in the barrel plate; the insert narrows it
FRAME_HIGH_MM = AXIS_Z_MM + 20.0
SCREWS_Y_MM, SCREWS_Z_MM = 31.0, (44.0, 64.0)  # of insert and keepers
STUDS_Y_MM = 22.5  # of the clamp, beside the V
INSERT_HOLE_MM = 4.0  # for a heat-set M3

# Of a syringe, what the table does not say; assumed, after a few that were at hand. Measure yours.
PROJECTION_MM = 16.0  # plunger's flange before the barrel's, empty; ISO 7886-1 asks for 8 to 12.5 (from memory)
FLANGE_MM = 2.5  # thickness of the barrel's and of the plunger's
STEM_SHARE = 0.80  # width of the plunger's cross, of the bore
BARREL_AHEAD_MM = 35.0  # of barrel and Luer before the nominal mark


@dataclass(frozen=True)
class SyringeDrive:
    syringe: Syringe

    @property
    def barrel_r_mm(self) -> float:
        return self.syringe.barrel_mm / 2

    @property
    def plunger_flange_mm(self) -> float:
        """Diameter; taken to be the barrel's outer."""
        return self.syringe.barrel_mm

    @property
    def stem_slot_mm(self) -> float:
        """In the keeper behind the plunger's flange."""
        return STEM_SHARE * self.syringe.inner_diameter_mm + 2 * PLAY_MM

    @property
    def held_lip_mm(self) -> float:
        """How far the keeper reaches behind the plunger's flange, at each side."""
        return (self.plunger_flange_mm - self.stem_slot_mm) / 2

    @property
    def barrel_slot_mm(self) -> float:
        """In the insert."""
        return self.syringe.barrel_mm + 2 * PLAY_MM

    @property
    def v_apex_z_mm(self) -> float:
        """The V of 90 degrees holds the barrel's axis at AXIS_Z_MM."""
        return AXIS_Z_MM - sqrt(2) * self.barrel_r_mm

    @property
    def v_top_z_mm(self) -> float:
        """Above where the barrel touches, at 45 degrees."""
        return AXIS_Z_MM - 0.3 * self.barrel_r_mm

    @property
    def empty_x_mm(self) -> float:
        """Of the pusher's face."""
        return PROJECTION_MM

    @property
    def full_x_mm(self) -> float:
        return self.empty_x_mm + self.syringe.stroke_mm

    @property
    def need_n(self) -> float:
        """To push against the highest occlusion limit."""
        return OCCLUSION_KPA * 1e-3 * self.syringe.area_mm2 + self.syringe.friction_n + self.syringe.stiction_n

    @property
    def volume_in_reach_ml(self) -> float:
        return (MOST_X_MM - self.empty_x_mm) * self.syringe.area_mm2 / 1000

    @property
    def bush_n(self) -> float:
        """Of one bush, from the moment of a force that acts above the screw: two bushes at each of two rods."""
        apart_mm = CARRIAGE_LONG_MM - BUSH_LONG_MM
        return self.need_n * (AXIS_Z_MM - SCREW_Z_MM) / apart_mm / 2

    def checks(self, drive: ScrewDrive | None = None) -> list[Check]:
        drive = drive or ScrewDrive()
        return self._room() + self._walls() + self._forces(drive)

    def _room(self) -> list[Check]:
        stroke, barrel = self.syringe.stroke_mm, self.syringe.barrel_mm
        return [
            Check("stroke", MOST_X_MM - self.empty_x_mm, stroke),
            Check("plunger's flange over the screw", self.axis_over_screw_mm - self.plunger_flange_mm / 2, 2.0),
            Check("barrel between the rods' ends", 2 * ROD_Y_MM - ROD_MM - barrel, 10.0),
            Check("barrel in the plate's slot", SLOT_MM - barrel, 2.0),
            Check("room between the two keepers", self.empty_x_mm - 2 * (KEEPER_MM + FLANGE_MM) - PLAY_MM, 0.5),
            Check("front stops before the carriage", self.empty_x_mm - COLLAR_LONG_MM, 2.0),
            Check("motor over the base", SCREW_Z_MM - MOTOR_MM / 2, 0.5),
            Check("nut's flange over the base", SCREW_Z_MM - NUT_FLANGE_MM / 2, 2.0),
            Check("base", BASE_LONG_MM - FRAME_LONG_MM, 0.0),
            Check("coupling", COUPLING_ROOM_MM - COUPLING_LONG_MM, 2.0),
            Check("barrel over the V-block's foot", self.v_apex_z_mm, 8.0),
            Check("the V-block under the barrel", BARREL_AHEAD_MM + stroke - V_FROM_FLANGE_MM - V_LONG_MM, 5.0),
        ]

    @property
    def axis_over_screw_mm(self) -> float:
        return AXIS_Z_MM - SCREW_Z_MM - SCREW_MM / 2

    def _walls(self) -> list[Check]:
        bush_to_edge = CARRIAGE_HIGH_MM / 2 - BUSH_MM / 2
        between = ROD_Y_MM - BUSH_MM / 2 - NUT_FLANGE_MM / 2
        at_side = BASE_WIDE_MM / 2 - ROD_Y_MM - BUSH_MM / 2
        walls = {
            "over the bushes": bush_to_edge,
            "between bush and nut": between,
            "beside the bushes": at_side,
            "behind the bearing in the barrel plate": PLATE_MM - BEARING_LONG_MM - MAGNET_GAP_MM - 3.0,
            "behind the bearing in the thrust wall": THRUST_WALL_MM - BEARING_LONG_MM,
            "under the V": self.v_apex_z_mm,
            "between V and studs": STUDS_Y_MM - INSERT_HOLE_MM / 2 - (self.v_top_z_mm - self.v_apex_z_mm),
            "between slot and bearing": AXIS_Z_MM - SLOT_MM / 2 - SCREW_Z_MM - BEARING_MM / 2,
            "insert beside the barrel": SCREWS_Y_MM - INSERT_HOLE_MM / 2 - self.barrel_slot_mm / 2,
        }
        return [Check(f"wall {where}", wall, LEAST_WALL_MM) for where, wall in walls.items()] + [
            Check("keeper behind the plunger's flange", self.held_lip_mm, 1.5)
        ]

    def _forces(self, drive: ScrewDrive) -> list[Check]:
        worst, best = (ScrewDrive(drive.rms_a, drive.pitch_mm, friction).force_n for friction in FRICTION_SPAN[::-1])
        return [
            Check("force of the screw, worst friction", worst, self.need_n, unit="N"),
            Check("the simulator's stalling force in what the screw may have", STALL_N, worst, best, "N"),
            Check("self-locking, least friction", ScrewDrive(friction=FRICTION_SPAN[0]).self_locking, 1.2, unit=""),
            Check("load of a bush", self.bush_n, most=BUSH_N / 2, unit="N"),
            Check("turns at 1200 mL/h", drive.turns_per_min(1200, self.syringe.area_mm2), most=400, unit="1/min"),
        ]


LONGEST_STROKE_MM = max(s.stroke_mm for s in syringes().values() if SMALLEST_ML <= s.nominal_ml <= LARGEST_ML)
MOST_X_MM = PROJECTION_MM + LONGEST_STROKE_MM + 2.0  # the pusher's face; 2 mm to load a syringe
THRUST_X_MM = MOST_X_MM + CARRIAGE_LONG_MM + COLLAR_LONG_MM + BEARING_LONG_MM + 1.0
MOTOR_X_MM = THRUST_X_MM + THRUST_WALL_MM + COUPLING_ROOM_MM + MOTOR_WALL_MM  # its face
PLATE_X_MM = -INSERT_MM - PLATE_MM  # the barrel plate's front
V_X_MM = -V_FROM_FLANGE_MM - V_LONG_MM
FRAME_LONG_MM = MOTOR_X_MM + MOTOR_LONG_MM - V_X_MM
ROD_LONG_MM = THRUST_X_MM + THRUST_WALL_MM - PLATE_X_MM - 2.0
SCREW_LONG_MM = THRUST_X_MM + THRUST_WALL_MM + COLLAR_LONG_MM + COUPLING_LONG_MM / 2 - (PLATE_X_MM + 8.0)
