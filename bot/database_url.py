"""The address of the database, as operators and hosters write it, in the words of the drivers that are used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_SQLITE, _POSTGRESQL = "sqlite+aiosqlite", "postgresql+asyncpg"
_DRIVERS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "postgres": _POSTGRESQL}
_TLS_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_TLS_WORDS = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
# Options of libpq that asyncpg reads from an address, and nowhere else.
_OF_ADDRESS = frozenset(
    {
        "gsslib",
        "krbsrvname",
        "passfile",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcrl",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "target_session_attrs",
    }
)
_FILES = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl"})
_OF_SESSION = frozenset({"application_name", "options", "search_path"})  # PostgreSQL itself takes these
_OF_SQLALCHEMY = frozenset({"host", "port", "user", "password", "prepared_statement_cache_size"})
# Options of libpq without a counterpart in asyncpg. It knows no channel binding; whom it speaks to, sslmode=verify-full
# makes sure of. How long it waits is the store's to say.
_LEFT_OUT = frozenset(
    {
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "fallback_application_name",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)


@dataclass(frozen=True, slots=True)
class Database:
    """What a database's address says. `options` are for PostgreSQL's driver, `session` for PostgreSQL itself."""

    url: URL
    options: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # one may be a password
    session: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.url.drivername == _SQLITE

    @property
    def dsn(self) -> str | None:
        """The options as an address, the only form in which asyncpg reads them; None where there are none."""
        return f"postgresql://?{urlencode(self.options)}" if self.options else None

    @property
    def files(self) -> Mapping[str, str]:
        """The files that options name."""
        return {name: value for name, value in self.options.items() if name in _FILES}


def parsed(address: str) -> Database:
    """What an address says. Raises ValueError with what is wrong, as the rest of a sentence, without any value."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ValueError("is not an address of a database") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ValueError("must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")
    url = url.set(drivername=driver)
    if driver == _POSTGRESQL:
        return _postgresql(url)
    if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
        raise ValueError("must name a file: sqlite+aiosqlite:///path/to/imagine.db")
    return Database(url)


def _postgresql(url: URL) -> Database:
    options = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    ports = options.get("port", "").split(",") if "port" in options else []
    if not all(_is_port(port) for port in (*ports, *([str(url.port)] if url.port is not None else []))):
        raise ValueError("has a port that is not a whole number from 1 to 65535")
    tls = options.pop("ssl", None)
    if tls is not None:
        options.setdefault("sslmode", _TLS_WORDS.get(tls.lower(), tls))
    if options.get("sslmode", "prefer") not in _TLS_MODES:
        raise ValueError("has an sslmode that is none of " + ", ".join(sorted(_TLS_MODES)))
    known = _OF_ADDRESS | _OF_SESSION | _OF_SQLALCHEMY | _LEFT_OUT
    if unknown := sorted(set(options) - known):
        raise ValueError(f"has an option that is not known here: {', '.join(unknown)}")
    return Database(
        url.set(query={name: value for name, value in url.query.items() if name in _OF_SQLALCHEMY}),
        {name: value for name, value in options.items() if name in _OF_ADDRESS and value},
        {name: value for name, value in options.items() if name in _OF_SESSION},
    )


def _is_port(text: str) -> bool:
    return text.isdecimal() and 1 <= int(text) <= 65535
