"""How a verifier reads our tables as the workload's own: three SELECTs, each in the words of one kind of database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tijdig.bench.definition import STEP
from tijdig.bench.workload import EPOCH

_HAPPENED: Mapping[str, tuple[str, str]] = {
    "task/": ("opened", "open"),
    "remind/reminder_w4/%": ("reminder_w4", "reminded1"),
    "remind/reminder_w8/%": ("reminder_w8", "reminded2"),
    "remind/warning_w11/%": ("warning_w11", "warned"),
    "escalate/escalated/%": ("escalated", "escalated"),
    "decide/green": ("green", "green"),
    "decide/red": ("red", "red"),
}
"""The event and the state of each effect, by the end of its key."""

_DAY_0 = (EPOCH - date(1970, 1, 1)).days
_CASE_NO = "CAST(substr(c.subject, 5) AS INTEGER)"
_OF_STEP = f"LIKE '{STEP}/1/%'"


def queries(*, postgresql: bool) -> dict[str, str]:
    """`cases` (case_no, state), `audit` (case_no, at, event, actor) and `outbox` (…, recipient, subject, body)."""
    day = "(l.at AT TIME ZONE 'Europe/Amsterdam')::date" if postgresql else f"l.at / 86400000000 - {_DAY_0}"
    return {
        "cases": f"""
            SELECT {_CASE_NO} AS case_no, CASE WHEN c.state <> 'open' THEN c.state ELSE (
                SELECT {_words(1)} FROM log l WHERE l.case_id = c.id AND l.key {_OF_STEP} ORDER BY l.id DESC LIMIT 1
            ) END AS state FROM case_ c""",
        "audit": f"""
            SELECT {_CASE_NO} AS case_no, {day} AS at, {_words(0)} AS event, coalesce((
                SELECT a.actor FROM log a WHERE a.case_id = l.case_id
                AND a.key = CASE l.kind WHEN 'task' THEN 'act/1' WHEN 'decide' THEN 'act/2' END
            ), 'system') AS actor FROM log l JOIN case_ c ON c.id = l.case_id WHERE l.key {_OF_STEP}""",
        "outbox": f"""
            SELECT {_CASE_NO} AS case_no, m.day AS at, {_words(0)} AS kind, m.address AS recipient, m.subject,
                substr(m.text, 1, length(m.text) - 1) AS body
            FROM mail m LEFT JOIN mail_notice t ON t.mail_id = m.id LEFT JOIN notice n ON n.id = t.notice_id
            LEFT JOIN log l ON l.id = n.log_id LEFT JOIN case_ c ON c.id = l.case_id""",
    }  # fmt: skip


def _words(place: int) -> str:
    when = (f"WHEN l.key LIKE '{STEP}/1/{key}' THEN '{said[place]}'" for key, said in _HAPPENED.items())
    return f"CASE {' '.join(when)} END"
