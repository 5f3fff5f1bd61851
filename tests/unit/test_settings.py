import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import SettingsError
from bot.settings import Settings, load_settings, masked, settings_table

ROOT = Path(__file__).parents[2]
NEEDED = {"DISCORD_TOKEN": "token-of-discord", "RUNFLOW_API_KEY": "key-of-runflow"}
VARIABLES = re.findall(r"^\| `([A-Z_]+)` ", settings_table(), re.MULTILINE)


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings({**NEEDED, **environ})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


def test_defaults():
    settings = load_settings(NEEDED)

    assert settings.discord_token.get_secret_value() == "token-of-discord"
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert settings.discord_gateway_url == "wss://gateway.discord.gg/"
    assert settings.discord_cdn_url == "https://cdn.discordapp.com"
    assert settings.runflow_api_url == "https://api.runflow.io"
    assert settings.runflow_callback_secrets == ()
    assert settings.public_url is None
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert settings.database_url == "sqlite+aiosqlite:///data/imagine.db"
    assert (settings.log_level, settings.log_format) == ("info", "console")
    assert settings.user_daily_limit == 500_000
    assert (settings.run_deadline_s, settings.lost_after_s, settings.progress_spacing_s) == (600, 30, 0.5)
    assert settings.max_picture_bytes == 33_554_432


def test_only_what_is_given_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / ".env").write_text("HTTP_PORT=1\nLOG_LEVEL=debug\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HTTP_PORT", "2")
    monkeypatch.setenv("USER_DAILY_LIMIT_USD", "none")

    settings = load_settings({**NEEDED, "PATH": "/bin", "UNKNOWN": "left alone"})

    assert (settings.http_port, settings.log_level, settings.user_daily_limit) == (8080, "info", 500_000)


def test_empty_is_unset():
    assert load_settings({**dict.fromkeys(VARIABLES, " "), **NEEDED}) == load_settings(NEEDED)
    assert "DISCORD_TOKEN is needed" in refusal(DISCORD_TOKEN="")


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        load_settings(NEEDED).http_port = 1  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/api/v10"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000/api/v10"),
        ("http://127.0.0.1:5000/api/v9/", "http://127.0.0.1:5000/api/v9"),
        ("https://discord.com/api/v10", "https://discord.com/api/v10"),
    ],
)
def test_api_version_is_added_where_no_path_is_given(given_url: str, kept: str):
    assert load_settings({**NEEDED, "DISCORD_API_URL": given_url}).discord_api_url == kept


def test_no_trailing_slash_is_kept():
    settings = load_settings({**NEEDED, "PUBLIC_URL": "https://bot.example/base/", "RUNFLOW_API_URL": "http://h:1/"})
    assert (settings.public_url, settings.runflow_api_url) == ("https://bot.example/base", "http://h:1")


