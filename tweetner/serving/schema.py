"""Define the requests and answers of the service, as FastAPI checks them and OpenAPI shows them."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, create_model
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from tweetner.serving.limits import Limits


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
    tweet = create_model("Tweet", __base__=Tweet, __doc__=Tweet.__doc__, text=text)
    tweets = Annotated[list[tweet], Field(max_length=limits.max_tweets)]  # type: ignore[valid-type]
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

    tweets: list[TaggedTweet]


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
