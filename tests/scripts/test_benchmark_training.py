"""Tests of the plain recipes that our alignment and fine-tuning are compared with."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from benchmarks import alignment, curves
from benchmarks.alignment import (
    first_subword_labels,
    new_encoder,
    our_dataset,
    plain_dataset,
    to_dataset,
)
from benchmarks.curves import RecordedLoss, losses
from benchmarks.timing import Benchmark, Result, Variant
from benchmarks.training import PADDED_TO, benchmarks_of, grouped, task_of
from torch.nn.functional import cross_entropy

from tweetner.corpus import Tweet, load_tweets
from tweetner.tags import WNUT16_TYPES, tags_of
from tweetner.tokenization import UNOBSERVED
from tweetner.training import RunConfig
from tweetner.training.finetuning import build, subword_loss
from tweetner.training.finetuning.loss import INNER

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    Built = tuple[RunConfig, "PreTrainedModel", "PreTrainedTokenizerFast"]

LABELS = tags_of(WNUT16_TYPES)
TWO = [
    Tweet("1", ("in", "berlin", "ab"), ("O", "B-geo-loc", "I-geo-loc")),  # in berlin a ##b
    Tweet(
        "2", ("new", "york's"), ("B-geo-loc", "B-geo-loc")
    ),  # new york ' ##s: the splitter parts it
]


@pytest.fixture
def built(encoder_folder: Path) -> "Built":
    """A config like the benchmark's, an untrained model on the tiny encoder, and its tokenizer."""
    config = RunConfig(
        encoder=str(encoder_folder),
        casing=False,
        freeze_embeddings=False,
        precision="fp32",
        batch_size=2,
        epochs=1,
    )
    return config, *build(config, LABELS, [])


# --- words and tags to subwords and labels -------------------------------------------------------


def test_the_plain_way_labels_the_first_subword_of_each_word(built: "Built") -> None:
    _, _, tokenizer = built
    place, inside = LABELS.index("B-geo-loc"), LABELS.index("I-geo-loc")
    rows = plain_dataset(to_dataset(TWO[:1], WNUT16_TYPES), deepcopy(tokenizer))
    assert tokenizer.convert_ids_to_tokens(rows["input_ids"][0]) == [
        "[CLS]",
        "in",
        "berlin",
        "a",
        "##b",
        "[SEP]",
    ]
    assert rows["labels"][0] == [-100, 0, place, inside, -100, -100]
    assert first_subword_labels([None, 0, 0, 1, 3, 3, None], [7, 8, 9, 6]) == [
        -100,
        7,
        -100,
        8,
        6,
        -100,
        -100,
    ]


def test_both_ways_give_the_same_but_for_the_parts_of_words_that_only_ours_labels(
    built: "Built",
) -> None:
    _, _, tokenizer = built
    plain = plain_dataset(to_dataset(TWO, WNUT16_TYPES), deepcopy(tokenizer))
    ours = our_dataset(TWO, new_encoder(tokenizer), LABELS)
    assert alignment.require_same_rows(plain, ours) == 1  # 's
    ours = ours.map(lambda row: {"labels": [0 if label > 0 else label for label in row["labels"]]})
    with pytest.raises(ValueError, match="labels of 5 words differ"):
        alignment.require_same_rows(plain, ours)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_both_ways_give_the_same_on_the_embedded_sample(split: str, built: "Built") -> None:
    _, _, tokenizer = built
    tweets = load_tweets(f"sample:{split}")
    plain = plain_dataset(to_dataset(tweets, WNUT16_TYPES), deepcopy(tokenizer))
    assert (
        alignment.require_same_rows(plain, our_dataset(tweets, new_encoder(tokenizer), LABELS)) == 0
    )


# --- fine-tuning ---------------------------------------------------------------------------------


def test_the_rate_counts_subwords_and_no_padding(built: "Built") -> None:
    config, model, tokenizer = built
    task = task_of(config, tokenizer, TWO, 2)
    assert [len(ids) for ids in task.padded["input_ids"]] == [PADDED_TO] * 2
    assert sorted(len(ids) for ids in task.plain["input_ids"]) == [6, 6]
    assert [benchmark.work for benchmark in benchmarks_of(task, "tiny", model, rounds=1)] == [
        (12, "subwords")
    ] * 2
    benchmark = Benchmark("fine-tuning", [], work=(12, "subwords"))
    assert (
        Result(benchmark, Variant("ours", id), figures=[2.0, 4.0, 9.0], walls=[], ratios=[]).rate
        == 3.0
    )


