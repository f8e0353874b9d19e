"""Make the tables, and have the database itself keep the log and the pinned versions from being changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
"""Microseconds since 1970 UTC in SQLite."""

APPEND_ONLY = ("log", "payload", "event", "definition", "settings_version", "calendar_version")


def upgrade() -> None:
    """Build on nothing."""
    _make_tables()
    if op.get_bind().dialect.name == "postgresql":
        _guard_in_postgresql()
    else:
        _guard_in_sqlite()


def _guard_in_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_{change} before {change} on {table} "
                f"begin select raise(abort, '{table} is append-only: {change} refused'); end"
            )


def _guard_in_postgresql() -> None:
    op.execute(
        "create function refuse_change() returns trigger language plpgsql as $$ begin "
        "raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) "
        "using errcode = 'integrity_constraint_violation'; end $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def _make_tables() -> None:
    op.create_table(
        "calendar_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_version"),
    )
    op.create_table(
        "definition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_definition"),
        sa.UniqueConstraint("procedure", "revision", name="uq_definition_procedure_revision"),
        sa.UniqueConstraint("sha256", name="uq_definition_sha256"),
    )
    op.create_index("ix_definition_procedure", "definition", ["procedure"], unique=False)
    op.create_table(
        "document",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_document"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_kind", "event", ["kind"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("trial_now", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("mode in ('trial', 'live')", name="ck_installation_mode"),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.CheckConstraint("channel in ('mail', 'post')", name="ck_person_channel"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("account", name="uq_person_account"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("done_until", sa.Date(), nullable=False),
        sa.Column("next_check_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_programme"),
    )
    op.create_index("ix_programme_next_check_at", "programme", ["next_check_at"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("counts", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_kind", "run", ["kind"], unique=False)
    op.create_table(
        "settings_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("values", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settings_version"),
    )
    op.create_table(
        "subject",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("ref", name="pk_subject"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "timetable_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timetable_row"),
        sa.UniqueConstraint("name", "step_id", name="uq_timetable_row_name_step_id"),
    )
    op.create_index("ix_timetable_row_name", "timetable_row", ["name"], unique=False)
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name="fk_absence_deputy_id_person"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_absence_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
        sa.UniqueConstraint("person_id", "since", name="uq_absence_person_id_since"),
    )
    op.create_index("ix_absence_person_id", "absence", ["person_id"], unique=False)
    op.create_table(
        "address",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_address_person_id_person"),
        sa.PrimaryKeyConstraint("person_id", "since", name="pk_address"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_value", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.CheckConstraint("scope in ('all', 'region', 'subject', 'case')", name="ck_assignment_scope"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_assignment_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint(
            "person_id",
            "role",
            "scope",
            "scope_value",
            "since",
            name="uq_assignment_person_id_role_scope_scope_value_since",
        ),
    )
    op.create_index("ix_assignment_person_id", "assignment", ["person_id"], unique=False)
    op.create_index("ix_assignment_role", "assignment", ["role"], unique=False)
    op.create_table(
        "case_",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("parent_step", sa.String(), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column("settings_id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("course", sa.LargeBinary(), nullable=False),
        sa.Column("next_check_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar_version.id"], name="fk_case__calendar_id_calendar_version"),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name="fk_case__definition_id_definition"),
        sa.ForeignKeyConstraint(["parent_id"], ["case_.id"], name="fk_case__parent_id_case_"),
        sa.ForeignKeyConstraint(["settings_id"], ["settings_version.id"], name="fk_case__settings_id_settings_version"),
        sa.PrimaryKeyConstraint("id", name="pk_case_"),
        sa.UniqueConstraint("code", name="uq_case__code"),
        sa.UniqueConstraint("key", name="uq_case__key"),
    )
    op.create_index(
        "ix_case__due",
        "case_",
        ["next_check_at"],
        unique=False,
        sqlite_where=sa.text("next_check_at IS NOT NULL"),
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index("ix_case__procedure_subject", "case_", ["procedure", "subject"], unique=False)
    op.create_index(
        "uq_case__alone",
        "case_",
        ["procedure", "subject"],
        unique=True,
        sqlite_where=sa.text("alone"),
        postgresql_where=sa.text("alone"),
    )
    op.create_table(
        "cohort",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.ref"], name="fk_cohort_subject_subject"),
        sa.PrimaryKeyConstraint("name", "subject", "since", name="pk_cohort"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_mail_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("key", name="uq_mail_key"),
    )
    op.create_index("ix_mail_created_at", "mail", ["created_at"], unique=False)
    op.create_index(
        "ix_mail_goes",
        "mail",
        ["state", "next_try_at"],
        unique=False,
        sqlite_where=sa.text("state != 'verzonden'"),
        postgresql_where=sa.text("state != 'verzonden'"),
    )
    op.create_index(
        "ix_mail_digest",
        "mail",
        ["day"],
        unique=False,
        sqlite_where=sa.text("kind = 'B'"),
        postgresql_where=sa.text("kind = 'B'"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("mend", sa.String(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name="fk_incident_case_id_case_"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint("key", name="uq_incident_key"),
    )
    op.create_index("ix_incident_case_id", "incident", ["case_id"], unique=False)
    op.create_table(
        "link",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name="fk_link_case_id_case_"),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_link_mail_id_mail"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_link_person_id_person"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_link"),
    )
    op.create_index("ix_link_case_id", "link", ["case_id"], unique=False)
    op.create_index("ix_link_mail_id", "link", ["mail_id"], unique=False)
    op.create_table(
        "log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("nominal", sa.Date(), nullable=True),
        sa.Column("overtaken", sa.String(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name="fk_log_case_id_case_"),
        sa.PrimaryKeyConstraint("id", name="pk_log"),
        sa.UniqueConstraint("case_id", "key", name="uq_log_case_id_key"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("variables", sa.String(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Boolean(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name="fk_notice_case_id_case_"),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_notice_log_id_log"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index(
        "ix_notice_waits",
        "notice",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("state = 'gepland'"),
        postgresql_where=sa.text("state = 'gepland'"),
    )
    op.create_table(
        "open_obligation",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("nominal", sa.Date(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("due_time", sa.String(), nullable=False),
        sa.Column("late_from", INSTANT, nullable=True),
        sa.Column("safe", sa.Date(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name="fk_open_obligation_case_id_case_"),
        sa.PrimaryKeyConstraint("case_id", "step", "round", name="pk_open_obligation"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_open_obligation_due", "open_obligation", ["due"], unique=False)
    op.create_index("ix_open_obligation_role_due", "open_obligation", ["role", "due"], unique=False)
    op.create_table(
        "payload",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_payload_log_id_log"),
        sa.PrimaryKeyConstraint("log_id", name="pk_payload"),
    )
    op.create_table(
        "mail_notice",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_mail_notice_mail_id_mail"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name="fk_mail_notice_notice_id_notice"),
        sa.PrimaryKeyConstraint("mail_id", "notice_id", name="pk_mail_notice"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mail_notice_notice_id", "mail_notice", ["notice_id"], unique=False)
