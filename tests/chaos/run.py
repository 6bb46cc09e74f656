"""``make chaos``: a trial by command, in a temporary folder that is kept where the trial fails."""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType


def main() -> int:
    """Run one trial; returns 0 where every invariant holds."""
    # The modules of the tests are found from their folder, as pytest finds them.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from chaos.trial import Options, Trial

    parser = argparse.ArgumentParser(description="故障演练：随机击杀各进程，最后核对不变量")
    for name, default in (("seed", 1), ("kills", 200), ("leads", 50)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument(
        "--cluster", action="store_true", help="多个服务、后台服务和执行进程，用 PostgreSQL 和 Redis"
    )
    parser.add_argument("--keep", action="store_true", help="保留现场，即使全部满足")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="zero137-chaos-"))
    options = Options(given.seed, given.kills, given.leads, folder / "home", given.cluster)
    holds = False
    try:
        holds = Trial(options, lambda line: print(line, flush=True)).run()  # noqa: T201 - a command
    finally:
        if holds and not given.keep:
            shutil.rmtree(folder)
        else:
            print(f"种子 {given.seed}，现场保留在 {folder}", flush=True)  # noqa: T201 - as above
    return 0 if holds else 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the trial in order, so that no process is left behind."""
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
