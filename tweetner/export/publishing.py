"""Export a published model: its next version has the same files, and ONNX graphs."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onnx import ModelProto

from tweetner import hub as hubs
from tweetner.corpus import Tweet, corpus_label, load_tweets
from tweetner.evaluation import training_corpus
from tweetner.export.checking import TOLERANCE, Drift, check_emissions, check_tags
from tweetner.export.graph import export_graph, weights_of, write_graph
from tweetner.export.quantizing import quantize
from tweetner.hub import GRAPHS, ModelFolder, update_metrics
from tweetner.tagger import (
    OF_WORDS,
    STANDARD,
    Engine,
    GraphForm,
    OnnxModel,
    TorchNetwork,
    graph_form,
    load,
)
from tweetner.tags import types_of

CONTENTS = {
    STANDARD: "`onnx/model.onnx` has the standard form, which Optimum and transformers.js load: "
    "`logits` of subwords, (batch, subwords, labels), from `input_ids` and `attention_mask`.",
    OF_WORDS: "`onnx/model.onnx` computes the emissions of words, (batch, words, labels), from "
    "`input_ids`, `attention_mask`, `word_starts` (the position in its row of each word's first "
    "subword) and `word_mask`.",
}
"""The contents of a graph of each form, for the card."""


@dataclass(frozen=True)
class Exported:
    """The result of an export.

    Attributes:
        version: The current version of the model.
        is_new: Whether the export changed the current version.
        checked: Description of the tweets that the graphs were checked on.
        drift: The effect of int8, whose graph is published unless the effect is too large; None if
            no int8 graph was requested.
    """

    version: hubs.Published
    is_new: bool
    checked: str
    drift: Drift | None


def export(
    name: str, *, data: str | None = None, int8: bool = False, hub: str | None = None
) -> Exported:
    """Export a model of the hub, check the graphs against PyTorch, and publish them.

    Args:
        name: `NAME` or `ORG/NAME`.
        data: Annotated tweets to check on; by default the dev split of the training corpus.
        int8: Whether to export a graph in 8-bit integers too.
        hub: See `hub_root`.

    Raises:
        ValueError: There is no such model, it is not neural, or a graph and PyTorch differ.
    """
    current = hubs.open_model(hubs.full_name(name), hub=hub)
    if current.family == "linear":
        raise ValueError(f"{name}: expected a neural model, got {current.model_type}")
    tweets, source = _tweets_to_check(current, name, data)
    with TemporaryDirectory() as work:
        draft = Path(work) / "draft"
        without_graphs = shutil.ignore_patterns("onnx")
        shutil.copytree(current.path, draft, ignore=without_graphs, copy_function=shutil.copyfile)
        graph = export_graph(draft)
        write_graph(graph, draft / GRAPHS["onnx"])
        check_emissions(OnnxModel(ModelFolder(draft)), TorchNetwork.from_folder(draft, "cpu"))
        tags = _tag(draft, "onnx", tweets)
        check_tags(_tag(draft, "torch", tweets), tags)
        drift = _quantize(graph, draft, tweets, tags) if int8 else None
        checked = f"{len(tweets):,} tweets of {source}"
        _describe(draft, checked, None if drift is None or drift.is_too_large else drift)
        version = hubs.publish(draft, name, hub=hub)
    return Exported(version, version.path != current.path, checked, drift)


def _tweets_to_check(
    model: ModelFolder, name: str, data: str | None
) -> tuple[Sequence[Tweet], str]:
    """Load the tweets to compare the graphs on, and name them.

    Raises:
        ValueError: The corpus of the training is not here, and no other data were given.
    """
    types = types_of(model.labels)
    if data is not None:
        return load_tweets(data, types=types, scheme=model.run.scheme), corpus_label(data)
    try:
        corpus = training_corpus(model, types)
    except (ValueError, OSError) as error:
        raise ValueError(f"{name}: {error}; name annotated tweets with --data") from None
    return corpus.splits["dev"], f"{corpus.name}:dev"


def _quantize(
    graph: ModelProto, draft: Path, tweets: Sequence[Tweet], tags: list[list[str]]
) -> Drift:
    """Write the int8 graph if it changes few entities."""
    path = draft / GRAPHS["onnx-int8"]
    write_graph(quantize(graph), path)
    drift = Drift.between(tweets, tags, _tag(draft, "onnx-int8", tweets))
    if drift.is_too_large:
        path.unlink()
        weights_of(path).unlink()
    return drift


def _tag(folder: Path, engine: Engine, tweets: Sequence[Tweet]) -> list[list[str]]:
    words = [tweet.words for tweet in tweets]
    tagger = load(folder, backend=engine, device="cpu")
    return [tagged.tags for tagged in tagger.tag_words(words)]


def _describe(draft: Path, checked: str, int8: Drift | None) -> None:
    """Describe the graphs in the metrics and in the card, replacing an earlier description."""
    facts: dict[str, Any] = {"checked_on": checked, "tolerance": TOLERANCE}
    if int8:
        facts["int8"] = asdict(int8)
    update_metrics(draft, {"onnx": facts})
    form = graph_form(ModelFolder(draft))
    card = draft / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    section = onnx_section(form, checked, int8)
    card.write_text(hubs.with_section(text, "ONNX", section), encoding="utf-8")


def onnx_section(form: GraphForm, checked: str, int8: Drift | None) -> str:
    """Write the section of a model card on its graphs, which have one form."""
    paragraphs = [
        f"{CONTENTS[form]} Decoding is not in the graph. On batches of many shapes its "
        f"scores equal those of PyTorch within {TOLERANCE:g} of the largest one, and "
        f"{checked} get the same tags. `tweetner` uses this graph on a CPU if onnxruntime is "
        "installed. Its weights are in `onnx/model.onnx_data`, which must be in the same folder.",
    ]
    if int8:
        paragraphs.append(
            "`onnx/model_int8.onnx` has its large products in 8-bit integers and runs with "
            "onnxruntime only. It changes a few tags, so it is used only on request "
            f'(`backend="onnx-int8"`): on the same tweets {int8}.'
        )
    return "\n\n".join(paragraphs)
