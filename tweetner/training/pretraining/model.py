"""A masked language model around an encoder, whose embeddings know letter case."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear
from transformers import PreTrainedModel

from tweetner.models import case_vectors
from tweetner.tokenization import N_CASES, CasedVocabulary


class CasedEmbedding(nn.Module):
    """Subword embeddings: those of the lower-case subword plus a learned vector for the case."""

    source_of: Tensor  # (vocabulary,), the lower-case subword's id
    case_of: Tensor  # (vocabulary,)

    def __init__(self, base: nn.Embedding, vocabulary: CasedVocabulary) -> None:
        super().__init__()
        self.base = base
        self.padding_idx = base.padding_idx
        vectors = case_vectors(base.weight.detach())
        # the vector of case 0 stays 0
        self.case = nn.Embedding(N_CASES, vectors.shape[1], padding_idx=0, _weight=vectors)
        self.register_buffer("source_of", torch.tensor(vocabulary.source), persistent=False)
        self.register_buffer("case_of", torch.tensor(vocabulary.case), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Embed subword ids."""
        embedded: Tensor = self.base(self.source_of[ids]) + self.case(self.case_of[ids])
        return embedded  # (batch, subwords, embedding)


class MaskedLanguageModel(nn.Module):
    """Predicts masked subwords, and their letter case, from the encoder's hidden states.

    The output layer shares the weights of the subword embeddings, and scores masked positions only.

    Args:
        encoder: The pretrained encoder.
        vocabulary: The cased vocabulary of its tokenizer, or None if its subwords have no case.
        case_weight: The loss weight of predicting the case.
    """

    def __init__(
        self, encoder: PreTrainedModel, vocabulary: CasedVocabulary | None, case_weight: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.case_weight = case_weight
        self.has_case = vocabulary is not None
        if getattr(encoder, "pooler", None) is not None:  # it takes no part in the loss
            encoder.pooler.requires_grad_(False)
        embedding = encoder.get_input_embeddings()
        if vocabulary is not None:
            encoder.set_input_embeddings(CasedEmbedding(embedding, vocabulary))
        n_subwords, width = embedding.weight.shape
        self.transform = nn.Sequential(
            nn.Linear(encoder.config.hidden_size, width), nn.GELU(), nn.LayerNorm(width)
        )
        self.bias = nn.Parameter(torch.zeros(n_subwords))
        self.case_classifier = nn.Linear(width, N_CASES) if self.has_case else None

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        positions: Tensor,
        targets: Tensor,
        cases: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the mean losses over masked subwords.

        Args:
            input_ids: (batch, subwords).
            attention_mask: (batch, subwords), 0 at padding.
            positions: (targets,), masked positions as indices into the flattened batch.
            targets: (targets,), the subwords there, without case.
            cases: (targets,), their cases.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        masked = self.transform(hidden.flatten(0, 1)[positions])  # (targets, embedding)
        scores = linear(masked, self._embedding.weight, self.bias)  # (targets, vocabulary)
        subword_loss = cross_entropy(scores.float(), targets)
        losses = {"loss": subword_loss, "subword_loss": subword_loss}
        if self.case_classifier is not None and cases is not None:
            losses["case_loss"] = cross_entropy(self.case_classifier(masked).float(), cases)
            losses["loss"] = subword_loss + self.case_weight * losses["case_loss"]
        return losses

    @property
    def _embedding(self) -> nn.Embedding:
        """The embeddings that the output layer shares: those without case."""
        embedding = self.encoder.get_input_embeddings()
        return embedding.base if isinstance(embedding, CasedEmbedding) else embedding

    @torch.no_grad()
    def plain_encoder(self) -> PreTrainedModel:
        """Give the encoder an ordinary embedding for every subword, and return it."""
        embedding = self.encoder.get_input_embeddings()
        if isinstance(embedding, CasedEmbedding):
            ids = torch.arange(len(embedding.source_of), device=embedding.source_of.device)
            rows = embedding(ids)
            plain = nn.Embedding(len(rows), rows.shape[1], embedding.padding_idx, _weight=rows)
            self.encoder.set_input_embeddings(plain)
            self.encoder.config.vocab_size = len(rows)
        return self.encoder
