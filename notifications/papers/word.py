"""Official documents as DOCX, to be edited further: real font names, paragraphs and fields, no text boxes."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from models.documents.official import Layout, OfficialDocument, goes_upward, layout_of
from notifications.papers.fonts import ems, printed_line, printed_lines

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

# Faces and sizes of GB/T 9704-2012; the sizes are Word's own for 2号, 3号 and 4号.
_SONG, _FANG, _HEI, _KAI = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
_FACES = (_FANG, _HEI, _KAI)
_TITLE, _BODY, _SMALL = 22.0, 16.0, 14.0
# One character of the grid in points, one line in points, the type area's width in points.
_CHARACTER, _LINE, _WIDTH = 15.79, 29.0, 442.2
_MM = 72 / 25.4
_RED = "E60012"
_RULE = {"val": "single", "sz": "12", "color": _RED, "space": "11"}
# How many characters 抄送： takes.
_COPIES = 3
_IMPRINT_RULE = {"val": "single", "color": "000000", "space": "0"}


def render_word(document: OfficialDocument) -> bytes:
    """Return a document as DOCX; equal documents give equal bytes. Source: GB/T 9704-2012."""
    # Imported here: most commands print nothing and should not pay for it.
    from docx import Document

    word = Document()
    letter = layout_of(document.kind) is Layout.LETTER
    _set_page(word, letter=letter)
    _set_properties(word, document)
    if letter:
        _write_letter_head(word, document)
    else:
        _write_general_head(word, document)
    _write_body(word, document)
    _write_signature(word, document)
    if document.copies or not letter:
        _write_imprint(word, document, letter=letter)
    _write_page_numbers(word)
    written = BytesIO()
    word.save(written)
    return _without_clock(written.getvalue())


def _set_page(word: "Document", *, letter: bool) -> None:
    """Set the margins, the grid of 22 lines by 28 characters, and the face of plain text."""
    from docx.shared import Mm

    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    # A letter's name stands 30 mm from the edge, a page number 7 mm under the type area.
    section.header_distance, section.footer_distance = Mm(30), Mm(22.5)
    section.different_first_page_header_footer = letter
    word.settings.odd_and_even_pages_header_footer = True
    # The template that python-docx starts from has a grid already.
    grid: Any = section._sectPr.find(_qualified("docGrid"))  # noqa: SLF001 - python-docx has no other way to it
    _set_attributes(grid, type="linesAndChars", linePitch="580", charSpace="-848")
    # LibreOffice measures the cells of the grid by the size of the document, Word by that of plain text.
    for size in word.styles.element.xpath("w:docDefaults//w:sz | w:docDefaults//w:szCs"):
        _set_attributes(size, val=str(round(_BODY * 2)))
    normal: Any = word.styles["Normal"]
    normal.font.size = _points(_BODY)
    properties = normal.element.get_or_add_rPr()
    _set_face(properties, _FANG)
    # A 16 pt character is wider than its cell of 15.79 pt: Word squeezes it in, LibreOffice takes two cells.
    properties.find(_qualified("sz")).addprevious(_element("w", val="98"))
    normal.paragraph_format.space_after = _points(0)
    normal.paragraph_format.line_spacing = _points(_LINE)
    normal.paragraph_format.widow_control = False
    # Words may break anywhere, or a long one would leave the type area.
    _insert_property(normal.element.get_or_add_pPr(), _element("wordWrap", val="0"))


def _set_properties(word: "Document", document: OfficialDocument) -> None:
    """Describe the file by what the document says, never by the clock."""
    core = word.core_properties
    # The format allows 255 characters.
    core.author = core.last_modified_by = printed_line(document.issuer)[:255]
    core.title = printed_line(document.title)[:255]
    core.created = core.modified = datetime.combine(document.dated, time(), UTC)
    core.language, core.comments, core.revision = "zh-CN", "", 1


def _write_general_head(word: "Document", document: OfficialDocument) -> None:
    """Write the issuer 35 mm below the type area's edge, the number, and a red rule 4 mm under it."""
    name = _write(word, printed_line(document.issuer) + "文件", align="center", before=35 * _MM)
    _shape_issuer(name)
    number = printed_line(document.number)
    if goes_upward(document.kind):
        # The signatory signs by hand: three characters stay blank after the colon.
        line = _write(word, f"{number}\t签发人：", before=2 * _LINE, first=1)
        _add_right_tab(line, _WIDTH - 4 * _CHARACTER)
    else:
        line = _write(word, number, align="center", before=2 * _LINE)
    _set_borders(line, bottom=_RULE)


