"""Plain Python that everything rests on: no I/O, no database, no web."""
