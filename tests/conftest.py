"""How property tests look for examples: the same ones each time in `make test`, at random and many in `make soak`."""

from hypothesis import settings

# Nothing here may fail for the machine's mood: no deadline for one example.
settings.register_profile("test", derandomize=True, max_examples=50, deadline=None)
settings.register_profile("soak", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile("test")  # `--hypothesis-profile=soak` chooses the other
