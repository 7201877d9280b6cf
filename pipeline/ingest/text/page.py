"""A web page as one sees it: its charset, and its tree without hidden parts, menus and banners.

Readability and trafilatura were tried on such pages: they lose headings and short paragraphs, and
keep the tables by which old pages are laid out, so the rules are ours. What they leave out is
counted, so that nothing goes unsaid. What holds most of a page's words is never furniture.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape

from lxml import etree, html
from lxml.html import HtmlElement as Element

from pipeline.ingest.reading import UnreadableError, decoded, seen

NOT_SHOWN = frozenset(
    "script style noscript template title select option datalist iframe object svg audio video"
    " canvas button textarea input noframes dialog".split()
)
_CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w:-]{2,30})", re.I)
_XML = re.compile(r"\s*<\?xml\b[^>]{0,200}\?>", re.I)
_XML_CHARSET = re.compile(rb"\s*<\?xml\b[^>]{0,100}?encoding\s*=\s*[\"']([\w:-]{2,30})", re.I)
_XHTML = re.compile(r"<\?xml|<!DOCTYPE[^>]{0,100}XHTML|<html[^>]{0,300}xmlns", re.I)
_EMPTY = re.compile(r"<(?!br\b|hr\b|img\b)(\w+)((?:[^<>\"'/]|/(?!>)|\"[^\"<>]*\"|'[^'<>]*')*+)/>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.S)
_PREFIX = re.compile(r"xmlns:(\w{1,20})\s*=\s*[\"']http://www\.w3\.org/1999/xhtml[\"']")
_OWN = re.compile("[\ue000-\ue002]")  # what html.py marks places with
_NOT_XML = re.compile("[\x0b\x0c\x1c-\x1f\ud800-\udfff\ufffe\uffff]")
_FOR_WINDOWS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-15": "cp1252", "iso8859-2": "cp1250",
    "iso8859-5": "cp1251", "iso8859-7": "cp1253", "iso8859-8": "cp1255", "iso8859-6": "cp1256",
    "iso8859-9": "cp1254", "iso8859-13": "cp1257",
}  # fmt: skip
_NO_CHARSET = frozenset("utf-7 utf-16 utf-16-le utf-16-be utf-32 unicode-escape raw-unicode-escape"
                        " idna punycode utf-8".split())  # fmt: skip


def parsed(content: bytes) -> tuple[Element, tuple[str, ...]]:
    """The tree of a page, its texts as one sees them, and remarks on its encoding.

    Raises:
        UnreadableError: the encoding is unknown, it is not HTML, or it has no text.
    """
    text, remarks = decoded(content, _declared(content))
    root = tree_of(text)
    if root is None:
        raise UnreadableError("is not HTML, or has no text")
    if next(root.iter("frameset"), None) is not None:
        raise UnreadableError("only shows other pages in frames; save and add those")
    return root, remarks


def tree_of(text: str) -> Element | None:
    """The tree of a page or of a part of one; None where there is none."""
    if _XHTML.search(text[:2000]):
        text = _as_html(text)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(_OWN.sub("", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    for element in root.iter():
        element.text = _NOT_XML.sub(" ", seen(element.text)) if element.text else None
        element.tail = _NOT_XML.sub(" ", seen(element.tail)) if element.tail else None
    return root


def _as_html(text: str) -> str:
    """XHTML as HTML: without declaration and prefixes, and no element closed where it opens."""
    text = _XML.sub("", text, count=1)
    prefix = _PREFIX.search(text[:3000])
    if prefix:
        text = re.sub(rf"(</?){prefix[1]}:", r"\1", text)
    text = _CDATA.sub(lambda found: escape(found[1]), text)
    return _EMPTY.sub(r"<\1\2></\1>", text)


def _declared(content: bytes) -> str:
    """Python's name of the charset that a page says it has; empty where that says nothing.

    As in browsers: who says ISO 8859 and holds Windows' quotation marks means Windows, and a page
    in which the word charset can be read is not in UTF-16.
    """
    bare = re.sub(rb"<!--.*?-->", b"", content[:200_000], flags=re.S)
    named = _XML_CHARSET.match(bare) or _CHARSET.search(bare)
    try:
        name = codecs.lookup(named[1].decode("ascii")).name if named else "utf-8"
    except LookupError:
        return ""
    if name in _FOR_WINDOWS and (name == "ascii" or re.search(rb"[\x80-\x9f]", content)):
        return _FOR_WINDOWS[name]
    return "" if name.replace("_", "-") in _NO_CHARSET else name


def _words(root: Element) -> Counter[Element]:
    """The number of words in every element, links and tables in it included."""
    words: Counter[Element] = Counter()
    for element in reversed(list(root.iter())):
        words[element] += len((element.text or "").split())
        parent = element.getparent()
        if parent is not None:
            words[parent] += words[element] + len((element.tail or "").split())
    return words


def _taken_out(root: Element, is_out: Callable[[Element, Counter[Element]], bool]) -> int:
    """Drop what is out, outermost first; gives the number of words that went."""
    words = _words(root)
    found = [e for e in root.iter() if e.getparent() is not None and is_out(e, words)]
    out = set(found)
    outermost = [e for e in found if not any(above in out for above in e.iterancestors())]
    for element in outermost:
        element.drop_tree()
    return sum(words[element] for element in outermost)


def without_the_unshown(root: Element) -> tuple[str, ...]:
    """Take out what a browser does not show, controls, and the form that is the page itself.

    Gives remarks: how many words were hidden. Scripts and controls are no words.
    """
    hides = _hiding_rules(root)
    for form in list(root.iter("form")):
        if _holds_the_page(form, root):
            form.drop_tag()
    _taken_out(root, lambda e, _: e.tag in NOT_SHOWN or _labels(e))
    whole = _words(root)[root]
    gone = _taken_out(root, lambda e, words: _is_hidden(e, hides) and words[e] <= whole / 2)
    return (f"hidden parts of the page left out (words: {gone})",) if gone else ()


def _holds_the_page(form: Element, root: Element) -> bool:
    if any(next(form.iter(tag), None) is not None for tag in ("h1", "main", "article")):
        return True
    inside, whole = (_shown_words(part) for part in (form, root))
    return 2 * inside > whole


def _shown_words(root: Element) -> int:
    return sum(
        len((element.text or "").split()) + len((element.tail or "").split())
        for element in root.iter()
        if element.tag not in NOT_SHOWN
    )


def _labels(element: Element) -> bool:
    controls = ("input", "select", "textarea")
    labelled = element.get("for") or any(True for _ in element.iter(*controls))
    return element.tag == "label" and bool(labelled)


_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_AT_RULE = re.compile(r"@[^{};]{0,300}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIMPLE = re.compile(r"(?:[\w-]*)([.#][\w-]+)")
_HIDDEN = re.compile(
    r"(?:is-|u-)?(?:hidden|visually-?hidden)|element-invisible|d-none|sr-only"
    r"|screen-?reader(?:-text|-only)?|print-only"
)
_SHOWN = re.compile(r"d-\w+-\w+|(?:sm|md|lg|xl|2xl):\S+")


def _hiding_rules(root: Element) -> frozenset[str]:
    """The classes and ids that the page's own style hides on the screen: .a and #b."""
    found: set[str] = set()
    for style in root.iter("style"):
        for selectors, rule in _RULE.findall(_AT_RULE.sub("", style.text or "")):
            if _STYLE.search(rule):
                simple = (_SIMPLE.fullmatch(one.strip()) for one in selectors.split(","))
                found |= {one[1] for one in simple if one}
    return frozenset(found)