def _write_letter_head(word: "Document", document: OfficialDocument) -> None:
    """Write the issuer and double rules 170 mm wide into the first page's header and footer."""
    section = word.sections[0]
    name = section.first_page_header.paragraphs[0]
    _fill(name, printed_line(document.issuer), align="center")
    _shape_issuer(name)
    foot = section.first_page_footer.paragraphs[0]
    _set_exact_line(foot, 1)
    for paragraph in (name, foot):
        # The rules reach 8 mm beyond the type area at the left and 6 mm at the right.
        _indent(paragraph, left=-8 * _MM / _CHARACTER, right=-6 * _MM / _CHARACTER)
    double = {"sz": "24", "color": _RED}
    _set_borders(name, bottom={**double, "val": "thickThinSmallGap", "space": "11"})
    _set_borders(foot, bottom={**double, "val": "thinThickSmallGap", "space": "1"})
    _write(word, printed_line(document.number), align="right", before=_BODY * 7 / 8)


def _write_body(word: "Document", document: OfficialDocument) -> None:
    """Write the title, the recipients, the paragraphs and the list of attachments."""
    title = printed_line(document.title)
    margin = _title_margin(title)
    written = _write(word, title, align="center", before=2 * _LINE, left=margin, right=margin)
    _shape(written, _SONG, _TITLE)
    _write(word, "")
    if recipient := printed_line(document.recipient):
        _write(word, f"{recipient}：")
    for block in document.body:
        for line in printed_lines(block.text):
            paragraph = _write(word, line, first=2)
            _shape(paragraph, _FACES[block.level], _BODY)
            paragraph.paragraph_format.keep_with_next = block.level > 0
    _write_attachments(word, document.attachments)


def _write_attachments(word: "Document", attachments: tuple[str, ...]) -> None:
    """List what is attached, numbered where there are several."""
    for index, name in enumerate(attachments):
        ordinal = f"{index + 1}. " if len(attachments) > 1 else ""
        label = "附件：" if index == 0 else ""
        hang = 3 + ems(ordinal) if label else ems(ordinal)
        if label:
            _write(word, "")
        _write(word, label + ordinal + printed_line(name), left=5 + ems(ordinal), first=-hang)


def _write_signature(word: "Document", document: OfficialDocument) -> None:
    """Write the date four characters in from the right, the signature centred above it."""
    signature = printed_line(document.signature)
    difference = (ems(signature) - ems(document.printed_date)) / 2
    # A long signature pushes the date inwards instead of running over the edge; a very long one wraps.
    inset = max(4.0, difference) if ems(signature) * _CHARACTER < _WIDTH else 4.0
    _write(word, "")
    _write(word, "")
    above = _write(word, signature, align="right", right=max(0.0, inset - difference))
    above.paragraph_format.keep_with_next = True
    _write(word, document.printed_date, align="right", right=inset)


def _write_imprint(word: "Document", document: OfficialDocument, *, letter: bool) -> None:
    """Write the copies and, in the general layout, the issuer and the day, at the foot of the last page."""
    rows = []
    if document.copies:
        rows.append("抄送：" + "，".join(map(printed_line, document.copies)) + "。")
    if not letter:
        rows.append(f"{printed_line(document.issuer)}\t{document.printed_date}印发")
    table = word.add_table(len(rows), 1)
    _sink(table, ruled=not letter)
    for cell, row in zip(table.column_cells(0), rows, strict=True):
        paragraph = _fill(cell.paragraphs[0], row, left=1 + _COPIES, right=1, first=-_COPIES)
        _shape(paragraph, _FANG, _SMALL)
        _add_right_tab(paragraph, _WIDTH - _CHARACTER)
    # A floating table stands on the page of the paragraph after it.
    _set_exact_line(_write(word, ""), 1)


