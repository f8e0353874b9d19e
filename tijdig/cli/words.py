"""What the command says to people: Dutch is the source, English comes from the catalog when the locale asks for it."""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

CATALOGS = Path(__file__).parents[1] / "locale"
DOMAIN = "tijdig"


def language(environ: Mapping[str, str]) -> str:
    """`en` where the locale is English, else `nl`; the first of these that is set decides, as in POSIX."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environ.get(name))), "")
    return "en" if chosen.lower().startswith("en") else "nl"


_catalog = gettext.translation(DOMAIN, CATALOGS, languages=[language(os.environ)], fallback=True)
_ = _catalog.gettext
