"""Export a model of the hub to ONNX, and publish the graph as part of the model's next version.

python scripts/export.py distilbert-wnut16-bio --to onnx --int8

The graph must give the emissions and tags of PyTorch. --int8 adds a second graph, in 8-bit integers, if dev entity F1
falls by at most half a point and its entities agree with those in float32 by an F1 of at least 95; else it is refused
with exit status 2, and the first graph is published alone.
"""

import argparse
import sys
from collections.abc import Sequence

from transformers.utils.logging import disable_progress_bar


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", metavar="NAME", help="name in the hub")
    parser.add_argument(
        "--to", choices=["onnx"], default="onnx", help="kind of graph (%(default)s)"
    )
    parser.add_argument("--int8", action="store_true", help="add the graph in 8-bit integers")
    parser.add_argument(
        "--data",
        help="annotated tweets to check on (dev of the corpus that the model is trained on)",
    )
    parser.add_argument("--hub", help="folder of the hub ($TWEETNER_HUB, else outputs/hub)")
    args = parser.parse_args(argv)
    disable_progress_bar()
    try:
        return export_model(args)
    except ModuleNotFoundError as error:
        print(f"error: {error}; exporting needs it: pip install 'tweetner[onnx]'", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def export_model(args: argparse.Namespace) -> int:
    from tweetner.export import export  # imports onnx, which is an extra

    exported = export(args.name, data=args.data, int8=args.int8, hub=args.hub)
    version, drift = exported.version, exported.drift
    print(
        f"{version.name} {version.tag}, revision {version.revision[:10]}{'' if exported.is_new else ', as before'}"
    )
    print(f"  onnx/model.onnx: the tags of PyTorch for {exported.checked}")
    if drift and drift.is_too_large:
        raise ValueError(f"onnx/model_int8.onnx is not published: {drift}, on {exported.checked}")
    if drift:
        print(f"  onnx/model_int8.onnx: {drift}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
