"""Benchmark 10: one letter as a PDF, against a bare compilation of the same source."""

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from statistics import median

import typst
from figures import Figure, Row, ratio_of
from scale import Scale

from models.documents.official import Block, OfficialDocument
from models.documents.vocabulary import DocumentKind
from notifications.papers import pdf
from notifications.papers.fonts import bundled_folder
from notifications.papers.word import render_word

OURS, BARE, COLD, WORD = (
    "render_pdf",
    "bare Compiler.compile",
    "bare typst.compile, fonts scanned",
    "render_word",
)
_GOAL = 1.5


def _letter(number: int) -> OfficialDocument:
    """Return a letter of a page and a half; every number gives another text, which no cache has seen."""
    said = f"第{number}份招标文件要求投标企业在本市设立分公司，负面清单之外设置准入条件。"
    return OfficialDocument(
        kind=DocumentKind.TRANSFER_LETTER,
        number=f"侯发改移函〔2026〕{number}号",
        issuer="侯马市发展和改革局",
        recipient="侯马市住房和城乡建设管理局",
        title="侯马市发展和改革局关于移交问题线索的函",
        body=(
            Block("现将问题线索移交你单位办理，有关事项函告如下。"),
            Block("一、线索情况", 1),
            *(Block(said * 4) for _ in range(3)),
            Block("二、办理要求", 1),
            Block("请自签收的次日起三个工作日内开展核查，落实整改责任单位，提出整改意见，并反馈核查情况。"),
            Block("特此函达。"),
        ),
        signature="侯马市发展和改革局",
        dated=date(2026, 11, 24),
        copies=("侯马市市场监督管理局",),
    )


def measure(scale: Scale) -> list[Row]:
    """Typeset the same letter in turn by each way, so that a slow moment hits all of them."""
    compiler, template, families = pdf._typesetter("document.typ")  # noqa: SLF001 - the very same source and fonts
    printed_on = datetime(2026, 11, 24, tzinfo=UTC)
    folder = str(bundled_folder())

    def data(letter: OfficialDocument) -> dict[str, str]:
        return {"document": json.dumps({**pdf._as_printed(letter), "families": families})}  # noqa: SLF001 - as above

    ways: dict[str, Callable[[OfficialDocument, dict[str, str]], object]] = {
        OURS: lambda letter, _: pdf.render_pdf(letter),
        BARE: lambda _, told: compiler.compile(template, format="pdf", sys_inputs=told, timestamp=printed_on),
        COLD: lambda _, told: typst.compile(template, format="pdf", sys_inputs=told, font_paths=[folder]),
        WORD: lambda letter, _: render_word(letter),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    number = 0
    for repetition in range(-2, scale.repetitions):
        for name, way in ways.items():
            number += 1
            letter = _letter(number)
            told = data(letter)
            begun = time.perf_counter()
            way(letter, told)
            if repetition >= 0:
                times[name].append(time.perf_counter() - begun)
    return [
        {"way": name, "repetitions": len(taken), "median_ms": round(median(taken) * 1000, 1),
         "slowest_ms": round(max(taken) * 1000, 1)}
        for name, taken in times.items()
    ]  # fmt: skip


def figures(rows: list[Row]) -> list[Figure]:
    """Set the letter against both bare ways."""
    medians = {str(row["way"]): float(row["median_ms"]) for row in rows if "median_ms" in row}
    found = []
    for peer in (BARE, COLD):
        ratio = ratio_of(medians[OURS], medians[peer])
        found.append(
            Figure(
                name="one letter as PDF, median", database="", ours=f"{medians[OURS]:.1f} ms",
                peer=f"{medians[peer]:.1f} ms", peer_name=peer, ratio=ratio, ratio_means="times as long",
                goal=f"≤ {_GOAL:g} times", reached=ratio is not None and ratio <= _GOAL,
            )
        )  # fmt: skip
    return found
