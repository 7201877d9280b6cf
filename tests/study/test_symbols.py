"""A symbol is understood however it is pasted, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.study.manifest import read_manifest
from pipeline.study.symbols import (
    COPIES,
    address,
    candidates,
    dated,
    is_said_in,
    is_same,
    parse_symbol,
    symbol_in_name,
    symbols_in,
    wrong_year,
)

PASTED = {
    "S/2014/403": """
        S/2014/403
        s/2014/403
        S/2014/403*
        UN Doc. S/2014/403
        UN Doc. S/2014/403, para. 5
        (S/2014/403)
        S / 2014 / 403
        S／2014／403
        document S/2014/403.
        S%2F2014%2F403
        https://documents.un.org/api/symbol/access?s=S/2014/403&l=en&t=pdf
        documents.un.org/api/symbol/access?l=en&t=doc&s=S%2F2014%2F403
        https://documents.un.org/symbol-explorer?s=S/2014/403&i=S/2014/403_1402400
        https://docs.un.org/S/2014/403
        docs.un.org/en/S/2014/403
        https://docs.un.org/fr/s/2014/403?direct=true
        http://undocs.org/S/2014/403
        www.undocs.org/en/S%2F2014%2F403
        https://undocs.org/Home/Mobile?FinalSymbol=S%2F2014%2F403&Language=E&DeviceType=Desktop
        http://daccess-ods.un.org/access.nsf/Get?Open&DS=S/2014/403&Lang=E
    """,
    "S/RES/2100 (2013)": """
        S/RES/2100(2013)
        s/res/2100 (2013)
        https://docs.un.org/en/S/RES/2100(2013)
        https://undocs.org/en/S/RES/2100%20(2013)
        http://undocs.org/S/RES/2100%282013%29
        https://www.un.org/en/ga/search/view_doc.asp?symbol=S/RES/2100(2013)
        https://www.un.org/ga/search/view_doc.asp?symbol=S/RES/2100+(2013)
    """,
    "S/2002/80/Corr.1": "S/2002/80/CORR.1",
    "S/23999/Add.1": "https://undocs.org/S/23999/add.1",
    "A/C.4/72/L.4/Rev.1": "a/c.4/72/l.4/rev.1",
    "S/PV.4072 (Resumption 1)": """
        S/PV.4072 (Resumption 1)
        s/pv.4072(resumption1)
        https://docs.un.org/en/S/PV.4072%20(Resumption%201)
        https://undocs.org/S/PV.4072(Resumption1)
    """,
    "A/RES/72/199": "https://undocs.org/en/A/RES/72/199",
    "A/RES/377(V)": """
        A/RES/377 (V)
        https://undocs.org/en/A/RES/377(V)
    """,
    "A/RES/ES-11/1": "a/res/es-11/1",
    "A/72/PV.5": "a/72/pv.5",
    "A/C.4/72/SR.16": "https://docs.un.org/en/A/C.4/72/SR.16",
    "ST/SGB/2003/13": "st/sgb/2003/13",
    "E/CN.4/Sub.2/2003/12/Rev.2": "E/CN.4/SUB.2/2003/12/REV.2",
    "A/HRC/S-27/1": "A/HRC/S-27/1",
    "A/RES/52/12 B": "https://undocs.org/A/RES/52/12%20B",
    "A/RES/377 A(V)": "A/RES/377 A (V)",
    "S/2018/541/Add.1": """
        S/2018/541/Add. 1
        https://undocs.org/pdf?symbol=en/S/2018/541/Add.1
    """,
    "S/PV.8298 (Resumption I)": "S/PV.8298 (Resumption I)",
    "S/RES/2423 (2018)": "S∕RES∕2423 (2018)",
    "HRI/GEN/1/Rev.9 (Vol. I)": "HRI/GEN/1/REV.9(VOL.I)",
    "A/70/95-S/2015/446": """
        A/70/95–S/2015/446
        A/70/95 - s/2015/446
        https://docs.un.org/en/A/70/95-S/2015/446
    """,
}


@pytest.mark.parametrize(
    ("pasted", "symbol"),
    [(line.strip(), key) for key, lines in PASTED.items() for line in lines.strip().split("\n")],
)
def test_every_pasted_form_is_the_symbol(pasted: str, symbol: str) -> None:
    assert parse_symbol(pasted) == symbol


@pytest.mark.parametrize(
    "pasted",
    [
        "", "S/", "A/B", "3/4", "A-12", "interview S-3", "../../etc/passwd", "see S/2014/403",
        "https://example.org/S/2014/403", "https://digitallibrary.un.org/record/772314",
        "https://documents.un.org/doc/undoc/gen/n14/402/10/pdf/n1440210.pdf", "S/2014/403; rm -rf",
    ],
)  # fmt: skip
def test_what_is_none_is_not_taken_for_a_symbol(pasted: str) -> None:
    assert parse_symbol(pasted) == ""


def test_every_symbol_of_the_manifest_comes_back_from_its_address_and_its_file_name() -> None:
    entries = [entry for entry in read_manifest() if entry.symbol]
    assert len(entries) > 1000
    for entry in entries:
        assert parse_symbol(entry.symbol.lower()) == entry.symbol
        assert parse_symbol(address(entry.symbol)) == entry.symbol
        name = Path(entry.path).stem.removesuffix("-pdf")
        if entry.path.startswith(("un/resolutions", "un/reports-txt", "un/reports-pdf")):
            assert symbol_in_name(name) == entry.symbol


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("A-12", "Interview A, page 12.", False),
        ("interview S-3", "S. said this three times.", False),
        ("S-2018-541", "United Nations S/2018/541", True),
        ("S_2018_541-EN", "as I said in S/2018/54", False),
        ("S-PV-8703", "the 8703rd meeting of the Council", True),
        ("S_RES_2423_(2018)-EN", "Recalling resolution 2423 (2018),", True),
        ("A-45-706-S-21931", "A/45/706\nS/21931", True),
    ],
)
def test_a_file_name_counts_only_when_the_text_says_it_too(
    name: str, text: str, said: bool
) -> None:
    symbol = symbol_in_name(name)
    assert bool(symbol and is_said_in(symbol, text)) == said


def test_symbols_of_a_running_text_are_found_and_resolutions_in_words_with_them() -> None:
    text = (
        "Pursuant to resolutions 2100 (2013), 2164 (2014) and 2227 (2015), see S/2014/403, paras. "
        "1-3, and the 7975th meeting (S/PV.7975), General Assembly resolution 377 (V) and/or "
        "A/RES/72/199 of 5/6/2017 (S/RES/2364(2017))."
    )
    assert set(symbols_in(text)) == {
        "S/2014/403", "S/PV.7975", "A/RES/72/199", "S/RES/2364 (2017)",
        "S/RES/2100 (2013)", "S/RES/2164 (2014)", "S/RES/2227 (2015)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("symbol", "reason"),
    [
        ("S/RES/2423 (2018)", ""),
        ("S/RES/2423 (2019)", "S/RES/2423 is of 2018"),
        ("S/RES/2424 (2017)", "S/RES/2424 is of 2018"),  # its neighbours in the manifest say so
        ("S/RES/9999 (2001)", "S/RES/9999 was adopted not before 20"),
        ("S/RES/2424", ""),
        ("S/2018/541", ""),
    ],
)
def test_a_year_that_cannot_be_that_of_a_resolution_is_seen(symbol: str, reason: str) -> None:
    known = [entry.symbol for entry in read_manifest()]
    found = wrong_year(symbol, known)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_year_is_added_where_the_neighbours_leave_no_doubt() -> None:
    known = [entry.symbol for entry in read_manifest()]
    assert dated("S/RES/2424", known) == "S/RES/2424 (2018)"
    assert dated("S/RES/9999", known) == "S/RES/9999"


def test_no_resolution_of_the_manifest_contradicts_the_others() -> None:
    known = [entry.symbol for entry in read_manifest() if entry.symbol.startswith("S/RES/")]
    for symbol in known[::7]:
        assert not wrong_year(symbol, [other for other in known if other != symbol])


def test_documents_are_the_same_by_one_symbol_of_a_pair_and_not_by_a_longer_one() -> None:
    assert is_same("A/70/95-S/2015/446", "s/2015/446")
    assert not is_same("S/2002/80", "S/2002/80/Corr.1")
    assert not is_same("S/RES/2423 (2018)", "S/RES/2423 (2019)")


def test_a_program_asks_elsewhere_than_a_person() -> None:
    assert candidates("S/RES/2423 (2018)") == (
        "https://documents.un.org/api/symbol/access?s=S/RES/2423(2018)&l=en&t=pdf",
        "https://docs.un.org/en/S/RES/2423(2018)?direct=true",
        f"{COPIES}/S/RES/2423(2018)/resolution.txt",
    )
    assert len(candidates("A/RES/72/199")) == 2
    assert all(address("S/2014/403") not in (asked,) for asked in candidates("S/2014/403"))
