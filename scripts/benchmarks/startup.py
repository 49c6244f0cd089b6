"""From the start of a fresh process to the first tagged tweet."""

from functools import partial
from pathlib import Path

from benchmarks import sides
from benchmarks.processes import output_of, pipeline_script, tagger_script
from benchmarks.races import Race, Variant, require_same

TWEET = "just landed in Berlin with @nina, off to the Nike store :-)"
ANSWER = f"\nfor entity in tag({TWEET!r}): print(entity.get('entity_group') or entity['type'], entity['start'])\n"
HELP = "from tweetner.cli import main; main(['--help'])"


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:  # noqa: ARG001 - one tweet, the same for all
    """The pipeline, our backends and SGD, each with its imports and loading; then the command line's help."""
    encoder, sgd = sides.published(sides.ENCODER), sides.published(sides.SGD)
    if encoder and sgd:
        return [start_race(encoder, sgd), help_race()]
    return [
        sides.left_out("start to first tagged tweet", sides.SGD if encoder else sides.ENCODER),
        help_race(),
    ]


def start_race(encoder: Path, sgd: Path) -> Race:
    """All backends of a model find the same in the first tweet, but for int8; SGD is another model."""
    plain = pipeline_script(encoder) + ANSWER
    scripts: dict[str, str] = {
        name: tagger_script(encoder, name) + ANSWER for name in sides.backends_of(encoder)
    }
    expected = output_of(plain)
    for name in scripts.keys() - {sides.INT8}:
        require_same(f"the first tweet's entities, {name}", output_of(scripts[name]) == expected)
    scripts["SGD (another model)"] = tagger_script(sgd) + ANSWER
    ours = [
        Variant(
            f"tweetner.load, {name}",
            partial(started, script),
            at_least=None if name == "torch" else 10,
        )
        for name, script in scripts.items()
    ]
    return Race(
        "start to first tagged tweet, bundled encoder",
        [Variant("pipeline", partial(started, plain)), *ours],
        rounds=5,
    )


def help_race() -> Race:
    """The command line's help, beside an interpreter that does nothing."""
    scripts = {"python, doing nothing": "pass", "tweetner --help": HELP}
    variants = [Variant(name, partial(started, script)) for name, script in scripts.items()]
    return Race("tweetner --help", variants, note="asked: 0.3 s on the wall")


def started(script: str, _: object) -> None:
    """Run a script in a process of its own."""
    output_of(script)
