import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st

from tweetner.hub import (
    CardFacts,
    ModelFolder,
    Threshold,
    card_facts,
    command,
    model_card,
    with_section,
)
from tweetner.hub.card import FOLDERS_OF_ABSOLUTE_PATH, CardScore

FACTS = CardFacts(
    name="tweetner/distilbert-wnut16",
    summary="A DistilBERT token classifier, fine-tuned on WNUT-16.",
    types=["person", "geo-loc"],
    dataset="wnut16",
    splits={
        "train": {"tweets": 2394, "entities": 1496},
        "test": {"tweets": 3850, "entities": 3473},
    },
    data_note="From the WNUT 2016 shared task.",
    command="accelerate launch scripts/finetune.py --config configs/distilbert.yaml",
    decoder="argmax",
    scores=[
        CardScore("wnut16", "test", "argmax", {"f1": 0.4198, "precision": 0.4, "recall": 0.44169}),
        CardScore("wnut16", "test", "bio", {"f1": 0.4515, "precision": 0.5, "recall": 0.41158}),
    ],
    versions={"transformers": "5.23.0"},
    base_model="sentence-transformers/all-MiniLM-L6-v2",
)


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n\n")[1].split("\n\n## ", maxsplit=1)[0]


def table(text: str) -> list[list[str]]:
    """The cells of the table in a text, without the line below its header."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 2 and set(rows[1]) <= set("|:-"), "expected a table with rows"
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in [rows[0], *rows[2:]]]


def card_data(text: str) -> Any:
    """The front matter as Hugging Face reads it."""
    return ModelCard(text).data


def front_matter(text: str) -> dict[str, object]:
    loaded = yaml.safe_load(text.split("---\n")[1])
    assert isinstance(loaded, dict)
    return loaded


def test_hugging_face_reads_the_figures_that_were_given() -> None:
    data = card_data(model_card(FACTS))
    read = [
        (
            result.dataset_type,
            result.dataset_split,
            result.metric_type,
            result.metric_name,
            result.metric_value,
        )
        for result in data.eval_results
    ]
    assert read == [
        ("wnut16", "test", "f1", "entity F1 (argmax)", 0.4198),
        ("wnut16", "test", "precision", "entity precision (argmax)", 0.4),
        ("wnut16", "test", "recall", "entity recall (argmax)", 0.44169),
        ("wnut16", "test", "f1", "entity F1 (bio)", 0.4515),
        ("wnut16", "test", "precision", "entity precision (bio)", 0.5),
        ("wnut16", "test", "recall", "entity recall (bio)", 0.41158),
    ]
    assert {result.task_type for result in data.eval_results} == {"token-classification"}
    assert (data.model_name, data.base_model, data.license) == (
        FACTS.name,
        FACTS.base_model,
        "apache-2.0",
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_every_figure_survives_the_front_matter_to_the_last_digit(values: list[float]) -> None:
    scores = [
        CardScore("wnut16", "dev", f"decoder {n}", {"f1": value}) for n, value in enumerate(values)
    ]
    results = card_data(model_card(replace(FACTS, scores=scores))).eval_results
    assert [result.metric_value for result in results] == values


def test_the_front_matter_is_what_the_hub_indexes() -> None:
    data = front_matter(model_card(replace(FACTS, scores=())))
    assert data == {
        "language": "en",
        "license": "apache-2.0",
        "library_name": "transformers",
        "pipeline_tag": "token-classification",
        "tags": ["named-entity-recognition", "ner", "twitter"],
        "datasets": ["wnut16"],
        "base_model": "sentence-transformers/all-MiniLM-L6-v2",
    }
    assert "base_model" not in front_matter(model_card(replace(FACTS, base_model=None)))


def test_the_score_table_names_the_decoder_of_each_row() -> None:
    scores = [*FACTS.scores, CardScore("sample", "dev", "bio", {"f1": 1, "surface_f1": 0.25})]
    assert table(section(model_card(replace(FACTS, scores=scores)), "Scores")) == [
        ["dataset", "split", "decoder", "F1", "precision", "recall", "surface f1"],
        ["wnut16", "test", "argmax", "41.98", "40.00", "44.17", ""],
        ["wnut16", "test", "bio", "45.15", "50.00", "41.16", ""],
        ["sample", "dev", "bio", "100.00", "", "", "25.00"],
    ]
    assert section(model_card(replace(FACTS, scores=())), "Scores") == "Not evaluated."


def test_the_data_section_has_the_counts_and_the_note() -> None:
    text = section(model_card(FACTS), "Data")
    assert table(text) == [
        ["`wnut16`", "tweets", "entities"],
        ["train", "2,394", "1,496"],
        ["test", "3,850", "3,473"],
    ]
    assert text.endswith(
        "\n\nFrom the WNUT 2016 shared task. The tweets are not part of this folder."
    )


def test_the_card_says_how_the_model_was_trained_and_what_it_finds() -> None:
    text = model_card(FACTS)
    assert (
        "```\naccelerate launch scripts/finetune.py --config configs/distilbert.yaml\n```" in text
    )
    assert table(section(text, "Training")) == [["package", "version"], ["transformers", "5.23.0"]]
    assert section(text, "Types") == "`person`, `geo-loc`"


@pytest.mark.parametrize(
    ("library_name", "custom_code", "stock", "imported"),
    [
        ("transformers", False, True, False),
        ("transformers", True, True, True),
        ("sklearn", False, False, False),
    ],
)
def test_the_commands_are_those_that_load_this_kind_of_folder(
    library_name: str, custom_code: bool, stock: bool, imported: bool
) -> None:
    text = model_card(replace(FACTS, library_name=library_name, custom_code=custom_code))
    use = section(text, "Use")
    for block in use.split("```python\n")[1:]:
        compile(block.split("```")[0], "card", "exec")
    assert 'tweetner.load("tweetner/distilbert-wnut16")' in use
    assert ('"token-classification", model="tweetner/distilbert-wnut16"' in use) == stock
    assert ("trust_remote_code=True" in use) == imported
    assert ("custom_code" in str(front_matter(text)["tags"])) == custom_code


def test_calibration_and_further_limits_stand_in_the_card_when_given() -> None:
    text = model_card(
        replace(FACTS, calibration="Temperature 1.4, fitted on dev.", limits=["Not for haiku."])
    )
    assert section(text, "Calibration") == "Temperature 1.4, fitted on dev."
    assert section(text, "Limits").endswith("- Not for haiku.")
    assert "## Calibration" not in model_card(FACTS)


def test_the_card_says_from_which_score_entities_may_be_accepted_without_review() -> None:
    proven = Threshold(0.43, 0.6, 0.9, 113, 79, "378 tweets of dev", "bio")
    not_proven = replace(proven, precision=0.8, score=None, n=0, n_right=0)
    text = model_card(replace(FACTS, thresholds=[proven, not_proven]))
    accepting = section(text, "Accepting entities without review")
    assert accepting.splitlines()[0] == (
        "Entities with at least this score have at least the stated precision, with 90% confidence "
        "(each row separately). Certified on 378 tweets of dev; this holds for tweets from the "
        "same source."
    )
    assert table(accepting) == [
        ["decoder", "precision", "minimum score", "correct when certified"],
        ["bio", "60%", "0.43", "79 of 113"],
        ["bio", "80%", "not certified", ""],
    ]
    assert "## Accepting" not in model_card(FACTS)


@pytest.mark.parametrize("value", [45.15, -0.1, math.nan, math.inf])
def test_a_score_that_is_no_fraction_is_refused(value: float) -> None:
    scores = [CardScore("wnut16", "test", "bio", {"f1": value})]
    with pytest.raises(ValueError, match="expected f1 of wnut16:test as a fraction, got"):
        model_card(replace(FACTS, scores=scores))


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("--config /home/me/runs/a.yaml --seed 1", "--config a.yaml --seed 1"),
        ("--data=/srv/tweets/wnut16:test", "--data=wnut16:test"),
        ("--data '/Users/me/my.conll'", "--data 'my.conll'"),
        ("--hub ~/hub", "--hub hub"),
        ("/data", "data"),
        ("configs/a.yaml ./b/c ../d tweetner/x", "configs/a.yaml ./b/c ../d tweetner/x"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("1,915 / 479, precision/recall, and / or", "1,915 / 479, precision/recall, and / or"),
    ],
)
def test_of_an_absolute_path_only_the_last_name_is_published(written: str, published: str) -> None:
    assert FOLDERS_OF_ABSOLUTE_PATH.sub("", written) == published


def test_no_absolute_path_of_any_fact_reaches_the_card() -> None:
    facts = replace(
        FACTS,
        dataset="/home/nina/corpus",
        base_model="/home/nina/models/encoder",
        command="python scripts/finetune.py --data /home/nina/corpus",
        scores=[CardScore("/home/nina/corpus", "test", "bio", {"f1": 0.5})],
    )
    text = model_card(facts)
    assert "/home" not in text
    assert front_matter(text)["base_model"] == "encoder"
    assert card_data(text).eval_results[0].dataset_name == "corpus"


def test_text_that_yaml_would_read_as_something_else_stays_text() -> None:
    facts = replace(FACTS, name="on", dataset="no: 1\n- x", license="null")
    data = front_matter(model_card(facts))
    assert (data["datasets"], data["license"]) == (["no: 1\n- x"], "null")
    assert card_data(model_card(facts)).model_name == "on"


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (
            "# a\n\n## Use\n\nso\n\n## Scores\n\nhigh\n",
            "# a\n\n## Use\n\nso\n\n## ONNX\n\nnew\n\n## Scores\n\nhigh\n",
        ),
        (
            "# a\n\n## ONNX\n\nold\n\nolder\n\n## Scores\n\nhigh\n",
            "# a\n\n## ONNX\n\nnew\n\n## Scores\n\nhigh\n",
        ),
        ("# a\n\nall\n", "# a\n\nall\n\n## ONNX\n\nnew\n"),
        ("# a\n\nall\n\n## ONNX\n\nold\n", "# a\n\nall\n\n## ONNX\n\nnew\n"),
        ("", "\n## ONNX\n\nnew\n"),
    ],
)
def test_a_card_has_one_section_of_a_title_before_its_scores(card: str, expected: str) -> None:
    assert with_section(card, "ONNX", "new") == expected


def test_the_language_and_the_text_on_the_corpus_are_those_of_the_config(tmp_path: Path) -> None:
    from tweetner.training import BaselineConfig

    (tmp_path / "config.json").write_text('{"model_type": "tweetner-majority"}')
    config = BaselineConfig(
        name="verkehr", types=("x",), language="de", corpus_text="Traffic, CC-BY 4.0.", data="./v"
    )
    rest = {key: getattr(FACTS, key) for key in ("name", "summary", "splits")}
    made = command("python scripts/baseline.py", config)
    facts = card_facts(ModelFolder(tmp_path), config, holds_words=False, command=made, **rest)
    text = model_card(facts)
    assert card_data(text).language == "de"
    assert "Trained on tweets in the language `de`" in section(text, "Limits")
    assert "Traffic, CC-BY 4.0. The tweets are not part" in section(text, "Data")
    assert "--corpus_text 'Traffic, CC-BY 4.0.'" in section(text, "Training")
    with pytest.raises(ValueError, match="config key 'language': expected a code such as en"):
        BaselineConfig(language="German!")
