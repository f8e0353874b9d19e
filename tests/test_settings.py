"""The settings of an installation: every bad value names its variable and the mend, and no secret is shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from deployments.environment import environment
from tijdig.engine.errors import Misconfigured
from tijdig.settings import IdentityProvider, Settings


def test_an_empty_environment_gives_a_safe_installation_on_this_machine() -> None:
    assert Settings.read({}) == Settings(
        data=Path("data"),
        database_url="sqlite:///data/tijdig.db",
        mail="uit",
        smtp_url=None,
        mail_from=None,
        mail_redirect=None,
        url="http://127.0.0.1:8420",
        port=8420,
    )


def test_every_setting_is_read() -> None:
    settings = Settings.read(
        {
            "TIJDIG_DATA": "/var/lib/tijdig",
            "TIJDIG_DATABASE_URL": "postgresql://tijdig:geheim@db/tijdig",
            "TIJDIG_MAIL": "omleiden",
            "TIJDIG_SMTP_URL": "smtp+starttls://tijdig:geheim@mail.example.org:587",
            "TIJDIG_MAIL_FROM": "Tijdig <tijdig@example.org>",
            "TIJDIG_MAIL_REDIRECT": "proef@example.org",
            "TIJDIG_URL": "https://tijdig.example.org/",
            "TIJDIG_PORT": "9000",
        }
    )

    assert settings == Settings(
        data=Path("/var/lib/tijdig"),
        database_url="postgresql://tijdig:geheim@db/tijdig",
        mail="omleiden",
        smtp_url="smtp+starttls://tijdig:geheim@mail.example.org:587",
        mail_from="Tijdig <tijdig@example.org>",
        mail_redirect="proef@example.org",
        url="https://tijdig.example.org",
        port=9000,
    )
    assert "geheim" not in repr(settings)


def test_links_follow_the_port_where_no_address_is_set() -> None:
    assert Settings.read({"TIJDIG_PORT": "9000"}).url == "http://127.0.0.1:9000"


def test_the_embedded_database_lies_in_the_data_folder() -> None:
    assert Settings.read({"TIJDIG_DATA": "/srv/t"}).database_url == "sqlite:////srv/t/tijdig.db"


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "smtp"
    secret.write_text("smtps://u:geheim@mail.example.org\n", encoding="utf-8")

    assert Settings.read({"TIJDIG_SMTP_URL_FILE": str(secret)}).smtp_url == "smtps://u:geheim@mail.example.org"


def test_an_empty_setting_counts_as_not_set() -> None:
    assert Settings.read({"TIJDIG_SMTP_URL": "", "TIJDIG_PORT_FILE": " "}) == Settings.read({})


@pytest.mark.parametrize(
    ("environ", "mend"),
    [
        ({"TIJDIG_PORT": "80", "TIJDIG_PORT_FILE": "port"}, "TIJDIG_PORT and TIJDIG_PORT_FILE are both set. Keep one"),
        ({"TIJDIG_PORT_FILE": "/nowhere/port"}, "TIJDIG_PORT_FILE names /nowhere/port.*No such file.*Mend the path"),
        ({"TIJDIG_PORT": "http"}, "TIJDIG_PORT is 'http'. Give a port number from 1 to 65535"),
        ({"TIJDIG_PORT": "65536"}, "TIJDIG_PORT is '65536'. Give a port number"),
        ({"TIJDIG_MAIL": "on"}, "TIJDIG_MAIL is 'on'. Give uit"),
        ({"TIJDIG_MAIL_FROM": "tijdig"}, "TIJDIG_MAIL_FROM is 'tijdig'.*Give it as name@example.org"),
        ({"TIJDIG_MAIL_REDIRECT": "a@example.org\nBcc: b@example.org"}, "TIJDIG_MAIL_REDIRECT is"),
        ({"TIJDIG_URL": "tijdig.example.org"}, "TIJDIG_URL is 'tijdig.example.org'.*Give it as https://"),
        ({"TIJDIG_SMTP_URL": "mail://u:geheim@h"}, "TIJDIG_SMTP_URL is no mail server. Give smtp://"),
        ({"TIJDIG_SMTP_URL": "smtp://u:geheim@h:port"}, "TIJDIG_SMTP_URL is no mail server"),
        ({"TIJDIG_SMTP_URL": "smtp://u:geheim@"}, "TIJDIG_SMTP_URL is no mail server"),
        ({"TIJDIG_DATABASE_URL": "mysql://u:geheim@h/d"}, "TIJDIG_DATABASE_URL is no database address. Give sqlite"),
    ],
    ids=[
        "value-and-file",
        "file-that-is-not-there",
        "port-in-words",
        "port-too-high",
        "unknown-mail-mode",
        "sender-without-at",
        "header-smuggled-into-an-address",
        "link-base-without-scheme",
        "smtp-unknown-scheme",
        "smtp-bad-port",
        "smtp-without-host",
        "another-database",
    ],
)
def test_a_bad_value_names_the_variable_and_the_mend_but_no_secret(environ: dict[str, str], mend: str) -> None:
    with pytest.raises(Misconfigured, match=mend) as refused:
        Settings.read(environ)
    assert "geheim" not in str(refused.value)


OIDC = {
    "TIJDIG_OIDC_ISSUER": "https://login.zorg.example/realms/zorg/", "TIJDIG_OIDC_CLIENT_ID": "tijdig",
    "TIJDIG_OIDC_CLIENT_SECRET": "geheim", "TIJDIG_OIDC_GROUPS": "zorg=werklijst; CN=beheer,OU=zorg = beheer",
}  # fmt: skip


def test_an_identity_provider_is_read_with_its_secret_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim\n", encoding="utf-8")
    environ = {name: value for name, value in OIDC.items() if not name.endswith("SECRET")}

    provider = Settings.read({**environ, "TIJDIG_OIDC_CLIENT_SECRET_FILE": str(secret)}).provider

    assert provider == IdentityProvider(
        issuer="https://login.zorg.example/realms/zorg/",
        client_id="tijdig",
        client_secret="geheim",
        groups={"zorg": "werklijst", "CN=beheer,OU=zorg": "beheer"},
        claim="email",
        groups_claim="groups",
        scope="openid email profile",
    )
    assert "geheim" not in repr(provider)


HALF = [
    pytest.param({"TIJDIG_OIDC_GROUPS": ""}, "ISSUER is set, but this is missing: TIJDIG_OIDC_GROUPS. Set that too",
                 id="no groups"),
    pytest.param({"TIJDIG_OIDC_CLIENT_SECRET": "", "TIJDIG_OIDC_CLIENT_ID": ""},
                 "this is missing: TIJDIG_OIDC_CLIENT_ID, TIJDIG_OIDC_CLIENT_SECRET. Set", id="no client"),
    pytest.param(dict.fromkeys(OIDC, "") | {"TIJDIG_OIDC_CLAIM": "upn"}, "TIJDIG_OIDC_CLAIM is set, but",
                 id="only what may be left out"),
    pytest.param({"TIJDIG_OIDC_ISSUER": "http://login.zorg.example"}, "TIJDIG_OIDC_ISSUER is 'http.*Give it as https",
                 id="issuer over http"),
    pytest.param({"TIJDIG_OIDC_ISSUER": "https://login.zorg.example?a=b"}, "Give the issuer alone", id="with a query"),
    pytest.param({"TIJDIG_OIDC_ISSUER": "login.zorg.example"}, "which is no identity provider", id="a host"),
    pytest.param({"TIJDIG_OIDC_GROUPS": "zorg"}, "TIJDIG_OIDC_GROUPS is 'zorg'. Give GROUP=werklijst", id="no access"),
    pytest.param({"TIJDIG_OIDC_GROUPS": "zorg=alles"}, "Give GROUP=werklijst or GROUP=beheer", id="unknown access"),
    pytest.param({"TIJDIG_OIDC_GROUPS": "=beheer"}, "Give GROUP=werklijst", id="no group before the access"),
    pytest.param({"TIJDIG_OIDC_CLAIM": "e mail"}, "TIJDIG_OIDC_CLAIM is 'e mail'. Give the name", id="two claims"),
    pytest.param({"TIJDIG_OIDC_SCOPE": "email"}, "TIJDIG_OIDC_SCOPE is 'email'. Give openid", id="no openid"),
]  # fmt: skip


@pytest.mark.parametrize(("instead", "mend"), HALF)
def test_half_an_identity_provider_is_refused_with_what_is_missing(instead: dict[str, str], mend: str) -> None:
    with pytest.raises(Misconfigured, match=mend) as refused:
        Settings.read(OIDC | instead)
    assert "geheim" not in str(refused.value)


def test_what_serve_starts_has_the_same_settings() -> None:
    settings = Settings.read(OIDC | {"TIJDIG_DATA": "/srv/t"})

    assert Settings.read(environment(settings)) == settings


def test_reading_the_settings_imports_nothing_heavy() -> None:
    imported = (
        "import sys, tijdig.settings; print(*{'sqlalchemy', 'pydantic', 'prefect', 'sqlmodel'} & sys.modules.keys())"
    )

    assert subprocess.check_output([sys.executable, "-c", imported], text=True).split() == []


def test_a_scanner_is_a_command_with_its_words() -> None:
    assert Settings.read({"TIJDIG_SCANNER": "sh -c 'exit 0' scan"}).scanner == ("sh", "-c", "exit 0", "scan")


def test_a_scanner_that_is_not_there_is_named() -> None:
    with pytest.raises(Misconfigured, match="TIJDIG_SCANNER begins with '/er/is/geen', which is no command here"):
        Settings.read({"TIJDIG_SCANNER": "/er/is/geen scan"})
