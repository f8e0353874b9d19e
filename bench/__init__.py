"""The project's own benchmark: `tijdig bench` beside hand-written SQL, every row verified, in rounds that alternate."""
