"""What is wrong with a request, and the body Discord answers with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

Path = tuple[str | int, ...]
"""The way from the request's top to a value: `("components", 0, "components", 2, "label")`."""

EMPTY_MESSAGE: Final = "MESSAGE_EMPTY"
"""Stands for Discord's error 50006, which has no entry in a form body."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: where, Discord's code and Discord's sentence.

    Codes are Discord's own where they are known from public reports; the few others follow their manner.
    """

    path: Path
    code: str
    message: str


def under(problems: Iterable[Problem], *prefix: str | int) -> list[Problem]:
    """The same problems of a value that lies deeper, as a message does under `data` of an interaction callback."""
    return [replace(problem, path=(*prefix, *problem.path)) for problem in problems]


def form_errors(problems: Sequence[Problem]) -> dict[str, object]:
    """The body of the answer 400. An empty message is error 50006, anything else the nested form of error 50035."""
    in_form = [problem for problem in problems if problem.code != EMPTY_MESSAGE]
    if problems and not in_form:
        return {"code": 50006, "message": problems[0].message}
    return {"code": 50035, "message": "Invalid Form Body", "errors": _tree([(p.path, p) for p in in_form])}


def _tree(problems: Sequence[tuple[Path, Problem]]) -> dict[str, object]:
    here = [{"code": p.code, "message": p.message} for path, p in problems if not path]
    below: dict[str, list[tuple[Path, Problem]]] = {}
    for path, problem in problems:
        if path:
            below.setdefault(str(path[0]), []).append((path[1:], problem))
    tree: dict[str, object] = {key: _tree(entries) for key, entries in below.items()}
    return {**tree, "_errors": here} if here else tree
