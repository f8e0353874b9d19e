"""The whole service on one machine, and the demonstration."""

from tijdig.cli.command import AS_JSON, command, option
from tijdig.cli.words import _


@command("serve", _("Draai alles op één machine; stop met Ctrl-C."))
def serve() -> int:
    """Ends cleanly with Ctrl-C."""
    from deployments.serve import main
    from tijdig.cli import edge

    return main(edge.settings())


@command(
    "demo",
    _("Laat een jaar van één coöperatie zien."),
    option("--once", action="store_true", help=_("stop na het verhaal")),
    AS_JSON,
)
def demo(once: bool, as_json: bool) -> int:
    """A fresh trial with the sample, its story, and then the service."""
    from tijdig.cli import edge
    from tijdig.cli.story import tell

    return tell(edge.settings(), once=once, as_json=as_json)
