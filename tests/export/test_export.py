"""Tests of the export to ONNX: graphs against PyTorch, integers against numpy, publishing."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from transformers import AutoModelForTokenClassification, AutoTokenizer

from tweetner import hub as hubs
from tweetner.corpus import Tweet, load_tweets
from tweetner.export import checking, export, export_graph, write_graph
from tweetner.export.checking import Drift, check_emissions, check_tags
from tweetner.export.graph import weights_of
from tweetner.export.quantizing import quantize, quantize_columns
from tweetner.hub import ModelFolder
from tweetner.tagger import NeuralBackend, OnnxModel, TorchNetwork, load

KINDS = [
    ("distilbert", "bio"),  # the native class
    ("distilbert", "crf"),
    ("distilbert-bilstm", "bio"),
    ("bilstm", "argmax"),
    ("bilstm", "crf"),
]
WORDS = [
    "new",
    "york",
    "Berlin",
    "in",
    "\u200d",
    "",
    "@nina",
    "http://t.co/x",
    "👍🏽",
    "antidisestablishment",
    ".",
]
FRESH = """
import json, sys
from tweetner.hub import ModelFolder
from tweetner.tagger.batches import Batch
from tweetner.tagger.onnx import OnnxModel
import numpy as np
model = OnnxModel(ModelFolder(sys.argv[1]))
ids = np.array([[2, 5, 6, 3]])
word_starts, word_mask = np.array([[1, 2]]), np.ones((1, 2), bool)
scores = model([Batch(ids, np.ones_like(ids), word_starts, word_mask, np.arange(2))])
heavy = sorted({"torch", "transformers"} & {*sys.modules})
print(json.dumps([list(scores.shape), str(scores.dtype), model.chain is None, heavy]))
"""


@pytest.fixture(scope="module")
def exported(
    model_folder: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """`exported(model, decoder)`: a model folder with its graphs."""
    made: dict[tuple[str, str], Path] = {}

    def folder_of(model: str, decoder: str) -> Path:
        if (model, decoder) not in made:
            made[model, decoder] = _export(
                model_folder(model, decoder), tmp_path_factory.mktemp("exported")
            )
        return made[model, decoder]

    return folder_of


def _export(source: Path, folder: Path) -> Path:
    for path in source.iterdir():
        (folder / path.name).symlink_to(path)
    graph = export_graph(source)
    write_graph(graph, folder / "onnx" / "model.onnx")
    if any(node.op_type == "Softmax" for node in graph.graph.node):
        write_graph(quantize(graph), folder / "onnx" / "model_int8.onnx")
    return folder


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def folder(request: pytest.FixtureRequest, exported: Callable[..., Path]) -> Path:
    return exported(*request.param)


@pytest.fixture(scope="module")
def backends(folder: Path) -> list[NeuralBackend]:
    """PyTorch's and ONNX's."""
    return [load(folder, backend=engine, device="cpu").backend for engine in ("torch", "onnx")]


# --- graphs against PyTorch -----------------------------------------------------------------------


@settings(max_examples=30)
@given(
    tweets=st.lists(st.lists(st.sampled_from(WORDS), max_size=40), min_size=1, max_size=12),
    most=st.integers(1, 400),
)
def test_a_graph_gives_the_emissions_of_pytorch_for_batches_of_any_shape(
    backends: list[NeuralBackend], tweets: list[list[str]], most: int
) -> None:
    backends[1].network.batch_subwords = most
    of_torch, of_onnx = (backend.emissions(backend.encode(tweets)) for backend in backends)
    assert of_onnx.scores.dtype == np.float32
    np.testing.assert_array_equal(of_onnx.words, of_torch.words)
    np.testing.assert_allclose(of_onnx.scores, of_torch.scores, rtol=1e-4, atol=1e-4)


def test_onnxruntime_alone_gives_the_logits_of_a_native_model(
    exported: Callable[..., Path],
) -> None:
    folder = exported("distilbert", "bio")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = ["", "in Berlin", "@nina: new york, antidisestablishment http://t.co/x 👍🏽 " * 4]
    inputs = tokenizer(texts, padding=True, return_tensors="np")
    session = onnxruntime.InferenceSession(folder / "onnx" / "model.onnx")
    names = [value.name for value in session.get_inputs()]
    (logits,) = session.run(["logits"], {name: inputs[name] for name in names})
    model = AutoModelForTokenClassification.from_pretrained(folder)
    with torch.no_grad():
        expected = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits.numpy()
    attended = inputs["attention_mask"] > 0
    np.testing.assert_allclose(logits[attended], expected[attended], rtol=1e-4, atol=1e-4)


def test_an_older_graph_of_a_native_model_is_refused_with_the_command(
    exported: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "config.json").symlink_to(exported("distilbert", "bio") / "config.json")
    older = onnx.load(exported("distilbert", "crf") / "onnx" / "model.onnx")  # of words
    onnx.save(older, tmp_path / "model.onnx")
    with pytest.raises(ValueError, match=r"that gives logits, got .* scripts/export\.py NAME$"):
        OnnxModel(ModelFolder(tmp_path), "model.onnx")


def test_labels_padding_and_chain_are_the_models(backends: list[NeuralBackend]) -> None:
    of_torch, of_onnx = (backend.network for backend in backends)
    assert of_onnx.labels == of_torch.labels
    assert of_onnx.pad_token_id == of_torch.pad_token_id
    if of_torch.chain is None:
        assert of_onnx.chain is None
    else:
        assert of_onnx.chain is not None
        for part in ("start", "transitions", "end"):
            np.testing.assert_array_equal(
                getattr(of_onnx.chain, part), getattr(of_torch.chain, part)
            )


def test_a_tagger_finds_the_same_entities_by_either(folder: Path) -> None:
    by_torch, by_onnx = load(folder, backend="torch"), load(folder, backend="onnx")
    texts = ["", *(" ".join(tweet.words) for tweet in load_tweets("sample:dev"))]
    answers = by_torch(texts)
    assert any(answers), "expected at least one entity"
    for expected, found in zip(answers, by_onnx(texts), strict=True):
        assert [{**entity, "score": 0} for entity in found] == [
            {**entity, "score": 0} for entity in expected
        ]
        assert [entity["score"] for entity in found] == pytest.approx(
            [e["score"] for e in expected], abs=1e-4
        )


def test_a_graph_names_its_ends_and_holds_nothing_of_the_machine(folder: Path) -> None:
    graph = onnx.load(folder / "onnx" / "model.onnx")
    onnx.checker.check_model(graph)
    axes = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in [*graph.graph.input, *graph.graph.output]
    }
    standard = {"input_ids": ["batch", "subwords"], "attention_mask": ["batch", "subwords"]}
    if ModelFolder(folder).family == "native":
        assert axes == standard | {"logits": ["batch", "subwords", 5]}
    else:
        assert axes == standard | {
            "word_starts": ["batch", "words"],
            "word_mask": ["batch", "words"],
            "emissions": ["batch", "words", 5],
        }
    written = b"".join(path.read_bytes() for path in (folder / "onnx").iterdir())
    assert not [
        trace
        for trace in (b"site-packages", b"python", str(Path.home()).encode())
        if trace in written
    ]


def test_the_same_weights_give_the_same_bytes(
    exported: Callable[..., Path], tmp_path: Path
) -> None:
    folder = exported("distilbert-bilstm", "bio")
    write_graph(export_graph(folder), tmp_path / "model.onnx")
    for name in ("model.onnx", "model.onnx_data"):
        assert (tmp_path / name).read_bytes() == (folder / "onnx" / name).read_bytes()


def test_a_written_graph_is_the_same_graph_with_its_weights_beside_it(
    exported: Callable[..., Path], tmp_path: Path
) -> None:
    graph = export_graph(exported("distilbert", "crf"))
    whole = graph.SerializeToString(deterministic=True)
    write_graph(graph, tmp_path / "model.onnx")
    assert graph.SerializeToString(deterministic=True) == whole
    read = onnx.load(tmp_path / "model.onnx")
    for weight in read.graph.initializer:
        weight.ClearField("data_location")  # which says now that there is nothing to say
    assert read.SerializeToString(deterministic=True) == whole
    weights = onnx.load(tmp_path / "model.onnx", load_external_data=False).graph.initializer
    places = [
        {part.key: part.value for part in weight.external_data}
        for weight in weights
        if weight.external_data
    ]
    assert places
    assert {place["location"] for place in places} == {"model.onnx_data"}
    assert {int(place["offset"]) % 4096 for place in places} == {0}
    assert max(len(weight.raw_data) for weight in weights) < 1024


def test_a_graph_that_holds_its_own_weights_gives_the_same_bits(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.json").symlink_to(folder / "config.json")
    onnx.save(onnx.load(folder / "onnx" / "model.onnx"), tmp_path / "model.onnx")
    beside, within = OnnxModel(ModelFolder(folder)), OnnxModel(ModelFolder(tmp_path), "model.onnx")
    for batch in checking.random_batches(40, beside.pad_token_id):
        np.testing.assert_array_equal(beside([batch]), within([batch]))


def test_another_models_graph_is_told_from_the_right_one(exported: Callable[..., Path]) -> None:
    network = TorchNetwork.from_folder(exported("bilstm", "argmax"), "cpu")
    check_emissions(OnnxModel(ModelFolder(exported("bilstm", "argmax"))), network)
    with pytest.raises(
        ValueError,
        match=r"expected the emissions of PyTorch within 0\.0001 of the largest one, got",
    ):
        network.model.lstm.leftward.weight_hh_l0.data += 0.01
        check_emissions(OnnxModel(ModelFolder(exported("bilstm", "argmax"))), network)


def test_one_other_tag_is_too_many() -> None:
    check_tags([["O"], []], [["O"], []])
    with pytest.raises(
        ValueError, match="expected the tags of PyTorch, got others in 1 of 2 tweets"
    ):
        check_tags([["O"], ["O", "B-x"]], [["O"], ["O", "O"]])


def test_neither_torch_nor_transformers_is_imported_to_run_a_graph(
    exported: Callable[..., Path],
) -> None:
    for folder, has_chain in (
        (exported("distilbert", "crf"), True),
        (exported("distilbert", "bio"), False),
    ):
        run = subprocess.run(
            [sys.executable, "-c", FRESH, folder], capture_output=True, text=True, check=True
        )
        assert json.loads(run.stdout) == [[2, 5], "float32", not has_chain, []]


# --- integers -------------------------------------------------------------------------------------


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 7), st.integers(1, 4)),
        elements=st.floats(-100, 100, width=32),
    )
)
def test_integers_are_within_half_a_step_and_no_pair_overflows(weights: np.ndarray) -> None:
    integers, scale = quantize_columns(weights)
    assert integers.dtype == np.int8
    assert (np.abs(integers * scale - weights) <= 0.501 * scale).all()
    pairs = (
        np.vstack([integers, np.zeros_like(integers[: len(integers) % 2])])
        .astype(int)
        .reshape(-1, 2, len(scale))
    )
    for inputs in ((255, 255), (255, 1), (1, 255)):  # what a row may hold, in 16 bits with a sign
        assert (np.abs((pairs * np.array(inputs)[:, None]).sum(1)) <= 2**15 - 1).all()


def test_a_product_in_integers_is_that_of_numpy() -> None:
    random = np.random.default_rng(0)
    weights, classifier = (
        random.normal(size=(6, 8)).astype(np.float32),
        random.normal(size=(8, 3)).astype(np.float32),
    )
    rows = (random.normal(size=(4, 5, 6)) * [[[1]], [[100]], [[0.01]], [[0]]]).astype(np.float32)
    helper = onnx.helper
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["rows", "w"], ["hidden"]),
            helper.make_node("MatMul", ["hidden", "c"], ["scores"]),
        ],
        "two products, the classifier's the second",
        [helper.make_tensor_value_info("rows", 1, ["batch", "words", 6])],
        [helper.make_tensor_value_info("scores", 1, ["batch", "words", 3])],
        [onnx.numpy_helper.from_array(weights, "w"), onnx.numpy_helper.from_array(classifier, "c")],
    )
    model = quantize(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    )

    step = np.abs(rows).max(-1, keepdims=True) / 127
    whole = np.rint(rows / np.maximum(step, 1e-20))
    integers, scale = quantize_columns(weights)
    expected = (whole @ integers.astype(float)) * scale * step @ classifier

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(None, {"rows": rows})
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(found, rows @ weights @ classifier, rtol=1e-4)


def test_in_integers_a_tweet_has_the_same_scores_alone_and_beside_others(
    exported: Callable[..., Path],
) -> None:
    folder = exported("distilbert", "bio")
    backend = load(folder, backend="onnx-int8").backend
    tweets = [list(tweet.words) for tweet in load_tweets("sample:dev")][:32]
    together = backend.emissions(backend.encode(tweets))
    alone = [backend.emissions(backend.encode([words])).scores for words in tweets]
    np.testing.assert_allclose(together.scores, np.concatenate(alone), atol=1e-4)


def test_a_model_without_an_encoder_has_no_integers(
    model_folder: Callable[[str, str], Path],
) -> None:
    with pytest.raises(ValueError, match="int8: expected a model with an encoder"):
        quantize(export_graph(model_folder("bilstm", "argmax")))


@pytest.mark.parametrize(
    ("f1", "before", "agreement", "refused"),
    [
        (0.470, 0.475, 0.95, False),
        (0.4699, 0.475, 1.0, True),
        (0.475, 0.475, 0.9499, True),
        (0.50, 0.475, 0.96, False),
        (0.30, 0.305, 0.95, False),  # 0.305 - 0.30 is more than 0.005 in floats
        (0.0, 0.0, 0.0, True),  # neither finds anything: nothing is shown
    ],
)
def test_the_gate_lets_half_a_point_and_a_twentieth_of_the_entities_go(
    f1: float, before: float, agreement: float, refused: bool
) -> None:
    assert Drift(f1, before, agreement).is_too_large == refused


def test_drift_is_counted_in_whole_entities() -> None:
    tweets = [
        Tweet("1", ("a", "b"), ("B-x", "I-x")),
        Tweet("1", ("c",), ("B-y",)),
        Tweet("1", ("d",), ("O",)),
    ]
    before = [["B-x", "I-x"], ["B-y"], ["B-y"]]
    after = [["B-x", "O"], ["B-y"], ["B-y"]]
    drift = Drift.between(tweets, before, after)
    assert drift == Drift(f1=2 / 5, f1_before=4 / 5, agreement=2 / 3)
    assert str(drift) == "entity F1 40.00 in int8, 80.00 in fp32, entity agreement 66.67"


# --- publishing -----------------------------------------------------------------------------------


@pytest.fixture
def hub(model_folder: Callable[[str, str], Path], tmp_path: Path) -> Path:
    """A hub with an encoder's model and a word-level one."""
    hubs.publish(model_folder("distilbert", "crf"), "crf", hub=tmp_path / "hub")
    hubs.publish(model_folder("bilstm", "argmax"), "words", hub=tmp_path / "hub")
    return tmp_path / "hub"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def export_script(load_script: Callable[[str], ModuleType]) -> Callable[[list[str]], int]:
    return load_script("scripts/export.py").main  # type: ignore[no-any-return]


