"""What coming back from a backup leaves behind: that it happened, and which mails may have gone out since."""

from datetime import datetime

from sqlmodel import Field

from models.base import Instant, Table


class Restore(Table, table=True):
    """This database was put back and began a new epoch. No mail goes out until a person released it."""

    __tablename__ = "restore"

    epoch: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    backup_at: datetime = Field(sa_type=Instant)
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    released_by: str = ""
    reason: str = ""


class Gap(Table, table=True):
    """A mail that the sent-journal says was handed over and that this database does not know to be sent.

    A mail with this key never goes out by itself: a person settles it, and that ends the row.
    """

    __tablename__ = "sent_gap"

    key: str = Field(primary_key=True)
    message_id: str
    at: datetime = Field(sa_type=Instant)
    """When it was handed over, by the wall clock."""
    epoch: int
