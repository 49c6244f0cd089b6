"""Tests of decoding in numpy against every path, and against the PyTorch model's decoding."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.tagger.decoding import (
    RAISED,
    Chain,
    Emissions,
    Ids,
    Scores,
    bio_chain,
    length_batches,
    log_softmax,
)
from tweetner.tagger.decoding import decode as decode_all
from tweetner.tags import count_ill_formed, tags_of
from tweetner.tokenization import bounds_of

TAGS = tags_of(["geo-loc", "movie"])


def random_scores(seed: int, *shape: int, scale: float = 2.0) -> Scores:
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def decode(tweets: list[Scores], chain: Chain | None) -> list[tuple[Ids, Scores]]:
    """Each tweet's labels and log-probabilities."""
    n_labels = tweets[0].shape[1] if tweets else 5
    lengths = [len(scores) for scores in tweets]
    emissions = Emissions(
        np.concatenate([np.empty((0, n_labels), np.float32), *tweets]),
        np.concatenate([np.empty(0, np.int64), *map(np.arange, lengths)]),
        bounds_of(lengths),
    )
    labels, log_probabilities = decode_all(emissions, chain)
    ends = emissions.bounds[1:-1]
    return list(zip(np.split(labels, ends), np.split(log_probabilities, ends), strict=True))[
        : len(tweets)
    ]


def random_chain(seed: int, n_labels: int) -> Chain:
    shapes = [(n_labels,), (n_labels, n_labels), (n_labels,)]
    return Chain(*(random_scores(seed + i, *shape) for i, shape in enumerate(shapes)))


def all_paths(emissions: Scores, chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    """Every label path of a tweet, (paths, words), and the score of each, (paths,)."""
    n_words, n_labels = emissions.shape
    paths = np.array(list(product(range(n_labels), repeat=n_words)))
    scores = (
        chain.start[paths[:, 0]]
        + chain.end[paths[:, -1]]
        + emissions[np.arange(n_words), paths].sum(1)
    )
    return paths, (scores + chain.transitions[paths[:, :-1], paths[:, 1:]].sum(1)).astype(
        np.float64
    )


@pytest.mark.parametrize("n_words", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["bio", "learned"])
def test_labels_are_the_best_path_and_probabilities_the_share_of_paths_through_them(
    kind: str, n_words: int
) -> None:
    n_raised = 0
    for seed in range(20):
        n_labels = 3 if kind == "bio" else 4
        chain = bio_chain(TAGS[:3]) if kind == "bio" else random_chain(100 * seed, n_labels)
        emissions = random_scores(seed, n_words, n_labels)
        paths, scores = all_paths(emissions, chain)
        (labels, log_probabilities) = decode([emissions], chain)[0]
        assert labels.tolist() == paths[scores.argmax()].tolist()
        weights = np.exp(scores - scores.max())
        through = [
            [weights[paths[:, word] == label].sum() for label in range(n_labels)]
            for word in range(n_words)
        ]
        expected = np.array(through) / weights.sum()
        for word in range(n_words):
            if expected[word].argmax() == labels[word]:
                np.testing.assert_allclose(
                    np.exp(log_probabilities[word]), expected[word], atol=1e-5
                )
            else:  # the best path avoids the likeliest label, which the decoded one is put above
                n_raised += 1
                top = np.sort(log_probabilities[word])[::-1]
                assert log_probabilities[word].argmax() == labels[word]
                assert top[0] - top[1] == pytest.approx(RAISED, abs=1e-5)
    assert n_raised > 0 or n_words == 1


def test_argmax_takes_each_word_by_itself_and_gives_its_softmax() -> None:
    labels, log_probabilities = decode(
        [np.log(np.array([[1, 6, 1], [1, 1, 2]], np.float32))], None
    )[0]
    assert labels.tolist() == [1, 2]  # B-x, then an I-x that continues it or not
    np.testing.assert_allclose(
        np.exp(log_probabilities), [[0.125, 0.75, 0.125], [0.25, 0.25, 0.5]], rtol=1e-6
    )


def test_an_orphan_inside_tag_becomes_what_bio_allows() -> None:
    emissions = np.log(
        np.array([[0.3, 0.1, 0.6], [0.05, 0.05, 0.9]], np.float32)
    )  # I-x likeliest for both words
    assert decode([emissions], None)[0][0].tolist() == [2, 2]
    assert decode([emissions], bio_chain(TAGS[:3]))[0][0].tolist() == [
        1,
        2,
    ]  # 0.1 · 0.9 beats 0.3 · 0.05


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(0, 9), max_size=5),
    st.sampled_from([0.1, 3.0, 100.0]),
)
def test_bio_decoding_is_never_ill_formed_and_its_probabilities_are_some(
    seed: int, lengths: list[int], scale: float
) -> None:
    emissions = [
        random_scores(seed + i, length, len(TAGS), scale=scale) for i, length in enumerate(lengths)
    ]
    for scores, (labels, log_probabilities) in zip(
        emissions, decode(emissions, bio_chain(TAGS)), strict=True
    ):
        assert len(labels) == len(scores)
        assert count_ill_formed([TAGS[label] for label in labels]) == 0
        assert log_probabilities.argmax(-1).tolist() == labels.tolist()
        np.testing.assert_allclose(
            np.exp(log_probabilities).sum(-1), np.ones(len(labels)), rtol=1e-4
        )


