"""What every page needs: the store, the settings, the seal of our forms, and what stands at the edges of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlmodel import Session
from starlette.responses import HTMLResponse

from models.session import Store
from tijdig.engine.calendar import ZONE, short_date, short_moment
from tijdig.service.clock import installation, set_clock
from tijdig.service.guard import INTERVALS, last_run
from tijdig.service.oidc import Provider
from tijdig.settings import Settings
from tijdig.web.seal import Seal
from tijdig.web.throttle import Throttle


def _iso(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="minutes")


_TEMPLATES = Environment(
    loader=PackageLoader("templates", ""), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
_TEMPLATES.filters |= {"short_date": short_date, "short_moment": short_moment, "iso": _iso}


class Instead(Exception):  # noqa: N818 - no error of ours: somebody asked for what they cannot have
    """Another page is shown instead of what was asked for."""

    def __init__(self, page: str, status: int, **words: Any) -> None:
        super().__init__(page)
        self.page, self.status, self.words = page, status, words


@dataclass(frozen=True, slots=True)
class Edges:
    """What stands at the edges of every page: when terms were last checked, and the clock of a trial."""

    checked_at: datetime | None
    is_stale: bool
    """Two intervals passed without a check."""
    trial_clock: datetime | None


@dataclass(frozen=True, slots=True)
class House:
    """One running web service. `wall` reads the wall clock; `every` is how often terms are to be checked."""

    store: Store
    settings: Settings
    seal: Seal
    throttle: Throttle
    wall: Callable[[], datetime]
    every: timedelta
    provider: Provider | None = None
    """Where colleagues sign in by their organisation; None where they have local accounts only."""

    @property
    def is_secure(self) -> bool:
        """Whether browsers come here over https."""
        return self.settings.url.startswith("https://")

    def now(self, session: Session) -> datetime:
        """The installation's time: the wall clock, or that of a trial."""
        return set_clock(session, None, wall=self.wall())

    def edges(self) -> Edges:
        wall = self.wall()
        with self.store.read() as session:
            run = last_run(session, "sweep", wall=wall)
            trial = installation(session).mode == "trial"
            clock = self.now(session) if trial else None
        return Edges(run.finished_at if run else None, not run or wall - run.started_at > INTERVALS * self.every, clock)

    def page(self, name: str, /, status: int = 200, *, bare: bool = False, **words: Any) -> HTMLResponse:
        """A page from its template. A bare one has no edges: nothing is asked of a database that may be gone."""
        edges = None if bare else self.edges()
        template = _TEMPLATES.get_template(f"pages/{name}.html.j2")
        return HTMLResponse(template.render({"edges": edges, "visitor": None, **words}), status)


def house_of(request: Request) -> House:
    """The house that serves this request (a dependency)."""
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]
