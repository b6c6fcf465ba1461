"""Certificates and protocols of real TLS servers on loopback, in one crawl; and the dated exception that lets one through."""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from processing.zone import local_day

from .conftest import Crawl
from .site import Site, item, page, serving

NOW = datetime.now(UTC)
FEED = '[[feeds]]\nurl = "{url}/rss"\n'


class Authority:
    """An authority that the crawl under test trusts, through OpenSSL's own setting."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the test")])
        made = self._builder(self.name, self.key, 100).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(self.key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, issuer: x509.Name | None = None) -> x509.CertificateBuilder:
        began = NOW - timedelta(days=30)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer or self.name).public_key(key.public_key())
        return builder.serial_number(x509.random_serial_number()).not_valid_before(began).not_valid_after(began + timedelta(days=days))

    def server(self, address: str, *, days: int = 60, known: bool = True, old: bool = False) -> ssl.SSLContext:
        """A server's context: its certificate is for `address`, runs `days` from a month ago, and is signed by us or, not `known`, by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
        builder = self._builder(name, key, days, None if known else name)
        made = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False).sign(self.key if known else key, hashes.SHA256())
        cert, secret = self.folder / "cert.pem", self.folder / "key.pem"
        cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if old:
            with pytest.warns(DeprecationWarning):
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(cert, secret)
        return context


def exception(until: str, *allow: str) -> str:
    return f'[tls_exception]\nreason = "An old portal of the test."\nuntil = {until}\nallow = {list(allow)}\n'.replace("'", '"')


def test_what_does_not_check_is_not_read_but_under_a_dated_exception(crawl: Crawl, tmp_path: Path) -> None:
    us = Authority(tmp_path)
    crawl.env["SSL_CERT_FILE"] = str(us.file)
    today, past = local_day(NOW).isoformat(), (local_day(NOW) - timedelta(days=1)).isoformat()
    kinds: dict[str, tuple[dict[str, Any], str, str]] = {
        "tot": ({}, "", "ok"),
        "het-han": ({"days": 10}, "", "tls"),
        "ten-khac": ({"address": "127.0.0.99"}, "", "tls"),
        "tu-ky": ({"known": False}, "", "tls"),
        "giao-thuc-cu": ({"old": True}, "", "tls"),
        "het-han-cho-phep": ({"days": 10}, exception(today, "certificate"), "ok"),
        "ngoai-le-da-het": ({"days": 10}, exception(past, "certificate"), "tls"),
        "cu-cho-phep": ({"old": True}, exception(today, "protocol"), "ok"),
        "cu-va-het-han": ({"days": 10, "old": True}, exception(today, "protocol"), "tls"),
        "cu-va-het-han-cho-phep": ({"days": 10, "old": True}, exception(today, "protocol", "certificate"), "ok"),
    }
    with ExitStack() as stack:
        for number, (key, (how, more, _)) in enumerate(kinds.items(), 20):
            address = f"127.0.0.{number}"
            site: Site = stack.enter_context(serving(address, tls=us.server(**{"address": address, **how})))
            site.feed(item("/a", "A", "1"))
            site.pages["/a"] = page("A")
            crawl.source(site, key=key, feeds=FEED.format(url=site.url) + more)
        results = crawl.run_many(*kinds)
    ended = {key: "ok" if stats["landed"] else stats["failure"] for key, stats in results.items()}
    assert ended == {key: expected for key, (_, _, expected) in kinds.items()}
    under = crawl.rows("SELECT DISTINCT s.key, f.reason FROM fetch_log f JOIN source s ON s.id = f.source_id WHERE f.reason LIKE 'under its exception until%' ORDER BY 1")
    assert [row["key"] for row in under] == ["cu-cho-phep", "cu-va-het-han-cho-phep", "het-han-cho-phep"]
    assert all(today in row["reason"] and "An old portal of the test" in row["reason"] for row in under)
    assert "not insisted on until" in crawl.stderr
    assert "ngoai-le-da-het" not in crawl.stderr
