"""The table of routes, with the templates of Discord's OpenAPI document."""

from aiohttp import web

from sandbox.discord.rest.callbacks import Callbacks
from sandbox.discord.rest.channels import Channels
from sandbox.discord.rest.commands import Commands
from sandbox.discord.rest.door import Door
from sandbox.discord.rest.reads import Reads
from sandbox.discord.rest.webhooks import Webhooks

_HOOK = "/webhooks/{webhook_id}/{webhook_token}"
_MESSAGES = "/channels/{channel_id}/messages"
_GLOBAL = "/applications/{application_id}/commands"
_OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def rest_routes(
    door: Door, *, callbacks: Callbacks, webhooks: Webhooks, channels: Channels, commands: Commands, reads: Reads
) -> list[web.RouteDef]:
    """Every REST route. Those of an interaction's token come without the bot's."""
    with_token = [
        ("GET", "/users/@me", reads.me),
        ("GET", "/users/@me/guilds", reads.my_guilds),
        ("POST", "/users/@me/channels", channels.open_dm),
        ("GET", "/users/{user_id}", reads.user),
        ("GET", "/oauth2/applications/@me", reads.application),
        ("GET", "/applications/@me", reads.application),
        ("GET", "/gateway/bot", reads.gateway_bot),
        ("GET", "/guilds/{guild_id}", reads.guild),
        ("GET", "/guilds/{guild_id}/channels", reads.channels),
        ("GET", "/guilds/{guild_id}/threads/active", reads.threads),
        ("GET", "/guilds/{guild_id}/roles", reads.roles),
        ("GET", "/guilds/{guild_id}/members", reads.members),
        ("GET", "/guilds/{guild_id}/members/{user_id}", reads.member),
        ("GET", "/channels/{channel_id}", channels.get),
        ("POST", "/channels/{channel_id}/typing", channels.typing),
        ("GET", _MESSAGES, channels.list),
        ("POST", _MESSAGES, channels.create),
        ("GET", _MESSAGES + "/{message_id}", channels.read),
        ("PATCH", _MESSAGES + "/{message_id}", channels.edit),
        ("DELETE", _MESSAGES + "/{message_id}", channels.delete),
    ]
    for scope in (_GLOBAL, _OF_GUILD):
        with_token += [
            ("GET", scope, commands.list),
            ("PUT", scope, commands.replace),
            ("POST", scope, commands.create),
            ("GET", scope + "/{command_id}", commands.get),
            ("PATCH", scope + "/{command_id}", commands.edit),
            ("DELETE", scope + "/{command_id}", commands.delete),
        ]
    without_token = [
        ("GET", "/gateway", reads.gateway),
        ("POST", "/interactions/{interaction_id}/{interaction_token}/callback", callbacks.callback),
        ("POST", _HOOK, webhooks.followup),
    ]
    for which in ("@original", "{message_id}"):
        without_token += [
            ("GET", f"{_HOOK}/messages/{which}", webhooks.get),
            ("PATCH", f"{_HOOK}/messages/{which}", webhooks.edit),
            ("DELETE", f"{_HOOK}/messages/{which}", webhooks.delete),
        ]
    return [
        *(door.wrap(method, template, route, with_token=True) for method, template, route in with_token),
        *(door.wrap(method, template, route, with_token=False) for method, template, route in without_token),
        door.unknown(),
    ]
