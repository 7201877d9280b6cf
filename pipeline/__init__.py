"""Read UN documents and the article, find topics and themes, and measure the gap between them.

A folder a stage, in the order in which the texts flow: acquire, ingest, segment, embed, topics,
themes, compare, report. A stage never imports another stage; what two share lies here.
"""
