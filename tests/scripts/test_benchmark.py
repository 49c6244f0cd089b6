"""Tests of the benchmarks: what is timed, refused and written, and that both sides agree."""

import importlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from benchmarks import (
    baseline,
    cluster,
    latency,
    matmul,
    memory,
    overhead,
    processes,
    random_models,
    serving,
    startup,
    taggers,
    tagging,
    timing,
)
from benchmarks.chart import in_columns
from benchmarks.report import write_report
from benchmarks.timing import Benchmark, Result, Variant, require_same, run

from tweetner.tagger import SgdTagger
from tweetner.tagger.features import FLAGS
from tweetner.tokenization import splitter_tokenizer

WORDS = ["new", "york", "berlin", "thanks", "nina", "off", "now", "store"]
TWEETS = ["New York !", "thanks @nina , off to Berlin", "in the new http://t.co/x now", "Berlin"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """CPU time that only the test moves; the wall clock runs twice as fast."""
    now = [0.0]
    monkeypatch.setattr(timing, "cpu_seconds", lambda: now[0])
    monkeypatch.setattr(timing, "perf_counter", lambda: 2 * now[0])
    return now


@pytest.fixture(scope="session")
def encoder(model_folder: Callable[[str, str], Path]) -> Path:
    """A tiny model of the native class."""
    return model_folder("distilbert", "argmax")


@pytest.fixture(scope="session")
def sgd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SGD tagger that finds that every capitalized word is a person."""
    folder = tmp_path_factory.mktemp("sgd")
    coef = np.array([[9.0 if flag == "is_title" else 0.0 for flag in FLAGS], [0.0] * len(FLAGS)])
    vocabulary = {flag: column for column, flag in enumerate(FLAGS)}
    tags = ["B-person", "O"]
    SgdTagger(
        ["O", *tags[:1], "I-person"],
        classes=tags,
        coef=coef,
        intercept=np.array([-4.0, 0.0]),
        vocabulary=vocabulary,
    ).save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def hub_has(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`hub_has(NAME=folder, ...)` sets the models that the hub has."""

    def only(**models: Path) -> None:
        monkeypatch.setattr(taggers, "find_model", lambda name: models.get(name.partition("-")[0]))

    return only


def result(benchmark: Benchmark, variant: Variant, ratios: Sequence[float]) -> Result:
    """A result whose plain way took 12 s in each round."""
    return Result(
        benchmark, variant, [12 / ratio for ratio in ratios], [20.0] * len(ratios), list(ratios)
    )


# --- timing ----------------------------------------------------------------------------------


def test_ratios_are_medians_over_rounds_whose_order_alternates(clock: list[float]) -> None:
    took = {"plain": iter([6.0, 8.0, 90.0]), "ours": iter([2.0, 4.0, 9.0])}
    order = []

    def work(name: str) -> None:
        order.append(name)
        clock[0] += next(took[name])

    benchmark = Benchmark(
        "benchmark",
        [Variant(name, work, lambda name=name: name) for name in took],
        rounds=3,
        work=(16, "tweets"),
    )
    plain, ours = run(benchmark, 100)
    assert order == ["plain", "ours", "ours", "plain", "plain", "ours"]
    assert (plain.figure, plain.ratio, ours.figure, ours.ratio) == (8.0, 1.0, 4.0, 3.0)
    assert (ours.figures, ours.walls, ours.ratios) == (
        [2.0, 4.0, 9.0],
        [4.0, 8.0, 18.0],
        [3.0, 2.0, 10.0],
    )
    assert (ours.spread, ours.rate, ours.p95) == ((2.5, 6.5), 4.0, None)


def test_what_is_set_up_is_not_timed(clock: list[float]) -> None:
    def setup() -> None:
        clock[0] += 100

    def work(_: object) -> None:
        clock[0] += 1

    assert run(Benchmark("benchmark", [Variant("ours", work, setup)]), 1)[0].figures == [1.0]


def test_work_done_in_a_child_process_counts() -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    (child,) = run(
        Benchmark("benchmark", [Variant("child", lambda _: processes.output_of(busy))]), 1
    )
    assert child.figure >= 0.2


def test_a_benchmark_in_another_unit_compares_what_its_variants_give() -> None:
    plain, ours = run(
        Benchmark(
            "memory", [Variant("plain", lambda _: 300.0), Variant("ours", lambda _: 100)], unit="MB"
        )
    )
    assert (plain.figure, ours.figure, ours.ratio) == (300.0, 100.0, 3.0)


def test_p95_is_what_19_of_20_rounds_stay_within() -> None:
    tweet = Result(
        Benchmark("benchmark", []),
        Variant("ours", print),
        [float(i) for i in range(1, 102)],
        [1.0],
        [1.0],
    )
    assert (tweet.figure, tweet.p95) == (51.0, 96.0)


def test_what_is_not_the_same_is_not_timed() -> None:
    with pytest.raises(ValueError, match="tags differ"):
        require_same("tags", False)


# --- the files of a report -----------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A report of two benchmarks, its folder and its file without ending."""
    ours = Variant("ours", print, target=3)
    benchmark = Benchmark(
        "tagging", [Variant("plain", print), ours], work=(24, "tweets"), note="identical tags"
    )
    size = Benchmark("memory", [Variant("plain", print), Variant("small", print)], unit="MB")
    results = [
        result(benchmark, benchmark.variants[0], [1, 1, 1]),
        result(benchmark, ours, [4, 2, 3]),
    ]
    results += [result(size, variant, [1, 1, 1]) for variant in size.variants]
    write_report(results, ["host: left out"], tmp_path / "new" / "all", data="sample")
    return tmp_path / "new" / "all"


def test_the_table_of_claims_has_what_was_measured_beside_what_is_asked(written: Path) -> None:
    text = written.with_suffix(".md").read_text(encoding="utf-8")
    assert "| tagging: ours | 3.00× | 2.50 to 3.50 | 3.00× |" in text
    assert "| ours | 4.00 s | 20.0 s | 6 | 3.00× | 2.50 to 3.50 |" in text
    assert "| small | 12.0 MB | 1.00× | 1.00 to 1.00 |" in text
    assert "\nIdentical tags.\n" in text
    assert text.endswith("\n- host: left out\n")


def test_json_has_every_round_and_the_machine_and_no_nan(written: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    values = json.loads(
        written.with_suffix(".json").read_text(encoding="utf-8"), parse_constant=refuse
    )
    assert (
        values["data"],
        values["notes"],
        values["machine"].keys() >= {"processor", "threads", "torch"},
    ) == (
        "sample",
        ["host: left out"],
        True,
    )
    assert values["results"][1] | {"wall_seconds": None} == {
        "benchmark": "tagging",
        "note": "identical tags",
        "work": [24, "tweets"],
        "unit": "s",
        "variant": "ours",
        "target": 3,
        "rounds": 3,
        "median": 4.0,
        "p95": None,
        "rate": 6.0,
        "wall_seconds": None,
        "ratio": 3.0,
        "ratio_quartiles": [2.5, 3.5],
        "figures": [3.0, 6.0, 4.0],
    }


def test_the_chart_is_a_picture_that_grows_with_its_rows(written: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    write_report([], ["nothing to run"], tmp_path / "empty", data="sample")
    pictures = [imread(path.with_suffix(".png")) for path in (tmp_path / "empty", written)]
    assert pictures[0].shape[0] < pictures[1].shape[0]
    blue = np.isclose(pictures[1][..., :3], np.array([0x2B, 0x6C, 0xB0]) / 255, atol=0.01).all(
        axis=-1
    )
    assert blue.any()  # a bar that reaches what is asked


def test_a_long_chart_has_two_columns_of_like_length_and_no_benchmark_in_both() -> None:
    blocks = [[i] * n for i, n in enumerate([10, 12, 3, 9, 4, 8])]
    left, right = in_columns(blocks)
    assert left + right == blocks
    assert (sum(map(len, left)), sum(map(len, right))) == (22, 24)
    assert in_columns(blocks[:2]) == [blocks[:2]]


# --- the taggers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "mine", "same"),
    [
        (("person", 7, 12, 0.5), ("person", 7, 12, 0.50005), True),
        (("person", 7, 12, 0.5), ("person", 7, 12, 0.51), False),
        (("person", 7, 12, 0.5), ("movie", 7, 12, 0.5), False),
        (("person", 7, 12, 0.5), ("person", 7, 13, 0.5), False),
        (("person", 7, 8, 0.5), ("person", 7, 12, 0.5), True),  # @ of @nina
        (("person", 7, 8, 0.5), ("person", 7, 14, 0.5), False),  # @ of @nina, and one word more
        (("other", 20, 24, 0.5), ("other", 20, 31, 0.5), True),  # http of a URL
        (("other", 15, 17, 0.5), ("other", 15, 18, 0.5), False),
    ],
)
def test_entities_are_the_same_but_for_the_end_of_a_name_or_url_that_the_pipeline_cannot_know(
    theirs: tuple[Any, ...], mine: tuple[Any, ...], same: bool
) -> None:
    names = ("start", "end", "score")
    a = {"entity_group": theirs[0], **dict(zip(names, theirs[1:], strict=True))}
    b = {"type": mine[0], **dict(zip(names, mine[1:], strict=True))}
    assert taggers.same_entities("thanks @nina , off  http://t.co", [a], [b]) == same


def test_a_table_of_subwords_gives_a_word_the_same_tag_wherever_it_stands(encoder: Path) -> None:
    folder = random_models.subword_table(encoder)
    tagger = taggers.our_tagger(folder, "torch")
    alone = {word: tagger.tag_words([[word]])[0] for word in WORDS}
    together = tagger.tag_words([WORDS])[0]
    assert together.tags == [alone[word].tags[0] for word in WORDS]
    assert together.scores == pytest.approx([alone[word].scores[0] for word in WORDS])
    assert len(set(together.tags)) > 1


def test_distilbert_in_its_own_size_has_a_graph_and_the_labels_and_tokenizer_of_another_model(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    smaller = {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32}
    monkeypatch.setattr(
        random_models, "DistilBertConfig", partial(random_models.DistilBertConfig, **smaller)
    )
    folder = random_models.distilbert(encoder)
    assert taggers.backends_of(folder) == ["torch", "onnx"]
    assert taggers.our_tagger(folder, "onnx").labels == taggers.our_tagger(encoder, "torch").labels
    assert (folder / "tokenizer.json").read_bytes() == (encoder / "tokenizer.json").read_bytes()


def test_raw_tweets_are_those_of_the_test_split_each_once() -> None:
    every, some = taggers.raw_tweets("sample", None), taggers.raw_tweets("sample", 10)
    assert (len(every), len(set(every)), len(some)) == (124, 124, 10)
    assert set(some) < set(every)


def test_a_model_that_is_not_there_is_named_with_the_command_that_makes_it(
    hub_has: Callable[..., None],
) -> None:
    hub_has()
    for module in (tagging, latency, overhead, startup, memory, serving, cluster, matmul):
        absent = [
            benchmark
            for benchmark in module.benchmarks("sample", n_tweets=4)
            if not benchmark.variants
        ]
        assert absent, module.__name__
        assert all(
            "the hub has no" in benchmark.note and "--config configs/" in benchmark.note
            for benchmark in absent
        )


# --- the benchmarks ------------------------------------------------------------------------------


def test_the_baseline_benchmarks_compare_the_same_results(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "benchmarks")
    found = baseline.benchmarks(
        "sample", n_tweets=20
    )  # raises when matrices, coefficients or tags differ
    assert caplog.text.count("identical") == 4
    assert all(benchmark.variants[0].name.startswith("plain") for benchmark in found)


@pytest.mark.parametrize("kind", ["distilbert argmax", "bilstm bio"])
def test_tagging_times_the_tweets_whose_entities_are_the_same(
    kind: str, model_folder: Callable[[str, str], Path]
) -> None:
    benchmark = tagging.tagging_benchmark(
        "tiny", model_folder(*kind.split()), TWEETS, target=2, rounds=1
    )
    assert benchmark.note == "identical entities on 4 of 4 tweets, which are timed"
    plain, one_by_one, ours = run(benchmark)
    assert [found.variant.name for found in (plain, one_by_one, ours)] == [
        "pipeline, batches of 32",
        "pipeline, one by one",
        "Tagger, torch",
    ]
    assert (plain.rate, ours.variant.target) == (pytest.approx(4 / plain.figure), 2)


def test_tweets_on_which_the_two_sides_differ_are_counted_and_not_timed(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        taggers, "agreement", lambda tweets, *_: [tweet != TWEETS[1] for tweet in tweets]
    )
    benchmark = tagging.tagging_benchmark("tiny", encoder, TWEETS, target=2, rounds=1)
    assert benchmark.note.startswith("identical entities on 3 of 4 tweets")
    assert benchmark.work == (3, "tweets")


def test_retweets_repeat_a_tweet_that_came_before_them() -> None:
    tweets = [str(i) for i in range(100)]
    stream = tagging.with_retweets(tweets, 0.4)
    assert (len(stream), len(set(stream))) == (100, 60)
    assert list(dict.fromkeys(stream)) == timing.spaced(tweets, 60)


def test_every_round_of_latency_is_another_tweet(encoder: Path, sgd: Path) -> None:
    benchmark = latency.latency_benchmark("tiny", encoder, TWEETS, {"sgd-wnut16": sgd})
    asked = []
    for variant in benchmark.variants:
        asked.append([variant.setup() for _ in range(benchmark.rounds)])
    assert asked == [TWEETS] * 3
    assert [variant.name for variant in benchmark.variants] == [
        "pipeline",
        "Tagger, torch",
        "sgd-wnut16, another model",
    ]


def test_around_the_model_both_sides_have_the_same_entities(
    encoder: Path, hub_has: Callable[..., None]
) -> None:
    hub_has(distilbert=encoder)
    (benchmark,) = overhead.benchmarks("sample", n_tweets=30)
    assert benchmark.note.startswith("identical entities on all 30 tweets, ")
    assert [len(found.figures) for found in run(benchmark, 1)] == [1, 1, 1]


def test_operations_of_the_matrix_products_are_those_that_torch_counts(encoder: Path) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(
        encoder, attn_implementation="eager"
    ).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.inference_mode():
        model.distilbert(torch.ones(1, 30, dtype=torch.int64))
    assert matmul.Shape.of(encoder).operations([30]) == counter.get_total_flops()


def test_products_are_of_as_many_rows_as_there_are_subwords(encoder: Path) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    shape = matmul.Shape.of(encoder)
    for n_subwords in (7, 8, 21):
        counter = FlopCounterMode(display=False)
        with counter:
            matmul.Products(shape, rows=8)(n_subwords)
        assert counter.get_total_flops() == n_subwords * shape.per_subword


def test_the_share_of_the_limit_is_of_the_same_operations(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matmul, "ROWS", (16, 32))
    benchmark = matmul.matmul_benchmark(encoder, TWEETS)
    assert [found.variant.name for found in run(benchmark, 1)] == [
        "matrix products alone",
        "pipeline, batches of 32",
        "Tagger, torch",
    ]
    assert benchmark.work is not None and benchmark.work[0] > 0


def test_the_peak_is_of_the_process_itself() -> None:
    held = [
        processes.peak_of(f"tag = lambda tweets: bytearray({n} << 20)", ["a", "b"])
        for n in (0, 100)
    ]
    assert held[0] < 50
    assert 99 < held[1] - held[0] < 110


def test_a_process_that_fails_is_an_error() -> None:
    with pytest.raises(ValueError, match="NameError: name 'tagger' is not defined"):
        processes.output_of("tagger('Berlin')")


def test_the_scripts_of_fresh_processes_find_an_entity(sgd: Path) -> None:
    assert (
        processes.output_of(processes.tagger_script(sgd) + startup.ANSWER)
        == "person 15\nperson 45\n"
    )


def test_a_stream_of_crossed_tweets_has_no_tweet_twice_and_no_new_word() -> None:
    tweets = ["a b c d", "e f", "g h i"]
    stream = list(memory.mixed(tweets, 9))
    assert stream[:4] == ["a b c d", "e f", "g h i", "a b f"]
    assert len(set(stream)) == 9


@pytest.mark.slow
def test_a_stream_is_tagged_to_its_end(sgd: Path) -> None:
    stream = memory.run_stream(sgd, TWEETS, 20_000)
    assert (stream.peak > 20, stream.first > 0, stream.last > 0) == (True, True, True)


def test_a_stream_that_stops_is_an_error_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"a process failed: error: .*{tmp_path.name}"):
        memory.run_stream(tmp_path, TWEETS, 100)


@pytest.mark.slow
def test_clients_are_answered_by_a_service_that_ends_with_the_benchmark(
    sgd: Path, hub_has: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_has(distilbert=sgd)
    benchmark, absent = serving.benchmarks("sample", n_tweets=20)
    assert [variant.name for variant in benchmark.variants] == ["1 client", "16 clients"]
    assert not absent.variants
    assert all(0 < found.figure < 20 for found in run(benchmark, 1))
    with serving.service(sgd) as address:
        serving.ask(address, TWEETS)
        with monkeypatch.context() as patch:
            patch.setattr(serving, "JSON", {"Content-Type": "text/plain"})
            with pytest.raises(ValueError, match="expected status 200, got 415"):
                serving.ask(address, TWEETS)
    with pytest.raises(ConnectionRefusedError):
        serving.ask(address, TWEETS)


def test_a_service_that_does_not_start_is_an_error_in_its_own_words(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=f"a process failed: error: .*{tmp_path.name}"),
        serving.service(tmp_path),
    ):
        pass


@pytest.mark.slow
def test_a_cluster_tags_all_files_that_one_process_tags(sgd: Path, tmp_path: Path) -> None:
    files = cluster.write_files(TWEETS, 40)
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert (len(files), len(lines), len(set(lines))) == (16, 40, 40)
    assert cluster.alone(sgd, files) > 0
    assert cluster.on_workers(1, sgd, files, None) > 0
    with pytest.raises(ValueError, match="a process failed: error"):
        cluster.alone(tmp_path, files)


# --- the script ----------------------------------------------------------------------------------


@pytest.fixture
def script(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("scripts/benchmark.py")


def test_a_refused_benchmark_leaves_the_others_standing(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(name: str, args: object) -> tuple[list[Result], list[str]]:
        if name == "two":
            raise ValueError("entities differ")
        return [result(Benchmark(name, []), Variant("plain", print), [1.0])], []

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(script, "COMMANDS", {"one": "", "two": "", "three": ""})
    monkeypatch.setattr(script, "measure", refuse)
    assert script.main(["all", "--output", str(tmp_path)]) == 2
    values = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert [row["benchmark"] for row in values["results"]] == ["one", "three"]
    assert values["notes"] == ["two: entities differ"]
    assert capsys.readouterr().err == "error: two: entities differ\n"


@pytest.mark.parametrize("option", ["--tweets", "--rounds", "--threads"])
def test_a_number_that_cannot_be_is_refused(
    option: str, script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        script.main(["overhead", option, "0"])
    assert f"argument {option}: expected a whole number above 0, got '0'" in capsys.readouterr().err


def test_every_command_is_a_module_with_benchmarks(script: ModuleType) -> None:
    for name in script.COMMANDS | script.ONLY_ALONE:
        assert callable(importlib.import_module(f"benchmarks.{name}").benchmarks)
