"""Bulletins 通报: a published period told in words, tables and charts, approved, then let out."""