def test_the_next_version_has_the_same_files_and_the_graph(hub: Path) -> None:
    before = hubs.resolve("words", hub=hub)
    exported = export("words", data="sample:dev", hub=str(hub))
    assert (exported.version.tag, exported.is_new, exported.checked) == (
        "v2",
        True,
        "108 tweets of sample:dev",
    )
    after = hubs.resolve("words", hub=hub)
    assert {path.name for path in after.iterdir()} - {path.name for path in before.iterdir()} == {
        "README.md",
        "metrics.json",
        "onnx",
    }
    assert all((after / path.name).read_bytes() == path.read_bytes() for path in before.iterdir())
    assert names_in(after / "onnx") == ["model.onnx", "model.onnx_data"]
    assert json.loads((after / "metrics.json").read_text())["onnx"] == {
        "checked_on": "108 tweets of sample:dev",
        "tolerance": 1e-4,
    }
    assert hubs.verify("words", hub=hub) == []


def test_exporting_again_changes_nothing(hub: Path) -> None:
    first, second = (export("crf", data="sample:dev", hub=str(hub)) for _ in range(2))
    assert (first.is_new, second.is_new) == (True, False)
    assert first.version == second.version
    assert len([*first.version.path.parent.iterdir()]) == 2


def test_integers_that_pass_are_published_with_their_figures(
    hub: Path,
    export_script: Callable[[list[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setattr(checking, "LEAST_AGREEMENT", 0.0)
    monkeypatch.setattr(checking, "MOST_F1_LOST", 1.0)
    assert (
        export_script(["crf", "--to", "onnx", "--int8", "--data", "sample:dev", "--hub", str(hub)])
        == 0
    )
    folder = hubs.resolve("crf", hub=hub)
    graphs = ["model.onnx", "model.onnx_data", "model_int8.onnx", "model_int8.onnx_data"]
    assert names_in(folder / "onnx") == graphs
    drift = Drift(**json.loads((folder / "metrics.json").read_text())["onnx"]["int8"])
    assert str(drift) in (folder / "README.md").read_text()
    version, fp32, int8 = capsys.readouterr().out.splitlines()
    assert version.startswith("tweetner/crf v2, revision ")
    assert fp32 == "  onnx/model.onnx: the tags of PyTorch for 108 tweets of sample:dev"
    assert int8 == f"  onnx/model_int8.onnx: {drift}"


def test_integers_that_do_not_pass_are_refused_and_the_graph_is_published_alone(
    hub: Path,
    export_script: Callable[[list[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.setattr(checking, "LEAST_AGREEMENT", 1.01)
    assert export_script(["crf", "--int8", "--data", "sample:dev", "--hub", str(hub)]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: onnx/model_int8.onnx is not published: entity F1 ")
    folder = hubs.resolve("crf", hub=hub)
    assert names_in(folder / "onnx") == ["model.onnx", "model.onnx_data"]
    assert "int8" not in (folder / "README.md").read_text() + (folder / "metrics.json").read_text()
    assert hubs.resolve("crf", revision="v2", hub=hub) == folder


def test_a_graph_that_tags_otherwise_is_not_published(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "TOLERANCE", -1.0)
    with pytest.raises(ValueError, match="ONNX: expected the emissions of PyTorch"):
        export("words", data="sample:dev", hub=str(hub))
    assert [model.tag for model in hubs.list_models(hub)] == ["v1", "v1"]


def test_a_published_graph_tags_as_pytorch_from_the_links_of_the_hub(hub: Path) -> None:
    folder = export("words", data="sample:dev", hub=str(hub)).version.path
    assert (folder / "onnx" / "model.onnx_data").is_symlink()
    texts = [" ".join(tweet.words) for tweet in load_tweets("sample:test")][:32]
    by_torch, by_onnx = (
        load("words", hub=hub, backend=engine)(texts) for engine in ("torch", "onnx")
    )
    assert [[{**e, "score": 0} for e in each] for each in by_onnx] == [
        [{**e, "score": 0} for e in each] for each in by_torch
    ]


# --- refusals, in one line ------------------------------------------------------------------------


def test_a_folder_without_the_graph_is_refused(model_folder: Callable[[str, str], Path]) -> None:
    with pytest.raises(
        ValueError,
        match=r"onnx/model.onnx: there is no such graph; export it with scripts/export.py",
    ):
        OnnxModel(ModelFolder(model_folder("bilstm", "argmax")))


@pytest.mark.parametrize("damage", [b"", b"no graph", None])
def test_a_damaged_graph_is_refused_in_one_line(
    exported: Callable[..., Path], tmp_path: Path, damage: bytes | None
) -> None:
    source = exported("bilstm", "argmax")
    whole = (source / "onnx" / "model.onnx").read_bytes()
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    (tmp_path / "graph.onnx").write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    with pytest.raises(
        ValueError, match=r"graph.onnx: expected a graph that onnxruntime can run, got .+"
    ) as refusal:
        OnnxModel(ModelFolder(tmp_path), "graph.onnx")
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("damage", ["missing", "empty", "short", "elsewhere"])
def test_a_graph_without_all_of_its_weights_is_refused_in_one_line(
    exported: Callable[..., Path], tmp_path: Path, damage: str, capfd: pytest.CaptureFixture
) -> None:
    shutil.copytree(exported("bilstm", "argmax"), tmp_path / "model")
    capfd.readouterr()  # what saving the model printed
    weights = weights_of(tmp_path / "model" / "onnx" / "model.onnx")
    whole = weights.read_bytes()
    weights.unlink()
    if damage == "elsewhere":
        (tmp_path / weights.name).write_bytes(whole)
        weights.symlink_to(tmp_path / weights.name)
    elif damage != "missing":
        weights.write_bytes(whole[:-1] if damage == "short" else b"")
    for backend in ("onnx", None):
        with pytest.raises(
            ValueError, match=r"onnx/model.onnx: expected a graph that onnxruntime can run, got"
        ) as error:
            load(tmp_path / "model", backend=backend, device="cpu")
        assert len(str(error.value).splitlines()) == 1
    assert capfd.readouterr() == ("", "")


def test_a_graph_of_another_kind_is_refused(exported: Callable[..., Path], tmp_path: Path) -> None:
    source = exported("bilstm", "argmax")
    graph = onnx.load(source / "onnx" / "model.onnx")
    graph.graph.input[0].name = "tokens"
    graph.graph.node.insert(0, onnx.helper.make_node("Identity", ["tokens"], ["input_ids"]))
    onnx.save(graph, tmp_path / "graph.onnx")
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    with pytest.raises(
        ValueError,
        match=r"expected a graph of input_ids, .* that gives emissions, got \['tokens', ",
    ):
        OnnxModel(ModelFolder(tmp_path), "graph.onnx")


def test_without_onnxruntime_the_extra_is_named(
    exported: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        ValueError, match=r"onnxruntime is not installed: pip install 'tweetner\[onnx\]'"
    ):
        OnnxModel(ModelFolder(exported("bilstm", "argmax")))


def test_without_onnx_the_script_names_the_extra(
    export_script: Callable[[list[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    class Export(ModuleType):
        """Raises what `tweetner.export` would raise where onnx is not installed."""

        def __getattr__(self, name: str) -> None:
            raise ModuleNotFoundError("No module named 'onnx'", name="onnx")

    monkeypatch.setitem(sys.modules, "tweetner.export", Export("tweetner.export"))
    assert export_script(["words"]) == 2
    assert "pip install 'tweetner[onnx]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nothing"], "no model tweetner/nothing in "),
        (["./words"], "expected a model name"),
        (["words", "--data", "sample"], "sample: expected one split, got train, dev, test"),
        (["words", "--int8", "--data", "sample:dev"], "int8: expected a model with an encoder"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(
    hub: Path,
    export_script: Callable[[list[str]], int],
    capsys: pytest.CaptureFixture,
    arguments: list[str],
    reason: str,
) -> None:
    assert export_script([*arguments, "--hub", str(hub)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {reason}")


def test_a_baseline_is_refused(hub: Path, tmp_path: Path) -> None:
    (tmp_path / "sgd").mkdir()
    (tmp_path / "sgd" / "config.json").write_text('{"model_type": "tweetner-sgd"}')
    hubs.publish(tmp_path / "sgd", "sgd", hub=hub)
    with pytest.raises(ValueError, match="sgd: expected a neural model, got tweetner-sgd"):
        export("sgd", hub=str(hub))


def test_a_model_that_does_not_say_its_corpus_needs_data(hub: Path, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    shutil.copytree(
        hubs.resolve("words", hub=hub), folder, ignore=shutil.ignore_patterns("run_config.json")
    )
    hubs.publish(folder, "foreign", hub=hub)
    with pytest.raises(
        ValueError,
        match="foreign: the model does not say what it was trained on; name annotated tweets "
        "with --data",
    ):
        export("foreign", hub=str(hub))
