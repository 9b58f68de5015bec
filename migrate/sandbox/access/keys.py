"""Key material of a sandbox, made once and kept in its data folder: service account and TLS."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PROJECT_NUMBER = "100200300400"
CLIENT_EMAIL = "mailhaul@mailhaul-sandbox.iam.gserviceaccount.com"
YEARS = datetime.timedelta(days=3650)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    draft.replace(path)


def service_account(data: Path) -> dict[str, Any]:
    """The key of this data folder, without `token_uri`: it depends on the port."""
    path = data / "service-account.json"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        info = {
            "type": "service_account",
            "project_id": "mailhaul-sandbox",
            "private_key_id": secrets.token_hex(20),
            "private_key": _pem(key),
            "client_email": CLIENT_EMAIL,
            "client_id": "1" + "".join(secrets.choice("0123456789") for _ in range(20)),
            "mailhaul_sandbox": True,
        }
        write_private(path, json.dumps(info, indent=2))
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def write_key_file(path: Path, account: dict[str, Any], url: str) -> None:
    """A key file as the Cloud console hands it out, plus the marker `mailhaul_sandbox`."""
    write_private(path, json.dumps(account | {"token_uri": f"{url}/token"}, indent=2) + "\n")


def tls(data: Path, host: str) -> tuple[Path, Path, Path]:
    """CA certificate, server certificate and server key (PEM) for loopback and `host`."""
    ca, cert, key = (data / f"tls-{name}.pem" for name in ("ca", "cert", "key"))
    if not (ca.exists() and cert.exists() and key.exists()):
        ca_key = ec.generate_private_key(ec.SECP256R1())
        server_key = ec.generate_private_key(ec.SECP256R1())
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailhaul sandbox CA")])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailhaul sandbox")])
        ca_cert = (
            _certificate(ca_name, ca_name, ca_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        server_cert = (
            _certificate(name, ca_name, server_key.public_key())
            .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        for path, certificate in ((ca, ca_cert), (cert, server_cert)):
            write_private(path, certificate.public_bytes(serialization.Encoding.PEM).decode())
        write_private(key, _pem(server_key))
    return ca, cert, key


def _certificate(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    for each in dict.fromkeys(("127.0.0.1", "::1", host)):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(each)))
        except ValueError:
            names.append(x509.DNSName(each))
    return names


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
