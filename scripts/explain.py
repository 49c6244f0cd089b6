"""python scripts/explain.py --model sgd-wnut16 "just landed in New York": what the entities of one tweet rest on.

Every word is hidden in turn, and the line says how much the entity's score falls without it. That is what the model
does without the word, not why. For the linear tagger the weights that make up its score are printed too.
"""

import sys
from collections.abc import Sequence

import tweetner
from tweetner.cli import MODEL_HELP, Parser, add_decoder_option, add_hub_option, command_line
from tweetner.tagger import Evidence, SgdTagger, occlude
from tweetner.training.baseline import word_weights


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("tweet", help="the text of a tweet")
    parser.add_argument("--model", required=True, help=MODEL_HELP)
    add_decoder_option(parser)
    add_hub_option(parser)
    arguments = parser.parse_args(argv)
    tagger = tweetner.load(arguments.model, hub=arguments.hub, decoder=arguments.decoder)
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
