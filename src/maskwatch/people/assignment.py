"""Which of some rows belongs to which of some columns, at the least cost."""

from __future__ import annotations

import lap
import numpy as np
from numpy.typing import NDArray


def assign(costs: NDArray[np.float64], limit: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs rows with columns so that the sum of the costs is least (Jonker and Volgenant, 1987).

    A pair costs what `costs` says, a row or column that is left alone half the limit. So no pair above the
    limit is made.

    Args:
        costs: (n, m); infinity forbids a pair.
        limit: Cost above which two stay alone rather than becoming a pair.

    Returns:
        Rows and columns of the pairs, both (k,), rows ascending.
    """
    if not costs.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    # What is above the limit is never chosen, so its cost need not be infinite.
    columns, _ = lap.lapjv(
        np.minimum(costs, limit + 1), extend_cost=True, cost_limit=limit, return_cost=False
    )
    rows = np.flatnonzero(columns >= 0)
    return rows, columns[rows].astype(np.intp)
