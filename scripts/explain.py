"""python scripts/explain.py --model sgd-wnut16 "just landed in New York": what the entities of one tweet rest on.

Every word is hidden in turn, and the line says how much the entity's score falls without it. That is what the model
does without the word, not why. For the linear tagger the weights that make up its score are printed too.
"""

import argparse
import sys
from collections.abc import Sequence

import tweetner
from tweetner.tagger import Evidence, SgdTagger, occlude
from tweetner.training.baseline import word_weights


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tweet", help="the text of a tweet")
    parser.add_argument(
        "--model", required=True, help="name in the hub, or path that begins with / or ."
    )
    parser.add_argument(
        "--decoder", choices=("argmax", "bio", "crf"), help="other than the model's own"
    )
    parser.add_argument("--hub", help="folder of the hub ($TWEETNER_HUB, else outputs/hub)")
    arguments = parser.parse_args(argv)
    try:
        tagger = tweetner.load(arguments.model, hub=arguments.hub, decoder=arguments.decoder)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    words = [arguments.tweet[start:end] for start, end in tagger.split(arguments.tweet)]
    found = occlude(tagger, words)
    if not found:
        print("no entity found")
    for evidence in found:
        show_evidence(evidence, words)
        if isinstance(tagger.backend, SgdTagger):
            show_weights(tagger.backend, words, evidence)
    return 0


def show_evidence(evidence: Evidence, words: Sequence[str]) -> None:
    type_, start, end = evidence.entity
    print(
        f"\n{' '.join(words[start:end])} ({type_}), score {evidence.score:.3f}; without each word it falls by"
    )
    for place, (word, drop) in enumerate(zip(words, evidence.drops, strict=True)):
        bar = ("█" if drop > 0 else "░") * round(30 * abs(drop))
        print(f"{'>' if start <= place < end else ' '} {word:20.20} {drop:+.3f} {bar}".rstrip())


def show_weights(backend: SgdTagger, words: Sequence[str], evidence: Evidence) -> None:
    for place, tag in enumerate(evidence.tags, start=evidence.entity.start):
        weights = word_weights(backend, words, place, tag)[:5]
        print(
            f"  {words[place]} as {tag}: "
            + ", ".join(f"{name} {weight:+.1f}" for name, weight in weights)
        )


if __name__ == "__main__":
    sys.exit(main())
