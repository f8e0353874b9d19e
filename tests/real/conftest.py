"""The same office as the service tests use."""

from tests.service.conftest import founded, office

__all__ = ["founded", "office"]
