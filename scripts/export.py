"""Export a model of the hub to ONNX, and publish the graph as part of the model's next version.

python scripts/export.py distilbert-wnut16-bio --to onnx --int8

The graph must give the emissions and tags of PyTorch. --int8 adds a second graph, in 8-bit
integers, if dev entity F1 falls by at most half a point and its entities agree with those in
float32 by an F1 of at least 95; else it is refused with exit status 2, and the first graph is
published alone.
"""

import argparse
import sys
from collections.abc import Sequence

from transformers.utils.logging import disable_progress_bar

from tweetner.cli import Parser, add_hub_option, command_line


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("name", metavar="NAME", help="name in the hub")
    parser.add_argument(
        "--to", choices=["onnx"], default="onnx", help="kind of graph (%(default)s)"
    )
    parser.add_argument("--int8", action="store_true", help="add the graph in 8-bit integers")
    parser.add_argument(
        "--data",
        help="annotated tweets to check on (dev of the corpus that the model is trained on)",
    )
    add_hub_option(parser)
    args = parser.parse_args(argv)
    disable_progress_bar()
    return export_model(args)


def export_model(args: argparse.Namespace) -> int:
    from tweetner.export import export  # imports onnx, which is an extra

    exported = export(args.name, data=args.data, int8=args.int8, hub=args.hub)
    version, drift = exported.version, exported.drift
    print(
        f"{version.name} {version.tag}, revision "
        f"{version.revision[:10]}{'' if exported.is_new else ', as before'}"
    )
    print(f"  onnx/model.onnx: the tags of PyTorch for {exported.checked}")
    if drift and drift.is_too_large:
        raise ValueError(f"onnx/model_int8.onnx is not published: {drift}, on {exported.checked}")
    if drift:
        print(f"  onnx/model_int8.onnx: {drift}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
