"""How the code is cut: modules in each room, and the longest chain of imports inside each folder.

``python tests/structure.py`` prints it; ``tests/unit/test_structure.py`` holds the code to it.
"""

from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
FOLDERS = ("models", "notifications", "tasks", "flows", "deployments")
# A room with more modules than this is several rooms.
MOST_MODULES = 8
LONGEST_FILE = 400


def rooms() -> dict[str, list[Path]]:
    """Return the modules of every package of the five folders, without its ``__init__``, by dotted name."""
    found: dict[str, list[Path]] = {}
    for folder in FOLDERS:
        for init in sorted((ROOT / folder).rglob("__init__.py")):
            modules = sorted(path for path in init.parent.glob("*.py") if path != init)
            found[".".join(init.parent.relative_to(ROOT).parts)] = modules
    return found


def longest_chain(folder: str) -> list[str]:
    """Return the longest chain of imports between modules of a folder, the importer first.

    Raises:
        ValueError: The modules import each other in a circle.
    """
    graph = grimp.build_graph(folder)
    under_way: set[str] = set()

    @cache
    def below(module: str) -> tuple[str, ...]:
        if module in under_way:
            raise ValueError(f"{module} is imported in a circle")
        under_way.add(module)
        chains = (below(imported) for imported in graph.find_modules_directly_imported_by(module))
        longest = max(chains, key=len, default=())
        under_way.discard(module)
        return (module, *longest)

    return list(max(map(below, sorted(graph.modules)), key=len))


def main() -> None:
    """Print the rooms and the chains."""
    for room, modules in rooms().items():
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules)
        print(f"{room:<36}{len(modules):>3} modules {lines:>6} lines")  # noqa: T201 - a command
    for folder in FOLDERS:
        chain = longest_chain(folder)
        print(f"{folder}: {len(chain)} modules in a chain: {' > '.join(chain)}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
