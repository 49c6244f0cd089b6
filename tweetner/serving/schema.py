"""What goes over the wire."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat
from pydantic_core import PydanticCustomError


def _check_id(id_: object) -> object:
    if isinstance(id_, bool) or not isinstance(id_, int | str | None):
        raise PydanticCustomError("id_type", "Input should be an integer, a string or null")
    return id_


def _check_unicode(value: object) -> object:
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("unicode", "Input should be Unicode without lone surrogates")
    return value


Id = Annotated[int | str | None, BeforeValidator(_check_id), AfterValidator(_check_unicode)]


class Tweet(BaseModel):
    """A raw tweet."""

    model_config = ConfigDict(extra="forbid")

    id: Id = Field(None, description="Copied into the answer.")
    text: Annotated[str, Field(strict=True), AfterValidator(_check_unicode)]


class TagRequest(BaseModel):
    """Tweets to tag; one tweet is a list of one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"tweets": [{"id": 7, "text": "just landed in Berlin"}]}]},
    )

    tweets: list[Tweet]
    min_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)] = Field(
        0.0, description="Entities below this score are left out."
    )


class Entity(BaseModel):
    """What a tweet names. Offsets count code points (neither bytes nor UTF-16 units) of the tweet as given."""

    type: str
    text: str = Field(description="The tweet from `start` to `end`.")
    start: int
    end: int = Field(description="Behind the last character.")
    score: FiniteFloat = Field(
        description="The mean over its words of the probability of the word's tag."
    )


class TaggedTweet(BaseModel):
    """The entities of a tweet, in order."""

    id: Id
    entities: list[Entity]


class TagResponse(BaseModel):
    """An answer for each tweet of the request, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tweets": [
                        {
                            "id": 7,
                            "entities": [
                                {
                                    "type": "geo-loc",
                                    "text": "Berlin",
                                    "start": 15,
                                    "end": 21,
                                    "score": 0.97,
                                }
                            ],
                        }
                    ]
                }
            ]
        }
    )

    tweets: list[TaggedTweet]


class Health(BaseModel):
    """The model that answers; the port opens when it is loaded."""

    ready: bool
    model: str
    revision: str | None = Field(description="None for a model that was given as a path.")
    decoder: str
    types: list[str] = Field(description="The entity types that it knows.")


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="One line: what was expected, what came, where.")
