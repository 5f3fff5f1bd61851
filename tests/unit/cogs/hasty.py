"""An extension: /imagine without patience."""

from cogs import Host
from cogs.imagine.cog import Imagine


async def setup(host: Host) -> None:
    (model,) = host.services.models
    imagine = Imagine(runs=host.services.runs, drafts=host.services.drafts, model=model, defer_after_s=0.0)
    host.tree.add_command(imagine.command())
