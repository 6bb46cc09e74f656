"""Bringing leads to a wait and answering them, as a crowd or one after the other."""

import time
from concurrent.futures import ThreadPoolExecutor

from leads import Docket, register
from prefect_server import Sent, Wait, wait_of
from sites import Site

from tasks.matters.reading import find_matter
from tasks.runs.prefect_api import CARRY_MATTER

_CONNECTIONS = 10
_QUIET_SECONDS = 1800


def quiet(site: Site, flow: str = CARRY_MATTER) -> None:
    """Wait until no run of a flow has anything to do; asks once a second.

    Raises:
        TimeoutError: Runs are still under way.
        RuntimeError: Nobody is left to carry them.
    """
    deadline = time.monotonic() + _QUIET_SECONDS
    while left := site.prefect.under_way(flow):
        site.check_alive()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{left} runs are still under way after {_QUIET_SECONDS} s")
        time.sleep(1)


def suspend(site: Site, leads: int) -> Docket:
    """Start leads and wait until all of them wait for the transfer."""
    warm_up(site)
    docket = register(site, leads)
    docket.start()
    quiet(site)
    return docket


def warm_up(site: Site) -> None:
    """Let one lead take two steps: what is imported and cached first costs no lead that is measured."""
    first = register(site, 1)
    first.start()
    for _ in range(2):
        quiet(site)
        answer_all(first)
    quiet(site)


def answer_all(docket: Docket, spacing_seconds: float = 0) -> list[Sent]:
    """Answer every lead that waits, over ten connections at most, as ten people would use."""
    waits = [wait for wait in docket.site.prefect.waits(CARRY_MATTER) if docket.holds(wait)]
    begun = time.monotonic()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        sending = []
        for position, wait in enumerate(waits):
            time.sleep(max(0.0, begun + position * spacing_seconds - time.monotonic()))
            sending.append(pool.submit(docket.site.prefect.resume, wait, docket.form(wait)))
        return [each.result() for each in sending]


def answer_promptly(site: Site, leads: int) -> list[Sent]:
    """Answer one lead after the other, each wait the moment it is there; three answers each."""
    sent: list[Sent] = []
    for _ in range(leads):
        docket = register(site, 1)
        docket.start()
        key = ""
        for _ in range(3):
            wait = next_wait(docket, key)
            sent.append(site.prefect.resume(wait, docket.form(wait)))
            key = wait.key
        next_wait(docket, key)
    return sent


def next_wait(docket: Docket, last_key: str) -> Wait:
    """Look at one run ten times a second until it waits under another key.

    Raises:
        TimeoutError: It does not.
        RuntimeError: Nobody is left to carry it.
    """
    with docket.site.place.reading() as session:
        run_id = find_matter(session, docket.numbers[0]).flow_run_id
    deadline = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < deadline:
        run = docket.site.prefect.ask(f"/flow_runs/{run_id}")
        if run["state_name"] == "Suspended" and run["state"]["state_details"]["pause_key"] != last_key:
            return wait_of(run)
        docket.site.check_alive()
        time.sleep(0.1)
    raise TimeoutError(f"the lead does not wait again after {last_key!r}")


def step_seconds(site: Site, sent: list[Sent]) -> list[float]:
    """Return the time from each answer to the next wait, in seconds, once all is quiet.

    Raises:
        LookupError: An answer led to no next wait: then a time of the others alone would be flattering.
    """
    quiet(site)
    ends = [site.prefect.suspended_at(each) for each in sent]
    if None in ends:
        raise LookupError(f"{ends.count(None)} of {len(sent)} answers led to no next wait")
    return [end - each.at for end, each in zip(ends, sent, strict=True) if end is not None]
