"""The reader of PDF: pages to lines, rows, chunks and numbered paragraphs."""
