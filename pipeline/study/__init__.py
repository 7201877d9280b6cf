"""What is studied: the study, its manifest, codebook, codings, and where codings are anchored."""
