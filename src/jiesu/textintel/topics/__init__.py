"""One matter told by many: incremental clusters with a readable phrase."""

from jiesu.textintel.topics.clusters import JOIN, UNITE, Board, Cluster, closeness, phrase

__all__ = ["JOIN", "UNITE", "Board", "Cluster", "closeness", "phrase"]
