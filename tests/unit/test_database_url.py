from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.database_url import parsed


@pytest.mark.parametrize(
    ("address", "url", "dsn"),
    [
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d", None),
        ("postgresql://u:p@h:6543/d", "postgresql+asyncpg://u:p@h:6543/d", None),
        ("postgresql+psycopg2://u@h/d", "postgresql+asyncpg://u@h/d", None),
        ("postgres://h/d?sslmode=require&channel_binding=require", "postgresql+asyncpg://h/d", "sslmode=require"),
        ("postgres://h/d?ssl=TRUE", "postgresql+asyncpg://h/d", "sslmode=require"),
        ("postgres://h/d?ssl=verify-full", "postgresql+asyncpg://h/d", "sslmode=verify-full"),
        ("postgres://h/d?ssl=1&sslmode=verify-ca", "postgresql+asyncpg://h/d", "sslmode=verify-ca"),
        ("postgres://u@/d?host=/run/x&connect_timeout=3", "postgresql+asyncpg://u@/d?host=%2Frun%2Fx", None),
        ("postgres://h/d?sslrootcert=/a b.pem", "postgresql+asyncpg://h/d", "sslrootcert=%2Fa+b.pem"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db", None),
    ],
)
def test_addresses_as_people_and_hosters_write_them(address: str, url: str, dsn: str | None) -> None:
    database = parsed(address)
    assert database.url.render_as_string(hide_password=False) == url
    assert database.dsn == (None if dsn is None else f"postgresql://?{dsn}")


def test_what_postgresql_itself_is_told() -> None:
    options = "options=endpoint%3Dx&application_name=bot&sslmode=require"
    assert parsed(f"postgres://h/d?{options}").session == {"options": "endpoint=x", "application_name": "bot"}


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("imagine.db", "not an address"),
        ("mysql://u:word@h/d", "must begin with"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("postgres://u:word@h:99999/d", "1 to 65535"),
        ("postgres://u:word@h:0/d", "1 to 65535"),
        ("postgres://u:word@/d?host=a&port=99999", "1 to 65535"),
        ("postgres://u:word@h/d?sslmode=sometimes", "none of allow, disable"),
        ("postgres://u:word@h/d?prefer=cheese", "not known here: prefer"),
    ],
)
def test_what_is_wrong_is_said_without_any_value(address: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        parsed(address)
    assert "word" not in str(caught.value)
    assert "cheese" not in str(caught.value)


def test_no_password_is_in_its_form_for_the_log() -> None:
    assert "hush" not in repr(parsed("postgres://u:hush@h/d?sslpassword=hush"))


@given(st.text(max_size=60).map("postgres://u@h{}".format) | st.text(max_size=60).map("postgres://u@h/d?{}".format))
def test_nothing_but_value_error(address: str) -> None:
    with suppress(ValueError):
        _ = parsed(address)
