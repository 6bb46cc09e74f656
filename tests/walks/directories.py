"""Changes of the unit directory as an operator types them."""

from conftest import Clock

from models.office.directory import read_directory_file
from tasks.office.units import Imported, import_directory
from tasks.workplace import Workplace

# The authority of the walks under another name.
RENAMED = """[[unit]]
code = "ZJJ"
name = "侯马市住房和城市建设局"
short_name = "城建局"
roles = ["authority", "responsible"]
"""
# A new unit, and the authority of the walks that goes into it.
MERGED = """[[unit]]
code = "CJJ"
name = "侯马市城市建设局"
short_name = "城市建设局"
roles = ["authority", "responsible"]

[[unit]]
code = "ZJJ"
name = "侯马市住房和城乡建设管理局"
short_name = "住建局"
roles = ["authority", "responsible"]
active = false
succeeded_by = "CJJ"
"""
HEIR = "CJJ"


def change(place: Workplace, clock: Clock, text: str) -> Imported:
    """Import a directory file as it was typed."""
    return import_directory(place, read_directory_file(text, "变更.toml"), "变更.toml", clock())


def substitute(unit: str, by: str, first: str, last: str) -> str:
    """Return the lines that let one unit stand in for another."""
    return f'[[substitute]]\nunit = "{unit}"\nby = "{by}"\nfirst = {first}\nlast = {last}\n'
