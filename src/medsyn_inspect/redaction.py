"""Removes from settings what must not be published: credentials, addresses of services, and local paths."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Any

WITHHELD = "<withheld>"
"""Replacement for a value that may be a credential or the address of a service."""

PATH = "<path>/"
"""Replacement for the folders before the last part of an absolute path."""

SECRET_WORDS = frozenset((
    "key", "keys", "apikey", "token", "secret", "secrets", "password", "passwd", "passphrase", "pwd", "credential",
    "credentials", "auth", "authorization", "bearer", "cookie", "cookies", "header", "headers", "signature", "sas",
    "jwt", "pat", "private", "url", "uri", "endpoint", "host", "hostname", "proxy", "proxies", "dsn",
))  # fmt: skip
"""A setting is withheld if its name contains one of these words: `api_key`, `apiKey`, `X-Auth-Token`, `base_url`."""

NO_SECRETS = frozenset(("token_limit", "token_limit_type"))
"""Settings of Inspect that are not credentials although their names contain such a word."""

SECRET_VALUE = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:sk|pk|rk|ghp|gho|ghs|glpat|hf|xai|gsk|nvapi|xox[abps])[-_][A-Za-z0-9_-]{12,}  # prefixes in use
    | (?<![A-Za-z0-9])(?:AKIA|ASIA|AIza)[A-Za-z0-9_-]{12,}
    | (?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.                                                         # JSON web token
    | \b(?:bearer|basic)\s+[A-Za-z0-9+/=._-]{8,}
    | -----BEGIN\s
    """,
    re.VERBOSE | re.IGNORECASE,
)
ADDRESS = re.compile(r"^(?!hf://)(?!file://)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
ABSOLUTE = re.compile(r"^(?:/[^/\n]+/|~[^/\s]*/|file:/|[A-Za-z]:[\\/]|\\\\)")
"""An absolute path of at least two parts: `/no_think`, for example, is an instruction to a model."""
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_secret(name: str, value: object = None) -> bool:
    """Whether a setting may hold a credential or an address, judged by its name and by the form of its value."""
    words = {word.lower() for word in WORDS.findall(name)}
    # Also names that end in such a word without a separator, such as `openaiapikey`.
    named = words & SECRET_WORDS or any(
        name.lower().endswith(word) for word in ("apikey", "token", "secret", "password")
    )
    if named and name not in NO_SECRETS:
        return True
    return isinstance(value, str) and bool(SECRET_VALUE.search(value) or ADDRESS.match(value))


def without_secrets(value: Any, name: str = "") -> Any:
    """A setting that may be published: credentials and addresses replaced, absolute paths cut to their last part.

    Args:
        value: Any JSON value; dicts and lists are searched.
        name: The name of the setting.
    """
    # A switch such as `use_auth=True` is no secret, and it documents the run.
    if value is None or isinstance(value, bool):
        return value
    if is_secret(name, value):
        return WITHHELD
    if isinstance(value, dict):
        return {str(key): without_secrets(one, str(key)) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(one, name) for one in value]
    if isinstance(value, str) and ABSOLUTE.match(value):
        return PATH + last_part(value)
    return value


def last_part(path: str) -> str:
    """The last part of a path, with slashes or backslashes."""
    return PurePosixPath(path.replace("\\", "/").rstrip("/")).name


def is_withheld(value: object) -> bool:
    """Whether a setting, or anything in it, was replaced by `without_secrets`."""
    if isinstance(value, dict):
        return any(is_withheld(one) for one in value.values())
    if isinstance(value, list):
        return any(is_withheld(one) for one in value)
    return isinstance(value, str) and (value == WITHHELD or value.startswith(PATH))


def failed_call(error: BaseException) -> str:
    """Why a call failed, without the provider's message, which may quote a key or a case.

    Args:
        error: The exception that Inspect raised; its cause is the provider's error.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    cause = error.__cause__ or error
    codes = (getattr(one, name, None) for one in (cause, error) for name in ("status_code", "code"))
    status = next((code for code in codes if isinstance(code, int)), None)
    return f"the call failed ({type(cause).__name__}{f', HTTP {status}' if status else ''})"


def short_hash(text: str) -> str:
    """Eight hexadecimal digits of a hash, to compare withheld values."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
