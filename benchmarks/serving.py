"""Started by a site: ``flow.serve()`` as anybody would write it."""

import sys

from plain_flow import four_waits
from prefect.types.entrypoint import EntrypointType
from ways import FOUR_WAITS

from flows.carrying import handle_lead
from tasks.runs.prefect_api import HANDLE_LEAD

if __name__ == "__main__":
    if sys.argv[1] == FOUR_WAITS:
        four_waits.serve(name=FOUR_WAITS)
    else:
        handle_lead.serve(name=HANDLE_LEAD, entrypoint_type=EntrypointType.MODULE_PATH)
