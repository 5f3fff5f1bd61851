"""The stand-in for Discord."""

from sandbox.discord.clientchecks import ClientRefusal
from sandbox.discord.media import Upload
from sandbox.discord.people import People
from sandbox.discord.standin import DiscordStandin
from sandbox.discord.switches import DiscordSwitches, FailNext, RateLimit
from sandbox.discord.world import World

__all__ = [
    "ClientRefusal",
    "DiscordStandin",
    "DiscordSwitches",
    "FailNext",
    "People",
    "RateLimit",
    "Upload",
    "World",
]
