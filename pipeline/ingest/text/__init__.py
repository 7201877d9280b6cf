"""Readers of plain text, Markdown and HTML, and of verbatim records as text."""