def test_callback_secrets_are_parted_by_commas():
    settings = load_settings({**NEEDED, "RUNFLOW_CALLBACK_SECRETS": " new, old ,"})
    assert [secret.get_secret_value() for secret in settings.runflow_callback_secrets] == ["new", "old"]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///a.db",
        "sqlite+aiosqlite:////a.db",
        "postgresql://u:p@h/d",
        "postgres://u:p@h.example:25060/d?sslmode=require",
        "postgresql://u:p@h/d?sslmode=require&channel_binding=require",
    ],
)
def test_databases(url: str):
    assert load_settings({**NEEDED, "DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(("text", "micro"), [("none", None), ("None", None), ("0", 0), ("0.005", 5000), ("2", 2000000)])
def test_daily_limit(text: str, micro: int | None):
    assert load_settings({**NEEDED, "USER_DAILY_LIMIT_USD": text}).user_daily_limit == micro


@pytest.mark.parametrize(
    ("name", "bad", "allowed"),
    [
        ("DISCORD_TOKEN", "two words", "one word"),
        ("RUNFLOW_API_KEY", "näh", "ASCII"),
        ("RUNFLOW_CALLBACK_SECRETS", "a b,c", "commas"),
        ("DISCORD_API_URL", "ftp://x", "http"),
        ("DISCORD_GATEWAY_URL", "https://x", "ws://"),
        ("DISCORD_CDN_URL", "http:///cdn", "http"),
        ("RUNFLOW_API_URL", "http://[", "http"),
        ("RUNFLOW_API_URL", "http://name:word@host", "http"),
        ("PUBLIC_URL", "bot.example", "http"),
        ("PUBLIC_URL", "http://bot.example:port", "http"),
        ("HTTP_HOST", "a/b", "host name"),
        ("HTTP_PORT", "0", "a whole number from 1 to 65535"),
        ("HTTP_PORT", "80.5", "a whole number from 1 to 65535"),
        ("DATABASE_URL", "mysql://u:word@h/d", "postgresql://"),
        ("DATABASE_URL", "postgresql+asyncpg://u:word@h:port/d", "postgresql://"),
        ("DATABASE_URL", "postgres://u:word@h:99999/d", "postgresql://"),
        ("DATABASE_URL", "postgres://u:word@h:0/d", "postgresql://"),
        ("DATABASE_URL", "postgres://u:word@h/d?sslmode=sometimes", "postgresql://"),
        ("DATABASE_URL", "imagine.db", "sqlite:///"),
        ("RUNFLOW_CALLBACK_SECRETS", ",", "commas"),
        ("RUNFLOW_CALLBACK_SECRETS", " , ,,", "commas"),
        ("LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "console, json"),
        ("USER_DAILY_LIMIT_USD", "-1", "dollars"),
        ("USER_DAILY_LIMIT_USD", "nan", "none"),
        ("RUN_DEADLINE_S", "841", "a number from 1 to 840"),
        ("RUN_DEADLINE_S", "nan", "a number from 1 to 840"),
        ("LOST_AFTER_S", "0", "a number from 1 to 300"),
        ("MAX_PICTURE_BYTES", "0", "above 0"),
        ("PROGRESS_SPACING_S", "-0.1", "a number from 0 to 60"),
    ],
)
def test_refusals_name_the_variable_and_what_it_may_be_but_not_its_value(name: str, bad: str, allowed: str):
    told = refusal(**{name: bad})
    assert re.search(rf"^{name} may be: .*{re.escape(allowed)}", told, re.MULTILINE)
    assert len(told.splitlines()) == 2
    if len(bad) > 4:
        assert bad not in told


def test_every_variable_that_does_not_hold_is_named():
    told = refusal(**dict.fromkeys(VARIABLES, "ÿ ÿ"))
    assert [line.split()[0] for line in told.splitlines()[1:]] == VARIABLES
    assert "ÿ" not in told


@given(st.dictionaries(st.sampled_from(VARIABLES), st.text() | st.text().map("hush-{}".format)))
def test_nothing_but_settings_error_and_no_value_is_told(environ: dict[str, str]):
    try:
        settings = load_settings(environ)
    except SettingsError as error:
        told = str(error)
    else:
        told = dict(masked(settings))["DISCORD_TOKEN"]
    assert "hush-" not in told


def test_masked_tells_no_secret():
    settings = load_settings(
        {
            **NEEDED,
            "RUNFLOW_CALLBACK_SECRETS": "signing-one,signing-two",
            "DATABASE_URL": "postgresql+asyncpg://bot:pass-word@db/imagine?password=pass-again",
            "USER_DAILY_LIMIT_USD": "1.25",
            "RUN_DEADLINE_S": "100",
        }
    )
    shown = dict(masked(settings))

    assert list(shown) == VARIABLES
    assert shown["DISCORD_TOKEN"] == shown["RUNFLOW_CALLBACK_SECRETS"] == "set (hidden)"
    assert shown["DATABASE_URL"] == "postgresql+asyncpg://bot:***@db/imagine?password=hidden"
    assert (shown["USER_DAILY_LIMIT_USD"], shown["RUN_DEADLINE_S"], shown["PUBLIC_URL"]) == ("1.25", "100", "unset")
    for secret in (*NEEDED.values(), "signing-one", "signing-two", "pass-word", "pass-again"):
        assert secret not in repr(settings) + str(settings) + str(shown)


def test_masked_tells_what_is_off():
    shown = dict(masked(load_settings({**NEEDED, "USER_DAILY_LIMIT_USD": "none"})))
    assert (shown["USER_DAILY_LIMIT_USD"], shown["RUNFLOW_CALLBACK_SECRETS"]) == ("none", "unset")


def test_the_defaults_of_the_table_may_be_set_as_they_stand():
    defaults = dict(re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", settings_table(), re.MULTILINE))
    assert load_settings({**NEEDED, **defaults}) == load_settings(NEEDED)


@pytest.mark.parametrize("page", ["docs/settings.md", "README.md"])
def test_pages_hold_the_generated_table(page: str):
    path = ROOT / page
    tables = (
        re.findall(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", path.read_text("utf-8"), re.DOTALL)
        if path.exists()
        else []
    )
    assert tables or page != "docs/settings.md"
    assert all(table.strip() == settings_table() for table in tables)


def test_every_setting_is_explained():
    assert all(field.description and "|" not in field.description for field in Settings.model_fields.values())


def test_run_as_a_module_it_says_nothing():
    ran = subprocess.run(
        [sys.executable, "-m", "bot.settings"], cwd=ROOT, capture_output=True, check=True, text=True, timeout=60
    )
    assert (ran.stdout, ran.stderr) == ("", "")
