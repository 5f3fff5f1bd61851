"""How property tests look for examples: the same ones each time in `make test`, at random and many in `make soak`."""

import pytest
import structlog
from hypothesis import settings

# Nothing here may fail for the machine's mood: no deadline for one example.
settings.register_profile("test", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("soak", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile("test")  # `--hypothesis-profile=soak` chooses the other


@pytest.fixture(autouse=True)
def plain_traces() -> None:
    """Faults that a test causes on purpose are logged plainly: drawing their frames and locals takes a second each."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            ]
        )
