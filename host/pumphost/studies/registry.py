"""All studies, by the names the command line knows them by."""

from pumphost.studies import false_alarms, occlusion, release
from pumphost.studies.study import Study

STUDIES: dict[str, Study] = {
    "occlusion": occlusion.STUDY,
    "false-alarms": false_alarms.STUDY,
    "release": release.STUDY,
}
