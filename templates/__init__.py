"""The words that people read: mails, pages, documents. Nothing is computed here."""
