"""Types of the settings of a recipe; pydantic checks them when a recipe is read."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field

STRICT: Final = ConfigDict(extra="forbid", allow_inf_nan=False)
"""Of every table of a recipe: a key that does not exist is an error."""

Count = Annotated[int, Field(ge=1)]
"""How many of something there are, at least one."""

Whole = Annotated[int, Field(ge=0)]
"""How many of something there are, or none."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A number above 0."""

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number from 0."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A share or probability, 0 to 1."""
