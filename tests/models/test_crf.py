"""The label chain, compared with the enumeration of every label sequence and with pytorch-crf."""

import itertools

import pytest
import torch
import torchcrf
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tweetner.models.modeling_tweetner import (
    IMPOSSIBLE,
    UNOBSERVED,
    Chain,
    LinearChainCRF,
    iob2_chain,
    log_marginals,
    log_partition,
    negative_log_likelihood,
    reverse_rows,
    viterbi,
)

N_LABELS = 5  # O, B-a, I-a, B-b, I-b
LENGTHS = torch.tensor([4, 1, 3, 2])
MASK = torch.arange(4) < LENGTHS[:, None]


def chain(kind: str, n_labels: int = N_LABELS) -> Chain:
    if kind == "bio":
        return iob2_chain(n_labels, torch.device("cpu"))
    torch.manual_seed(1)
    crf = LinearChainCRF(n_labels)
    for scores in crf.parameters():
        torch.nn.init.normal_(scores)
    return crf()


def random_emissions(*shape: int, scale: float = 3.0) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(*shape) * scale


def all_paths(emissions: Tensor, scores: Chain) -> tuple[Tensor, Tensor]:
    """Every label sequence of one tweet, (paths, words), and its exact score, (paths,)."""
    n_words, n_labels = emissions.shape
    start, transitions, end = (part.double() for part in scores)
    paths = torch.tensor(list(itertools.product(range(n_labels), repeat=n_words)))
    total = start[paths[:, 0]] + end[paths[:, -1]]
    total = total + emissions.double()[torch.arange(n_words), paths].sum(1)
    return paths, total + transitions[paths[:, :-1], paths[:, 1:]].sum(1)


def is_well_formed(labels: list[int]) -> bool:
    previous = 0
    for label in labels:
        if label > 0 and label % 2 == 0 and previous not in (label, label - 1):
            return False
        previous = label
    return True


def test_the_iob2_chain_allows_inside_only_after_its_own_type() -> None:
    start, transitions, end = iob2_chain(5, torch.device("cpu"))
    no = IMPOSSIBLE
    assert start.tolist() == [0, 0, no, 0, no]
    assert transitions.tolist() == [
        [0, 0, no, 0, no],  # after O
        [0, 0, 0, 0, no],  # after B-a
        [0, 0, 0, 0, no],  # after I-a
        [0, 0, no, 0, 0],  # after B-b
        [0, 0, no, 0, 0],  # after I-b
    ]
    assert end.tolist() == [0, 0, 0, 0, 0]


def test_rows_are_reversed_up_to_their_length() -> None:
    rows = torch.tensor([[1, 2, 3, 9], [1, 9, 9, 9], [9, 9, 9, 9]])[..., None]
    lengths = torch.tensor([3, 1, 0])
    assert reverse_rows(rows, lengths).squeeze(-1).tolist() == [
        [3, 2, 1, 9],
        [1, 9, 9, 9],
        [9, 9, 9, 9],
    ]


@pytest.mark.parametrize("kind", ["bio", "crf"])
def test_partition_marginals_and_best_path_equal_the_enumeration(kind: str) -> None:
    emissions, scores = random_emissions(4, 4, N_LABELS), chain(kind)
    partition = log_partition(emissions, MASK, scores)
    marginals = log_marginals(emissions, MASK, scores).exp()
    best = viterbi(emissions, MASK, scores)
    for row, n_words in enumerate(LENGTHS.tolist()):
        paths, totals = all_paths(emissions[row, :n_words], scores)
        probability = totals.softmax(0)
        assert partition[row].item() == pytest.approx(totals.logsumexp(0).item(), abs=1e-4)
        assert best[row, :n_words].tolist() == paths[totals.argmax()].tolist()
        for word, label in itertools.product(range(n_words), range(N_LABELS)):
            expected = probability[paths[:, word] == label].sum().item()
            assert marginals[row, word, label].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", ["bio", "crf"])
def test_words_without_a_label_are_summed_over(kind: str) -> None:
    emissions, scores = random_emissions(4, 4, N_LABELS), chain(kind)
    labels = torch.tensor(
        [[1, UNOBSERVED, 2, 0], [UNOBSERVED, 0, 0, 0], [0, 3, 4, 0], [UNOBSERVED, 0, 0, 0]]
    )
    expected = 0.0
    for row, n_words in enumerate(LENGTHS.tolist()):
        paths, totals = all_paths(emissions[row, :n_words], scores)
        gold = labels[row, :n_words]
        agrees = ((paths == gold) | (gold == UNOBSERVED)).all(1)
        expected += (totals.logsumexp(0) - totals[agrees].logsumexp(0)).item()
    loss = negative_log_likelihood(emissions, labels, MASK, scores)
    assert loss.item() == pytest.approx(expected, abs=1e-4)


