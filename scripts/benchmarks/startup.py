"""Measure the time from the start of a process to its first tagged tweet.

Our backends are compared with transformers' pipeline, and `--help` with an idle interpreter.
"""

from functools import partial
from pathlib import Path

from benchmarks import taggers
from benchmarks.processes import output_of, pipeline_script, tagger_script
from benchmarks.timing import Benchmark, Variant, require_same

TWEET = "just landed in Berlin with @nina, off to the Nike store :-)"
ANSWER = f"""
for entity in tag({TWEET!r}):
    print(entity.get("entity_group") or entity["type"], entity["start"])
"""
HELP = "from tweetner.cli import main; main(['--help'])"


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:  # noqa: ARG001 - always the same tweet
    """Compare the time to the first answer, imports and loading included, and that of `--help`."""
    encoder, sgd = taggers.find_model(taggers.ENCODER), taggers.find_model(taggers.SGD)
    if encoder and sgd:
        return [start_benchmark(encoder, sgd), help_benchmark()]
    return [
        taggers.skipped("start to first tagged tweet", taggers.SGD if encoder else taggers.ENCODER),
        help_benchmark(),
    ]


def start_benchmark(encoder: Path, sgd: Path) -> Benchmark:
    """Compare the first answers; all but int8 and SGD find the same entities."""
    plain = pipeline_script(encoder) + ANSWER
    scripts: dict[str, str] = {
        name: tagger_script(encoder, name) + ANSWER for name in taggers.backends_of(encoder)
    }
    expected = output_of(plain)
    for name in scripts.keys() - {taggers.INT8}:
        require_same(f"the first tweet's entities, {name}", output_of(scripts[name]) == expected)
    scripts["SGD (another model)"] = tagger_script(sgd) + ANSWER
    ours = [
        Variant(
            f"tweetner.load, {name}",
            partial(started, script),
            target=None if name == "torch" else 10,
        )
        for name, script in scripts.items()
    ]
    return Benchmark(
        "start to first tagged tweet, bundled encoder",
        [Variant("pipeline", partial(started, plain)), *ours],
        rounds=5,
    )


def help_benchmark() -> Benchmark:
    """Compare `tweetner --help` with an interpreter that does nothing."""
    scripts = {"python, idle": "pass", "tweetner --help": HELP}
    variants = [Variant(name, partial(started, script)) for name, script in scripts.items()]
    return Benchmark("tweetner --help", variants, note="target: 0.3 s on the wall")


def started(script: str, _: object) -> None:
    """Run a script in a new process."""
    output_of(script)
