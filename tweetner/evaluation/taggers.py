"""Evaluate a tagger on annotated tweets."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from tweetner.corpus import Tweet
from tweetner.evaluation.calibration import ScoredEntities, scored_entities
from tweetner.evaluation.entities import score_entities
from tweetner.evaluation.evaluate import Evaluation, evaluate
from tweetner.evaluation.pairs import TagPairs, Tags, Words
from tweetner.evaluation.robustness import robustness
from tweetner.evaluation.tokens import token_auc, token_macro_f1
from tweetner.evaluation.training_text import fitted_tweets
from tweetner.hub import DecoderScores, ModelFolder, Threshold
from tweetner.tagger import Backend, Emitted, SgdTagger, TaggedTweet, Tagger
from tweetner.tags import types_of


def evaluate_tagger(
    tagger: Tagger,
    tweets: Sequence[Tweet],
    folder: ModelFolder,
    *,
    training: Sequence[Tweet] | None = None,
    thresholds: Sequence[Threshold] | None = None,
    with_robustness: bool = False,
) -> Evaluation:
    """Evaluate a model by every measure on annotated tweets.

    Areas under curves over words, and the calibration before temperature, come from the model's
    scores without the temperature that training folded into it.

    Args:
        tagger: The loaded model.
        tweets: The annotated tweets.
        folder: The model's folder.
        training: All tweets that the model was fitted on; by default those that its run names.
        thresholds: Thresholds to apply; by default those that the folder stores for the decoder.
        with_robustness: Tag nine changed copies of the tweets, too.
    """
    types = types_of(tagger.labels)
    if training is None:
        training = fitted_tweets(folder, "train", types)
    if thresholds is None:
        thresholds = folder.metrics.thresholds_of(tagger.decoder)
    words = [tweet.words for tweet in tweets]
    tagged, untempered = tag_without_temperature(tagger, words, folder)
    changes = None
    if with_robustness:
        gold = [tweet.gold for tweet in tweets]
        changes = robustness(words, gold, lambda new: tag(tagger, new), types=types)
    return evaluate(
        words,
        pair_tags(tagged, tweets),
        types=types,
        word_scores=_scores_of(tagged),
        scores_before=None if folder.temperature == 1 else _scores_of(untempered),
        probabilities=probabilities_of(untempered),
        training=training,
        thresholds=thresholds,
        robustness=changes,
    )


def tag_without_temperature(
    tagger: Tagger, words: Words, folder: ModelFolder
) -> tuple[list[TaggedTweet], list[TaggedTweet]]:
    """Tag tweets with the model as it is, and with the temperature undone that is folded into it.

    The model runs once; only a linear model, whose probabilities are not a softmax of its scores,
    runs a second time.

    Returns:
        The tagged tweets of both; the second ones have the probabilities of all labels.
    """
    emitted = Emitted.by(tagger.backend, words)
    backend: Backend = emitted.scaled(folder.temperature)
    if isinstance(tagger.backend, SgdTagger):
        backend = tagger.backend.tempered(1 / folder.temperature)
    splitter = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    tagged = Tagger(emitted, splitter, tagger.decoder).tag_words(words)
    untempered = Tagger(backend, splitter, tagger.decoder)
    return tagged, untempered.tag_words(words, probabilities=True)


def tag(tagger: Tagger, words: Words) -> Tags:
    """Return the tags of tweets given as words."""
    return [tweet.tags for tweet in tagger.tag_words(words)]


def pair_tags(tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet]) -> TagPairs:
    """Pair predicted tags with the gold tags of annotated tweets."""
    return TagPairs([tweet.gold for tweet in tweets], [tweet.tags for tweet in tagged])


def score(tagger: Tagger, tweets: Sequence[Tweet]) -> DecoderScores:
    """Tag annotated tweets, and score entities and, as the notebook does, words."""
    tagged = tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
    return scores_of(tagged, tweets, labels=tagger.labels, decoder=tagger.decoder)


def scores_of(
    tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet], *, labels: Sequence[str], decoder: str
) -> DecoderScores:
    """Score tagged tweets that have the probabilities of all labels."""
    pairs = pair_tags(tagged, tweets)
    scores = score_entities(pairs, types=types_of(labels))
    auc = token_auc(pairs.gold, probabilities_of(tagged), tags=labels)
    by_type = {type_: counts.to_dict() for type_, counts in scores.by_type.items()}
    return DecoderScores(
        decoder=decoder,
        entities=scores.micro.to_dict(),
        entities_by_type=by_type,
        reading=scores.reading,
        token_macro_non_o=token_macro_f1(pairs, tags=labels)._asdict(),
        token_roc_auc=auc.roc,
        token_pr_auc=auc.pr,
        tweets=len(pairs),
        words=pairs.n_words,
    )


def entities_of(tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet]) -> ScoredEntities:
    """Return the predicted entities of annotated tweets, with their scores."""
    return scored_entities(pair_tags(tagged, tweets), _scores_of(tagged))


def _scores_of(tagged: Sequence[TaggedTweet]) -> list[list[float]]:
    return [tweet.scores for tweet in tagged]


def probabilities_of(tagged: Sequence[TaggedTweet]) -> list[npt.NDArray[np.floating]]:
    return [tweet.probabilities for tweet in tagged if tweet.probabilities is not None]
