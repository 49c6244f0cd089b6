"""A published model → its next version: the same files, and graphs beside them."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onnx import ModelProto

from tweetner import hub as hubs
from tweetner.corpus import Tweet, load_tweets
from tweetner.export.checking import TOLERANCE, Drift, check_emissions, check_tags
from tweetner.export.graph import export_graph, weights_of, write_graph
from tweetner.export.quantizing import quantize
from tweetner.hub import GRAPHS, ModelFolder, update_metrics
from tweetner.tagger import Engine, OnnxModel, TorchNetwork, load

ONNX_SECTION = re.compile(r"\n## ONNX\n.*?(?=\n## |\Z)", re.DOTALL)


@dataclass(frozen=True)
class Exported:
    """What an export gave.

    Attributes:
        version: The version that is now the current one.
        is_new: Whether it was not before.
        checked: How many tweets of what the graphs were checked on.
        drift: Of the graph in integers, which is published unless it is too large; None where none was asked for.
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
        data: Annotated tweets to check on; the dev split of the corpus of its training unless given.
        int8: Whether to make a graph in 8-bit integers too.
        hub: See `hub_root`.

    Raises:
        ValueError: There is no such model, it is no neural one, or a graph does not give what PyTorch gives.
    """
    current = hubs.open_model(hubs.full_name(name), hub=hub)
    if current.family == "linear":
        raise ValueError(f"{name}: expected a neural model, got {current.model_type}")
    run = current.run
    if data is None and run.data is None:
        raise ValueError(
            f"{name}: expected --data, for the model does not say what it was trained on"
        )
    data = data or f"{run.data}:dev"
    tweets = load_tweets(data, types=run.types, scheme=run.scheme)
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
        checked = f"{len(tweets):,} tweets of {Path(data).name}"
        _describe(draft, checked, None if drift is None or drift.is_too_large else drift)
        version = hubs.publish(draft, name, hub=hub)
    return Exported(version, version.path != current.path, checked, drift)


def _quantize(
    graph: ModelProto, draft: Path, tweets: Sequence[Tweet], tags: list[list[str]]
) -> Drift:
    """Write the graph in integers if it tags nearly as the one in float32."""
    path = draft / GRAPHS["onnx-int8"]
    write_graph(quantize(graph), path)
    drift = Drift.between(tweets, tags, _tag(draft, "onnx-int8", tweets))
    if drift.is_too_large:
        path.unlink()
        weights_of(path).unlink()
    return drift


def _tag(folder: Path, engine: Engine, tweets: Sequence[Tweet]) -> list[list[str]]:
    tagger = load(folder, backend=engine, device="cpu")
    return [tagged.tags for tagged in tagger.tag_words([tweet.words for tweet in tweets])]


def _describe(draft: Path, checked: str, int8: Drift | None) -> None:
    """Say in the metrics and in the card what the graphs are, in place of what an earlier export said."""
    facts: dict[str, Any] = {"checked_on": checked, "tolerance": TOLERANCE}
    if int8:
        facts["int8"] = asdict(int8)
    update_metrics(draft, {"onnx": facts})
    card = draft / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    card.write_text(with_onnx(text, onnx_section(checked, int8)), encoding="utf-8")


def onnx_section(checked: str, int8: Drift | None) -> str:
    """The section of a model card."""
    paragraphs = [
        "## ONNX",
        "`onnx/model.onnx` gives the emissions of words, (batch, words, labels), from `input_ids`, `attention_mask`, "
        "`word_starts` (where in its row each word begins) and `word_mask`; they are decoded outside the graph. On "
        f"batches of many shapes they are those of PyTorch within {TOLERANCE:g} of the largest one, and {checked} get "
        "the same tags. `tweetner` takes this graph on a CPU where onnxruntime is installed. Its weights are in "
        "`onnx/model.onnx_data`, which has to lie beside it.",
    ]
    if int8:
        paragraphs.append(
            "`onnx/model_int8.onnx` has its large products in 8-bit integers, for onnxruntime alone. It tags otherwise "
            f'here and there, so it is taken only when asked for (`backend="onnx-int8"`): on the same tweets {int8}.'
        )
    return "\n\n".join(paragraphs) + "\n"


def with_onnx(card: str, section: str) -> str:
    """A model card with its ONNX section, before the scores or else at the end."""
    before, scores, after = ONNX_SECTION.sub("", card).partition("\n## Scores\n")
    return f"{before}\n{section}{scores}{after}"
