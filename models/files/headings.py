"""Headings of tables as people write them: which column is meant, and which only resembles one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from models.errors import InputError

# What people put around a heading: a remark in brackets, a mark for what is required, a colon.
_ADDED = re.compile(r"^\*+|(?:\([^()]*\)|\[[^\[\]]*\]|[*:])+$")
# From which likeness on two headings may mean the same, as 收到日期 and 收到时间.
_LIKE = 0.5


def fold_heading(text: object) -> str:
    """Return a heading without blanks, breaks, full-width forms and what people add to it."""
    folded = unicodedata.normalize("NFKC", "" if text is None else str(text))
    folded = "".join(char for char in folded if unicodedata.category(char)[0] not in "CZ")
    while (bare := _ADDED.sub("", folded)) != folded and bare:
        folded = bare
    return folded.casefold()


@dataclass(frozen=True)
class CellFault:
    """Why a row cannot be read: its place in the file, the column, the reason.

    ``sheet`` is blank where the file has one table only.
    """

    row: int
    column: str
    reason: str
    sheet: str = ""

    @property
    def place(self) -> str:
        """Where it is, in words, as 第3行 标题."""
        return f"{f'工作表“{self.sheet}” ' if self.sheet else ''}第{self.row}行 {self.column}"


@dataclass(frozen=True)
class Headings:
    """The columns a table may have.

    Attributes:
        columns: Their headings by key.
        required: The keys of those it must have.
        advice: What to do where one is missing.
    """

    columns: Mapping[str, str]
    required: frozenset[str]
    advice: str = ""

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        """The keys by everything that means them."""
        meant = {fold_heading(key): key for key in self.columns}
        return meant | {fold_heading(heading): key for key, heading in self.columns.items()}

    def keys_of(self, cells: Sequence[object]) -> list[str]:
        """Return the key that each cell means as a heading; blank where it means none."""
        return [self._keys.get(fold_heading(cell), "") for cell in cells]

    def are_in(self, cells: Sequence[object]) -> bool:
        """Tell whether a row of cells is the heading of such a table."""
        return self.required <= set(self.keys_of(cells))

    def repeated_in(self, keys: Sequence[str], cells: Sequence[object]) -> bool:
        """Tell whether a row below a heading is that heading once more, as where two files were joined."""
        meant = self.keys_of(cells)
        said = [(meant[n], key) for n, key in enumerate(keys[: len(cells)]) if key and fold_heading(cells[n])]
        return len(said) >= len(self.required) and all(one == other for one, other in said)

    def read(self, cells: Sequence[object], origin: str) -> list[str]:
        """Return the key of each column of a heading, blank for those that mean nothing known.

        Raises:
            InputError: A column is missing or there twice, or one resembles a known one that is missing.
        """
        keys = self.keys_of(cells)
        twice = [self.columns[key] for key, count in Counter(filter(None, keys)).items() if count > 1]
        if twice:
            raise InputError(f"{origin}的列重复：{'、'.join(twice)}，请只保留一列。")
        missing = [self.columns[key] for key in self.columns if key in self.required and key not in keys]
        like = self._resembling(cells, keys)
        told = "；".join(f"“{name}”与“{known}”相近" for name, known in like.items())
        if missing:
            hint = f"（{told}，请改为规定的列名）" if told else ""
            advice = f"；{self.advice}" if self.advice else ""
            raise InputError(f"{origin}缺少必需的列：{'、'.join(missing)}{hint}{advice}。")
        if told:
            raise InputError(f"{origin}有列名无法确认：{told}；请改为规定的列名，确不使用的请删去该列。")
        return keys

    def _resembling(self, cells: Sequence[object], keys: Sequence[str]) -> dict[str, str]:
        """Return the unknown headings that resemble a missing one, with that one."""
        left = [heading for key, heading in self.columns.items() if key not in keys]
        found = {}
        for cell, key in zip(cells, keys, strict=True):
            name = fold_heading(cell)
            near = [heading for heading in left if name and not key and _are_alike(name, heading)]
            if near:
                found[str(cell).strip()] = near[0]
        return found


def _are_alike(name: str, heading: str) -> bool:
    """Tell whether a folded heading may mean a known one."""
    known = fold_heading(heading)
    return known in name or SequenceMatcher(None, name, known).ratio() >= _LIKE