def _is_hidden(element: Element, hides: frozenset[str]) -> bool:
    if element.get("hidden") not in (None, "until-found"):
        return True
    if element.get("aria-hidden") == "true" or _STYLE.search(element.get("style", "")):
        return True
    classes = element.get("class", "").split()
    if any(map(_SHOWN.fullmatch, classes)):
        return False
    named = {f"#{element.get('id')}", *(f".{name}" for name in classes)}
    return bool(named & hides) or any(map(_HIDDEN.fullmatch, classes))


_ROLES = frozenset(
    "navigation banner contentinfo search dialog alertdialog complementary menu menubar toolbar"
    .split()
)  # fmt: skip
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_AROUND = re.compile(
    r".*(?:cookie|gdpr|onetrust|didomi|cmplz).*|(?:.*[-_])?consent[-_]?(?:banner|bar|box|popup|modal"
    r"|manager|dialog|notice|overlay|layer)?|skip(?:[-_]?(?:to|links?|nav|content|main).*)?"
    r"|(?:.*[-_])?breadcrumbs?(?:[-_].*)?|nav(?:bar|igation|[-_].*)?"
    r"|(?:main|top|left|right|side|site|primary|secondary|global|mobile|footer|header)[-_]?"
    r"(?:nav|menu|navigation|bar|sidebar)(?:[-_].*)?|menu|newsletter(?:[-_].*)?|subscribe"
    r"|(?:social|shar(?:e|ing))(?:[-_]?(?:links?|icons?|buttons?|bar|media|tools?|this).*)?"
    r"|sidebar(?:[-_].*)?|paginat(?:ion|or)|pager|copyright|advert(?:isement)?s?|ads?"
    r"|(?:mw-)?editsection|headerlink|anchor-?link|related[-_]?(?:posts|articles|content|links|news|stories)|comments?[-_](?:area|list|form)"
    r"|respond|disqus_thread|modal|popup|back[-_]?to[-_]?top"
)
_HEAD = re.compile(r"(?:site|page|global|main)?[-_]?(?:header|masthead|topbar)")
_FOOT = re.compile(r"(?:site|page|global|main)?[-_]?(?:footer|colophon|bottom)")
_NOTES = re.compile(r"doc-(?:end|foot)notes?|foot-?notes?|end-?notes?|references", re.I)


