"""Fit a baseline of the reference notebook, score it, and publish it in the hub.

python scripts/baseline.py --config configs/sgd.yaml [--key value ...]
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tweetner import hub as hubs
from tweetner.cli import Parser, add_hub_option, command_line
from tweetner.corpus import (
    audit,
    audit_warnings,
    divide_dev,
    load_run_splits,
    reading_options,
    split_files,
)
from tweetner.files import write_json
from tweetner.hub import DecoderScores, Scores
from tweetner.tagger import SgdTagger
from tweetner.training import BaselineConfig, add_publish_anyway, check_useful, parse_config
from tweetner.training.baseline import (
    FittedBaseline,
    fit_baseline,
    plot_top_features,
    save_baseline,
    top_features,
)

RUNS = Path("outputs/runs")
N_TOP_FEATURES = 8


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    add_hub_option(parser)
    add_publish_anyway(parser)
    config, arguments = parse_config(parser, BaselineConfig, argv)
    return baseline(config, arguments.hub, publish_anyway=arguments.publish_anyway)


def baseline(config: BaselineConfig, hub: str | None, *, publish_anyway: bool) -> int:
    hubs.full_name(config.name)  # refuses a name before any file is written
    corpus, splits = load_run_splits(
        config.data, split=config.split, files=split_files(config), **reading_options(config)
    )
    for warning in audit_warnings(audit(corpus)):
        print(f"audit: {warning}")
    print(", ".join(f"{len(tweets):,} tweets {name}" for name, tweets in splits.items()))

    dev_sets = divide_dev(corpus, splits, split=config.split, share=config.threshold_share)
    fitted = fit_baseline(config, splits["train"], dev_sets.selection)
    show_fit(fitted, n_words=sum(len(tweet.words) for tweet in splits["train"]))
    folder = RUNS / config.name
    metrics = save_baseline(config, fitted, corpus, splits, dev_sets, folder / "model")
    show_scores(metrics.scores)
    if isinstance(fitted.tagger, SgdTagger):
        show_top_features(fitted.tagger, folder)
        check_useful(metrics.scores["dev"]["argmax"].entities["f1"], anyway=publish_anyway)
    published = hubs.publish(folder / "model", config.name, hub=hub)
    print(f"\n{published.name} {published.tag}, revision {published.revision[:10]}")
    return 0


def show_fit(fitted: FittedBaseline, *, n_words: int) -> None:
    if fitted.fit is not None:
        print(f"feature matrix ({n_words}, {fitted.fit.tagger.coef.shape[1]})")
        print(f"\n{'alpha':>6}  dev macro non-O F1")
        for alpha, f1 in fitted.fit.validation_f1.items():
            print(f"{alpha:6g}  {f1:.4f}{'  <- selected' if alpha == fitted.fit.alpha else ''}")
    if fitted.stability is not None:
        print(f"\n{'seed':>6}  dev macro non-O F1")
        for seed, f1 in fitted.stability.scores.items():
            print(f"{seed:6}  {f1:.4f}")
        print(f"{fitted.stability}\n{fitted.stability.advice}")


def show_scores(scores: Scores) -> None:
    print(
        f"\n{'':15}{'entities, percent':26}{'words, macro over non-O tags':32}"
        "one tag against the rest\n"
        "split decoder  precision recall     F1   precision  recall      F1         ROC-AUC  PR-AUC"
    )
    for split, by_decoder in scores.items():
        for decoder, row in by_decoder.items():
            print(f"{split:5} {decoder:8} {score_columns(row)}")


def score_columns(row: DecoderScores) -> str:
    entities, words = row.entities, row.token_macro_non_o
    percent = {name: 100 * entities[name] for name in ("precision", "recall", "f1")}
    return (
        f"{percent['precision']:9.2f} {percent['recall']:6.2f} {percent['f1']:6.2f}   "
        f"{words['precision']:9.4f}  {words['recall']:.4f}  {words['f1']:.4f}          "
        f"{shown(row.token_roc_auc)}  {shown(row.token_pr_auc)}"
    )


def shown(value: float | None) -> str:
    return "     -" if value is None else f"{value:.4f}"


def show_top_features(tagger: SgdTagger, folder: Path) -> None:
    """Print the three largest weights of every tag; write and draw some more."""
    top = top_features(tagger, N_TOP_FEATURES)
    print("\nlargest weights of each tag")
    for tag, features in top.items():
        print(f"{tag:14} " + ", ".join(f"{name} {weight:+.1f}" for name, weight in features[:3]))
    write_json(top, folder / "top_features.json")
    if find_spec("matplotlib"):
        plot_top_features(top, folder / "top_features.png")
    else:
        print("no plot: matplotlib is not installed (pip install 'tweetner[plots]')")
    print(f"{N_TOP_FEATURES} each: {folder}/top_features.*")


if __name__ == "__main__":
    sys.exit(main())
