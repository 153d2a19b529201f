"""A small app of tests only: a subject with a chained history, and a table with secrets."""