def main_parts(root: Element, title: str) -> tuple[list[Element], tuple[str, ...]]:
    """What of a page is its text, in order, and a remark on what is around it.

    libxml2 leaves what stands outside of a body where it stands, in the head too.
    """
    whole = _words(root)[root]
    banners = _about_cookies(root)
    _taken_out(root, lambda e, _: e in banners)
    _taken_out(root, lambda e, words: _is_furniture(e) and (_is_sure(e) or words[e] <= whole / 2))
    _drop_menus(root)
    words = _words(root)
    parts = _outermost(e for e in root.iter() if e.tag == "main" or e.get("role") == "main")
    if sum(words[part] for part in parts) <= 0.15 * words[root]:
        articles = _outermost(root.iter("article"))
        parts = articles if len(articles) == 1 and 2 * words[articles[0]] > words[root] else []
    chosen = [*_title_above(root, title, parts), *parts] if parts else [root]
    gone = whole - sum(words[part] for part in chosen)
    return chosen, (f"menus, banners and the like left out (words: {gone})",) if gone else ()


_COOKIES = re.compile(r"\bcookies?\b", re.I)
_AGREED = re.compile(r"\b(?:accept|agree|consent|browser|device|experience|privacy)\b", re.I)
BUTTONS = 6  # words beside a question about cookies that belong to it


def _about_cookies(root: Element) -> set[Element]:
    """Banners that only their words show to be about cookies."""
    words, found = _words(root), set()
    for element in root.iter():
        own = f"{element.text or ''} {' '.join(child.tail or '' for child in element)}"
        if _COOKIES.search(own) and words[element] < 150:
            around = [e for e in element.iterancestors() if words[e] <= words[element] + BUTTONS]
            found.add([element, *around][-1])
    kept = ("html", "body", "main", "article")
    return {e for e in found if e.tag not in kept and _AGREED.search(said(e))}


def _outermost(elements: Iterable[Element]) -> list[Element]:
    found = list(elements)
    known = set(found)
    return [e for e in found if not any(above in known for above in e.iterancestors())]


