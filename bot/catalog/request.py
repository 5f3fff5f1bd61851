"""What a person asked a model for, in words that fit every model.

It is kept with the run: a card can be drawn, and is, when its model has left the catalog.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A checked input as the rest of the bot sees it, whatever its fields are called.

    `prompt` is every word of the person's that rules for prompts must see and that a card quotes; it may be empty.
    `images` is how many pictures were asked for. `facts` are short phrases of the input that a card shows, such as
    `4 steps`. With `tells_seed` the model draws from a seed: a card then says which, or that none was reported.
    `sent` is the prompt that Runflow gets, where the prompt check made another one of it.
    """

    prompt: str
    images: int
    facts: tuple[str, ...] = ()
    tells_seed: bool = False
    sent: str | None = None

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompt as it was typed and, where it is another, as it is sent: rules must see both."""
        return (self.prompt,) if self.sent is None else (self.prompt, self.sent)

    def as_json(self) -> dict[str, Any]:
        """The value as a row keeps it."""
        kept = {**asdict(self), "facts": list(self.facts)}
        if self.sent is None:
            del kept["sent"]
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Request":
        """The value that `as_json` gave."""
        return cls(
            prompt=str(kept["prompt"]),
            images=int(kept["images"]),
            facts=tuple(str(fact) for fact in kept["facts"]),
            tells_seed=bool(kept["tells_seed"]),
            sent=None if kept.get("sent") is None else str(kept["sent"]),
        )
