"""`tijdig demo`: a fresh trial with the sample, the story of twelve weeks, and then the service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tijdig.cli.screen import day, line, progress, say, show_json
from tijdig.cli.words import _
from tijdig.engine.errors import Refused
from tijdig.settings import Settings

if TYPE_CHECKING:
    from models.session import Store
    from tijdig.service.story import Story


def tell(settings: Settings, *, once: bool, as_json: bool) -> int:
    """Play and print the story; then serve it, unless once was enough."""
    from tijdig.engine.calendar import local_day
    from tijdig.service.story import play

    wall = datetime.now(UTC)
    settings = replace(
        settings, data=settings.data / "demo", database_url=f"sqlite:///{settings.data / 'demo'}/tijdig.db"
    )
    store = _fresh_trial(settings, wall)
    with progress(_("Twaalf weken worden gespeeld")) as bar:
        story = play(store, settings, today=local_day(wall), wall=wall, progress=bar)
    told = _document(store, story, settings)
    if as_json:
        show_json(told)
    else:
        _print(told)
    store.close()
    if once:
        return 0
    from deployments.serve import main

    hint(settings)
    return main(settings)


def _fresh_trial(settings: Settings, wall: datetime) -> Store:
    """A new trial in a folder that holds nothing but an earlier one."""
    from flows import PROCEDURES, PROGRAMMES
    from models.schema import open_store
    from tijdig.service.setup import init

    _clear(settings.data)
    init(settings.database_url, PROCEDURES, PROGRAMMES, trial=True, sample=True, wall=wall)
    return open_store(settings.database_url)


def _clear(data: Path) -> None:
    strange = data.exists() and any(data.iterdir()) and not (data / "tijdig.db").exists()
    if strange:
        raise Refused(f"{data} holds files that are not of a demo. Move them, or set TIJDIG_DATA to another folder.")
    shutil.rmtree(data, ignore_errors=True)


def _document(store: Store, story: Story, settings: Settings) -> dict[str, Any]:
    from tijdig.service.deeds import MAIN, ORANGE
    from tijdig.service.dossier import dossier
    from tijdig.service.mailbox import outbox
    from tijdig.service.trial import captured
    from tijdig.service.verify import verify
    from tijdig.service.views import cases, local

    with store.read() as session:
        numbers, entries, broken = verify(session)
        mails = outbox(session)
        return {
            "database": str(store.url),
            "until": local(story.ends),
            "lines": [
                {"at": local(each.at), "who": each.who, "what": each.what, "main": each.main} for each in story.lines
            ],
            "case": dossier(session, f"{ORANGE}/{MAIN}", story.ends),
            "cases": cases(session, story.ends),
            "mails": len(mails),
            "mail": next(iter(m.text for m in captured(settings.data) if MAIN in m.to), ""),
            "verified": {"cases": numbers, "entries": entries, "broken": len(broken)},
        }


def _print(told: dict[str, Any]) -> None:
    for text in _lines(told):
        line(text)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    case = told["case"]
    yield _("Oranje dossier {code} van {subject}, twaalf weken tot en met {day}").format(
        code=case["case"], subject=case["subject"], day=day(told["until"][:10])
    )
    yield ""
    for each in told["lines"]:
        if each["main"]:
            yield f"  {day(each['at'])}  {each['who']:<6}  {each['what']}"
    yield ""
    yield _("Waarom deze datum?")
    norm = next(o for o in case["obligations"] if o["step"] == "norm")
    yield f"  {day(norm['due'])} ({norm['basis']})"
    yield from (f"  {i}. {text}" for i, text in enumerate(norm["why"], 1))
    yield ""
    yield _("Een mail aan het lid")
    yield from (f"  | {text}" for text in told["mail"].splitlines())
    yield ""
    yield _("Het logboek van dit dossier")
    yield from (f"  {entry['seq']:>3}  {day(entry['at'])}  {entry['kind']:<9} {entry['key']}" for entry in case["log"])
    verified = told["verified"]
    yield "  ● " + _("{entries} regels in {cases} dossiers kloppen").format(**verified)
    yield ""
    yield _("Alle dossiers")
    for row in told["cases"]:
        yield f"  {row['case']}  {row['subject']}  {row['state']:<6} {day(row['due'])}"
    yield ""
    yield _("{n} mails zijn opgevangen; er is niets verstuurd.").format(n=told["mails"])


def hint(settings: Settings) -> None:
    """What to try in a second terminal."""
    say(_("Probeer in een tweede terminal:"))
    for command in ("cases", "case orange-status/lid-003", "tasks --user adviser1", "outbox"):
        say(f"  TIJDIG_DATA={settings.data} .venv/bin/tijdig {command}")
