"""Read documents and the articles of a study, find topics and themes, measure the gap between them.

A folder a stage, in the order in which the texts flow: acquire, ingest, segment, embed, topics,
themes, compare, export, report. A stage never imports another stage; what two share lies in run,
study and vectors. What a person does besides is in commands and imports.
"""

__version__ = "1.0.0"
