"""The sealed envelope of the landing area: raw bytes are compressed and encrypted with a key kept outside the database (SCOPE S3).

    header (JSON: url, content type, feed entry …) + raw body  →  zlib  →  AES-256-GCM  →  bytea

The crawler seals, the extract stage alone opens. The row's own id is not known when sealing, so the URL is bound as associated data:
an envelope moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from processing.errors import ConfigError, Quarantine
from processing.settings import get_settings

_MAX_UNPACKED = 32 * 1024 * 1024


class Envelope(NamedTuple):
    """What was landed: `header` as JSON values, `body` as the raw bytes of the response."""

    header: dict[str, Any]
    body: bytes


def make_key(path: Path) -> None:
    """Write a fresh key, readable by its owner only, unless one is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")


@lru_cache(maxsize=4)
def _cipher(path: Path) -> AESGCM:
    try:
        return AESGCM(bytes.fromhex(path.read_text().strip()))
    except FileNotFoundError:
        raise ConfigError(
            f"the landing key {path} does not exist", "`langnghe db migrate` makes one, or set LANGNGHE_LANDING_KEY_FILE"
        ) from None
    except ValueError:
        raise ConfigError(
            f"the landing key {path} is not 64 hexadecimal digits",
            "restore it from its backup; raw pages sealed with it are lost without it",
        ) from None


def seal(url: str, header: dict[str, Any], body: bytes, key_file: Path | None = None) -> bytes:
    """Compress and encrypt one envelope. `url` must be given again to open it."""
    head = json.dumps(header, ensure_ascii=False).encode()
    nonce = secrets.token_bytes(12)
    # level 3: a page is sealed for at most a week, and level 6 saves a thirtieth of its size for more than twice the time
    packed = zlib.compress(struct.pack(">I", len(head)) + head + body, 3)
    return nonce + _cipher(key_file or get_settings().key_file).encrypt(nonce, packed, url.encode())


def unseal(url: str, sealed: bytes, key_file: Path | None = None) -> Envelope:
    """Open one envelope. Raises Quarantine when it was sealed with another key, is damaged or unpacks to more than 32 MB."""
    try:
        packed = _cipher(key_file or get_settings().key_file).decrypt(bytes(sealed[:12]), bytes(sealed[12:]), url.encode())
    except InvalidTag:
        raise Quarantine("the raw page was sealed with another landing key; restore that key or crawl the page again") from None
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(packed, _MAX_UNPACKED)
    if unpacker.unconsumed_tail:
        raise Quarantine(f"the raw page unpacks to more than {_MAX_UNPACKED} bytes")
    (length,) = struct.unpack(">I", data[:4])
    return Envelope(json.loads(data[4 : 4 + length]), data[4 + length :])


@lru_cache(maxsize=4)
def _digest_key(path: Path) -> bytes:
    return hashlib.sha256(b"digest of raw pages" + path.read_bytes()).digest()


def keyed_digest(data: bytes, key_file: Path | None = None) -> bytes:
    """32 bytes that depend on the landing key: the same page landed twice is recognised, and nobody without the key can test a guess."""
    return hmac.new(_digest_key(key_file or get_settings().key_file), data, hashlib.sha256).digest()