def _title_above(root: Element, title: str, parts: list[Element]) -> list[Element]:
    """The page's first heading, where it stands outside of its text and is the page's title."""
    if any(next(part.iter("h1"), None) is not None for part in parts):
        return []
    whole = " ".join(title.split()).casefold()
    named = [e for e in root.iter("h1") if said(e) and whole.startswith(said(e).casefold())]
    return named[:1]


def said(element: Element) -> str:
    """The text of an element, white space collapsed."""
    return " ".join(element.text_content().split())


def _is_furniture(element: Element) -> bool:
    """Is this around the text: by its tag, its role, or its name?"""
    tag, role, names = str(element.tag), element.get("role") or "", _names(element)
    if tag in ("html", "head", "body", "main", "article", "p", *_HEADINGS) or role.startswith(
        "doc-"
    ):
        return False
    head = tag == "header" or role == "banner" or any(map(_HEAD.fullmatch, names))
    foot = tag in ("footer", "aside") or any(map(_FOOT.fullmatch, names))
    around = (
        tag in ("nav", "form") or role in _ROLES - {"banner"} or any(map(_AROUND.fullmatch, names))
    )
    if not (head or foot or around) or any(map(_NOTES.search, names)):
        return False
    if any(True for _ in element.iter("main", "article", "h1")) and not foot:
        return False
    inside = {above.tag for above in element.iterancestors()}
    if around:
        return not _names_its_heading(element, names)
    if foot and tag != "aside":
        return "blockquote" not in inside
    return not inside & {"main", "article", "td", "section"}


def _is_sure(element: Element) -> bool:
    """Is it no text however much it says: a menu, a question about cookies?"""
    roles = ("navigation", "search", "dialog", "alertdialog")
    named = any(re.search("cookie|gdpr|consent", name) for name in _names(element))
    return element.tag in ("nav", "form") or element.get("role") in roles or named


def _names(element: Element) -> set[str]:
    written = f"{element.get('class', '')} {element.get('id', '')}"
    return set(written.lower().split())


def _names_its_heading(element: Element, names: set[str]) -> bool:
    """Is it a section that is named after its heading, such as "Social"?"""
    heading = next(element.iter(*_HEADINGS), None)
    name = re.sub(r"\W+", "-", said(heading).lower()).strip("-") if heading is not None else ""
    return bool(name) and name == element.get("id", "").lower() and names == {name}


def _drop_menus(root: Element) -> None:
    """Take out what is only links, above the first words of the text and below the last."""
    words = _words(root)
    linked: Counter[Element] = Counter()
    for link in root.iter("a"):
        for above in (link, *link.iterancestors()):
            linked[above] += words[link]
    order = list(root.iter())
    headings = [at for at, e in enumerate(order) if e.tag in _HEADINGS and words[e] > linked[e]]
    prose = [at for at, e in enumerate(order) if _own_words(e) > 7]
    if not prose:
        return
    first, last = min([*headings[:1], prose[0]]), max([*headings[-1:], prose[-1]])
    menus = {
        e
        for at, e in enumerate(order)
        if e.tag in ("ul", "ol", "div", "td", "dl", "table", "center", *(("p", "a") * (at < first)))
        and 0 < words[e] <= linked[e]
        and (at < first or (at > last and last in prose))
        and not re.search(r"\d", e.text_content())
    }
    for menu in menus:
        if not any(above in menus for above in menu.iterancestors()) and _stands_alone(menu):
            menu.drop_tree()


def _own_words(element: Element) -> int:
    """Words that stand in an element itself, outside of links and blocks."""
    if element.tag == "a":
        return 0
    tails = (child.tail or "" for child in element)
    return len(f"{element.text or ''} {' '.join(tails)}".split())


def _stands_alone(menu: Element) -> bool:
    """Is it no part of a sentence?"""
    above = menu.getparent()
    return above is None or menu.tag not in ("a", "span") or _own_words(above) == 0
