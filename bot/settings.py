"""The settings: environment variables, checked once, by `__main__`. docs/settings.md is generated from this class."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import SplitResult, urlsplit

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url

from bot.database_url import parsed
from bot.errors import SettingsError
from bot.money import MicroUsd, format_usd, parse_usd

_NO_LIMIT = "none"


@dataclass(frozen=True, slots=True)
class _May:
    """What a variable may be, where its type does not say it."""

    phrase: str


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address. Raises ValueError; its text never holds the address, which may hold a secret."""
    if re.search(r"[\s\x00-\x20\x7f]", text):
        raise ValueError("has spaces")
    parts = urlsplit(text)
    _ = parts.port  # raises ValueError where it is no port
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("is no such address")
    return parts


def _http_url(text: str) -> str:
    _split(text, ("http", "https"))
    return text.rstrip("/")


def _discord_api_url(text: str) -> str:
    bare = _http_url(text)
    return bare if urlsplit(bare).path else f"{bare}/api/v10"


def _gateway_url(text: str) -> str:
    return text if _split(text, ("ws", "wss")).path else f"{text}/"


def _database_url(text: str) -> str:
    _ = parsed(text)  # which driver speaks to it is the store's choice
    return text


def _secret(secret: SecretStr) -> SecretStr:
    """Secrets travel in HTTP headers: a space, a line break or a letter beyond ASCII in one is a slip of the hand."""
    if not re.fullmatch(r"[\x21-\x7e]+", secret.get_secret_value()):
        raise ValueError("is not printable")
    return secret


def _host(text: str) -> str:
    if not re.fullmatch(r"[\w.:%-]+", text):
        raise ValueError("is no host")
    return text


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = tuple(part for each in value.split(",") if (part := each.strip()))
    if value.strip() and not parts:  # somebody meant to set some: none would mean that everybody is heard
        raise ValueError("has only commas")
    return parts


def _limit(value: object) -> object:
    if not isinstance(value, str):
        return value
    return None if value.lower() == _NO_LIMIT else parse_usd(value)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


_HttpUrl = Annotated[str, AfterValidator(_http_url), _May("an http:// or https:// address without name or query")]
_Secret = Annotated[SecretStr, AfterValidator(_secret), _May("one word of printable ASCII characters")]


