"""Small sentence-transformers models with random weights, made and saved without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Normalize,
    Pooling,
    Transformer,
)
from tokenizers import Tokenizer, pre_tokenizers, processors
from tokenizers.models import Unigram, WordLevel
from transformers import (
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""The first four numbers; that of padding is 1, as with MPNet and RoBERTa."""

_SHAPE = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "pad_token_id": 1}
_WIDE = {"intermediate_size": 48, "max_position_embeddings": 50}

KINDS = ("bert", "mpnet", "xlm-roberta", "qwen3")


def _network(kind: str, vocab: int) -> PreTrainedModel:
    shape = {**_SHAPE, **_WIDE, "vocab_size": vocab}
    makers: dict[str, tuple[type[PreTrainedConfig], type[PreTrainedModel], dict[str, int]]] = {
        "bert": (BertConfig, BertModel, {}),
        "mpnet": (MPNetConfig, MPNetModel, {"max_position_embeddings": 52}),
        "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel, {"max_position_embeddings": 52}),
        "qwen3": (Qwen3Config, Qwen3Model, {"num_key_value_heads": 3, "head_dim": 8}),
    }
    config, model, more = makers[kind]
    torch.manual_seed(7)
    return model(config(**{**shape, **more}))


def _tokenizer(kind: str, words: Sequence[str]) -> PreTrainedTokenizerFast:
    vocab = [*SPECIAL, *words]
    if kind == "xlm-roberta":  # pieces, as SentencePiece cuts them
        letters = sorted({f"▁{word}" for word in words} | set("▁".join(words)))
        pieces = [(each, 0.0) for each in SPECIAL] + [(each, -float(len(each))) for each in letters]
        inner = Tokenizer(Unigram(pieces, unk_id=3))
        inner.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        numbers = {word: number for number, word in enumerate(vocab)}
        inner = Tokenizer(WordLevel(numbers, unk_token="<unk>"))
        inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    side = "left" if kind == "qwen3" else "right"
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        padding_side=side,
        model_max_length=50,
    )


def save_model(
    folder: Path,
    kind: str,
    texts: Sequence[str],
    prompts: Mapping[str, str] | None = None,
    *,
    include_prompt: bool = True,
) -> Path:
    """Write a model of 24 dimensions, with a dense layer 10, that knows the words of ``texts``.

    Args:
        folder: where it is written.
        kind: one of KINDS; bert takes the first token, qwen3 the last, the others the mean.
        texts: whose words it knows.
        prompts: that it brings along.
        include_prompt: whether tokens of the prompt count in the mean.
    """
    words = sorted({word for text in texts for word in text.split()})
    parts = folder.with_name(f"{folder.name}-parts")
    tokenizer = _tokenizer(kind, words)
    _network(kind, len(tokenizer)).save_pretrained(parts)
    tokenizer.save_pretrained(parts)
    mode = {"bert": "cls", "qwen3": "lasttoken"}.get(kind, "mean")
    modules = [
        Transformer(str(parts)),
        Pooling(24, pooling_mode=mode, include_prompt=include_prompt),
    ]
    if kind == "mpnet":
        torch.manual_seed(8)
        modules.append(Dense(24, 10))
    model = SentenceTransformer(
        modules=[*modules, Normalize()], prompts=dict(prompts or {}), device="cpu"
    )
    model.save_pretrained(str(folder), create_model_card=False)
    return folder
