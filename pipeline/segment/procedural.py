"""Which passages are procedure rather than matter: adoption lines, recitals that only cite."""

from __future__ import annotations

import re

_FORMULAS = re.compile(
    r"""^[“"\s]*(?:
      Adopted\ by\ the\ Security\ Council\ at\ its
    | At\ the\ \d+\w*\ (?:\([^)]*\)\ )?meeting\ of\ the\ Security\ Council,?\ held
    | (?:The\ Security\ Council\s*[,:]?)$
    | (?:And\ )?(?:further\ )?Decides\ to\ (?:remain|continue\ to\ remain|keep)\b.*\bseized\b
    | (?:The\ Security\ Council|The\ Council|It)\ (?:will\ |shall\ |decides\ to\ )?remains?
      \ (?:actively\ )?seized
    | Acting\ under\ (?:Chapter|Article)\ [^.]{0,60}$
    | (?:The\ )?(?:provisional\ )?agenda\ was\ adopted
    | The\ meeting\ (?:was\ called\ to\ order|rose|was\ suspended|was\ resumed)
    | (?:The\ next\ report|This\ document)\ (?:of|was)
    )""",
    re.VERBOSE | re.IGNORECASE,
)

_CITATIONS = re.compile(
    r"""
      \b[SA]/(?:RES/|PRST/|PV\.)?[\w./-]+(?:\s*\(\d{4}\))?            # S/PRST/2018/10
    | \b\d{1,4}\s*(?:\(\d{4}\)|\([IVXLC]+\))                           # 1325 (2000), 377 (V)
    """,
    re.VERBOSE,
)
_DATES_AND_NUMBERS = re.compile(
    r"""
      \b\d{1,2}(?:\s+and\s+\d{1,2})?\s+(?:January|February|March|April|May|June|July|August
      |September|October|November|December)(?:\s+\d{4})?              # 28 June 2018
    | \b(?:January|February|March|April|May|June|July|August|September|October|November|December)
      \s+\d{4}\b
    | \b(?:19|20)\d{2}\b
    | \b\d+(?:st|nd|rd|th)?\b
    """,
    re.VERBOSE,
)

_CITING_WORDS = frozenset(
    """
    a adopted all also and as at by chair chairman chairperson chairs charter concerning council
    councils decision decisions document documents earlier from further general held in including
    inter alia is its latest letter letters meeting meetings most note notes noting of on other
    particular paragraph paragraphs permanent presidency president presidential press previous
    previously purposes reaffirming reaffirms recalling recalls recall reiterating relevant report
    reports representative resolution resolutions secretary secretary-general security situation
    statement statements subsequent taking that the their these this those thereon to united
    nations under well which with
    """.split()
)
_MOST_OTHER_WORDS = 3


def is_procedural(text: str) -> bool:
    """Whether a passage says nothing but procedure.

    Either it opens with a formula of adoption or of staying seized, or it cites at least one
    document and, once citations and the words of citing are taken away, at most three words stay.

    >>> is_procedural("Recalling its previous resolutions, in particular 2391 (2017),")
    True
    >>> is_procedural("Decides to extend the mandate of MINUSMA until 30 June 2019;")
    False
    """
    if _FORMULAS.match(text):
        return True
    if "/" not in text and "(" not in text:
        return False  # as most passages; every citation has one of the two
    rest, n_citations = _CITATIONS.subn(" ", text)
    if not n_citations:
        return False
    rest = _DATES_AND_NUMBERS.sub(" ", rest)
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", rest.lower())
    others = [word for word in words if word not in _CITING_WORDS]
    return len(others) <= _MOST_OTHER_WORDS
