"""What is set up, reachable, missing or late: one check each, and nothing here raises (cli.md, `doctor`)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import packages_distributions
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from models import schema
from models.message import UNSENT, Mail
from models.operation import Installation, Run
from models.session import Store
from tijdig.engine.calendar import local_day, short_moment
from tijdig.engine.errors import TijdigError
from tijdig.service.clock import installation, set_clock
from tijdig.service.coverage import needed_roles
from tijdig.service.deliver import route_of
from tijdig.service.held import LOADER
from tijdig.service.hold import is_held
from tijdig.service.identity import without_a_way_in
from tijdig.service.incidents import open_incidents
from tijdig.service.oidc import Down, Provider
from tijdig.service.people import Directory
from tijdig.service.pins import current, definitions
from tijdig.settings import Settings

OURS = ("flows", "models", "tasks", "templates", "deployments")
APPEND_ONLY = ("log", "payload", "event", "definition", "settings_version", "calendar_version", "seal", "hand_in")
LATE_AFTER = timedelta(hours=2)
"""Without a sweep or a delivery for so long, a live installation misses dates."""

AUDIT_AFTER = timedelta(days=2)
"""Without an audit for so long, nobody sees what was changed past Tijdig."""

OLDEST_POSTGRESQL = 14
"""What is older gets no mends from its makers any more."""

ROOM_BYTES = 1024**3
"""Less than this and the disk is nearly full."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; where it is not ok, `detail` says what to do."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings, *, wall: datetime) -> list[Check]:
    """All checks that can be made; without a database only those that need none."""
    found = [_packages(), _disk(settings)]
    store = Store.at(settings.database_url)
    try:
        return [*found, *_database(store, settings, wall)]
    finally:
        store.close()


Found = tuple[bool, str]
Look = Callable[[Session, Settings, datetime], Found]


def _database(store: Store, settings: Settings, wall: datetime) -> Iterator[Check]:
    try:
        with store.write() as session:  # as acts write: it also shows that one can
            ok, detail = ground(session.get_bind().dialect.name, lambda asked: session.execute(text(asked)).scalar())
        yield Check("store", ok, detail)
        current_schema = schema.is_current(store)
    except TijdigError as refusal:
        yield Check("database", False, str(refusal))
        return
    if not current_schema:
        yield Check("database", False, "De tabellen zijn niet van deze versie. Maak een back-up en draai: tijdig init.")
        return
    with store.read() as session:
        yield from looked(session, settings, wall, {**_LOOKS, "sign-in": _signing_in})


def looked(
    session: Session, settings: Settings, wall: datetime, looks: Mapping[str, Look] | None = None
) -> Iterator[Check]:
    """The checks of what a database of this version holds; none of them asks anything of another machine."""
    for name, look in (looks or _LOOKS).items():
        try:
            ok, detail = look(session, settings, wall)
        except TijdigError as refusal:
            ok, detail = False, str(refusal)
        yield Check(name, ok, detail)


def ground(store: str, ask: Callable[[str], Any]) -> Found:
    """What this installation runs on, how that writes to its disk, and how much it holds."""
    if store == "postgresql":
        version, encoding = str(ask("show server_version")).split()[0], ask("show server_encoding")
        size = ask("select pg_database_size(current_database())")
        said = f"PostgreSQL {version}, {encoding}, fsync {ask('show fsync')}, {size / 1e6:.1f} MB"
        if int(version.partition(".")[0]) < OLDEST_POSTGRESQL:
            return False, f"{said}. Neem PostgreSQL {OLDEST_POSTGRESQL} of nieuwer."
        return encoding == "UTF8", said if encoding == "UTF8" else f"{said}. Maak een database met encoding UTF8."
    journal, sync = ask("pragma journal_mode"), ("off", "normal", "full", "extra")[ask("pragma synchronous")]
    size = ask("pragma page_count") * ask("pragma page_size")
    said = f"SQLite {ask('select sqlite_version()')}, journal {journal}, sync {sync}, {size / 1e6:.1f} MB"
    return journal == "wal", said if journal == "wal" else f"{said}. Zet TIJDIG_DATA op een schijf van deze machine."


def _mode(session: Session, settings: Settings, wall: datetime) -> Found:
    home = installation(session)
    clock = f", klok op {short_moment(home.trial_now)}" if home.trial_now else ""
    return True, f"{'proef' if home.mode == 'trial' else 'echt'}{clock}"


def _triggers(session: Session, settings: Settings, wall: datetime) -> Found:
    if session.get_bind().dialect.name == "postgresql":
        asked = "select relname from pg_trigger join pg_class on pg_class.oid = tgrelid where not tgisinternal"
    else:
        asked = "select tbl_name from sqlite_master where type = 'trigger'"
    guarded = set(session.execute(text(asked)).scalars())
    bare = [table for table in APPEND_ONLY if table not in guarded]
    return (
        not bare,
        f"Onbewaakt: {', '.join(bare)}. Zet een back-up terug." if bare else "logboek en versies zijn bewaakt",
    )


def _settings_set(session: Session, settings: Settings, wall: datetime) -> Found:
    terms = [LOADER.load(session, current(session, definition.procedure)) for definition in definitions(session)]
    missing = sorted({setting.id for each in terms for setting in each.missing})
    mend = "Kies ze: tijdig set INSTELLING WAARDE --by U --reason TEKST."
    return not missing, f"Niet gekozen: {', '.join(missing)}. {mend}" if missing else "alle verplichte zijn gekozen"


