"""Tables, sessions, the few hand-tuned statements and the migrations."""
