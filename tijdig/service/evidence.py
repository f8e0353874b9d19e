"""The evidence of a case as one zip: log, messages, documents, definition and dates, and how to check it elsewhere.

Everything is as the case stood at the last entry of its log: the same records give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlmodel import Session, col, select

from models.case import Log, Payload
from models.message import Mail, MailNotice, Notice
from models.pins import CalendarVersion, Definition, SettingsVersion
from tijdig.engine.calendar import short_moment
from tijdig.engine.errors import Refused
from tijdig.engine.plan import obligations
from tijdig.engine.snapshot import canonical
from tijdig.service.clock import home
from tijdig.service.documents import content
from tijdig.service.dossier import dossier
from tijdig.service.envelope import envelope, message_id, number_of
from tijdig.service.fields import Seen, seen
from tijdig.service.fixed import fixed_zip
from tijdig.service.held import Held, find
from tijdig.service.people import Directory
from tijdig.service.tables import write_table
from tijdig.service.wording import basis_words, due_words, sentence, subject_name

WITHHELD = (
    "Van dit dossier is nog geen bewijsmap: een oordeel blijft geheim totdat ook het andere er is. Maak de map daarna."
)
SENDER = "tijdig@tijdig.example"
"""Who mails are from in the zip where the installation names no sender."""

DIGEST = "Dit dagoverzicht gaat ook over andere dossiers. De tekst zit daarom niet in deze map."
_WORDS = Environment(
    loader=PackageLoader("templates", "evidence"), undefined=StrictUndefined, keep_trailing_newline=True
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """The zip: what to call it, and its content."""

    name: str
    content: bytes
    case: str

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def evidence(session: Session, name: str, folder: Path, *, sender: str = "") -> Evidence:
    """The evidence of a case; `folder` is where files are kept.

    Raises Refused for a case that is not there, and while a decision in it is withheld from others; Damaged when a
    document is not what was handed in.
    """
    held = find(session, name)
    at = seen(session, held)
    if at.state.withheld:
        raise Refused(WITHHELD, code="WITHHELD")
    entries = list(_entries(session, held))
    parts = dict(_parts(session, at, entries, folder, sender or SENDER))
    about = {
        "dossier": held.code, "regels": len(entries), "einde": held.head.hex(),
        "procedure": _definition(session, held), "bestanden": {n: sha256(c).hexdigest() for n, c in parts.items()},
    }  # fmt: skip
    out = BytesIO()
    with ZipFile(out, "w") as made:
        for path, data in {**parts, "inhoud.json": _json(about)}.items():
            made.writestr(path, data)
    return Evidence(f"{held.code}-bewijsmap.zip", fixed_zip(out.getvalue()), held.code)


def _parts(
    session: Session, at: Seen, entries: list[dict[str, Any]], folder: Path, sender: str
) -> Iterator[tuple[str, bytes]]:
    held, people = at.held, Directory.load(session)
    yield "LEES-MIJ.txt", _read_me(at).encode()
    yield "controleer.py", files("templates").joinpath("evidence", "controleer.py").read_bytes()
    yield "logboek.json", _json({"dossier": held.code, "regels": entries})
    yield "logboek.csv", _readable(entries, people).encode()
    yield "waarom.txt", "\n".join(_reasons(at)).encode()
    yield "berichten.json", _json(dossier(session, held.code, at.at)["messages"])
    yield from _messages(session, held, sender)
    yield from _documents(entries, folder)
    yield "procedure.json", session.get_one(Definition, held.pins.definition).snapshot.encode()
    yield "instellingen.json", session.get_one(SettingsVersion, held.pins.settings).values.encode()
    yield "kalender.json", session.get_one(CalendarVersion, held.pins.calendar).body.encode()


def _read_me(at: Seen) -> str:
    held = at.held
    return _WORDS.get_template("LEES-MIJ.txt.j2").render(
        case=held.code, title=at.terms.procedure.title, subject=subject_name(held.subject), at=short_moment(at.at),
        seq=held.seq, head=held.head.hex(),
    )  # fmt: skip


def _definition(session: Session, held: Held) -> Mapping[str, Any]:
    row = session.get_one(Definition, held.pins.definition)
    return {"id": row.procedure, "revisie": row.revision, "sha256": row.sha256}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


# --- the log


def _entries(session: Session, held: Held) -> Iterator[dict[str, Any]]:
    """Each entry with all that its hash is made of, in the form in which it is hashed (chain.py)."""
    rows = select(Log, Payload).join(Payload, col(Payload.log_id) == col(Log.id), isouter=True)
    for log, payload in session.exec(rows.where(Log.case_id == held.id).order_by(col(Log.seq))):
        yield {
            "seq": log.seq, "at": log.at.astimezone(UTC).isoformat(), "kind": log.kind, "key": log.key,
            "actor": log.actor, "nominal": log.nominal and log.nominal.isoformat(), "overtaken": log.overtaken,
            "commitment": log.commitment.hex() if log.commitment else None, "hash": log.hash.hex(),
            "salt": payload.salt.hex() if payload else None, "body": payload.body if payload else None,
        }  # fmt: skip


def _readable(entries: list[dict[str, Any]], people: Directory) -> str:
    """The same for people, and for a spreadsheet."""
    names = ("regel", "wanneer", "soort", "sleutel", "wie", "namens", "reden", "gegevens", "hash")
    rows = []
    for entry in entries:
        said = json.loads(entry["body"] or "{}")
        who = [people.name(person) if person else "" for person in (entry["actor"], said.get("behalf", ""))]
        values = canonical(said["values"]) if said.get("values") else ""
        rows.append((str(entry["seq"]), entry["at"], entry["kind"], entry["key"], who[0] or "systeem", who[1],
                     said.get("reason", ""), values, entry["hash"]))  # fmt: skip
    return write_table(names, rows)


# --- dates


def _reasons(at: Seen) -> Iterator[str]:
    """Why each date of the case is that date."""
    yield f"Datums van {at.held.code}, stand van {short_moment(at.at)}"
    for asked in obligations(at.state):
        due = asked.due
        if due is None and not asked.undated:
            continue
        hour = due.due_time.isoformat("minutes") if due and due.due_time else ""
        said = f"{due_words(due.due, hour)} [{basis_words(due.basis, asked.fatal)}]" if due else "geen datum"
        yield f"\n{sentence(asked.label).rstrip('.')}: {said}"
        for number, step in enumerate([step.text for step in due.steps] if due else [asked.undated], start=1):
            yield f"  {number}. {step}"
        if due:
            source = f"Bron: {due.source}. " if due.source else ""
            yield f"  {source}Kalender {due.calendar_version}."
    yield ""


# --- messages and documents


def _messages(session: Session, held: Held, sender: str) -> Iterator[tuple[str, bytes]]:
    """Every mail about the case as it went or will go out, in the order of their making; links stay blank."""
    about = select(MailNotice.mail_id).join(Notice, col(Notice.id) == col(MailNotice.notice_id))
    mails = select(Mail).where(col(Mail.id).in_(about.where(Notice.case_id == held.id))).order_by(col(Mail.id))
    installation = home(session).uuid
    for number, mail in enumerate(session.exec(mails), start=1):
        named = number_of(message_id(installation, mail.key))
        yield f"berichten/{number:04d}-{mail.kind}-{named}.eml", _message(mail, installation, sender)


def _message(mail: Mail, installation: str, sender: str) -> bytes:
    shown = mail
    if mail.kind == "B":
        shown = Mail(**{**mail.model_dump(), "text": DIGEST, "html": ""})
    moment = mail.sent_at or mail.created_at
    try:
        made = envelope(shown, sender=sender, to=mail.address or SENDER, installation=installation, now=moment,
                        reveal=lambda text: text, notes=[])  # fmt: skip
    except ValueError:  # an address that no mail can go to: it never went
        made = envelope(shown, sender=sender, to=SENDER, installation=installation, now=moment,
                        reveal=lambda text: text, notes=[f"Adres: {mail.address}"])  # fmt: skip
    made["X-Tijdig-Staat"] = mail.state
    if made.is_multipart():
        made.set_boundary(f"tijdig-{sha256(mail.key.encode()).hexdigest()[:24]}")
    return made.as_bytes()


def _documents(entries: list[dict[str, Any]], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every document that the log names, once."""
    known: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        for value in json.loads(entry["body"] or "{}").get("values", {}).values():
            if isinstance(value, dict) and "sha256" in value:
                known.setdefault(value["sha256"], value)
    for hash, kept in sorted(known.items()):
        yield f"documenten/{hash[:12]}-{_plain(kept['name'])}", content(folder, kept)


def _plain(name: str) -> str:
    """A file's name without what a zip or a system may trip over."""
    return "".join(c if c.isalnum() or c in "-_. " else "_" for c in name).strip(". ") or "document"
