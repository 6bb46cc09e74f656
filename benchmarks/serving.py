"""Started by a site: ``flow.serve()`` as anybody would write it."""

import sys

from plain_flow import four_waits
from prefect.types.entrypoint import EntrypointType
from ways import FOUR_WAITS

from flows.carrying import carry_matter
from tasks.runs.prefect_api import CARRY_MATTER

if __name__ == "__main__":
    if sys.argv[1] == FOUR_WAITS:
        four_waits.serve(name=FOUR_WAITS)
    else:
        carry_matter.serve(name=CARRY_MATTER, entrypoint_type=EntrypointType.MODULE_PATH)
