"""What acquire says of every document of the profile."""

from __future__ import annotations

import dataframely as dy

from pipeline.run.tables.table import table


class Acquired(dy.Schema):
    """One row a document of the profile: is it on disk, and if not, why not.

    It says how things stand, not how they came about, so that two clones that end with the same
    files have the same table whether these came from a mirror, the network or an earlier run.
    """

    document_id = dy.String(primary_key=True)
    status = dy.Enum(["present", "unavailable", "corrupt"])
    required = dy.Bool(description="is it an error of the manifest when nobody has pinned it")
    origin = dy.Enum(["project", "fetched"], description="part of the project, or under corpus/un")
    bytes = dy.Int64(min=0, description="size on disk; 0 when not present")
    sha256 = dy.String(description="of the file on disk; empty when not present")
    address = dy.String(
        description="which address gave the document; empty for a mirror's, unpinned"
    )
    reason = dy.String(description="why the document is not present; empty when it is")


ACQUIRED = table("acquire/acquired", Acquired)
