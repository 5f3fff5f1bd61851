"""Runs as Runflow writes them: records, outputs and callback payloads, in each dialect that its documents allow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from sandbox.runflow.models import uuid_of
from sandbox.runflow.run import Failure, StandinRun, View, end_of, nsfw_flag
from sandbox.runflow.schema import where

ORG_ID: Final = "0197a3f0-1111-7000-8000-00000000f10e"
STATUSES: Final = ("queued", "dispatching", "running", "succeeded", "partial_succeeded", "failed", "canceled")


def timestamp(at: datetime | None, style: Literal["z", "offset"]) -> str | None:
    """An ISO 8601 time, with `Z` or, as Python's isoformat has it, with `+00:00`."""
    if at is None:
        return None
    return at.isoformat().replace("+00:00", "Z") if style == "z" else at.isoformat()


def status_code(run: StandinRun, view: View) -> str:
    """The status as this run's dialect spells it."""
    if view.status == "canceled":
        return run.switches.cancel_status_code
    return run.switches.unknown_status if view.status == "unknown" else view.status


def run_record(
    run: StandinRun, view: View, given: Mapping[str, Any], output: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The whole run, as create, get and search answer it. Source: runs/get-run and runs/search-runs.

    `given` is its input as it is shown.
    """
    style = run.switches.rest_timestamps
    record: dict[str, Any] = {
        "id": run.id,
        "org_id": ORG_ID,
        "flow_id": None,
        "model_id": uuid_of(run.model),
        "comfyui_workflow_id": None,
        "target_type": "model",
        "target_version": None,
        "batch_id": None,
        "client_ref": run.client_ref,
        "request_id": run.request_id,
        "source_code": "api",
        "status_code": status_code(run, view),
        "created_at": timestamp(run.created_at, style),
        "started_at": timestamp(view.started_at, style),
        "completed_at": timestamp(view.completed_at, style),
        "duration_ms": duration_ms(run, view),
        "nodes_total": 1,
        "nodes_completed": 1 if view.is_final else 0,
        "has_logs": False,
        "has_node_runs": False,
        "input": given,
        "output": output,
        "context": {},
        "metadata": run.metadata,
        "callback_url": run.callback_url,
        "links": {},
        "cost": cost_text(run, view),
        **_failure_fields(run, view.failure),
    }
    if run.switches.cost == "absent":
        del record["cost"]
    if run.switches.unset_fields == "absent":
        return {name: value for name, value in record.items() if value is not None}
    return record


def duration_ms(run: StandinRun, view: View) -> int | None:
    """How long the run took since its creation."""
    return None if view.completed_at is None else round((view.completed_at - run.created_at).total_seconds() * 1000)


def cost_text(run: StandinRun, view: View) -> str | None:
    """`cost`: dollars as a plain decimal in a string."""
    if view.cost is None or run.switches.cost in {"null", "absent"}:
        return None
    return format(view.cost.normalize(), "f")


def output_object(run: StandinRun, view: View, urls: Sequence[str]) -> dict[str, Any] | None:
    """`output` of a run whose pictures lie at `urls`; None until it has ended well."""
    if view.status not in {"succeeded", "partial_succeeded"}:
        return None
    shape = run.switches.output_shape
    if shape == "image_urls":
        return {"image_urls": list(urls)}
    if shape == "image_list":
        return {"image": list(urls)}
    first = next(iter(urls), None)
    if shape == "image_object":
        return {"image": {"url": first}}
    if shape in {"url", "output_url"}:
        return {shape: first}
    entries: list[dict[str, Any]] = [{"url": url, "type": "image"} for url in urls]
    if shape != "url_type":
        entries = [{**entry, "width": run.job.width_px, "height": run.job.height_px} for entry in entries]
    return {"outputs": entries, **_output_extras(run)}


def _output_extras(run: StandinRun) -> dict[str, Any]:
    switches = run.switches
    seed = {"int": run.seed, "string": str(run.seed)}.get(switches.output_seed)
    extras: dict[str, Any] = {} if switches.output_seed == "missing" else {"seed": seed}
    if switches.output_model_data != "missing":
        extras["model_data"] = {"prompt": run.job.prompt} if switches.output_model_data == "present" else None
    extras["nsfw_detected"] = nsfw_flag(run)
    if switches.output_timing != "missing":
        inference_ms = round(switches.running_s * 1000)
        extras["timing"] = {"inference_ms": inference_ms} if switches.output_timing == "present" else None
    return extras


def _failure_fields(run: StandinRun, failure: Failure | None) -> dict[str, Any]:
    unset: dict[str, Any] = {"failure_code": None, "failure_message": None, "failure_stage_code": None}
    if failure is None or run.switches.failure_dialect == "nulls":
        return unset
    if run.switches.failure_dialect == "error":
        finished = timestamp(end_of(run), run.switches.rest_timestamps)
        return {"error": failure_envelope(failure), "finished_at": finished}
    return {
        "failure_code": failure.code,
        "failure_message": failure.message,
        "failure_stage_code": failure.stage,
        **({} if failure.field is None else {"errors": _blame(failure)}),
    }


def failure_envelope(failure: Failure) -> dict[str, Any]:
    """A failure as an error body has it."""
    errors = None if failure.field is None else _blame(failure)
    return {"code": failure.code, "message": failure.message, "errors": errors}


def _blame(failure: Failure) -> list[dict[str, Any]]:
    return [{"loc": where(failure.field, failure.index), "msg": failure.message, "type": "value_error"}]


def callback_payload(run: StandinRun, view: View, output: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is sent to the callback address of a run that is final. Source: concepts/callbacks and the model's page."""
    style = run.switches.callback_timestamps
    told = output
    if view.failure is not None and run.switches.callback_failed_output == "envelope":
        told = failure_envelope(view.failure)
    canceled = view.status == "canceled"
    events = {"partial_succeeded": "run.partial_succeeded", "failed": "run.failed", "canceled": "run.cancelled"}
    return {
        "event": events.get(view.status, "run.completed"),
        "run_id": run.id,
        "status": run.switches.callback_cancel_status if canceled else status_code(run, view),
        "output": told,
        "duration_ms": duration_ms(run, view),
        "created_at": timestamp(run.created_at, style),
        "completed_at": timestamp(view.completed_at, style),
        "metadata": run.metadata,
    }
