"""A tagger over the words of a tweet: encoder → words → BiLSTM → classifier → label chain.

An ensemble averages the probabilities of several such taggers before the label chain.

The file runs on its own, without tweetner, because it is copied into every saved folder. Shapes
have the axes `batch`, `subwords`, `words`, `labels`, `hidden`; rows of words are padded on the
right.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import TokenClassifierOutput

from .configuration_tweetner import TweetTaggerConfig

IMPOSSIBLE = -1e4
"""Score of a transition that IOB2 forbids; finite, so that sums are never NaN."""

RAISED = 1e-3
"""Smallest margin of the decoded label over the others."""

UNOBSERVED = -100
"""The label of a subword that has none."""


class Chain(NamedTuple):
    """The scores of a linear chain of labels, which are added to those of the words."""

    start: Tensor  # (labels,)
    transitions: Tensor  # (labels, labels), from row to column
    end: Tensor  # (labels,)

    def reversed(self) -> "Chain":
        """Return the same chain, read from right to left."""
        return Chain(self.end, self.transitions.T, self.start)


def iob2_chain(n_labels: int, device: torch.device) -> Chain:
    """Build the chain that forbids `I-x` except after `B-x` or `I-x`; all else scores 0.

    Labels are O, B-x, I-x, B-y, I-y, ...
    """
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
    """Score each word's labels together with all words to its left, (batch, words, labels).

    `move` turns the scores of one word, (batch, labels), into their contribution to those of the
    next word: a sum over paths gives the forward scores (alpha) of Rabiner (1989), a maximum those
    of the Viterbi algorithm.
    """
    first, *others = emissions.unbind(1)  # (batch, labels) each
    scores = [start + first]
    for emission in others:
        scores.append(move(scores[-1]) + emission)
    return torch.stack(scores, 1)


def forward_scores(emissions: Tensor, chain: Chain) -> Tensor:
    """Return the log of the summed weight of all paths that end in a label, (batch, words, labels).

    The sum is a matrix product, several times faster than `logsumexp`. It is exact except for paths
    that are more than 85 nats behind the best one of their word: those count as 85.
    """
    weights = chain.transitions.exp()

    def add_paths(scores: Tensor) -> Tensor:
        largest = scores.detach().amax(1, keepdim=True)
        return ((scores - largest).exp() @ weights).clamp_min(1e-37).log() + largest

    with torch.autocast(emissions.device.type, enabled=False):
        return scan(emissions, chain.start, add_paths)


def log_partition(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """Return the log of the summed weight of all label sequences, (batch,); 0 without words."""
    n_words = word_mask.sum(1)
    last = (
        (n_words - 1).clamp_min(0)[:, None, None].expand(-1, -1, len(chain.end))
    )  # (batch, 1, labels)
    at_last = forward_scores(emissions, chain).gather(1, last).squeeze(1)  # (batch, labels)
    return (at_last + chain.end).logsumexp(1) * (n_words > 0)


def log_marginals(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """Return the marginal log-probability of each word's labels, (batch, words, labels)."""
    n_words = word_mask.sum(1)
    forward = forward_scores(emissions, chain)
    backward = reverse_rows(
        forward_scores(reverse_rows(emissions, n_words), chain.reversed()), n_words
    )
    return (forward + backward - emissions).log_softmax(-1)


def viterbi(emissions: Tensor, word_mask: Tensor, chain: Chain) -> Tensor:
    """Return each tweet's best label sequence, (batch, words); it is undefined at padding."""
    best = scan(
        emissions, chain.start, lambda scores: (scores[:, :, None] + chain.transitions).amax(1)
    )
    last = word_mask.sum(1) - 1  # (batch,)
    if_last = (best + chain.end).argmax(-1)  # (batch, words): label of a word that ends its tweet
    path = [if_last[:, -1]]
    for word in reversed(range(best.shape[1] - 1)):
        if_followed = (best[:, word] + chain.transitions.T[path[-1]]).argmax(-1)
        path.append(torch.where(last == word, if_last[:, word], if_followed))
    return torch.stack(path[::-1], 1)


def reverse_rows(rows: Tensor, lengths: Tensor) -> Tensor:
    """Reverse the first `lengths` entries of each row, (batch, words, any); padding stays."""
    place = torch.arange(rows.shape[1], device=rows.device)
    mirrored: Tensor = lengths[:, None] - 1 - place  # (batch, words), negative at padding
    source = torch.where(mirrored.lt(0), place, mirrored)
    return rows.gather(1, source[..., None].expand(-1, -1, rows.shape[-1]))


