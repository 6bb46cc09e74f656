"""Benchmark 11: a thousand messages through the outbox, against bare Apprise handing over the same texts."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue

from apprise import Apprise, AppriseConfig
from figures import Figure, Row, each_cell, pairs, ratio_of
from filling import fill
from scale import Scale
from sites import open_facts
from sqlmodel import select
from ways import NOBODY, Way

from models.codes import Step
from models.ladder.vocabulary import Rung
from models.messages.tables import Message
from tasks.delivery.sending import deliver_messages
from tasks.ladder.escalation import raise_rungs
from tasks.office.units import list_units
from tasks.workplace import Workplace, work_calendar

OURS, BARE = "the outbox", "bare Apprise"


def measure(scale: Scale) -> list[Row]:
    """Hand the same texts over by both ways, over HTTP to a receiver in a process of its own."""
    logging.disable(logging.WARNING)

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        with open_facts(kind) as opened, _receiver() as port:
            place = _with_messages(opened, scale.messages)
            _write_channels(place, port)
            with place.reading() as session:
                texts = [(m.unit_code, m.subject, m.body) for m in session.exec(select(Message)).all()]
            bare = _hand_over(place, texts)
            begun = time.perf_counter()
            report = deliver_messages(place)
            ours = time.perf_counter() - begun
            if report.handed_over != len(texts):
                raise RuntimeError(report)
        return [
            {"way": name, "messages": len(texts), "seconds": round(seconds, 2),
             "ms_each": round(seconds / len(texts) * 1000, 2)}
            for name, seconds in ((OURS, ours), (BARE, bare))
        ]  # fmt: skip

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _with_messages(place: Workplace, count: int) -> Workplace:
    """Return the workplace on the morning on which every lead is reminded of."""
    owed = fill(place, count)
    with place.reading() as session:
        rungs = place.policy.rungs(Step.VERIFY, owed.due_on, work_calendar(session))
    morning = next(rung.at for rung in rungs if rung.rule.rung is Rung.REMIND)
    raise_rungs(place, morning)
    with place.writing() as session:
        # What was written on the way carries a document, which is measured elsewhere.
        for message in session.exec(select(Message)).all():
            if message.document_number:
                session.delete(message)
    return replace(place, clock=lambda: morning)


def _write_channels(place: Workplace, port: int) -> None:
    """Let every unit be reached at the receiver."""
    tags = ", ".join(unit.code for unit in list_units(place))
    text = f"urls:\n  - json://127.0.0.1:{port}/:\n      - tag: {tags}\n"
    place.channels_file.write_text(text, encoding="utf-8")


def _hand_over(place: Workplace, texts: list[tuple[str, str, str]]) -> float:
    """Return how long Apprise by itself takes."""
    config = AppriseConfig()
    config.add(str(place.channels_file))
    channels = Apprise()
    channels.add(config)
    begun = time.perf_counter()
    for tag, subject, body in texts:
        if not channels.notify(body=body, title=subject, tag=tag):
            raise RuntimeError(subject)
    return time.perf_counter() - begun


class _Taking(BaseHTTPRequestHandler):
    """Takes whatever comes."""

    def do_POST(self) -> None:
        """Read a message and say yes."""
        json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def _serve(told: "Queue[int]") -> None:
    """Run the receiver on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taking) as server:
        told.put(server.server_port)
        server.serve_forever()


@contextmanager
def _receiver() -> Iterator[int]:
    """Give the port of a receiver in another process."""
    told: Queue[int] = Queue()
    process = Process(target=_serve, args=(told,), daemon=True)
    process.start()
    try:
        yield told.get(timeout=30)
    finally:
        process.terminate()
        process.join()


def figures(rows: list[Row]) -> list[Figure]:
    """Set the outbox against bare Apprise of the same run."""
    return [
        Figure(
            name=f"{mine['messages']:,} messages handed over, each claimed and noted",
            database=str(mine["database"]), ours=f"{mine['seconds']:.1f} s", peer=f"{bare['seconds']:.1f} s",
            peer_name=BARE, ratio=ratio_of(float(mine["seconds"]), float(bare["seconds"])),
            ratio_means="times as long",
        )
        for mine, bare in pairs(rows, "seconds", OURS, BARE)
    ]  # fmt: skip
