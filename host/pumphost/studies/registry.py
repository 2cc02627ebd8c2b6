"""All studies, by the names the command line knows them by."""

from pumphost.studies import air, false_alarms, guard, occlusion, release, single_faults
from pumphost.studies.study import Study

STUDIES: dict[str, Study] = {
    "occlusion": occlusion.STUDY,
    "false-alarms": false_alarms.STUDY,
    "release": release.STUDY,
    "air": air.STUDY,
    "single-faults": single_faults.STUDY,
    "guard": guard.STUDY,
}