def test_loss_gradients_and_decoding_equal_those_of_pytorch_crf() -> None:
    n_labels = 21
    ours, theirs = LinearChainCRF(n_labels), torchcrf.CRF(n_labels, batch_first=True)
    for scores in ours.parameters():
        torch.nn.init.normal_(scores)
    with torch.no_grad():
        for their_scores, our_scores in zip(
            (theirs.start_transitions, theirs.transitions, theirs.end_transitions),
            ours(),
            strict=True,
        ):
            their_scores.copy_(our_scores)
    emissions = random_emissions(6, 9, n_labels, scale=2.0).requires_grad_()
    mask = torch.arange(9) < torch.tensor([9, 1, 4, 9, 2, 7])[:, None]
    labels = torch.tensor([0, 1, 2, 2, 0, 3, 1, 5, 6]).repeat(6, 1)

    our_loss = negative_log_likelihood(emissions, labels, mask, ours())
    their_loss = -theirs(emissions, labels, mask, reduction="sum")
    torch.testing.assert_close(our_loss, their_loss)
    our_gradients = torch.autograd.grad(
        our_loss, [emissions, ours.start, ours.transitions, ours.end]
    )
    their_gradients = torch.autograd.grad(
        their_loss,
        [emissions, theirs.start_transitions, theirs.transitions, theirs.end_transitions],
    )
    torch.testing.assert_close(our_gradients, their_gradients, atol=1e-5, rtol=1e-4)
    best = viterbi(emissions, mask, ours())
    assert [row[keep].tolist() for row, keep in zip(best, mask, strict=True)] == theirs.decode(
        emissions, mask
    )


@given(
    st.integers(1, 4).flatmap(
        lambda n_words: st.lists(
            st.lists(st.integers(-3, 3), min_size=N_LABELS, max_size=N_LABELS),
            min_size=n_words,
            max_size=n_words,
        )
    )
)
def test_no_well_formed_sequence_beats_the_decoded_one_ties_included(rows: list[list[int]]) -> None:
    emissions, scores = torch.tensor(rows, dtype=torch.float32), chain("bio")
    decoded = viterbi(emissions[None], torch.ones(1, len(rows)).bool(), scores)[0].tolist()
    assert is_well_formed(decoded)
    paths, totals = all_paths(emissions, scores)
    best = max(
        total
        for path, total in zip(paths.tolist(), totals.tolist(), strict=True)
        if is_well_formed(path)
    )
    assert sum(row[label] for row, label in zip(rows, decoded, strict=True)) == best


def test_values_at_padding_change_nothing() -> None:
    emissions, scores = random_emissions(4, 4, N_LABELS), chain("crf")
    noisy = torch.where(MASK[..., None], emissions, 1e3)
    torch.testing.assert_close(
        log_partition(noisy, MASK, scores), log_partition(emissions, MASK, scores)
    )
    assert torch.equal(
        log_marginals(noisy, MASK, scores)[MASK], log_marginals(emissions, MASK, scores)[MASK]
    )
    assert torch.equal(viterbi(noisy, MASK, scores)[MASK], viterbi(emissions, MASK, scores)[MASK])


def test_a_tweet_without_words_has_one_empty_path_and_no_loss() -> None:
    emissions, scores = random_emissions(2, 3, N_LABELS).requires_grad_(), chain("crf")
    mask = torch.tensor([[True, True, True], [False, False, False]])
    labels = torch.full((2, 3), UNOBSERVED)
    labels[0] = torch.tensor([0, 1, 2])
    assert log_partition(emissions, mask, scores)[1] == 0
    both = negative_log_likelihood(emissions, labels, mask, scores)
    torch.testing.assert_close(
        both, negative_log_likelihood(emissions[:1], labels[:1], mask[:1], scores)
    )
    (gradient,) = torch.autograd.grad(both, emissions)
    assert gradient[1].eq(0).all()


@pytest.mark.parametrize("size", [100.0, 1e3])
def test_extreme_emissions_keep_everything_finite(size: float) -> None:
    emissions = (random_emissions(4, 4, N_LABELS).sign() * size).requires_grad_()
    labels = viterbi(emissions, MASK, chain("crf"))
    loss = negative_log_likelihood(emissions.log_softmax(-1), labels.flip(0), MASK, chain("crf"))
    (gradient,) = torch.autograd.grad(loss, emissions)
    assert loss.isfinite()
    assert gradient.isfinite().all()
    assert log_marginals(emissions.log_softmax(-1), MASK, chain("crf")).isfinite().all()


def test_gold_labels_that_iob2_forbids_give_a_large_but_finite_loss() -> None:
    emissions, mask = torch.zeros(1, 3, N_LABELS), torch.ones(1, 3).bool()
    allowed = negative_log_likelihood(emissions, torch.tensor([[0, 1, 2]]), mask, chain("bio"))
    forbidden = negative_log_likelihood(emissions, torch.tensor([[0, 0, 2]]), mask, chain("bio"))
    assert allowed < 10
    assert 80 < forbidden < 1e5


def test_bf16_autocast_leaves_the_chain_in_float32() -> None:
    emissions, labels, scores = (
        random_emissions(4, 4, N_LABELS),
        torch.zeros(4, 4).long(),
        chain("crf"),
    )
    expected = negative_log_likelihood(emissions, labels, MASK, scores)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(negative_log_likelihood(emissions, labels, MASK, scores), expected)
