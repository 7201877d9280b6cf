"""Texts without the formulas that they open with, the documents that they cite, and their dates."""

from __future__ import annotations

import re

_ADVERB = r"(?:also|again|and|deeply|expressly|firmly|further|fully|gravely|strongly|unequivocally)"
_ACT = r"""(?:
    acknowledg(?:es|ing) | affirm(?:s|ing) | appeals\ to | authori[sz]es | call(?:s|ing)\ (?:up)?on
  | calls\ for | commend(?:s|ing) | condemn(?:s|ing) | decid(?:es|ed|ing) | demand(?:s|ing)
  | determin(?:es|ing) | emphasi[sz](?:es|ing) | encourag(?:es|ing) | endors(?:es|ing)
  | express(?:es|ing)\ (?:its|the)\ (?:\w+\ )?
    (?:appreciation|concern|conviction|determination|gratitude|intention|readiness|support|alarm)
    \ (?:at|about|for|over|that|to|of)?
  | invit(?:es|ing) | looks\ forward\ to | not(?:es|ing)(?:\ with\ (?:\w+\ )?\w+)?
  | recogni[sz](?:es|ing) | recall(?:s|ing) | reaffirm(?:s|ing) | reiterat(?:es|ing)
  | request(?:s|ing) | stress(?:es|ing) | support(?:s|ing) | tak(?:es|ing)\ note\ of
  | underlin(?:es|ing) | underscor(?:es|ing) | urg(?:es|ing) | welcom(?:es|ing)
)"""
_OPENING = re.compile(
    rf"""^[“"\s]*
    (?:(?:the\ (?:Security\ )?Council|(?:in\ (?:this|that)\ (?:regard|context)))[,\s]+)?
    (?:(?:{_ADVERB}[,\s]+)*{_ACT}[,\s]+(?:and[,\s]+)?)+
    (?:its\ (?:strong\ )?(?:call|support|request|intention|demand|commitment)
       \s(?:that|for|to|on)\s)?
    (?:in\ (?:this|that)\ (?:regard|context)[,\s]+)?
    (?:that\ |(?:the\ )?Secretary-General\ to\ )?""",
    re.VERBOSE | re.IGNORECASE,
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_CITATION = re.compile(
    rf"""
      \(?\b[SA]/(?:RES/|PRST/|PV\.)?[\w./-]+(?:\s*\(\d{{4}}\))?\)?        # S/PRST/2018/10
    | \b(?:[Ss]ecurity\ Council\ )?[Rr]esolutions?\ \d{{1,4}}\ \(\d{{4}}\)
      (?:(?:,|\ and|,\ and)\ \d{{1,4}}\ \(\d{{4}}\))*                      # resolutions 1325 (2000)
    | \b\d{{1,4}}\ \(\d{{4}}\)
    | \b[Pp]aragraphs?\ \d+(?:\ \(\w+\))*(?:(?:,|\ to|\ and|,\ and)\ \d+(?:\ \(\w+\))*)*
      (?:\ (?:above|below))?                                               # paragraph 5 (a) above
    | \b\d{{1,2}}\ {_MONTH}(?:\ \d{{4}})? | \b{_MONTH}\ \d{{4}}            # 28 June 2018
    """,
    re.VERBOSE,
)
_ENOUGH_WORDS = 4


def without_formulas(text: str) -> str:
    """The matter of a passage: no opening formula, no symbols, no dates; all of it when none stays.

    >>> without_formulas("Further requests the Secretary-General to report on sexual violence;")
    'Report on sexual violence;'
    """
    matter = _CITATION.sub("", _OPENING.sub("", text))
    matter = re.sub(r"\s+(?=[,;.)])", "", " ".join(matter.split()))
    if len(matter.split()) < _ENOUGH_WORDS:
        return text
    return matter[:1].upper() + matter[1:]