class Settings(BaseSettings):
    """Every setting. An environment variable is a field's name, or its alias, in capital letters."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    discord_token: _Secret = Field(description="The bot's token, from Discord's developer portal.")
    runflow_api_key: _Secret = Field(description="The key that Runflow bills.")
    discord_api_url: Annotated[
        str, AfterValidator(_discord_api_url), _May("an http:// or https:// address without name or query")
    ] = Field(
        "https://discord.com/api/v10", description="Where Discord's REST API is. Without a path, `/api/v10` is added."
    )
    discord_gateway_url: Annotated[str, AfterValidator(_gateway_url), _May("a ws:// or wss:// address")] = Field(
        "wss://gateway.discord.gg/", description="Where Discord's gateway is."
    )
    discord_cdn_url: _HttpUrl = Field("https://cdn.discordapp.com", description="Where Discord serves files from.")
    runflow_api_url: _HttpUrl = Field("https://api.runflow.io", description="Where Runflow's API is.")
    runflow_callback_secrets: Annotated[
        tuple[_Secret, ...], BeforeValidator(_parts), _May("words of printable ASCII characters, parted by commas")
    ] = Field(
        (), description="The secrets Runflow signs callbacks with, parted by commas: the new one and those it replaces."
    )
    public_url: _HttpUrl | None = Field(
        None,
        description="Where the bot's HTTP server is reached from the internet, for Runflow's callbacks. "
        "Without it the bot asks Runflow by polling alone.",
    )
    http_host: Annotated[str, AfterValidator(_host), _May("a host name or an IP address")] = Field(
        "127.0.0.1", description="The address the HTTP server (health, metrics, callbacks) listens on."
    )
    http_port: Annotated[int, Ge(1), Le(65535)] = Field(8080, description="The port the HTTP server listens on.")
    database_url: Annotated[
        str, AfterValidator(_database_url), _May("sqlite:///path/to/file or postgresql://user:password@host/name")
    ] = Field(
        "sqlite+aiosqlite:///data/imagine.db",
        description="Where runs and money are kept: SQLite, or PostgreSQL (`postgresql+asyncpg://…`).",
        repr=False,  # it may hold a password
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", description="The least grave events that are logged: `debug`, `info`, `warning` or `error`."
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = Field(
        "console", description="How events are logged: `console` for people, `json` for machines."
    )
    user_daily_limit: Annotated[
        MicroUsd | None, BeforeValidator(_limit), _May("an amount in dollars such as 0.50, or none")
    ] = Field(
        parse_usd("0.50"),
        validation_alias="user_daily_limit_usd",
        description="What one person may spend in a day (UTC) in one server, in US dollars, where the server's admins "
        "set nothing else for them. `none` sets no limit.",
    )
    private_use: Annotated[Literal["on", "off"], BeforeValidator(_lower)] = Field(
        "on",
        description="Whether people may use the bot in DMs and where they installed it for themselves: `on`, `off`.",
    )
    private_daily_limit: Annotated[
        MicroUsd | None, BeforeValidator(_limit), _May("an amount in dollars such as 0.50, or none")
    ] = Field(
        parse_usd("0.50"),
        validation_alias="private_daily_limit_usd",
        description="What one person may spend in a day (UTC) outside servers, in US dollars. `none` sets no limit.",
    )
    bot_monthly_cap: Annotated[
        MicroUsd | None, BeforeValidator(_limit), _May("an amount in dollars such as 100, or none")
    ] = Field(
        None,
        validation_alias="bot_monthly_cap_usd",
        description="What everybody together may spend in a month (UTC), in US dollars; then all runs stop.",
    )
    low_balance: Annotated[
        MicroUsd | None, BeforeValidator(_limit), _May("an amount in dollars such as 5, or none")
    ] = Field(
        parse_usd("5"),
        validation_alias="low_balance_usd",
        description="Below which balance at Runflow, in US dollars, the log and the admins' channels are warned, "
        "once a day. `none` warns of nothing.",
    )
    max_runs_at_once: Annotated[int, Ge(1), Le(10_000)] = Field(
        20, description="How many runs may be at Runflow at once. Further ones wait in line, people in turns."
    )
    max_runs_per_guild: Annotated[int, Ge(1), Le(10_000)] = Field(
        10, description="How many runs of one server may be at Runflow at once."
    )
    max_runs_per_user: Annotated[int, Ge(1), Le(10_000)] = Field(
        2, description="How many runs of one person may be at Runflow at once, over all servers."
    )
    run_deadline_s: Annotated[float, Ge(1), Le(840)] = Field(
        600,
        description="How long a run may take at Runflow, in seconds, before the bot gives up on it. "
        "Discord lets a card be edited for 15 minutes.",
    )
    lost_after_s: Annotated[float, Ge(1), Le(300)] = Field(
        30, description="How long a run is looked for whose creation Runflow did not answer clearly, in seconds."
    )
    max_picture_bytes: Annotated[int, Gt(0)] = Field(
        33_554_432, description="The largest picture that is downloaded, in bytes."
    )
    progress_spacing_s: Annotated[float, Ge(0), Le(60)] = Field(
        0.5,
        description="The least time between two progress edits of one card, in seconds. 0 tells each change at once.",
    )

    strikes_to_warn: Annotated[int, Ge(1), Le(100)] = Field(
        1, description="At how many strikes that count a person is warned of what more of them bring."
    )
    strikes_to_pause: Annotated[int, Ge(1), Le(100)] = Field(
        3, description="At how many strikes that count a person is paused."
    )
    strikes_to_stop: Annotated[int, Ge(1), Le(100)] = Field(
        5, description="At how many strikes that count a person is stopped until a moderator lifts it."
    )
    strike_days: Annotated[int, Ge(1), Le(3650)] = Field(30, description="For how many days a strike counts.")
    pause_hours: Annotated[int, Ge(1), Le(8760)] = Field(
        24, description="How long a pause lasts, in hours, where the moderator names no time."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` was given: neither this process's environment nor a `.env` file beside it."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment; empty variables count as unset, other variables are let be.

    Raises SettingsError, which names every variable that does not hold and what it may be, but never its value.
    """
    given: dict[str, Any] = {
        _key(name, field): text
        for name, field in Settings.model_fields.items()
        if (text := environ.get(_variable(name, field), "").strip())
    }
    try:
        return Settings(**given)
    except ValidationError as error:
        broken = {str(part["loc"][0]) for part in error.errors(include_url=False, include_input=False)}
    lines = [
        f"{_variable(name, field)} {'may be' if _key(name, field) in given else 'is needed'}: {_allowed(field)}"
        for name, field in Settings.model_fields.items()
        if {name, _key(name, field)} & broken
    ]
    # Raised outside the handler, so that no traceback leads to the values.
    raise SettingsError("These settings do not hold.\n" + "\n".join(lines))


