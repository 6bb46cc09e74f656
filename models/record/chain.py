"""Following the chain of one stream, and finding the first place where it breaks."""

from dataclasses import dataclass, field

from models.record.entries import NOTHING, Fact, Head, entry_hash


@dataclass(frozen=True)
class Fault:
    """The first place of a stream that is not as it was written."""

    stream: str
    sequence: int
    reason: str


@dataclass
class Chain:
    """One stream whose entries are taken one after the other.

    ``sealed`` holds the digests that seals know, by sequence; what was taken is removed from it.
    """

    stream: str
    sealed: dict[int, str] = field(default_factory=dict)
    fault: Fault | None = None
    last: int = 0
    _mark: str = NOTHING

    def take(self, fact: Fact | None, sequence: int, mark: str) -> None:
        """Take the next entry: what it says (None where nobody can read it), its number and its digest."""
        if self.fault is not None:
            return
        expected = self.last + 1
        if sequence != expected:
            self._find(expected, "缺失或被调换" if _is_later(sequence, expected) else "之前插入了重复的记录")
        elif not _agrees(fact, sequence, self._mark, mark):
            self._find(expected, "内容或摘要被改动，或与前一条接不上")
        elif self.sealed.pop(sequence, mark) != mark:
            self._find(expected, "与封存时不同：封存之后被改写")
        else:
            self.last, self._mark = sequence, mark

    def end(self, head: Head | None) -> Fault | None:
        """Compare with the head of the stream (None where it has none); returns the first fault, if any."""
        if self.fault is not None:
            return self.fault
        known = head or Head(self.stream, 0, NOTHING)
        if known.sequence < self.last:
            self._find(known.sequence + 1, "没有登记在链中：记录被插入，或链尾登记被改动")
        elif known.sequence > self.last or self.sealed:
            self._find(self.last + 1, "缺失：链尾被截短")
        elif known.hash != self._mark:
            self._find(self.last, "与链尾登记不符：链尾登记被改动")
        return self.fault

    def _find(self, sequence: int, reason: str) -> None:
        """Note the first fault."""
        self.fault = Fault(self.stream, sequence, reason)


def _is_later(sequence: object, expected: int) -> bool:
    """Tell whether a number that was expected was passed over."""
    return isinstance(sequence, int) and sequence > expected


def _agrees(fact: Fact | None, sequence: int, previous: str, mark: str) -> bool:
    """Tell whether an entry has the digest that is stored with it."""
    if fact is None:
        return False
    try:
        return entry_hash(fact, sequence, previous) == mark
    except (TypeError, ValueError):
        # Halves of characters, infinite numbers: nothing that was ever written here.
        return False
