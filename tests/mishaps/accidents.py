"""What happens to a system in use: two at once, and a power cut in the middle."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

from sqlalchemy import event

from tasks.workplace import Workplace

_Result = TypeVar("_Result")


class PowerCut(Exception):  # noqa: N818 - it is no error of the program
    """The database stopped in the middle of a transaction."""


@contextmanager
def power_cut_before(place: Workplace, statement: str) -> Iterator[None]:
    """Let the database stop before the first statement that begins so."""

    def stop(*arguments: object) -> None:
        if str(arguments[2]).startswith(statement):
            raise PowerCut(statement)

    event.listen(place.engine, "before_cursor_execute", stop)
    try:
        yield
    finally:
        event.remove(place.engine, "before_cursor_execute", stop)


def at_once(act: Callable[[], _Result], threads: int = 2) -> list[_Result | Exception]:
    """Do the same thing in several threads that start together; errors are results too."""
    start = Barrier(threads)

    def one(_: int) -> _Result | Exception:
        start.wait()
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - what went wrong is what the test looks at
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))
