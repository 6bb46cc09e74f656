"""Results as JSON, and the tables made from them in the terminal and in the README."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Results = dict[str, Any]
HERE = Path(__file__).parent
README = HERE / "README.md"
LATEST, TRIAL = HERE / "results" / "latest.json", HERE / "results" / "trial.json"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def read_results(path: Path) -> Results:
    """Return the results written before; none where nothing was measured yet."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {"benchmarks": {}}


def write_results(path: Path, results: Results) -> None:
    """Write results in the order of the benchmarks."""
    results["benchmarks"] = dict(sorted(results["benchmarks"].items(), key=lambda item: int(item[0])))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def publish(results: Results) -> None:
    """Put the tables into the README, between its two marks."""
    text = README.read_text("utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n\n{tables(results)}\n\n{END}{after}", encoding="utf-8")


def tables(results: Results) -> str:
    """Return all tables as Markdown: the figures first, then what was measured for each benchmark."""
    parts = [_figures(results)]
    for number, done in results["benchmarks"].items():
        parts += [f"### {number}. {done['title']}", _origin(done), _rows(done["rows"])]
    return "\n\n".join(parts)


def _figures(results: Results) -> str:
    """Return the table of figures."""
    head = ("", "figure", "database", "zero137", "peer", "ratio", "goal", "reached")
    told = {True: "yes", False: "**no**", None: "–"}
    lines = []
    for number, done in results["benchmarks"].items():
        for each in done["figures"]:
            ratio = f"{each['ratio']:g} {each['ratio_means']}" if each["ratio"] is not None else "–"
            peer = f"{each['peer']} ({each['peer_name']})"
            reached, goal = told[each["reached"]], each["goal"] or "–"
            lines.append((number, each["name"], each["database"], each["ours"], peer, ratio, goal, reached))
    return _table(head, lines)


def _origin(done: Mapping[str, Any]) -> str:
    """Return on what and when a benchmark was run."""
    machine = done["machine"]
    versions = f"Python {machine['python']}, Prefect {machine['prefect']}, SQLite {machine['sqlite']}"
    if machine["postgresql"]:
        versions += f", PostgreSQL {machine['postgresql']}"
    place = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB"
    return f"{done['date']}, commit `{done['commit']}`, {done['minutes']} min; {place}; {versions}."


def _rows(rows: list[Mapping[str, Any]]) -> str:
    """Return measured rows as a table with every column any of them has."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return _table(columns, [[row.get(column, "") for column in columns] for row in rows])


def _table(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    columns = list(head)
    told = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join(
        ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |", *told]
    )
