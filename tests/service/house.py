"""A house for tests: a trial installation with procedures and nothing else, and files to take in."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from flows import PROCEDURES
from models import schema
from models.operation import Installation
from models.session import Store
from tijdig.engine.language import Procedure
from tijdig.service import pins
from tijdig.service.imports import Imported, import_table

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)

PEOPLE = """\
id,name,email,channel,account
adviser1,Alfa Adviseur,adviser1@cooperatie.example,mail,alfa
adviser2,Bravo Adviseur,adviser2@cooperatie.example,mail,
director1,Juliett Directeur,,post,
"""
MEMBERS = """\
reference,name,email,phone,region,adviser,profile,since,until
lid-001,De Oefenstal 01,lid-001@leden.example,'+31 317 000001,utrecht,adviser1,2,2019-01-01,
lid-002,De Proefweide 02,lid-002@leden.example,,gelderland,,,,2026-12-31
lid-003,"Het Hof, 't Bedachte 03",,,,,4,,
"""
ASSIGNMENTS = """\
person,role,scope,from,until
director1,directeur,all,,
adviser1,kwaliteitsadviseur,all,,2026-06-30
adviser2,kwaliteitsadviseur,region:utrecht,2026-02-01,
"""
ABSENCES = """\
person,from,until,deputy
adviser1,2026-02-02,2026-02-13,adviser2
director1,2026-03-02,2026-03-02,
"""
SETTINGS = """\
setting,value
extra_closed,2026-12-24
may5,closed
orange_term,10 weken
red_decider,directeur
allow_second_orange,ja
"""
FILES = {"people": PEOPLE, "members": MEMBERS, "assignments": ASSIGNMENTS, "absences": ABSENCES, "settings": SETTINGS}


def new_house(address: str, *, mode: str = "trial", procedures: Iterable[Procedure] = PROCEDURES) -> Store:
    """A migrated database with an installation and its procedures."""
    store = Store.at(address)
    schema.upgrade(store)
    with store.write() as session:
        session.add(Installation(uuid="00000000-0000-0000-0000-000000000000", mode=mode, created_at=NOW))
        pins.first_versions(session, now=NOW, by="test")
        pins.publish(session, procedures, now=NOW, by="test")
    return store


def take(
    store: Store, kind: str, text: str | bytes, *, now: datetime = NOW, name: str = "", dry_run: bool = False
) -> Imported:
    """Import a file, as the command does."""
    data = text.encode() if isinstance(text, str) else text
    with store.write() as session:
        return import_table(session, kind, data, by="beheer", now=now, name=name, dry_run=dry_run)


def furnish(store: Store) -> None:
    """Take all files in."""
    for kind, text in FILES.items():
        assert take(store, kind, text).problems == (), kind