def settings_table() -> str:
    """Every variable with its default and meaning, as a markdown table."""
    rows = [
        f"| `{_variable(name, field)}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def masked(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Variables and values fit to be read over a shoulder."""
    return tuple(
        (_variable(name, field), _shown(name, getattr(settings, name))) for name, field in Settings.model_fields.items()
    )


def _key(name: str, field: FieldInfo) -> str:
    return field.validation_alias if isinstance(field.validation_alias, str) else name


def _variable(name: str, field: FieldInfo) -> str:
    return _key(name, field).upper()


def _default(field: FieldInfo) -> str:
    default: object = field.default
    if field.is_required():
        return "required"
    if default is None and _is_money(field):
        return f"`{_NO_LIMIT}`"
    if default is None or default == ():
        return "unset"
    return f"`{_plain(field, default)}`"


def _is_money(field: FieldInfo) -> bool:
    return isinstance(field.validation_alias, str) and field.validation_alias.endswith("_usd")


def _plain(field: FieldInfo, value: object) -> str:
    """A value as the variable would spell it."""
    if _is_money(field) and isinstance(value, int):
        return format_usd(MicroUsd(value)).removeprefix("$").replace(",", "")
    return f"{Decimal(str(value)).normalize():f}" if isinstance(value, float) else str(value)


def _shown(name: str, value: object) -> str:
    field = Settings.model_fields[name]
    match value:
        case SecretStr():
            return "set (hidden)"
        case tuple():
            return "set (hidden)" if value else "unset"
        case None:
            return _NO_LIMIT if _is_money(field) else "unset"
        case str() if name == "database_url":
            return _without_password(value)
        case _:
            return _plain(field, value)


def _without_password(database_url: str) -> str:
    """The address without its password, and without what its query says: drivers take passwords there as well."""
    url = make_url(database_url)
    return url.set(query=dict.fromkeys(url.query, "hidden")).render_as_string(hide_password=True)


def _allowed(field: FieldInfo) -> str:
    """What a variable may be, as a phrase."""
    marks: list[object] = [*field.metadata, *(mark for kind in get_args(field.annotation) for mark in _marks(kind))]
    for mark in marks:
        if isinstance(mark, _May):
            return mark.phrase
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(get_args(field.annotation))
    number = "a whole number" if field.annotation is int else "a number"
    least = next((mark.ge for mark in marks if isinstance(mark, Ge)), None)
    most = next((mark.le for mark in marks if isinstance(mark, Le)), None)
    return f"{number} from {least} to {most}" if most is not None else f"{number} above 0"


def _marks(kind: Any) -> tuple[object, ...]:
    return getattr(kind, "__metadata__", ())
