"""How many examples a property is worth, beside what the profile gives to each."""

from hypothesis import settings


def share(factor: float) -> settings:
    """The profile's settings with `factor` times its number of examples, at least one."""
    return settings(max_examples=max(1, round(settings().max_examples * factor)))