def _write_page_numbers(word: "Document") -> None:
    """Write "— 1 —" at the outer edge, one character in."""
    section = word.sections[0]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    _fill(odd, "— ", align="right", right=1)
    _fill(even, "— ", align="left", left=1)
    for paragraph in (odd, even):
        run = paragraph.add_run()._r  # noqa: SLF001 - python-docx has no fields
        for part in ("begin", "PAGE", "end"):
            run.append(_field_part(part))
        paragraph.add_run(" —")
        _shape(paragraph, "宋体", _SMALL)
        _set_exact_line(paragraph, _SMALL)


def _write(word: "Document", text: str, **form: Any) -> "Paragraph":  # noqa: ANN401 - as _fill
    """Append a paragraph; ``form`` is that of ``_fill``."""
    return _fill(word.add_paragraph(), text, **form)


def _fill(
    paragraph: "Paragraph",
    text: str,
    *,
    align: str = "both",
    before: float = 0,
    left: float = 0,
    right: float = 0,
    first: float = 0,
) -> "Paragraph":
    """Fill a paragraph; indents are in characters of the grid, the space before it in points."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.from_xml(align)
    if before:
        paragraph.paragraph_format.space_before = _points(before)
    _indent(paragraph, left=left, right=right, first=first)
    if text:
        _shape(paragraph, _FANG, _BODY, runs=[paragraph.add_run(text)])
    return paragraph


def _indent(paragraph: "Paragraph", *, left: float, right: float, first: float = 0) -> None:
    form = paragraph.paragraph_format
    form.left_indent, form.right_indent = _points(left * _CHARACTER), _points(right * _CHARACTER)
    form.first_line_indent = _points(first * _CHARACTER)


def _shape(paragraph: "Paragraph", face: str, size: float, *, runs: Iterable[Any] | None = None) -> None:
    """Give the runs of a paragraph a face and a size in points."""
    for run in paragraph.runs if runs is None else runs:
        run.font.size = _points(size)
        _set_face(run._r.get_or_add_rPr(), face)  # noqa: SLF001 - python-docx knows no face for Chinese
    if size > _BODY:
        # What is larger than a cell of the grid would be given two.
        free = _element("snapToGrid", val="0")
        _insert_property(paragraph._p.get_or_add_pPr(), free)  # noqa: SLF001 - python-docx has no grids


def _set_face(properties: Any, face: str) -> None:  # noqa: ANN401 - python-docx gives XML elements no public type
    """Set the face of Chinese; quotation marks, which Latin has too, are counted as Chinese."""
    fonts = properties.get_or_add_rFonts()
    latin = "Times New Roman"
    fonts.attrib.clear()
    _set_attributes(fonts, ascii=latin, hAnsi=latin, cs=latin, eastAsia=face, hint="eastAsia")


def _shape_issuer(paragraph: "Paragraph") -> None:
    """Print the issuer's name in red, as large as fits in one line, up to 50 pt."""
    from docx.shared import RGBColor

    size = min(50.0, max(18.0, int(_WIDTH / max(1, ems(paragraph.text)) * 2) / 2))
    _shape(paragraph, _SONG, size)
    paragraph.runs[0].font.color.rgb = RGBColor.from_string(_RED)
    _set_exact_line(paragraph, size)


def _set_exact_line(paragraph: "Paragraph", points: float) -> None:
    paragraph.paragraph_format.line_spacing = _points(points)


def _points(points: float) -> Any:  # noqa: ANN401 - only here is the library's unit imported
    from docx.shared import Pt

    return Pt(points)


def _add_right_tab(paragraph: "Paragraph", points: float) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT

    paragraph.paragraph_format.tab_stops.add_tab_stop(_points(points), WD_TAB_ALIGNMENT.RIGHT)


