"""Word files written part by part, as other programs and older templates write them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:w16se="http://schemas.microsoft.com/office/word/2015/wordml/symex"'
)
_ROOTS = {"footnotes": "footnotes", "endnotes": "endnotes", "header": "hdr", "footer": "ftr"}


def paragraph(text: str = "", properties: str = "") -> str:
    """A w:p; what begins with < is its XML."""
    inner = text if text.startswith("<") or not text else run(text)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A w:r."""
    inner = text if text.startswith("<") else f'<w:t xml:space="preserve">{text}</w:t>'
    return f"<w:r><w:rPr>{properties}</w:rPr>{inner}</w:r>"


def item(text: str, number: int, level: int = 0) -> str:
    """A paragraph of a list."""
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text, place)


def level(depth: int, form: str, text: str, more: str = "") -> str:
    """A w:lvl."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def row(*cells: str) -> str:
    """A w:tr of cells of text."""
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in cells)}</w:tr>"


def table(*rows: str) -> str:
    """A w:tbl."""
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def box(choice: str, fallback: str) -> str:
    """A text box in its two forms, for new and for old versions of Word."""
    modern = f"<wps:txbx><w:txbxContent>{choice}</w:txbxContent></wps:txbx>"
    old = f"<v:textbox><w:txbxContent>{fallback}</w:txbxContent></v:textbox>"
    return run(
        f'<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{modern}</w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict>{old}</w:pict></mc:Fallback></mc:AlternateContent>"
    )


def control(content: str, properties: str = "<w:date/>") -> str:
    """A content control around something."""
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def word_file(
    body: str,
    parts: Mapping[str, str] = {},
    chunks: Mapping[str, bytes] = {},
    *,
    main: str = "word/document.xml",
    strict: bool = False,
) -> bytes:
    """A package with this body.

    Args:
        body: XML of the body.
        parts: content of numbering, styles, settings, footnotes, header1 and so on, by name;
            relationships have the name as their id.
        chunks: inserted parts (w:altChunk) by name, which is their relationship's id, too.
        main: name of the main part.
        strict: as Word saves "Strict Open XML"?
    """
    texts = {main: f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"}
    links = []
    for name, content in parts.items():
        kind = name.rstrip("0123456789")
        root = _ROOTS.get(kind, kind)
        texts[f"word/{name}.xml"] = f"<w:{root} {NAMESPACES}>{content}</w:{root}>"
        links.append((name, kind, f"/word/{name}.xml"))
    links += [(name, "aFChunk", name) for name in chunks]
    folder, _, file = main.rpartition("/")
    texts["_rels/.rels"] = _relationships([("rId1", "officeDocument", main)])
    texts[f"{folder}/_rels/{file}.rels"] = _relationships(links)
    if strict:
        for old, new in ((W, "wordprocessingml/main"), (R, "officeDocument/relationships")):
            texts = {
                n: t.replace(old, f"http://purl.oclc.org/ooxml/{new}") for n, t in texts.items()
            }
    return packed(
        {name: text.encode() for name, text in texts.items()}
        | {f"{folder}/{name}": content for name, content in chunks.items()}
    )


def rich_word_file() -> bytes:
    """A Word file with something of everything, to be damaged."""
    numbering = (
        f'<w:abstractNum w:abstractNumId="7">{level(0, "decimal", "%1.")}'
        f"{level(1, 'lowerLetter', '(%2)')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2">'
        '<w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="15"/>'
        "</w:lvlOverride></w:num>"
    )
    marked = run("He left.") + run('<w:footnoteReference w:id="1"/>')
    own = run('<w:footnoteReference w:id="2" w:customMarkFollows="1"/><w:t>*</w:t>')
    gone = paragraph("Half", '<w:rPr><w:del w:id="1" w:author="x"/></w:rPr>')
    body = (
        paragraph("Security", '<w:pStyle w:val="H"/>')
        + item("One.", 1) + item("a", 1, 1) + item("Fifteen.", 2) + gone + paragraph(marked + own)
        + control(table(row("a", "b"), control(row("c", "d"))))
        + paragraph(box(paragraph("In the box."), paragraph("In the box.")))
        + '<w:altChunk r:id="chunk.html"/>'
        + '<w:sectPr><w:headerReference w:type="first" r:id="header1"/><w:titlePg/></w:sectPr>'
    )  # fmt: skip
    parts = {
        "numbering": numbering,
        "styles": '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/></w:style>',
        "footnotes": "".join(
            f'<w:footnote w:id="{n}">{paragraph(said)}</w:footnote>'
            for n, said in ((1, "Ibid."), (2, "* Own."))
        ),
        "settings": '<w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr>',
        "header1": paragraph("S/2031/5") + paragraph("26 January 2031"),
    }
    return word_file(body, parts, {"chunk.html": b"<p>Inserted.</p>"})


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return file.getvalue()


def _relationships(links: list[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"/>'
        for name, kind, target in links
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{items}</Relationships>'
