"""Writes a million lives in minutes: the same rows the use cases would leave, without the ORM.

``walk`` performs each step on plain rows in memory; ``lifecycle``'s tables decide every move,
``worktime`` counts every limit, ``journal.chain`` hashes every event. ``writers`` bring the rows to
the database. A test compares a life walked here with the same life through the use cases.
"""
