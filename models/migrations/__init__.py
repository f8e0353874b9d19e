"""The way from one layout of the tables to the next, by Alembic."""
