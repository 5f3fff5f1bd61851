"""The stand-in for Runflow."""

from sandbox.runflow.standin import RunflowStandin

__all__ = ["RunflowStandin"]
