"""One matter told by many: incremental clusters with a readable phrase."""

from jiesu.textintel.topics.clusters import (
    BESIDE,
    JOIN,
    KEPT,
    UNITE,
    Board,
    Cluster,
    alike_means,
    beside,
    closeness,
    heaviest,
    phrase,
)

__all__ = [
    "BESIDE", "JOIN", "KEPT", "UNITE", "Board", "Cluster", "alike_means", "beside", "closeness",
    "heaviest", "phrase",
]  # fmt: skip
