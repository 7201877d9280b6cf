"""One small invented article, written in each format that an article may come in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from io import BytesIO
from textwrap import fill

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from pipeline.ingest.reading import Block, Reading
from pipeline.study.study import Interviews, SpeakerGroup

INTERVIEWS = Interviews(
    pattern=r"\bParticipant \d+, ",
    speaker_groups=(
        SpeakerGroup(id="health", name="Health workers", pattern=r"nurse|midwife"),
        SpeakerGroup(id="school", name="School staff", pattern=r"teacher"),
    ),
)

TITLE = "Night Clinics on the River"
ARTICLE: tuple[tuple[str, str], ...] = (
    ("front", "R. Writer, University of Tests"),
    ("front", "Published online: 6 April 2031"),
    ("1", "Abstract"),
    (
        "p",
        "Clinics on the river open at night. This paper asks who comes, and why they come so late.",
    ),
    ("1", "1. Introduction"),
    (
        "p",
        (
            "Boats carry the sick when the road is flooded.{1} The ministry counts the boats, but "
            "it has never counted the people in them, nor asked them where they were going."
        ),
    ),
    ("1", "2. Findings"),
    ("2", "2.1. Waiting"),
    ("p", "Those who work on the landing stage see the same faces every week. One of them said:"),
    ("q", "They wait for the dark because in daylight somebody would ask where they live.{2}"),
    (
        "p",
        (
            "Schools lend their benches to the clinic.{3} Nobody pays for them, and nobody "
            "has ever brought one back. The teacher who carries them down the hill was surer,"
        ),
    ),
    ("q", "A bench by the river is of more use than a bench in an empty room.{4}"),
    ("1", "3. Conclusion"),
    ("p", "The night is a part of the service, and a count that stops at dusk leaves it out."),
)
NOTES = (
    "See the survey of the river authority (Writer 2030).",
    "Participant 4, nurse.",
    "Participant 9, teacher; Participant 4, nurse, said the same.",
    "Participant 9, teacher.",
)
REFERENCE = "Writer, R. 2030. Boats and roads. Town: A Press."

SECTIONS = (
    "Abstract",
    "1. Introduction",
    "2. Findings",
    "2. Findings > 2.1. Waiting",
    "3. Conclusion",
)
BODY = (
    ("paragraph", 1, "Abstract"),
    ("paragraph", 2, "1. Introduction"),
    ("paragraph", 3, "2. Findings > 2.1. Waiting"),
    ("quotation", 3, "2. Findings > 2.1. Waiting"),
    ("paragraph", 4, "2. Findings > 2.1. Waiting"),
    ("quotation", 4, "2. Findings > 2.1. Waiting"),
    ("paragraph", 5, "3. Conclusion"),
)
SPOKEN = {"1": (), "2": ("health",), "3": ("school", "health"), "4": ("school",)}


SENTENCE = "A boat came at night, and nobody on the landing stage could say who it was that sent it"
PARTICIPANTS = Interviews.model_validate(
    {
        "pattern": r"\b(?:Interview \d+|P\d+), ",
        "speaker_groups": [
            {"id": "ngo", "name": "NGOs", "pattern": "NGO"},
            {"id": "school", "name": "Schools", "pattern": "teacher"},
        ],
    }
)
INLINE = f"""# Boats

{SENTENCE} (Interview 12, NGO worker). Others say the same (Smith 2020; P7, teacher).

> We wait for the dark.
>
> — P7, teacher

