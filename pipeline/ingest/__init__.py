"""Read every document into blocks: paragraphs, headings, quotations and notes."""
