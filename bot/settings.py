"""Every setting: its environment variable, its default, its meaning. Built once, by the composition root."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError
from bot.money import MicroUsd, format_usd, parse_usd

_DISCORD_ROOT = "/api/v10"
_NO_LIMIT = "none"


def _http_address(text: str) -> str:
    return _address(text, ("http", "https"))


def _gateway_address(text: str) -> str:
    return _address(text, ("ws", "wss"))


def _address(text: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"must be an address that begins with {' or '.join(scheme + '://' for scheme in schemes)}")
    return text.rstrip("/") if parts.scheme in ("http", "https") else text


def _discord_api(text: str) -> str:
    """Discord's REST with its version; a bare origin gets it."""
    text = _http_address(text)
    return text if urlsplit(text).path else text + _DISCORD_ROOT


def _limit(value: object) -> object:
    if isinstance(value, str):
        return None if value.strip().lower() == _NO_LIMIT else parse_usd(value)
    return value


def _secrets(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _database(text: str) -> str:
    try:
        make_url(text)
    except ArgumentError as error:
        raise ValueError("must be a database address such as sqlite+aiosqlite:///data/imagine.db") from error
    return text


HttpAddress = Annotated[str, AfterValidator(_http_address)]


class Settings(BaseSettings):
    """The settings. Read from the environment alone; an empty variable counts as unset."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    discord_token: SecretStr = Field(min_length=1, description="The bot's token, from Discord's developer portal.")
    runflow_api_key: SecretStr = Field(min_length=1, description="The key of your Runflow organisation.")
    user_daily_limit: Annotated[MicroUsd | None, BeforeValidator(_limit)] = Field(
        default=MicroUsd(500_000),
        validation_alias="user_daily_limit_usd",
        description="What one person may spend in a day (UTC), in dollars; `none` for no limit.",
    )
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite+aiosqlite:///data/imagine.db",
        description="Where runs and money are kept: SQLite, or PostgreSQL as `postgresql+asyncpg://…`.",
    )
    public_url: HttpAddress | None = Field(
        default=None,
        description="Where Runflow can reach the bot; when set, runs are created with a callback address below it.",
    )
    runflow_callback_secrets: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_secrets)] = Field(
        default=(), description="Secrets that callbacks may be signed with, separated by commas; any one may match."
    )
    http_host: str = Field(default="127.0.0.1", description="Address the bot's own web server listens on.")
    http_port: int = Field(
        default=8080, ge=0, le=65535, description="Its port: `/healthz`, `/readyz`, `/metrics`, callbacks."
    )
    run_deadline_s: float = Field(
        default=600, ge=1, le=840, description="Seconds until a run without an end is given up and not charged."
    )
    lost_after_s: float = Field(
        default=30, ge=1, le=300, description="Seconds to look for a run whose creation was never answered."
    )
    progress_spacing_s: float = Field(
        default=1, ge=0, le=60, description="Least seconds between two progress edits of one card."
    )
    max_picture_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1, description="The largest picture the bot downloads, in bytes."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged: `debug`, `info`, `warning` or `error`."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="`console` for people, `json` for machines."
    )
    runflow_api_url: HttpAddress = Field(
        default="https://api.runflow.io", description="Runflow's address. Set it to use a stand-in."
    )
    discord_api_url: Annotated[str, AfterValidator(_discord_api)] = Field(
        default="https://discord.com/api/v10", description="Discord's REST address. Set it to use a stand-in."
    )
    discord_gateway_url: Annotated[str, AfterValidator(_gateway_address)] = Field(
        default="wss://gateway.discord.gg/", description="Discord's gateway. Set it to use a stand-in."
    )
    discord_cdn_url: HttpAddress = Field(
        default="https://cdn.discordapp.com", description="Discord's CDN. Set it to use a stand-in."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings hands in all of these by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: the composition root reads the environment, nothing else does."""
        return (init_settings,)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. Raises SettingsError that names each variable that does not hold, and no value."""
    variables = {variable_of(name, field): name for name, field in Settings.model_fields.items()}
    lowered = {name.lower(): value for name, value in environ.items() if value.strip()}
    given: dict[str, Any] = {
        str(Settings.model_fields[name].validation_alias or name): lowered[variable.lower()]
        for variable, name in variables.items()
        if variable.lower() in lowered
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        lines = [
            f"{str(one['loc'][0]).upper()}: {_reason(one['type'], one['msg'])}"
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise SettingsError("These settings do not hold:\n" + "\n".join(f"  {line}" for line in lines)) from None


def variable_of(name: str, field: FieldInfo) -> str:
    """The environment variable of a field."""
    return str(field.validation_alias or name).upper()


def settings_table() -> str:
    """Every setting as a table in Markdown, for the documents."""
    rows = [
        f"| `{variable_of(name, field)}` | {_default_of(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(("| variable | default | meaning |", "| --- | --- | --- |", *rows))


def masked(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Every setting as it is, secrets hidden."""
    return tuple(
        (variable_of(name, field), _shown(name, getattr(settings, name)))
        for name, field in Settings.model_fields.items()
    )


def _reason(kind: str, message: str) -> str:
    return "must be set" if kind == "missing" else message.removeprefix("Value error, ")


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return "none"
    if field.validation_alias == "user_daily_limit_usd":
        return f"`{format_usd(cast('MicroUsd', field.default)).lstrip('$')}`"
    return f"`{field.default}`"


def _shown(name: str, value: object) -> str:
    match value:
        case int() if name == "user_daily_limit":
            return format_usd(MicroUsd(value))
        case SecretStr():
            return "set (hidden)"
        case tuple():
            many = len(cast("tuple[object, ...]", value))
            return f"{many} set (hidden)" if many else "none"
        case None:
            return "none"
        case str() if "://" in value and "@" in value:
            return make_url(value).render_as_string(hide_password=True)
        case _:
            return str(value)
