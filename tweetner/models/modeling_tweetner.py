"""A tagger over the words of a tweet: encoder or word embeddings → words → BiLSTM → classifier → label chain.

The file runs on its own, without tweetner: it is copied into every saved folder. Shapes are written in the axes
`batch`, `subwords`, `words`, `labels`, `hidden`; rows of words are padded on the right.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import TokenClassifierOutput

from .configuration_tweetner import TweetTaggerConfig

IMPOSSIBLE = -1e4
"""Score of what IOB2 forbids; finite, so that sums stay numbers."""

RAISED = 1e-3
"""How far at least the decoded label is put above the others."""

UNOBSERVED = -100
"""In `labels`: a subword without a label."""


class Chain(NamedTuple):
    """How labels may follow each other: the scores of a linear chain, added to those of the words."""

    start: Tensor  # (labels,)
    transitions: Tensor  # (labels, labels), from row to column
    end: Tensor  # (labels,)

    def reversed(self) -> "Chain":
        """The same chain read from right to left."""
        return Chain(self.end, self.transitions.T, self.start)


def iob2_chain(n_labels: int, device: torch.device) -> Chain:
    """Zero for what IOB2 allows: `I-x` only after `B-x` or `I-x`. Labels are O, B-x, I-x, B-y, I-y, ..."""
    label = torch.arange(n_labels, device=device)
    inside = (label > 0) & (label % 2 == 0)  # (labels,)
    continues = (label[:, None] == label) | (label[:, None] == label - 1)  # (labels, labels)
    zeros = torch.zeros(n_labels, n_labels, device=device)
    return Chain(
        start=zeros[0].masked_fill(inside, IMPOSSIBLE),
        transitions=zeros.masked_fill(inside & ~continues, IMPOSSIBLE),
        end=zeros[0],
    )


def scan(emissions: Tensor, start: Tensor, move: Callable[[Tensor], Tensor]) -> Tensor:
    """Scores of each word's labels, all words to its left taken in: (batch, words, labels), as `emissions`.

    `move` turns the scores of one word, (batch, labels), into what they contribute to the next: a sum over paths
    gives the forward scores (alpha) of Rabiner (1989), a maximum those of the Viterbi algorithm.
    """
    first, *others = emissions.unbind(1)  # (batch, labels) each
    scores = [start + first]
    for emission in others:
        scores.append(move(scores[-1]) + emission)
    return torch.stack(scores, 1)


def forward_scores(emissions: Tensor, chain: Chain) -> Tensor:
    """Log of the summed weight of all paths that end in a label, (batch, words, labels).

    The sum is a product of matrices, several times faster than `logsumexp` and exact but for paths that are more
    than 85 nats behind the best one of their word: those count as 85.
    """
    weights = chain.transitions.exp()

    def add_paths(scores: Tensor) -> Tensor:
        largest = scores.detach().amax(1, keepdim=True)
        return ((scores - largest).exp() @ weights).clamp_min(1e-37).log() + largest

    with torch.autocast(emissions.device.type, enabled=False):
        return scan(emissions, chain.start, add_paths)


def log_partition(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """Log of the summed weight of all label sequences of a tweet, (batch,); 0 for a tweet without words."""
    n_words = word_mask.sum(1)
    last = (
        (n_words - 1).clamp_min(0)[:, None, None].expand(-1, -1, len(chain.end))
    )  # (batch, 1, labels)
    at_last = forward_scores(emissions, chain).gather(1, last).squeeze(1)  # (batch, labels)
    return (at_last + chain.end).logsumexp(1) * (n_words > 0)


def log_marginals(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """Log-probability of each label of each word, whatever its neighbours', (batch, words, labels)."""
    n_words = word_mask.sum(1)
    forward = forward_scores(emissions, chain)
    backward = reverse_rows(
        forward_scores(reverse_rows(emissions, n_words), chain.reversed()), n_words
    )
    return (forward + backward - emissions).log_softmax(-1)


