"""Export a model of the hub to ONNX, and publish the graph in the model's next version.

python scripts/export.py distilbert-wnut16-bio --to onnx --int8

The graph must give the same emissions and tags as PyTorch. --int8 adds a second graph in 8-bit
integers. It is published only if dev entity F1 falls by at most half a point and its entities agree
with the float32 ones by an F1 of at least 95; otherwise the exit status is 2.
"""

import argparse
import sys
from collections.abc import Sequence

from tweetner.cli import Parser, add_hub_option, command_line  # first: it reports Ctrl-C

# isort: split

from transformers.utils.logging import disable_progress_bar


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("name", metavar="NAME", help="name of the model in the hub")
    parser.add_argument(
        "--to", choices=["onnx"], default="onnx", help="format of the graph (%(default)s)"
    )
    parser.add_argument("--int8", action="store_true", help="add a graph in 8-bit integers")
    parser.add_argument(
        "--data",
        help="annotated tweets to compare on (default: dev of the model's training corpus)",
    )
    add_hub_option(parser)
    arguments = parser.parse_args(argv)
    disable_progress_bar()
    return export_model(arguments)


def export_model(arguments: argparse.Namespace) -> int:
    from tweetner.export import export  # imports onnx, which is an extra

    exported = export(arguments.name, data=arguments.data, int8=arguments.int8, hub=arguments.hub)
    version, drift = exported.version, exported.drift
    known = "" if exported.is_new else ", as before"
    print(f"{version.name} {version.tag}, revision {version.revision[:10]}{known}")
    print(f"  onnx/model.onnx: the tags of PyTorch for {exported.checked}")
    if drift and drift.is_too_large:
        raise ValueError(f"onnx/model_int8.onnx is not published: {drift}, on {exported.checked}")
    if drift:
        print(f"  onnx/model_int8.onnx: {drift}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
