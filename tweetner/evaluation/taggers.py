"""Score a tagger's answers against the gold tags of annotated tweets."""

from collections.abc import Sequence

from tweetner.corpus import Tweet
from tweetner.evaluation.calibration import ScoredEntities, scored_entities
from tweetner.evaluation.entities import score_entities
from tweetner.evaluation.tokens import token_auc, token_macro_f1
from tweetner.hub import DecoderScores
from tweetner.tagger import TaggedTweet, Tagger
from tweetner.tags import types_of


def score(tagger: Tagger, tweets: Sequence[Tweet]) -> DecoderScores:
    """Entity scores of a tagger over all gold of a split, and the notebook's scores over words."""
    tagged = tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
    return scores_of(tagged, tweets, labels=tagger.labels, decoder=tagger.decoder)


def scores_of(
    tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet], *, labels: Sequence[str], decoder: str
) -> DecoderScores:
    """As `score`, of answers with probabilities."""
    gold = [tweet.gold for tweet in tweets]
    predicted = [tweet.tags for tweet in tagged]
    scores = score_entities(gold, predicted, types=types_of(labels))
    probabilities = [tweet.probabilities for tweet in tagged if tweet.probabilities is not None]
    roc_auc, pr_auc = token_auc(gold, probabilities, tags=labels)
    return DecoderScores(
        decoder=decoder,
        entities=scores.micro.to_dict(),
        entities_by_type={type_: counts.to_dict() for type_, counts in scores.by_type.items()},
        reading=scores.reading,
        token_macro_non_o=token_macro_f1(gold, predicted, tags=labels)._asdict(),
        token_roc_auc=roc_auc,
        token_pr_auc=pr_auc,
        tweets=len(tweets),
        words=sum(map(len, predicted)),
    )


def entities_of(tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet]) -> ScoredEntities:
    """The predicted entities of annotated tweets, with their scores."""
    return scored_entities(
        [tweet.gold for tweet in tweets],
        [tweet.tags for tweet in tagged],
        [tweet.scores for tweet in tagged],
    )