def test_a_tweet_that_padding_would_cut_is_refused(built: "Built") -> None:
    config, _, tokenizer = built
    with pytest.raises(ValueError, match=r"counts of .* subwords differ"):
        task_of(config, tokenizer, [Tweet("1", ("a",) * 200, ("O",) * 200)] * 2, 2)


def test_the_chosen_batches_have_tweets_of_like_length_and_of_all_lengths() -> None:
    lengths = [i % 100 for i in range(400)]
    chosen = grouped(lengths, 4, 80)
    assert len(chosen) == len(set(chosen)) == 80
    batches = [[lengths[i] for i in chosen[first : first + 4]] for first in range(0, 80, 4)]
    assert max(max(batch) - min(batch) for batch in batches) < 10
    assert sum(map(sum, batches)) / 80 == pytest.approx(49.5, abs=3)
    assert len(grouped(lengths[:10], 4, 80)) == 8  # as many whole batches as there are


@pytest.mark.slow
def test_every_variant_trains_all_but_what_it_freezes(built: "Built") -> None:
    config, model, tokenizer = built
    task = task_of(config, tokenizer, load_tweets("sample:train"), 8)
    embeddings = "distilbert.embeddings.word_embeddings.weight"
    kept = []
    for benchmark in benchmarks_of(task, "tiny", model, rounds=1):
        for variant in benchmark.variants:
            trained = variant.setup()
            variant.run(trained)
            untouched = {
                name
                for name, weight in trained.state_dict().items()
                if torch.equal(weight, model.state_dict()[name])
            }
            assert untouched <= {embeddings}
            kept.append(untouched == {embeddings})
    assert kept == [False, True, False, False, False, True, True]


# --- loss curves ---------------------------------------------------------------------------------


def test_the_recorded_loss_is_that_of_words_and_trains_as_before() -> None:
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[UNOBSERVED, 1, INNER - 2], [UNOBSERVED, 0, UNOBSERVED]])
    outputs = type("Outputs", (), {"logits": logits})
    recorded = RecordedLoss(subword_loss(0.3))
    torch.testing.assert_close(recorded(outputs, labels), subword_loss(0.3)(outputs, labels))
    words = cross_entropy(
        torch.stack([logits[0, 1], logits[1, 1]]), torch.tensor([1, 0]), reduction="sum"
    )
    assert recorded.steps == [(2, pytest.approx(float(words)))]


def test_an_epochs_loss_is_a_mean_over_its_words() -> None:
    recorded = RecordedLoss(subword_loss(0.3))
    recorded.steps = [(1, 2.0), (3, 4.0), (2, 1.0), (2, 3.0)]
    assert recorded.by_epoch(2) == [1.5, 1.0]


@pytest.mark.slow
def test_with_one_batch_an_epoch_grouping_changes_nothing(built: "Built") -> None:
    config = replace(built[0], batch_size=len(TWO), epochs=3, dropout=0.0)
    by_length, at_random = (
        losses(replace(config, group_by_length=by), 1, TWO) for by in (True, False)
    )
    assert by_length == pytest.approx(
        at_random, rel=0.05
    )  # dropout inside the encoder falls on other rows
    assert by_length[-1] < by_length[0]


def test_a_round_of_the_curves_is_a_seed_and_each_is_trained_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = []

    def fake(config: RunConfig, seed: int, tweets: list[Tweet]) -> list[float]:
        trained.append((seed, config.group_by_length))
        return [seed / (1 + epoch) + config.group_by_length for epoch in range(config.epochs)]

    monkeypatch.setattr(curves, "losses", fake)
    benchmarks = curves.benchmarks("sample")
    for epoch, benchmark in enumerate(benchmarks):
        for seed in curves.SEEDS:
            found = [variant.run(variant.setup()) for variant in benchmark.variants]
            assert found == [seed / (1 + epoch), seed / (1 + epoch) + 1]
    assert trained == [(seed, by_length) for seed in curves.SEEDS for by_length in (False, True)]
