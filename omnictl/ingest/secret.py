"""The secret that identifiers are turned into pseudonyms with.

Looked for in the file that `OMNICTL_SECRET_FILE` names, in `identity: {secret: …}`, and in `.omnictl/secret`. A new
store gets one made; a store that was filled with another is refused, for its pseudonyms would match nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.engines.store import Store, read_meta, write_meta
from omnictl.errors import EngineError
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

VARIABLE = "OMNICTL_SECRET_FILE"
FILE_NAME = "secret"
SHORTEST = 16  # characters; a shorter one could be found by trying
BLOCK = 64  # bytes SHA-256 takes at a time


@dataclass(frozen=True)
class Secret:
    """The key, and where it was found. Never shown: not by `repr` either."""

    key: bytes = field(repr=False)
    origin: str

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without telling the key."""
        return hmac.new(self.key, b"omnictl key fingerprint", hashlib.sha256).hexdigest()[:16]

    @property
    def pads(self) -> dict[str, bytes]:
        """The two keys of HMAC-SHA256, as parameters of a statement."""
        key = hashlib.sha256(self.key).digest() if len(self.key) > BLOCK else self.key
        key = key.ljust(BLOCK, b"\0")
        return {"inner": bytes(byte ^ 0x36 for byte in key), "outer": bytes(byte ^ 0x5C for byte in key)}


def find_secret(workspace: Workspace) -> Secret | None:
    """The secret of a workspace, None when nobody gave one.

    Raises:
        EngineError: it cannot be read, or is too short.
        DefinitionError: `identity: {secret: ${…}}` names a variable that is not set.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return _from_file(Path(named), f"the file that {VARIABLE} names")
    given = workspace.identity.secret
    if given is not None:
        return _checked(given, "`identity: {secret: …}` of omnictl.yml")
    own = workspace.store / FILE_NAME
    return _from_file(own, str(own)) if own.exists() else None


def secret_of_store(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, store: Store, notes: list[str]
) -> Secret:
    """The workspace's secret, the one this store was filled with; a new store without one gets one made.

    Args:
        notes: gets a word when one was made.

    Raises:
        EngineError: it is gone, or another one.
    """
    secret = find_secret(workspace)
    fingerprint = read_meta(connection, "key")
    if fingerprint is None:
        if secret is None:
            secret = make_secret(store.folder)
            notes.append(f"a secret for the pseudonyms of identifiers was made: {secret.origin}; keep a copy of it")
        write_meta(connection, "key", secret.fingerprint)
        return secret
    return _the_same(secret, fingerprint)


def known_secret(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> Secret:
    """The workspace's secret, for those who only read: the one the store was filled with.

    Raises:
        EngineError: it is gone, or another one.
    """
    return _the_same(find_secret(workspace), read_meta(connection, "key") or "")


def _the_same(secret: Secret | None, fingerprint: str) -> Secret:
    """The secret, once it is known to be the one with this fingerprint."""
    hint = "give back the one it was filled with, or remove the store's folder and load the exports anew"
    if secret is None:
        raise EngineError("the secret this store was filled with is gone", hint=hint)
    if secret.fingerprint != fingerprint:
        raise EngineError(f"the secret from {secret.origin} is not the one this store was filled with", hint=hint)
    return secret


def make_secret(folder: Path) -> Secret:
    """Make a secret in a store's folder, readable by its owner only.

    Raises:
        OSError: the folder cannot be written.
    """
    file = folder / FILE_NAME
    text = secrets.token_hex(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as writing:
        writing.write(text + "\n")
        writing.flush()
        os.fsync(writing.fileno())
    return Secret(text.encode(), str(file))


def _from_file(file: Path, origin: str) -> Secret:
    try:
        return _checked(file.read_text(encoding="utf-8").strip(), origin)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise EngineError(f"the secret cannot be read from {origin}: {reason}") from error


def _checked(text: str, origin: str) -> Secret:
    if len(text) < SHORTEST:
        hint = "`openssl rand -hex 32` makes one"
        raise EngineError(f"the secret in {origin} is shorter than {SHORTEST} characters", hint=hint)
    return Secret(text.encode(), origin)
