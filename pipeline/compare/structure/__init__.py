"""Machine topics against the study's thematic structure."""
