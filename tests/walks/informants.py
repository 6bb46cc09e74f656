"""An informant whose every part would be noticed anywhere, and who looks for it."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
from pydantic import SecretStr

from models.informants.identity import Identity
from tasks.informants.identities import Reading
from tasks.informants.keys import create_key_file
from tasks.informants.vault import new_key
from tasks.workplace import Workplace

NAME, PHONE, MAIL, NOTE = "欧阳晞羽", "13905570137", "xiyu.ouyang@example.test", "夜班门卫知情"
PARTS = (NAME, PHONE, MAIL, NOTE)
CONTACT = f"{PHONE}；{MAIL}"
IDENTITY = Identity(name=SecretStr(NAME), contact=SecretStr(CONTACT), note=SecretStr(NOTE))

READING = Reading("经办人甲", "核实线索细节", "clerk")


def give_key(place: Workplace) -> str:
    """Create the key file of a workplace; returns the key."""
    key = new_key()
    create_key_file(place, key)
    return key


def told_in(data: bytes) -> list[str]:
    """Return the parts of the informant that some bytes tell, in any form a program writes text."""
    # JSON may write characters as escapes, with or without a second escape around them.
    forms = {part: [part, ascii(part)[1:-1], ascii(part)[1:-1].replace("\\", "\\\\")] for part in PARTS}
    return [
        part
        for part, written in forms.items()
        if any(form.encode(code) in data for form in written for code in ("utf-8", "utf-16-le", "gb18030"))
    ]


def files_telling(folder: Path, *but: Path) -> dict[str, list[str]]:
    """Return the files below a folder that tell a part of the informant, except some files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in but:
            told = [part for data in _contents(path) for part in told_in(data)]
            if told:
                found[str(path.relative_to(folder))] = told
    return found


def _contents(path: Path) -> Iterator[bytes]:
    """Give the bytes of a file, and of what is packed in it."""
    data = path.read_bytes()
    yield data
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                yield package.read(name)
    if data.startswith(b"%PDF-1.7\n%"):
        with pdfplumber.open(path) as document:
            for page in document.pages:
                yield "".join(char["text"] for char in page.chars).encode()