def _set_borders(paragraph: "Paragraph", **sides: dict[str, str] | None) -> None:
    borders = _element("pBdr")
    borders.extend(_element(side, **form) for side, form in sides.items() if form)
    _insert_property(paragraph._p.get_or_add_pPr(), borders)  # noqa: SLF001 - python-docx has no borders


def _sink(table: Any, *, ruled: bool) -> None:  # noqa: ANN401 - as _set_face
    """Let a table float at the foot of the type area, with the rules of an imprint or without any."""
    properties = table._tbl.tblPr  # noqa: SLF001 - python-docx has no floating tables
    for child in list(properties):
        properties.remove(child)
    where = {"vertAnchor": "margin", "horzAnchor": "margin", "tblpXSpec": "left", "tblpYSpec": "bottom"}
    width = str(round(_WIDTH * 20))
    properties.append(_element("tblpPr", leftFromText="0", rightFromText="0", **where))
    properties.append(_element("tblW", w=width, type="dxa"))
    if ruled:
        borders = _element("tblBorders")
        sizes = {"top": "8", "bottom": "8", "insideH": "6"}
        borders.extend(_element(side, sz=size, **_IMPRINT_RULE) for side, size in sizes.items())
        properties.append(borders)
    properties.append(_element("tblLayout", type="fixed"))
    margins = _element("tblCellMar")
    margins.extend(_element(side, w="0", type="dxa") for side in ("left", "right"))
    properties.append(margins)
    table._tbl.tblGrid.gridCol_lst[0].set(_qualified("w"), width)  # noqa: SLF001 - as above
    for cell in table.column_cells(0):
        cell.width = _points(_WIDTH)


def _field_part(part: str) -> Any:  # noqa: ANN401 - as _set_face
    if part != "PAGE":
        return _element("fldChar", fldCharType=part)
    instruction = _element("instrText")
    instruction.text = part
    return instruction


# In the order of the schema, ECMA-376 part 1, 17.3.1.26.
_PARAGRAPH_PROPERTIES = (
    "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr",
    "suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap",
    "overflowPunct", "topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid",
    "spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap", "jc", "textDirection",
    "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle", "rPr", "sectPr", "pPrChange",
)  # fmt: skip


def _insert_property(properties: Any, element: Any) -> None:  # noqa: ANN401 - as _set_face
    """Insert a property of a paragraph where the schema wants it; Word refuses another order."""
    order = [_qualified(tag) for tag in _PARAGRAPH_PROPERTIES]
    behind = order[order.index(element.tag) + 1 :]
    at = next((place for place, child in enumerate(properties) if child.tag in behind), len(properties))
    properties.insert(at, element)


def _element(tag: str, **attributes: str) -> Any:  # noqa: ANN401 - as _set_face
    from docx.oxml import OxmlElement

    element = OxmlElement(f"w:{tag}")
    _set_attributes(element, **attributes)
    return element


def _set_attributes(element: Any, **attributes: str) -> None:  # noqa: ANN401 - as _set_face
    for name, value in attributes.items():
        element.set(_qualified(name), value)


def _qualified(name: str) -> str:
    from docx.oxml.ns import qn

    return qn(f"w:{name}")


def _title_margin(title: str) -> float:
    """Return the indent, in characters of the grid, by which the lines of a title get about equally long."""
    wide = ems(title) * _TITLE
    lines = -(-wide // _WIDTH)
    spare = _WIDTH - wide / max(1, lines) - _TITLE
    return max(0.0, spare / 2 / _CHARACTER) if lines > 1 else 0.0


def _without_clock(archive: bytes) -> bytes:
    """Return a ZIP archive whose members carry a fixed time instead of the present one."""
    rewritten = BytesIO()
    with ZipFile(BytesIO(archive)) as given, ZipFile(rewritten, "w", ZIP_DEFLATED) as fixed:
        for name in given.namelist():
            fixed.writestr(ZipInfo(name), given.read(name), ZIP_DEFLATED)
    return rewritten.getvalue()