def _roles(session: Session, settings: Settings, wall: datetime) -> Found:
    people, today = Directory.load(session), local_day(set_clock(session, None, wall=wall))
    bare = sorted(needed_roles(session, people, today) - people.held_roles(today))
    mend = "Wijs ze toe: tijdig import assignments BESTAND."
    return not bare, f"Door niemand bezet: {', '.join(bare)}. {mend}" if bare else "alle rollen zijn bezet"


def _incidents(session: Session, settings: Settings, wall: datetime) -> Found:
    n = len(open_incidents(session))
    return not n, f"{n} open. Bekijk ze: tijdig incidents." if n else "geen"


def _mails(session: Session, settings: Settings, wall: datetime) -> Found:
    counts = dict(session.exec(select(Mail.state, func.count()).where(UNSENT).group_by(Mail.state)).all())
    wrong = {state: counts[state] for state in ("aangehouden", "onzeker", "mislukt") if counts.get(state)}
    said = ", ".join(f"{n} {state}" for state, n in wrong.items())
    return not wrong, f"{said}. Handel ze af: tijdig outbox, tijdig settle." if wrong else "niets blijft liggen"


def _audited(session: Session, settings: Settings, wall: datetime) -> Found:
    last = session.exec(select(func.max(Run.started_at)).where(Run.kind == "audit")).one()
    home = installation(session)
    late = home.mode == "live" and wall - (last or home.created_at) > AUDIT_AFTER
    said = f"laatst {short_moment(last)}" if last else "nog niet"
    return not late, said + (". Start de dienst, of draai: tijdig audit." if late else "")


def _ran(kind: str) -> Callable[[Session, Settings, datetime], Found]:
    def look(session: Session, settings: Settings, wall: datetime) -> Found:
        last = session.exec(
            select(Run.started_at).where(Run.kind == kind).order_by(col(Run.id).desc()).limit(1)
        ).first()
        trial = installation(session).mode == "trial"
        if last is None:
            return trial, "nog nooit" + ("" if trial else ". Start de dienst: tijdig serve.")
        late = not trial and wall - last > LATE_AFTER
        return not late, f"laatst {short_moment(last)}" + (". Start de dienst: tijdig serve." if late else "")

    return look


def _released(session: Session, settings: Settings, wall: datetime) -> Found:
    if is_held(session):
        return False, "teruggezet uit een back-up: alle mail wacht. Geef haar vrij: tijdig release."
    return True, f"tijdperk {installation(session).epoch}"


def _mailing(session: Session, settings: Settings, wall: datetime) -> Found:
    home: Installation = installation(session)
    route = route_of(home, settings)
    if home.mode == "trial":
        return True, "proef: niets verlaat deze machine"
    if route is None:
        return True, "uit: berichten blijven klaarstaan"
    where = urlsplit(settings.smtp_url or "")
    return True, f"{settings.mail}, via {where.hostname}"


def _signing_in(session: Session, settings: Settings, wall: datetime) -> Found:
    """Whether the identity provider answers, and which colleagues it could not let in."""
    if settings.provider is None:
        return True, "met een wachtwoord; geen aanmelddienst ingesteld"
    issuer = settings.provider.issuer
    try:
        offers = Provider(settings.provider, settings.url).look(wall=wall)
    except Down as down:
        return False, f"De aanmelddienst {issuer} is niet te gebruiken: {down.why}. Kijk naar TIJDIG_OIDC_ISSUER."
    today = local_day(set_clock(session, None, wall=wall))
    none, shared = without_a_way_in(Directory.load(session), settings.provider, today)
    if none or shared:
        said = f"zonder mailadres: {_names(none)}; met dat van een ander: {_names(shared)}"
        return False, f"Wie niet wordt herkend: {said}. Geef ieder een eigen adres: tijdig import people BESTAND."
    ends = "afmelden ook daar" if offers.get("end_session_endpoint") else "afmelden alleen hier"
    return True, f"via {issuer}, herkend aan {settings.provider.claim}; {ends}"


def _names(people: list[str]) -> str:
    return ", ".join(people) or "niemand"


_LOOKS: dict[str, Look] = {
    "database": _mode, "append-only": _triggers, "settings": _settings_set, "roles": _roles, "incidents": _incidents,
    "mails": _mails, "sweep": _ran("sweep"), "deliver": _ran("deliver"), "audit": _audited, "restore": _released,
    "mail": _mailing,
}  # fmt: skip


def _packages() -> Check:
    owners = packages_distributions()
    others = {name: sorted(set(owners.get(name, ())) - {"tijdig"}) for name in OURS}
    shared = [f"{name} ({', '.join(found)})" for name, found in others.items() if found]
    mend = "Geef Tijdig een eigen venv of container."
    return Check(
        "packages", not shared, f"Ook van een ander: {', '.join(shared)}. {mend}" if shared else "van Tijdig alleen"
    )


def _disk(settings: Settings) -> Check:
    folder = next((f for f in (settings.data, *settings.data.absolute().parents) if f.exists()), settings.data)
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:.1f} GB vrij"
    return Check("disk", free > ROOM_BYTES, said if free > ROOM_BYTES else f"{said}. Maak ruimte.")
