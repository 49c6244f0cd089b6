"""Define the requests and answers of the service, as FastAPI checks them and OpenAPI shows them."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    WrapValidator,
    create_model,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from tweetner.serving.limits import Limits
from tweetner.serving.refusals import explain


def _check_id(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str | None):
        raise PydanticCustomError("id_type", "Input should be an integer, a string or null")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("id_unicode", "Input should be a string without lone surrogates")
    return value


Id = Annotated[int | str | None, BeforeValidator(_check_id)]


class Tweet(BaseModel):
    """A tweet to tag."""

    model_config = ConfigDict(extra="forbid")

    id: Id = Field(None, description="Copied into the answer.")
    text: str


class TweetError(BaseModel):
    """The answer to a tweet that cannot be tagged; the other tweets of its request are."""

    id: Id = Field(description="Null if the tweet's own id cannot be read.")
    error: str = Field(description="One line: what was expected, what came.")


def _tweet_or_error(value: object, check: Callable[[object], Any]) -> Any:
    """Check a tweet of a request; one that fails becomes its `TweetError`."""
    try:
        return check(value)
    except ValidationError as error:
        problems = error.errors()
    bad_fields = {problem["loc"][:1] for problem in problems}
    given = value.get("id") if isinstance(value, dict) and ("id",) not in bad_fields else None
    return TweetError(id=given, error=explain(problems[0], problems[0]["loc"], "tweet"))


class TagRequest(BaseModel):
    """Tweets to tag; a single tweet is a list of one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tweets": [{"id": 7, "text": "just landed in Berlin"}]}]},
    )

    tweets: list[Tweet]
    min_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)] = Field(
        0.0, description="Entities below this score are left out."
    )


def limited_request(limits: Limits) -> type[TagRequest]:
    """Return a `TagRequest` that enforces the limits; OpenAPI shows them.

    The limit on a text's length also makes pydantic refuse lone surrogates in it.
    """
    text = Annotated[str, Field(strict=True, max_length=limits.max_characters)]
    tweet: Any = create_model("Tweet", __base__=Tweet, __doc__=Tweet.__doc__, text=text)
    checked = Annotated[tweet, WrapValidator(_tweet_or_error)]
    tweets = Annotated[list[checked], Field(max_length=limits.max_tweets)]
    return create_model(
        "TagRequest", __base__=TagRequest, __doc__=TagRequest.__doc__, tweets=tweets
    )


class Entity(BaseModel):
    """An entity in a tweet; offsets count code points (neither bytes nor UTF-16 units)."""

    type: str
    text: str = Field(description="The tweet's text from `start` to `end`.")
    start: int
    end: int = Field(description="Offset after the last character.")
    score: FiniteFloat = Field(
        description="Mean probability of the tags of the entity's words, from 0 to 1."
    )


class TaggedTweet(BaseModel):
    """The entities of one tweet, in order."""

    id: Id
    entities: list[Entity]
    by: str = Field(
        "model",
        description="`review` where a person decided, `triage` or `model` where a gate did; "
        "else left out.",
    )


EXAMPLE_ENTITY: JsonDict = {
    "type": "geo-loc",
    "text": "Berlin",
    "start": 15,
    "end": 21,
    "score": 0.97,
}


class TagResponse(BaseModel):
    """The answers to the tweets of a request, in order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tweets": [{"id": 7, "entities": [EXAMPLE_ENTITY]}]}]}
    )

    tweets: list[TaggedTweet | TweetError]


class Health(BaseModel):
    """The model that answers; the port opens once it is loaded."""

    ready: bool
    model: str
    revision: str | None = Field(description="Null for a model given as a path.")
    decoder: str
    types: list[str] = Field(description="Entity types that the model knows.")


class Problem(BaseModel):
    """The reason why there is no answer."""

    detail: str = Field(description="One line: where, what was expected, what came.")