def viterbi(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """The best label sequence of each tweet, (batch, words); labels of padding mean nothing."""
    best = scan(
        emissions, chain.start, lambda scores: (scores[:, :, None] + chain.transitions).amax(1)
    )
    last = word_mask.sum(1) - 1  # (batch,)
    if_last = (best + chain.end).argmax(
        -1
    )  # (batch, words): the label of a word that ends its tweet
    path = [if_last[:, -1]]
    for word in reversed(range(best.shape[1] - 1)):
        if_followed = (best[:, word] + chain.transitions.T[path[-1]]).argmax(-1)
        path.append(torch.where(last == word, if_last[:, word], if_followed))
    return torch.stack(path[::-1], 1)


def reverse_rows(rows: Tensor, lengths: Tensor) -> Tensor:
    """Turn the first `lengths` entries of each row around, (batch, words, any); padding stays where it is."""
    place = torch.arange(rows.shape[1], device=rows.device)
    mirrored: Tensor = lengths[:, None] - 1 - place  # (batch, words), negative at padding
    source = torch.where(mirrored.lt(0), place, mirrored)
    return rows.gather(1, source[..., None].expand(-1, -1, rows.shape[-1]))


class LinearChainCRF(nn.Module):
    """Learned scores of a linear chain (Lafferty et al. 2001), under the constraints of IOB2."""

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(n_labels))
        self.transitions = nn.Parameter(torch.empty(n_labels, n_labels))  # from row to column
        self.end = nn.Parameter(torch.empty(n_labels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start from no preference."""
        for scores in self.parameters():
            nn.init.zeros_(scores)

    def forward(self) -> Chain:
        allowed = iob2_chain(len(self.start), self.start.device)
        learned = (self.start, self.transitions, self.end)
        return Chain(*(one + other for one, other in zip(learned, allowed, strict=True)))


def negative_log_likelihood(
    emissions: Tensor, labels: Tensor, word_mask: Tensor, chain: Chain
) -> Tensor:
    """Summed over tweets, a scalar: all paths against those that agree with the labels.

    Args:
        emissions: (batch, words, labels).
        labels: (batch, words), `UNOBSERVED` where any label agrees.
        word_mask: (batch, words).
        chain: Scores of the label sequences.
    """
    label = torch.arange(emissions.shape[-1], device=emissions.device)
    contradicts = (labels[..., None] != label) & (
        labels[..., None] != UNOBSERVED
    )  # (batch, words, labels)
    both = torch.cat(
        [emissions, emissions.masked_fill(contradicts, IMPOSSIBLE)]
    )  # (2 * batch, words, labels)
    every_path, agreeing = log_partition(both, word_mask.repeat(2, 1), chain).chunk(2)
    return (every_path - agreeing).sum()


def to_subwords(scores: Tensor, is_start: Tensor, word: Tensor) -> Tensor:
    """Give each subword the scores of its word: (batch, words, labels) → (batch, subwords, labels).

    A word's other subwords continue its first one, so there the larger score of each `B-x`, `I-x` goes to `I-x`.

    Args:
        scores: (batch, words, labels).
        is_start: (batch, subwords), whether a subword begins its word.
        word: (batch, subwords), the place of a subword's word; -1 for a subword of no word, which is O.
    """
    first = scores.gather(1, word.clamp_min(0)[..., None].expand(-1, -1, scores.shape[-1]))
    begin, inside = first[..., 1::2], first[..., 2::2]  # (batch, subwords, types)
    ordered = torch.stack([torch.minimum(begin, inside), torch.maximum(begin, inside)], -1).flatten(
        2
    )
    other = torch.cat([first[..., :1], ordered], -1)  # (batch, subwords, labels)
    only_o = torch.full_like(scores[0, 0], IMPOSSIBLE)  # (labels,)
    only_o[0] = 0
    return torch.where(
        (word < 0)[..., None], only_o, torch.where(is_start[..., None], first, other)
    )


class BiLSTM(nn.Module):
    """A bidirectional LSTM that padding does not reach.

    Two one-direction LSTMs, the second reading rows turned around by their length: the values of
    `pack_padded_sequence`, three times faster on a CPU.
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.rightward = nn.LSTM(input_size, output_size // 2, batch_first=True)
        self.leftward = nn.LSTM(input_size, output_size // 2, batch_first=True)

    def forward(self, words: Tensor, word_mask: Tensor) -> Tensor:
        n_words = word_mask.sum(1)
        rightward, _ = self.rightward(words)  # (batch, words, hidden / 2)
        leftward, _ = self.leftward(reverse_rows(words, n_words))  # (batch, words, hidden / 2)
        return torch.cat([rightward, reverse_rows(leftward, n_words)], -1)  # (batch, words, hidden)


class TweetTaggerForTokenClassification(PreTrainedModel):  # type: ignore[misc]
    """Labels the words of tweets; takes subwords and gives logits of subwords, as the stock pipeline expects.

    Behind the encoder everything works on words: a word is its first subword's hidden state. `word_start` says which
    subwords begin a word, `special` which belong to none (`set_word_starts`); both are saved with the weights.
    """

    word_start: Tensor  # bool, (vocab_size,)
    special: Tensor  # bool, (vocab_size,)

    config_class = TweetTaggerConfig
    base_model_prefix = "encoder"
    _keep_in_fp32_modules_strict = ("lstm", "classifier", "crf")  # bf16 LSTMs fail on some CPUs

    def __init__(self, config: TweetTaggerConfig, encoder: PreTrainedModel | None = None) -> None:
        # Imported here, for to load the Auto classes is to register this one (`tweetner.registration`).
        from transformers import AutoConfig, AutoModel

        super().__init__(config)
        config.check()
        self.register_buffer("word_start", torch.empty(config.vocab_size, dtype=torch.bool))
        self.register_buffer("special", torch.empty(config.vocab_size, dtype=torch.bool))
        if config.encoder is None:
            self.embedding = nn.Embedding(
                config.vocab_size, config.embedding_size, padding_idx=config.pad_token_id
            )
            width = config.embedding_size
        else:
            self.encoder = encoder or AutoModel.from_config(AutoConfig.for_model(**config.encoder))
            if hasattr(self.encoder, "pooler"):
                self.encoder.pooler = None  # words never meet it, so it would get no gradient
            width = self.encoder.config.hidden_size
        if config.lstm_size:
            self.lstm = BiLSTM(width, config.lstm_size)
            width = config.lstm_size
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(width, config.num_labels)
        if config.decoder == "crf":
            self.crf = LinearChainCRF(config.num_labels)
        self.post_init()

    @classmethod
    def from_encoder(
        cls, encoder: PreTrainedModel, **settings: Any
    ) -> "TweetTaggerForTokenClassification":
        """Put an untrained head on a pretrained encoder; `settings` are the other fields of `TweetTaggerConfig`."""
        shape = encoder.config.to_diff_dict()
        for key in (
            "architectures",
            "dtype",
            "transformers_version",
        ):  # of the whole model, so not kept twice
            shape.pop(key, None)
        same = {
            "vocab_size": encoder.config.vocab_size,
            "pad_token_id": encoder.config.pad_token_id,
        }
        for module in encoder.modules():
            module._is_hf_initialized = (
                True  # transformers would draw anew what it did not load itself
            )
        return cls(TweetTaggerConfig(encoder=shape, **same, **settings), encoder)

    def _init_weights(self, module: nn.Module) -> None:
        """Keep torch's own initialisation, as the BiLSTM of the notebook had it; an encoder has its own method."""
        if module is self:
            padding = (
                torch.arange(self.config.vocab_size, device=self.word_start.device)
                == self.config.pad_token_id
            )
            init.copy_(self.word_start, ~padding)
            init.copy_(self.special, padding)
        elif isinstance(module, nn.Embedding | nn.LSTM | nn.Linear | LinearChainCRF):
            module.reset_parameters()

    def set_word_starts(self, word_start: Tensor, special_ids: Iterable[int] = ()) -> None:
        """Say which subwords begin a word; without this call, all but padding do.

        Args:
            word_start: bool, (vocab_size,); a shorter one says no to the rest.
            special_ids: Subwords of no word, such as [CLS], [SEP] and [PAD]; the remaining subwords that begin no
                word continue the one before them.
        """
        n_subwords = len(self.word_start)
        if word_start.dtype != torch.bool or word_start.dim() != 1 or len(word_start) > n_subwords:
            came = f"{word_start.dtype} {tuple(word_start.shape)}"
            raise ValueError(f"word_start: expected torch.bool ({n_subwords},), got {came}")
        self.special.zero_()
        self.special[list(special_ids)] = True
        self.word_start.zero_()
        self.word_start[: len(word_start)] = word_start
        self.word_start &= ~self.special

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        num_items_in_batch: Tensor | int | None = None,
        **_: Any,  # what some tokenizers add, such as token_type_ids
    ) -> TokenClassifierOutput:
        """Score the labels of subwords: logits (batch, subwords, labels).

        In evaluation the softmax of a word's logits is the probability of its labels in the label chain, and the
        largest is the label that Viterbi decoding gives it. In training logits are the classifier's.

        Args:
            input_ids: (batch, subwords).
            attention_mask: (batch, subwords), 0 at padding.
            labels: (batch, subwords), -100 but at word starts; at a word start, -100 leaves a word out of the loss.
            num_items_in_batch: What the summed loss is divided by; the number of labels unless given.

        Raises:
            ValueError: There is a label where no word starts.
        """
        is_start, word = self._layout(input_ids, attention_mask)  # (batch, subwords) each
        emissions, word_mask = self.emissions(
            input_ids, attention_mask
        )  # (batch, words, labels), (batch, words)
        scores = (
            emissions if self.training else self.decode(emissions, word_mask)
        )  # (batch, words, labels)
        logits = to_subwords(scores, is_start, word)  # (batch, subwords, labels)
        loss = None
        if labels is not None:
            if ((labels != UNOBSERVED) & ~is_start).any():
                raise ValueError(
                    "labels: expected -100 at subwords that begin no word (see set_word_starts)"
                )
            word_labels = torch.full_like(word_mask, UNOBSERVED, dtype=torch.long)  # (batch, words)
            word_labels[word_mask] = labels[is_start]  # both sides in reading order
            n_labels = num_items_in_batch or (word_labels != UNOBSERVED).sum().clamp_min(1)
            loss = self._summed_loss(emissions, word_labels, word_mask) / n_labels
        return TokenClassifierOutput(loss=loss, logits=logits)

    def emissions(
        self, input_ids: Tensor, attention_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The classifier's scores of words, (batch, words, labels) in float32, and the word mask, (batch, words).

        Rows are as long as the longest tweet has words, but at least 1.
        """
        is_start, _ = self._layout(input_ids, attention_mask)  # (batch, subwords)
        n_words = is_start.sum(1)  # (batch,)
        starts_first = (
            (~is_start).int().argsort(dim=1, stable=True)
        )  # (batch, subwords): positions in the row
        starts = starts_first[:, : n_words.max().clamp_min(1)]  # (batch, words)
        word_mask = (
            torch.arange(starts.shape[1], device=starts.device) < n_words[:, None]
        )  # (batch, words)
        return self.word_emissions(input_ids, attention_mask, starts, word_mask), word_mask

    def word_emissions(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        word_starts: Tensor,
        word_mask: Tensor,
    ) -> Tensor:
        """The classifier's scores of the words that begin at given places, (batch, words, labels) in float32.

        Args:
            input_ids: (batch, subwords).
            attention_mask: (batch, subwords), 0 at padding.
            word_starts: (batch, words), where in its row each word begins; any place at padding.
            word_mask: bool, (batch, words).
        """
        if self.config.encoder is None:
            hidden = self.embedding(input_ids)  # (batch, subwords, hidden)
        else:
            hidden = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state
        words = hidden.gather(
            1, word_starts[..., None].expand(-1, -1, hidden.shape[-1])
        )  # (batch, words, hidden)
        with torch.autocast(hidden.device.type, enabled=False):
            words = words.to(self.classifier.weight.dtype)
            if self.config.lstm_size:
                words = self.lstm(words, word_mask)  # (batch, words, lstm_size)
            return self.classifier(self.dropout(words)).float()  # type: ignore[no-any-return]

    def transition_scores(self) -> Chain:
        """The label chain of the decoder: constraints and, for `crf`, what was learned; all zero for `argmax`."""
        if self.config.decoder == "crf":
            learned: Chain = self.crf()
            return learned
        allowed = iob2_chain(self.config.num_labels, self.classifier.weight.device)
        return (
            allowed
            if self.config.decoder == "bio"
            else Chain(*(torch.zeros_like(part) for part in allowed))
        )

    def decode(self, emissions: Tensor, word_mask: Tensor) -> Tensor:
        """Log-probabilities of the words' labels, the decoded label of each word raised to the top where it is not."""
        emissions = emissions.log_softmax(
            -1
        )  # changes no probability, and keeps the sums of a chain small
        if self.config.decoder == "argmax":
            return emissions
        chain = self.transition_scores()
        scores = log_marginals(emissions, word_mask, chain)  # (batch, words, labels)
        decoded = viterbi(emissions, word_mask, chain)[..., None]  # (batch, words, 1)
        best_other = scores.scatter(-1, decoded, -torch.inf).amax(-1, keepdim=True)
        return scores.scatter(
            -1, decoded, torch.maximum(scores.gather(-1, decoded), best_other + RAISED)
        )

    def fold_temperature(self, temperature: float) -> None:
        """Divide all scores by a temperature, in place: tempered probabilities, the same decoded labels."""
        if temperature <= 0:
            raise ValueError(f"temperature: expected a number above 0, got {temperature}")
        for name, scores in self.named_parameters():
            if name.startswith(("classifier.", "crf.")):
                scores.data /= temperature

    def _layout(self, input_ids: Tensor, attention_mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Which subwords begin a word, and of which word each is a part, -1 for none; both (batch, subwords)."""
        attended = (
            torch.ones_like(input_ids).bool() if attention_mask is None else attention_mask.bool()
        )
        is_start = self.word_start[input_ids] & attended
        return is_start, (is_start.cumsum(1) - 1).masked_fill(
            self.special[input_ids] | ~attended, -1
        )

    def _summed_loss(self, emissions: Tensor, labels: Tensor, word_mask: Tensor) -> Tensor:
        if self.config.decoder == "crf":
            return negative_log_likelihood(
                emissions.log_softmax(-1), labels, word_mask, self.transition_scores()
            )
        return F.cross_entropy(
            emissions.flatten(0, 1), labels.flatten(), ignore_index=UNOBSERVED, reduction="sum"
        )
