"""The `tweetner` command, and what the command lines of the scripts share with it.

    tweetner tag MODEL [INPUT ...]              find the entities in a stream of tweets
    tweetner stream MODEL                       do the same between brokers, as tweets come
    tweetner serve MODEL                        do the same over HTTP
    tweetner trends [INPUT ...]                 find the entities that rise in tagged tweets
    tweetner review fill|serve|status|export    let a person decide what the model doubts
    tweetner hub list|verify|rollback|path|export|push
                                                manage the models of the local hub

Exit status: 0 on success; 1 where records were errors or a model is damaged; 2 for a refusal,
which is one line on stderr; 130 after Ctrl-C; 141 where the reader of the output has gone.
"""

from collections.abc import Sequence

from tweetner import __version__
from tweetner.cli.hub import add_hub
from tweetner.cli.review import REVIEW_HELP, add_review
from tweetner.cli.serve import SERVE_HELP, add_serve
from tweetner.cli.shared import (
    MODEL_HELP,
    Parser,
    add_decoder_option,
    add_hub_option,
    add_record_options,
    add_revision_option,
    command_line,
    record_options,
    say,
)
from tweetner.cli.stream import STREAM_HELP, add_stream
from tweetner.cli.tag import TAG_HELP, add_tag
from tweetner.cli.trends import TRENDS_HELP, add_trends

__all__ = [
    "MODEL_HELP",
    "Parser",
    "add_decoder_option",
    "add_hub_option",
    "add_record_options",
    "add_revision_option",
    "command_line",
    "main",
    "parser",
    "record_options",
    "say",
]


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    """Run the `tweetner` command, and return its exit status."""
    args = parser().parse_args(argv)
    status: int = args.run(args)
    return status


def parser() -> Parser:
    """Return the parser of the `tweetner` command."""
    main_parser = Parser(prog="tweetner", description="Named entity recognition for tweets.")
    main_parser.add_argument("--version", action="version", version=f"tweetner {__version__}")
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)
    tag = commands.add_parser(
        "tag", help="find the entities in a stream of tweets", description=TAG_HELP
    )
    stream = commands.add_parser(
        "stream", help="find the entities in tweets as they come", description=STREAM_HELP
    )
    serve = commands.add_parser("serve", help="find entities over HTTP", description=SERVE_HELP)
    trends = commands.add_parser(
        "trends", help="find the entities that rise in tagged tweets", description=TRENDS_HELP
    )
    review = commands.add_parser(
        "review", help="let a person decide what the model doubts", description=REVIEW_HELP
    )
    hub = commands.add_parser("hub", help="list, verify, copy and upload published models")
    add_tag(tag)
    add_stream(stream)
    add_serve(serve)
    add_trends(trends)
    add_review(review)
    add_hub(hub)
    return main_parser
