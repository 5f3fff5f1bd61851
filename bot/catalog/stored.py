"""Reading back what a row keeps of a request."""

from collections.abc import Mapping
from typing import Any

from bot.catalog.flux_klein import request_of_wire
from bot.catalog.request import Request


def stored_request(kept: Mapping[str, Any] | None, wire: Mapping[str, Any]) -> Request:
    """The request of a row: `kept` as it was written beside the run, `wire` the run's input.

    Rows from before there were several models keep the input alone, and it is FLUX.2 [klein]'s.
    """
    return request_of_wire(wire) if kept is None else Request.from_json(kept)
