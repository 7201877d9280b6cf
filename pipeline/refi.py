"""What writing and reading of REFI-QDA files share: namespaces, GUIDs and the names of users.

REFI-QDA 1.5 (www.qdasoftware.org) is the exchange format of NVivo, ATLAS.ti, MAXQDA, QualCoder
and others: a project (.qdpx) is a zip of project.qde and the texts, a codebook (.qdc) is XML.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "peacetext"
PROJECT_FILE = "project.qde"
SOURCES_FOLDER = "Sources"
INTERNAL = "internal://"

MACHINE = "machine"
"""The user that gave the classifier's codes; never taken for a coder."""

_OURS: UUID = uuid5(NAMESPACE_URL, "https://doi.org/10.1080/17502977.2026.2626205#peacetext")
_CODER = "coder-"


def guid(kind: str, *names: str) -> str:
    """The same thing has the same GUID in every export (a UUID of version 5).

    >>> guid("code", "host_state") == guid("code", "host_state")
    True
    """
    return str(uuid5(_OURS, "/".join((kind, *names)))).upper()


def user_of(coder: str) -> str:
    """The user as whom a coder of corpus/coding is exported.

    >>> user_of("1")
    'coder-1'
    """
    return coder if coder == MACHINE else f"{_CODER}{coder}"


def coder_of(user: str) -> str:
    """The coder whom a user's name means.

    >>> coder_of("coder-1"), coder_of("Ada Lovelace")
    ('1', 'Ada Lovelace')
    """
    return user.removeprefix(_CODER)
