"""Run the benchmarks: ``python benchmarks/run.py --help`` tells the options."""

import argparse
import dataclasses
import os
import signal
import sys
import time
from datetime import UTC, datetime
from types import ModuleType

import answer_latency
import api_calls
import burst
import cli_start
import due_date_arithmetic
import exporting
import handing_over
import idle_patrol
import idle_system
import ledger_verification
import life_cycles
import rungs_at_once
import runs_at_once
import searching
import typesetting
from databases import POSTGRESQL, SQLITE
from machine import commit, describe_machine
from report import LATEST, TRIAL, publish, read_results, tables, write_results
from scale import Scale

BENCHMARKS: dict[str, tuple[str, ModuleType]] = {
    "1": ("Answer → next step suspended", answer_latency),
    "2": ("Life cycles per second", life_cycles),
    "3": ("Many answers at once", burst),
    "4": ("Start of the command line", cli_start),
    "5": ("An idle system", idle_system),
    "6": ("API calls of one step", api_calls),
    "7": ("Many assignments due at once", rungs_at_once),
    "8": ("A patrol with nothing to do", idle_patrol),
    "9": ("Due-date arithmetic", due_date_arithmetic),
    "10": ("One letter as PDF", typesetting),
    "11": ("Messages through the outbox", handing_over),
    "12": ("The ledger of very many leads", ledger_verification),
    "13": ("Search among very many leads", searching),
    "14": ("Export of very many leads", exporting),
    "15": ("How many runs at once", runs_at_once),
}


def main() -> None:
    """Run what was asked for, write the results after each benchmark, and print the tables."""
    told = _arguments()
    scale, trial = _scale(told)
    path = TRIAL if trial else LATEST
    # Asked to end, it takes down what it started, as at Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Settings of the shell that started this must reach none of the systems that are compared.
    for name in [name for name in os.environ if name.startswith(("ZERO137_", "PREFECT_"))]:
        del os.environ[name]
    results = read_results(path)
    chosen = told.only.split(",")
    for number in chosen:
        results["benchmarks"][number] = _run(number, scale)
        write_results(path, results)
        if not trial:
            publish(results)
    print(tables({"benchmarks": {number: results["benchmarks"][number] for number in chosen}}))


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Benchmarks of zero137 against stock Prefect.")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="numbers of benchmarks, as 1,2")
    parser.add_argument("--databases", default=f"{SQLITE},{POSTGRESQL}", help="kinds of databases")
    parser.add_argument("--leads", type=int, help="no count of leads above this; results go to trial.json")
    parser.add_argument("--quick", action="store_true", help="only see that it works; as --leads 3")
    return parser.parse_args()


def _scale(told: argparse.Namespace) -> tuple[Scale, bool]:
    """Return the size, and whether it is only a trial that is not published."""
    scale = Scale(databases=tuple(told.databases.split(",")))
    if told.quick:
        return scale.quick(), True
    if told.leads:
        return scale.at_most(told.leads), True
    return scale, scale.databases != Scale().databases


def _run(number: str, scale: Scale) -> dict[str, object]:
    """Run one benchmark and return all that is to be known of it."""
    title, benchmark = BENCHMARKS[number]
    print(f"{number}. {title}", file=sys.stderr, flush=True)
    machine, begun = describe_machine(), time.monotonic()
    rows = benchmark.measure(scale)
    return {
        "title": title,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "machine": machine,
        "scale": dataclasses.asdict(scale),
        "figures": [dataclasses.asdict(figure) for figure in benchmark.figures(rows)],
        "rows": rows,
    }


if __name__ == "__main__":
    main()
