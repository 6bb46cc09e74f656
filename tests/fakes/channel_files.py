"""Channel files as an office writes them, and what must not be read out of them."""

from pathlib import Path

TOKEN = "5f0c1d2eb3a44c6f9d70"  # noqa: S105 - made up, but looked for as a secret
PASSWORD = "Kou4Ling7Mima"  # noqa: S105 - as above


def write(path: Path, *addresses: str, tag: str = "ZJJ") -> None:
    """Write the addresses of one tag; the first of them stands on line 2."""
    path.write_text(
        "urls:\n" + "".join(f"  - {url!r}: {{tag: {tag}}}\n" for url in addresses), encoding="utf-8"
    )