class LinearChainCRF(nn.Module):
    """The learned scores of a linear chain (Lafferty et al. 2001), with the constraints of IOB2."""

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(n_labels))
        self.transitions = nn.Parameter(torch.empty(n_labels, n_labels))  # from row to column
        self.end = nn.Parameter(torch.empty(n_labels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all learned scores to 0."""
        for scores in self.parameters():
            nn.init.zeros_(scores)

    def forward(self) -> Chain:
        allowed = iob2_chain(len(self.start), self.start.device)
        learned = (self.start, self.transitions, self.end)
        return Chain(*(one + other for one, other in zip(learned, allowed, strict=True)))


def negative_log_likelihood(
    emissions: Tensor, labels: Tensor, word_mask: Tensor, chain: Chain
) -> Tensor:
    """Sum the negative log-likelihood of the labels over tweets, a scalar.

    Args:
        emissions: (batch, words, labels).
        labels: (batch, words), `UNOBSERVED` for a word that may have any label.
        word_mask: (batch, words).
        chain: Scores of the label sequences.
    """
    label = torch.arange(emissions.shape[-1], device=emissions.device)
    is_observed = labels[..., None] != UNOBSERVED  # (batch, words, 1)
    contradicts = (labels[..., None] != label) & is_observed  # (batch, words, labels)
    agreeing_only = emissions.masked_fill(contradicts, IMPOSSIBLE)
    both = torch.cat([emissions, agreeing_only])  # (2 * batch, words, labels)
    every_path, agreeing = log_partition(both, word_mask.repeat(2, 1), chain).chunk(2)
    return (every_path - agreeing).sum()


def to_subwords(scores: Tensor, is_start: Tensor, word: Tensor) -> Tensor:
    """Give each subword the scores of its word, (batch, subwords, labels).

    A word's other subwords continue its first one, so there the larger score of each `B-x`, `I-x`
    goes to `I-x`.

    Args:
        scores: (batch, words, labels).
        is_start: Whether a subword begins its word, (batch, subwords).
        word: Position of a subword's word, (batch, subwords); -1 for a subword of no word, which
            is O.
    """
    first = scores.gather(1, word.clamp_min(0)[..., None].expand(-1, -1, scores.shape[-1]))
    begin, inside = first[..., 1::2], first[..., 2::2]  # (batch, subwords, types)
    ordered = torch.stack([torch.minimum(begin, inside), torch.maximum(begin, inside)], -1)
    ordered = ordered.flatten(2)  # (batch, subwords, labels - 1)
    other = torch.cat([first[..., :1], ordered], -1)  # (batch, subwords, labels)
    only_o = torch.full_like(scores[0, 0], IMPOSSIBLE)  # (labels,)
    only_o[0] = 0
    of_word = torch.where(is_start[..., None], first, other)  # (batch, subwords, labels)
    return torch.where((word < 0)[..., None], only_o, of_word)


class BiLSTM(nn.Module):
    """A bidirectional LSTM that ignores padding.

    Two LSTMs of one direction, the second on rows reversed by their length, give the values of
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
    """Labels the words of tweets, with input and logits of subwords, as the stock pipeline expects.

    After the encoder every layer works on words: a word is its first subword's hidden state. The
    masks `word_start`, of subwords that begin a word, and `special`, of subwords that belong to no
    word, are saved with the weights (see `set_word_starts`).
    """

    word_start: Tensor  # bool, (vocab_size,)
    special: Tensor  # bool, (vocab_size,)

    config_class = TweetTaggerConfig
    base_model_prefix = "encoder"
    _keep_in_fp32_modules_strict = ("lstm", "classifier", "crf")  # bf16 LSTMs fail on some CPUs

    def __init__(self, config: TweetTaggerConfig, encoder: PreTrainedModel | None = None) -> None:
        # Imported here, because the Auto classes load slowly.
        from transformers import AutoConfig, AutoModel

        super().__init__(config)
        config.check()
        self.register_buffer("word_start", torch.empty(config.vocab_size, dtype=torch.bool))
        self.register_buffer("special", torch.empty(config.vocab_size, dtype=torch.bool))
        if config.members:
            values = {**config.to_dict(), "members": 0}
            members = [type(self)(TweetTaggerConfig(**values)) for _ in range(config.members)]
            self.members = nn.ModuleList(members)
            self.post_init()
            return
        if config.encoder is None:
            self.embedding = nn.Embedding(
                config.vocab_size, config.embedding_size, padding_idx=config.pad_token_id
            )
            width = config.embedding_size
        else:
            self.encoder = encoder or AutoModel.from_config(AutoConfig.for_model(**config.encoder))
            if hasattr(self.encoder, "pooler"):
                self.encoder.pooler = None  # unused, so it would get no gradient
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
        """Put an untrained head on a pretrained encoder.

        Args:
            encoder: The encoder.
            settings: The other fields of `TweetTaggerConfig`.
        """
        shape = encoder.config.to_diff_dict()
        for key in ("architectures", "dtype", "transformers_version"):  # the whole model has them
            shape.pop(key, None)
        same = {
            "vocab_size": encoder.config.vocab_size,
            "pad_token_id": encoder.config.pad_token_id,
        }
        for module in encoder.modules():
            module._is_hf_initialized = True  # otherwise transformers would initialize it again
        return cls(TweetTaggerConfig(encoder=shape, **same, **settings), encoder)

    @classmethod
    def from_members(
        cls, members: Sequence["TweetTaggerForTokenClassification"]
    ) -> "TweetTaggerForTokenClassification":
        """Build the ensemble that averages the probabilities of taggers.

        Raises:
            ValueError: The taggers differ in their settings or in the subwords that begin a word,
                or have a CRF.
        """
        first = members[0]
        settings = first.config.to_diff_dict()
        for member in members:
            same_starts = torch.equal(member.word_start, first.word_start)
            if member.config.to_diff_dict() != settings or not same_starts:
                raise ValueError("expected members with the same settings and the same vocabulary")
        ensemble = cls(TweetTaggerConfig(**{**settings, "members": len(members)}))
        for own, member in zip(ensemble.members, members, strict=True):
            own.load_state_dict(member.state_dict())
        ensemble.word_start.copy_(first.word_start)
        ensemble.special.copy_(first.special)
        ensemble.eval()
        return ensemble

    def _init_weights(self, module: nn.Module) -> None:
        """Use torch's own initialization, as the notebook's BiLSTM did; encoders have another."""
        if module is self:
            subwords = torch.arange(self.config.vocab_size, device=self.word_start.device)
            padding = subwords == self.config.pad_token_id  # (vocab_size,)
            init.copy_(self.word_start, ~padding)
            init.copy_(self.special, padding)
        elif isinstance(module, nn.Embedding | nn.LSTM | nn.Linear | LinearChainCRF):
            module.reset_parameters()

    def set_word_starts(self, word_start: Tensor, special_ids: Iterable[int] = ()) -> None:
        """Set which subwords begin a word; without this call, all but padding do.

        Args:
            word_start: Whether each subword begins a word, bool, (vocab_size,); False for the rest
                if it is shorter.
            special_ids: Subwords of no word, such as [CLS], [SEP] and [PAD]. Other subwords that
                begin no word continue the one before them.
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
        **_: Any,  # other tokenizer outputs, such as token_type_ids
    ) -> TokenClassifierOutput:
        """Compute the logits of subwords, (batch, subwords, labels).

        In evaluation the softmax of a word's logits is the probability of its labels in the label
        chain, and the largest logit is that of its Viterbi label. In training the logits are the
        classifier's.

        Args:
            input_ids: (batch, subwords).
            attention_mask: 0 at padding, (batch, subwords).
            labels: -100 except at word starts, (batch, subwords); -100 at a word start leaves the
                word out of the loss.
            num_items_in_batch: Divisor of the summed loss; by default the number of labels.

        Raises:
            ValueError: A subword that begins no word has a label.
        """
        is_start, word = self._layout(input_ids, attention_mask)  # (batch, subwords) each
        # (batch, words, labels), (batch, words)
        emissions, word_mask = self.emissions(input_ids, attention_mask)
        # (batch, words, labels)
        scores = emissions if self.training else self.decode(emissions, word_mask)
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
        """Compute the classifier's scores of words in float32, and the mask of words.

        Returns:
            Scores, (batch, words, labels), and mask, (batch, words); there is at least one column.
        """
        is_start, _ = self._layout(input_ids, attention_mask)  # (batch, subwords)
        n_words = is_start.sum(1)  # (batch,)
        # (batch, subwords): positions in the row, those of word starts first
        starts_first = (~is_start).int().argsort(dim=1, stable=True)
        starts = starts_first[:, : n_words.max().clamp_min(1)]  # (batch, words)
        place = torch.arange(starts.shape[1], device=starts.device)
        word_mask = place < n_words[:, None]  # (batch, words)
        return self.word_emissions(input_ids, attention_mask, starts, word_mask), word_mask

    def word_emissions(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        word_starts: Tensor,
        word_mask: Tensor,
    ) -> Tensor:
        """Compute the scores of words in float32, (batch, words, labels), given their positions.

        Args:
            input_ids: (batch, subwords).
            attention_mask: 0 at padding, (batch, subwords).
            word_starts: Position in its row of each word's first subword, (batch, words); any
                position at padding.
            word_mask: bool, (batch, words).
        """
        if self.config.members:
            return self._averaged_emissions(input_ids, attention_mask, word_starts, word_mask)
        if self.config.encoder is None:
            hidden = self.embedding(input_ids)  # (batch, subwords, hidden)
        else:
            hidden = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state
        places = word_starts[..., None].expand(-1, -1, hidden.shape[-1])
        words = hidden.gather(1, places)  # (batch, words, hidden)
        with torch.autocast(hidden.device.type, enabled=False):
            words = words.to(self._head_dtype)
            if self.config.lstm_size:
                words = self.lstm(words, word_mask)  # (batch, words, lstm_size)
            return self.classifier(self.dropout(words)).float()  # type: ignore[no-any-return]

    @property
    def _head_dtype(self) -> torch.dtype:
        """The precision of the head's input: its weights' own, and float32 for integers.

        The weight of a dynamically quantized layer is a method, and not a tensor.
        """
        weight = self.classifier.weight
        is_float = isinstance(weight, Tensor) and weight.is_floating_point()
        return weight.dtype if is_float else torch.float32

    def _averaged_emissions(
        self, input_ids: Tensor, attention_mask: Tensor | None, word_starts: Tensor, mask: Tensor
    ) -> Tensor:
        """Return the logarithms of the members' mean probabilities, (batch, words, labels)."""
        scores = []
        for member in self.members:
            tagger = cast(TweetTaggerForTokenClassification, member)
            scores.append(tagger.word_emissions(input_ids, attention_mask, word_starts, mask))
        summed = torch.stack(scores).log_softmax(-1).logsumexp(0)  # (batch, words, labels)
        mean: Tensor = summed - math.log(len(scores))
        return mean / self.config.temperature  # type: ignore[no-any-return]

    def transition_scores(self) -> Chain:
        """Return the decoder's chain: constraints, plus learned scores for `crf`; else zeros."""
        if self.config.decoder == "crf":
            learned: Chain = self.crf()
            return learned
        allowed = iob2_chain(self.config.num_labels, self.word_start.device)
        if self.config.decoder == "bio":
            return allowed
        return Chain(*(torch.zeros_like(part) for part in allowed))

    def decode(self, emissions: Tensor, word_mask: Tensor) -> Tensor:
        """Return log-probabilities of the words' labels; the decoded label's is the largest."""
        emissions = emissions.log_softmax(-1)  # keeps sums small without changing a probability
        if self.config.decoder == "argmax":
            return emissions
        chain = self.transition_scores()
        scores = log_marginals(emissions, word_mask, chain)  # (batch, words, labels)
        decoded = viterbi(emissions, word_mask, chain)[..., None]  # (batch, words, 1)
        best_other = scores.scatter(-1, decoded, -torch.inf).amax(-1, keepdim=True)
        raised = torch.maximum(scores.gather(-1, decoded), best_other + RAISED)
        return scores.scatter(-1, decoded, raised)

    def fold_temperature(self, temperature: float) -> None:
        """Divide all scores by a temperature, in place; the decoded labels stay the same."""
        if temperature <= 0:
            raise ValueError(f"temperature: expected a number above 0, got {temperature}")
        if self.config.members:
            self.config.temperature *= temperature
            return
        for name, scores in self.named_parameters():
            if name.startswith(("classifier.", "crf.")):
                scores.data /= temperature

    def _layout(self, input_ids: Tensor, attention_mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return whether each subword begins a word, and the position of its word, -1 for none.

        Both are (batch, subwords).
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        attended = attention_mask.bool()
        is_start = self.word_start[input_ids] & attended
        in_no_word = self.special[input_ids] | ~attended
        return is_start, (is_start.cumsum(1) - 1).masked_fill(in_no_word, -1)

    def _summed_loss(self, emissions: Tensor, labels: Tensor, word_mask: Tensor) -> Tensor:
        if self.config.decoder == "crf":
            return negative_log_likelihood(
                emissions.log_softmax(-1), labels, word_mask, self.transition_scores()
            )
        return F.cross_entropy(
            emissions.flatten(0, 1), labels.flatten(), ignore_index=UNOBSERVED, reduction="sum"
        )
