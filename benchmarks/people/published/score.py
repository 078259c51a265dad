"""Scores tracks with TrackEval: HOTA, IDF1 and MOTA; in an environment of its own.

    python score.py runs.npz scores.json

`runs.npz` holds for each run "WHO|SCENE": `WHO|SCENE true` and `... shown`, the numbers of the boxes of all
frames; `... trues` and `... showns`, how many of them each frame has; `... iou`, all similarities, row by
row. `scores.json` gets the figures of each WHO over all its scenes, from 0 to 1, and its switches of
identity.
"""

import contextlib
import io
import json
import sys
from typing import Any

import numpy as np

with contextlib.redirect_stdout(io.StringIO()):
    import trackeval


def sequence(runs: Any, key: str) -> dict[str, Any]:
    """Returns one run as TrackEval takes it."""
    true, shown, iou = (runs[f"{key} {name}"] for name in ("true", "shown", "iou"))
    trues, showns = runs[f"{key} trues"], runs[f"{key} showns"]
    _, true = np.unique(true, return_inverse=True)
    _, shown = np.unique(shown, return_inverse=True)
    ends, shown_ends = np.cumsum(trues), np.cumsum(showns)
    cells = np.cumsum(trues * showns)
    frames = range(len(trues))
    return {
        "num_timesteps": len(trues),
        "num_gt_dets": len(true),
        "num_tracker_dets": len(shown),
        "num_gt_ids": len(np.unique(true)),
        "num_tracker_ids": len(np.unique(shown)),
        "gt_ids": [true[ends[i] - trues[i] : ends[i]] for i in frames],
        "tracker_ids": [shown[shown_ends[i] - showns[i] : shown_ends[i]] for i in frames],
        "similarity_scores": [
            iou[cells[i] - trues[i] * showns[i] : cells[i]].reshape(trues[i], showns[i]).astype(float)
            for i in frames
        ],
    }


def main() -> None:
    """Reads the runs, writes the scores."""
    runs = np.load(sys.argv[1])
    keys = sorted({name.rsplit(" ", 1)[0] for name in runs.files})
    scores = {}
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = {
            "hota": trackeval.metrics.HOTA(),
            "clear": trackeval.metrics.CLEAR({"THRESHOLD": 0.5, "PRINT_CONFIG": False}),
            "identity": trackeval.metrics.Identity({"THRESHOLD": 0.5, "PRINT_CONFIG": False}),
        }
        for who in sorted({key.split("|")[0] for key in keys}):
            data = {key: sequence(runs, key) for key in keys if key.split("|")[0] == who}
            all_of = {
                name: metric.combine_sequences({k: metric.eval_sequence(d) for k, d in data.items()})
                for name, metric in metrics.items()
            }
            scores[who] = {
                "hota": float(np.mean(all_of["hota"]["HOTA"])),
                "deta": float(np.mean(all_of["hota"]["DetA"])),
                "assa": float(np.mean(all_of["hota"]["AssA"])),
                "mota": float(all_of["clear"]["MOTA"]),
                "switches": int(all_of["clear"]["IDSW"]),
                "idf1_trackeval": float(all_of["identity"]["IDF1"]),
            }
    with open(sys.argv[2], "w") as stream:
        json.dump(scores, stream, indent=1)


if __name__ == "__main__":
    main()