@pytest.mark.parametrize("kind", ["argmax", "bio", "learned"])
@given(seed=st.integers(0, 10_000), lengths=st.lists(st.integers(0, 12), max_size=8))
def test_a_batch_equals_its_tweets_one_by_one(kind: str, seed: int, lengths: list[int]) -> None:
    chain = {"argmax": None, "bio": bio_chain(TAGS), "learned": random_chain(seed, len(TAGS))}[kind]
    emissions = [random_scores(seed + i, length, len(TAGS)) for i, length in enumerate(lengths)]
    for scores, (labels, log_probabilities) in zip(
        emissions, decode(emissions, chain), strict=True
    ):
        alone, alone_probabilities = decode([scores], chain)[0]
        assert labels.tolist() == alone.tolist()
        np.testing.assert_allclose(log_probabilities, alone_probabilities, atol=1e-4)


def test_more_words_than_a_batch_holds_come_back_in_their_order() -> None:
    lengths = [3000, 1, 0, 3000, 2999, 7]
    emissions = [random_scores(i, length, 3) for i, length in enumerate(lengths)]
    decoded = decode(emissions, bio_chain(TAGS[:3]))
    assert [len(labels) for labels, _ in decoded] == lengths
    for i in (1, 3, 5):
        assert decoded[i][0].tolist() == decode([emissions[i]], bio_chain(TAGS[:3]))[0][0].tolist()


def test_an_empty_tweet_has_no_labels_and_no_tweets_have_no_answers() -> None:
    for chain in (None, bio_chain(TAGS)):
        labels, log_probabilities = decode([np.empty((0, 5), np.float32)], chain)[0]
        assert (labels.shape, log_probabilities.shape) == ((0,), (0, 5))
        assert decode([], chain) == []


@pytest.mark.parametrize("decoder", ["argmax", "bio", "crf"])
def test_the_pytorch_model_decodes_the_same(decoder: str) -> None:
    import torch

    from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification

    names = {
        "id2label": dict(enumerate(TAGS)),
        "label2id": {tag: label for label, tag in enumerate(TAGS)},
    }
    model = TweetTaggerForTokenClassification(
        TweetTaggerConfig(vocab_size=4, decoder=decoder, **names)
    ).eval()
    if decoder == "crf":
        for i, scores in enumerate(model.crf.parameters()):
            scores.data = torch.from_numpy(random_scores(i, *scores.shape))
    learned = Chain(*(part.detach().numpy() for part in model.transition_scores()))
    chain = {"argmax": None, "bio": bio_chain(TAGS), "crf": learned}[decoder]
    lengths = np.array([9, 1, 5, 30, 0])
    emissions = random_scores(0, len(lengths), lengths.max(), len(TAGS))
    word_mask = np.arange(lengths.max()) < lengths[:, None]
    with torch.no_grad():
        logits = model.decode(torch.from_numpy(emissions), torch.from_numpy(word_mask)).numpy()
    ours = decode([row[:length] for row, length in zip(emissions, lengths, strict=True)], chain)
    for row, (labels, log_probabilities) in enumerate(ours):
        theirs = logits[row, : lengths[row]]
        assert labels.tolist() == theirs.argmax(-1).tolist()
        np.testing.assert_allclose(
            np.exp(log_probabilities), np.exp(log_softmax(theirs)), atol=1e-4
        )


def test_the_bio_chain_forbids_just_what_is_ill_formed() -> None:
    chain = bio_chain(TAGS)
    assert [score == 0 for score in chain.start] == [count_ill_formed([tag]) == 0 for tag in TAGS]
    for i, before in enumerate(TAGS):
        for j, tag in enumerate(TAGS):
            allowed = count_ill_formed([before, tag]) == count_ill_formed([before])
            assert (chain.transitions[i, j] == 0) == allowed, (before, tag)
    assert not chain.end.any()


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(1, 100))
def test_batches_hold_everything_once_and_no_more_than_they_may(
    lengths: list[int], most: int
) -> None:
    batches = length_batches(np.array(lengths, np.int64), most)
    assert sorted(i for batch in batches for i in batch) == [
        i for i, length in enumerate(lengths) if length
    ]
    assert all(
        len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= most for batch in batches
    )
    assert [lengths[i] for batch in batches for i in batch] == sorted(
        length for length in lengths if length
    )
