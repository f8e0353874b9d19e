"""What an incident says of an error."""

from sqlalchemy.exc import IntegrityError

from tijdig.service.incidents import cause_of


def test_what_a_database_says_of_a_row_stays_out_of_the_cause() -> None:
    """PostgreSQL tells the whole row, in a detail and in the context of a copy."""
    said = "null value violates a constraint\nDETAIL:  Failing row contains (Jan).\nCONTEXT:  COPY person, line 8: Jan"

    cause = cause_of(IntegrityError("copy person (name) from stdin", None, Exception(said)))

    assert cause == "IntegrityError: null value violates a constraint"
