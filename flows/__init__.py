"""The procedures of the house, and the flows that run them. A new procedure is one file here and one line below."""

from flows.orange_status import ORANGE_STATUS, RED_FOLLOW_UP
from tijdig.engine.language import Programme

PROCEDURES = (ORANGE_STATUS, RED_FOLLOW_UP)
PROGRAMMES: tuple[Programme, ...] = ()
