"""An extension: /imagine without patience."""

from cogs import Host
from cogs.imagine.cog import Imagine


async def setup(host: Host) -> None:
    (model,) = host.services.models
    services = host.services
    imagine = Imagine(
        runs=services.runs, drafts=services.drafts, policies=services.policies, model=model, defer_after_s=0.0
    )
    host.tree.add_command(imagine.command())
