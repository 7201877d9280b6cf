"""Read passages, compute the vectors that are not in the cache, write vectors and model card."""

from __future__ import annotations

from dataclasses import asdict

from pipeline.run.settings import load_settings
from pipeline.run.stage import run_stage, say, write_metrics
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import PASSAGES
from pipeline.vectors.encoder import load_encoder
from pipeline.vectors.stored import write_vectors


def main() -> None:
    """Embed every passage; row i of the vectors is row i of the passages."""
    texts = read_table(PASSAGES)["text"].to_list()
    settings = load_settings()
    encoder = load_encoder(settings.embed)
    if settings.executor == "ray":
        from pipeline.embed.on_ray import on_ray

        encoder = on_ray(encoder, settings.embed)
    vectors = encoder.encode(
        texts,
        lambda fresh: say(f"embed: {len(texts)} passages, {fresh} texts not seen before"),
    )
    tokens = encoder.count_tokens(texts)
    write_vectors(vectors, {**asdict(encoder.card), "fingerprint": encoder.card.fingerprint})
    metrics = {
        "passages": len(texts),
        "different_texts": len(set(texts)),
        "dimension": encoder.dimension,
        "cut_off": sum(count > encoder.card.max_tokens for count in tokens),
        "most_tokens": max(tokens, default=0),
    }
    write_metrics("embed", metrics)


if __name__ == "__main__":
    run_stage("embed", "Turn passages into vectors of length 1; only new texts are computed.", main)
