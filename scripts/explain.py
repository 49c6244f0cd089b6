"""Show what the entities of one tweet depend on, by hiding every word in turn (occlusion).

python scripts/explain.py --model sgd-wnut16 "just landed in New York"

Each line says how much the entity's score falls without the word. That is what the model does
without the word, not why. For the linear model the largest weights of its score are printed too.
"""

import argparse
import sys
from collections.abc import Sequence

import tweetner
from tweetner.cli import MODEL_HELP, Parser, add_decoder_option, add_hub_option, command_line
from tweetner.tagger import Occlusion, SgdTagger, occlude
from tweetner.training.baseline import word_weights

N_WEIGHTS = 5
WIDTH = 30


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    tagger = tweetner.load(args.model, hub=args.hub, decoder=args.decoder)
    offsets = tagger.split(args.tweet, line_breaks=True)
    words = [args.tweet[start:end] for start, end in offsets]
    found = occlude(tagger, words)
    if not found:
        print("no entity found")
    for occlusion in found:
        show_occlusion(occlusion, words)
        if isinstance(tagger.backend, SgdTagger):
            show_weights(tagger.backend, words, occlusion)
    return 0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("tweet", help="the text of a tweet")
    add("--model", required=True, help=MODEL_HELP)
    add_decoder_option(parser)
    add_hub_option(parser)
    return parser.parse_args(argv)


def show_occlusion(occlusion: Occlusion, words: Sequence[str]) -> None:
    type_, start, end = occlusion.entity
    entity = " ".join(words[start:end])
    print(f"\n{entity} ({type_}), score {occlusion.score:.3f}; without each word it falls by")
    for place, (word, drop) in enumerate(zip(words, occlusion.drops, strict=True)):
        mark = ">" if start <= place < end else " "
        bar = ("█" if drop > 0 else "░") * round(WIDTH * abs(drop))
        print(f"{mark} {word:20.20} {drop:+.3f} {bar}".rstrip())


def show_weights(backend: SgdTagger, words: Sequence[str], occlusion: Occlusion) -> None:
    for place, tag in enumerate(occlusion.tags, start=occlusion.entity.start):
        weights = word_weights(backend, words, place, tag)[:N_WEIGHTS]
        listed = ", ".join(f"{name} {weight:+.1f}" for name, weight in weights)
        print(f"  {words[place]} as {tag}: {listed}")


if __name__ == "__main__":
    sys.exit(main())
