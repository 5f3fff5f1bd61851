"""Creating a run: what is refused before there is one, and what may happen to the answer once there is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlsplit

from sandbox.painter import fitted_size
from sandbox.runflow.models import MODELS, Model
from sandbox.runflow.refusals import Broken, Refused, rate_limited, server_error
from sandbox.runflow.run import StandinRun
from sandbox.runflow.schema import EDIT_PIXELS, Job, Problem, edit_job_of, job_of, problems_of
from sandbox.runflow.sources import Source
from sandbox.runflow.state import State
from sandbox.runflow.switches import Switches

_MEMBERS = frozenset({"input", "metadata", "callback_url", "client_ref"})


@dataclass(frozen=True, slots=True)
class CreateBody:
    """The members of a create, each of the right kind."""

    given: dict[str, Any]
    metadata: dict[str, Any] | None
    callback_url: str | None
    client_ref: str | None


def admit(state: State) -> None:
    """What may stop a create before its body is looked at. Raises Refused or Broken."""
    if state.take("reset_creates"):
        raise Broken(reset=True)
    if state.take("limited_creates"):
        raise rate_limited(state.switches, state.now())
    if not state.switches.create_error_accepts and state.take("create_errors"):
        raise server_error(state.switches.create_error_status)


def require_model(owner: str, slug: str, switches: Switches) -> Model:
    """The model. Raises Refused for one that is not there, or not to be had."""
    model = MODELS.get(f"{owner}/{slug}")
    if model is None or switches.model == "missing":
        raise Refused(404, "MODEL_NOT_FOUND", "The model was not found.")
    if switches.model == "unavailable":
        raise server_error(503)
    return model


def check(state: State, body: CreateBody, model: Model) -> tuple[Problem, ...]:
    """What is wrong with the input, where that only shows late. Raises Refused with 402 or 422."""
    switches = state.switches
    if state.credit_micro_usd() <= 0:
        raise Refused(402, "INSUFFICIENT_CREDIT", "Account balance is too low.")
    ignore_unknown = switches.unknown_input == "ignored"
    problems = problems_of(body.given, ignore_unknown=ignore_unknown, fields=model.fields)
    if problems and switches.bad_input == "refused":
        raise invalid([problem.wire() for problem in problems])
    if switches.refused_field is not None:
        raise invalid([_entry(["input", switches.refused_field], "is not accepted", "value_error")])
    return problems


def accept(
    state: State, body: CreateBody, model: Model, problems: tuple[Problem, ...], sources: tuple[Source, ...] = ()
) -> StandinRun:
    """The new run."""
    switches = state.switches
    job = _job(model, body, problems, sources, switches)
    if job.sync_mode:  # the media itself comes back with the answer, and is not stored
        switches = replace(switches, create_terminal=True, output_shape="data_urls")
    run = StandinRun(
        id=state.new_id(),
        request_id=state.new_id(),
        created_at=state.now(),
        model=model.id,
        given=body.given,
        job=job,
        seed=state.new_seed() if job.seed is None else job.seed,
        switches=switches,
        metadata=body.metadata,
        client_ref=body.client_ref,
        callback_url=body.callback_url,
        problems=problems,
        sources=tuple(source.content for source in sources),
    )
    state.keep(run)
    return run


def _job(
    model: Model, body: CreateBody, problems: Sequence[Problem], sources: Sequence[Source], switches: Switches
) -> Job:
    if not model.takes_pictures:
        return job_of(body.given, problems)
    size = (1024, 1024)
    if sources and switches.edit_size == "as_source":
        size = fitted_size(sources[0].width_px, sources[0].height_px, EDIT_PIXELS)
    return edit_job_of(body.given, problems, size)


def parse_body(raw: bytes) -> CreateBody:
    """The body of a create. Raises Refused with 400 for what is no JSON object, 422 for a wrong member."""
    try:
        parsed = cast("object", json.loads(raw))
    except ValueError as error:
        raise Refused(400, "BAD_REQUEST", "The body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise Refused(400, "BAD_REQUEST", "The body is not a JSON object.")
    body = cast("dict[str, Any]", parsed)
    errors = [*_member_errors(body), *_text_errors(body)]
    if errors:
        raise invalid(errors)
    return CreateBody(body["input"], body.get("metadata"), body.get("callback_url"), body.get("client_ref"))


def invalid(errors: Sequence[Mapping[str, Any]]) -> Refused:
    """A 422. Its code and the shape of its entries are not documented."""
    return Refused(422, "VALIDATION_ERROR", "Request validation failed", errors=errors)


def _member_errors(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    errors = [_entry([name], "unknown member", "extra_forbidden") for name in body if name not in _MEMBERS]
    if not isinstance(body.get("input"), dict):
        errors.append(_entry(["input"], "must be an object", "missing" if "input" not in body else "type"))
    if not isinstance(body.get("metadata"), dict | None):
        errors.append(_entry(["metadata"], "must be an object or null", "type"))
    return errors


def _text_errors(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    for name, most in (("callback_url", 2048), ("client_ref", 255)):
        value: object = body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > most):
            errors.append(_entry([name], f"must be a string of at most {most} characters, or null", "type"))
    address: object = body.get("callback_url")
    if isinstance(address, str) and not _is_web_address(address):
        errors.append(_entry(["callback_url"], "must be an http or https address", "url"))
    return errors


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _entry(where: Sequence[str], message: str, kind: str) -> dict[str, Any]:
    return {"loc": list(where), "msg": message, "type": kind}