{SENTENCE} [see Interview 12, NGO worker] (Smith 2020).
"""


def words() -> list[str]:
    """The texts of the body, without marks."""
    return [re.sub(r"{\d}", "", text) for kind, text in ARTICLE if kind in "pq"]


def as_text() -> bytes:
    """Plain text: raised figures, notes in a list."""
    parts = [TITLE, *(_marked(text, lambda n: "⁰¹²³⁴"[int(n)]) for _, text in ARTICLE)]
    notes = "\n".join(f"{number}. {note}" for number, note in enumerate(NOTES, 1))
    return "\n\n".join([*parts, "Notes", notes, "References", REFERENCE]).encode()


def as_markdown() -> bytes:
    """Markdown with [^1] footnotes."""
    opens = {"1": "## ", "2": "### ", "q": "> "}
    parts = [f"# {TITLE}"]
    parts += [opens.get(k, "") + _marked(text, lambda n: f"[^{n}]") for k, text in ARTICLE]
    notes = [f"[^{number}]: {note}" for number, note in enumerate(NOTES, 1)]
    return "\n\n".join([*parts, "## References", REFERENCE, *notes]).encode()


def as_html() -> bytes:
    """A web page with linked endnotes; printed by Chromium it is documents/small-article.pdf."""
    tags = {"1": "h2", "2": "h3", "q": "blockquote"}
    parts = [
        f"<{tags.get(kind, 'p')}>"
        + _marked(text, lambda n: f'<sup><a id="r{n}" href="#n{n}">{n}</a></sup>')
        + f"</{tags.get(kind, 'p')}>"
        for kind, text in ARTICLE
    ]
    notes = "".join(
        f'<li id="n{number}"><p>{note} <a href="#r{number}">↩</a></p></li>'
        for number, note in enumerate(NOTES, 1)
    )
    page = f"<h1>{TITLE}</h1>{''.join(parts)}<h2>Notes</h2><ol>{notes}</ol>"
    end = f"<h2>References</h2><p>{REFERENCE}</p>"
    style = "<style>sup {font-size: 65%} @media print {li a {display: none}}</style>"
    head = f"<head><title>{TITLE}</title>{style}</head>"
    return f"<html>{head}<body>{page}{end}</body></html>".encode()


def as_word(notes: str = "footnote") -> bytes:
    """A Word file with footnotes or endnotes; ids begin with 2 as LibreOffice writes them."""
    document = Document()
    document.core_properties.title = TITLE
    document.add_paragraph(TITLE, style="Title")
    styles = {"1": "Heading 1", "2": "Heading 2", "q": "Quote"}
    for kind, text in ARTICLE:
        paragraph = document.add_paragraph(style=styles.get(kind))
        for piece in re.split(r"({\d})", text):
            run = paragraph.add_run("" if piece[:1] == "{" else piece)
            if piece[:1] == "{":
                mark = f'<w:{notes}Reference {nsdecls("w")} w:id="{int(piece[1]) + 1}"/>'
                run._r.append(parse_xml(mark))
    document.add_heading("References", 1)
    document.add_paragraph(REFERENCE)
    _add_notes(document, notes)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add_notes(document, name: str) -> None:
    notes = "".join(
        f'<w:{name} w:id="{number}"><w:p><w:r><w:{name}Ref/><w:t xml:space="preserve"> {note}'
        f"</w:t></w:r></w:p></w:{name}>"
        for number, note in enumerate(NOTES, 2)
    )
    kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{name}s+xml"
    content = f"<w:{name}s {nsdecls('w')}>{notes}</w:{name}s>".encode()
    decimal = f'<w:{name}Pr {nsdecls("w")}><w:numFmt w:val="decimal"/></w:{name}Pr>'
    document.settings.element.append(parse_xml(decimal))  # as journals do; Word's own are i, ii
    part = Part(PackURI(f"/word/{name}s.xml"), kind, content, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


def rewritten(reading: Reading, suffix: str) -> str:
    """An article that was read, written as a person would in another format."""
    ranks = {"heading": "12", "quotation": "q", "paragraph": "p"}
    blocks = [
        (ranks[b.role][b.label.count(".") if b.role == "heading" else 0], b) for b in reading.blocks
    ]
    if suffix == ".html":
        return _page(reading, blocks)
    marks = "[^{}]" if suffix == ".md" else "{}"  # as pasted into plain text: "longer.1"
    opens = {"1": "## ", "2": "### ", "q": "> ", "p": ""} if suffix == ".md" else {}
    parts = [opens.get(kind, "") + _rewritten(block, marks) for kind, block in blocks]
    form = "[^{}]: {}" if suffix == ".md" else "{}. {}"
    notes = [form.format(note.number, note.text) for note in reading.notes]
    if suffix == ".md":
        return "\n\n".join([f"# {reading.title}", *parts, *notes])
    wrapped = [fill(part, 90) for part in parts]
    listed = "\n".join(fill(note, 90) for note in notes)
    return "\n\n".join([reading.title, *wrapped, "Notes", listed])


def _page(reading: Reading, blocks: Sequence[tuple[str, Block]]) -> str:
    tags = {"1": "h2", "2": "h3", "q": "blockquote", "p": "p"}
    mark = '<sup><a href="#n{0}" id="r{0}">{0}</a></sup>'
    parts = [f"<{tags[kind]}>{_rewritten(block, mark)}</{tags[kind]}>" for kind, block in blocks]
    notes = "".join(f'<li id="n{note.number}">{note.text}</li>' for note in reading.notes)
    return f"<h1>{reading.title}</h1>{''.join(parts)}<h2>Notes</h2><ol>{notes}</ol>"


def _rewritten(block: Block, mark: str) -> str:
    text, end = f"{block.label}. " if block.label else "", 0
    for one in block.marks:
        text += block.text[end : one.offset] + mark.format(one.number)
        end = one.offset
    return text + block.text[end:]


def _marked(text: str, mark: Callable[[str], str]) -> str:
    return re.sub(r"{(\d)}", lambda found: mark(found[1]), text)
