"""The export stage: the corpus, its codings and all tables in the formats of other programs."""
