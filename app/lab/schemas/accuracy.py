"""Schemas of `/lab/accuracy`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, Field

from app.http.schemas import Digit
from model.explain.edits import ALL, MAX_EDITS, MODULES, OPERATION_TEXTS, PATTERN
from model.layers import CLASSES

_EditText = Annotated[str, Field(max_length=200, json_schema_extra={"pattern": PATTERN})]


class AccuracyRequest(BaseModel):
    """A set of weights, and edits of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"weights": "lesson", "edits": ["conv1_7_off"]}]},
    )

    weights: Annotated[
        str | None,
        Field(
            description="A name as for `?weights=`. The default is the served weights.",
            max_length=2000,
            examples=["lesson"],
        ),
    ] = None
    edits: Annotated[
        list[_EditText],
        Field(
            description=f"The edits, applied in their order, at most {MAX_EDITS}. An edit is a layer ("
            + ", ".join(f"`{name}`" for name in (*MODULES, ALL))
            + "), for one map or unit its number, for one of its connections also the number of the input, an "
            "operation, and its numbers, with `_` between them. "
            + " ".join(f"`{name}`: {text}" for name, text in OPERATION_TEXTS.items())
            + " `prune`, `round`, `nobias` and `shuffle` are for a layer or for `all`, the others for one map or unit.",
            max_length=MAX_EDITS,
            examples=[["conv1_7_off", "conv2_5_3_set_-1_0_1_-2_0_2_-1_0_1", "all_prune_50"]],
        ),
        FailFast(),
    ] = []


_Count = Annotated[int, Field(ge=0)]
_Positions = list[Annotated[int, Field(ge=0, lt=2000)]]


class AccuracyResponse(BaseModel):
    """How an edited set of weights reads 2,000 test digits, compared with the set without edits."""

    weights: Annotated[
        str, Field(description="The name of the edited set, for every `?weights=`.", examples=["lesson~conv1_7_off"])
    ]
    model: Annotated[
        str,
        Field(
            description="The name in the file and the first 8 digits of its hash.", examples=["lesson-edited-3f2a91bc"]
        ),
    ]
    changed_weights: Annotated[_Count, Field(description="How many weights and biases differ.", examples=[10])]
    digits: Annotated[_Count, Field(description="Number of test digits.", examples=[2000])]
    correct: Annotated[_Count, Field(description="How many of them are read correctly.", examples=[1953])]
    correct_before: Annotated[
        _Count, Field(description="How many are read correctly without the edits.", examples=[1979])
    ]
    confusion: Annotated[
        list[list[_Count]],
        Field(
            description="Ten rows, one for each digit: how many of its images are read as 0, 1, …, 9.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[[[200 if row == column else 0 for column in range(CLASSES)] for row in range(CLASSES)]],
        ),
    ]
    lost: Annotated[
        list[int],
        Field(
            description="For each digit, how many fewer of its images are read correctly than without the edits.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[[0, 0, 3, 1, 0, 0, 0, 20, 2, 0]],
        ),
    ]
    broken: Annotated[
        _Positions,
        Field(description="The digits that only the edited set misreads: positions in the sheet.", examples=[[18]]),
    ]
    broken_as: Annotated[
        list[Digit], Field(description="What the edited set reads each of these digits as.", examples=[[3]])
    ]
    fixed: Annotated[
        _Positions, Field(description="The digits that only the edited set reads correctly.", examples=[[]])
    ]
