"""Tables, sessions, the few hand-tuned statements and the migrations.

The tables refer to each other: who uses one needs all of them declared.
"""

from models import access, case, message, operation, organisation, pins, register, restore, seal

__all__ = ["access", "case", "message", "operation", "organisation", "pins", "register", "restore", "seal"]
