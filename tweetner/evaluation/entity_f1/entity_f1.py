"""Entity F1 for the `evaluate` library, loaded from this folder without a network.

>>> import evaluate  # doctest: +SKIP
>>> metric = evaluate.load(str(files("tweetner") / "evaluation/entity_f1"))  # doctest: +SKIP
>>> tags = [["B-person", "O"]]  # doctest: +SKIP
>>> metric.compute(predictions=tags, references=tags)["f1"]  # doctest: +SKIP
1.0
"""

# one import a line, of whole packages: `evaluate` reads these lines with a regular expression
import datasets
import evaluate

from tweetner.evaluation import TagPairs, score_entities


class EntityF1(evaluate.Metric):  # type: ignore[misc]
    """Exact precision, recall and F1 of entities, ill-formed tags read as conlleval reads them."""

    def _info(self) -> evaluate.MetricInfo:
        tags = datasets.Sequence(datasets.Value("string"))
        return evaluate.MetricInfo(
            description=str(self.__doc__),
            citation="",
            inputs_description=(
                "predictions and references: for each tweet a list of tags O, B-TYPE or I-TYPE"
            ),
            features=datasets.Features({"predictions": tags, "references": tags}),
        )

    def _compute(
        self, predictions: list[list[str]], references: list[list[str]], strict: bool = False
    ) -> dict[str, float]:
        return score_entities(TagPairs(references, predictions), strict=strict).micro.to_dict()
