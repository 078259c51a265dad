"""The floor: frames are decoded to BGR arrays, and nobody looks at them. By OpenCV, or by PyAV."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import av
import cv2

from benchmarks.speed.worker import Results, serve


class OpenCVDecoder:
    """`cv2.VideoCapture` as it is."""

    def versions(self) -> dict[str, str]:
        """See `benchmarks.speed.worker.Competitor.versions`."""
        return {"opencv": cv2.__version__}

    def run(self, job: Mapping[str, Any], results: Results) -> None:
        """Decodes a clip."""
        capture = cv2.VideoCapture(job["path"])
        number = 0
        while capture.read()[0]:
            results.add(number, 0)
            number += 1


class PyAVDecoder:
    """PyAV with one thread, as maskwatch has it."""

    def versions(self) -> dict[str, str]:
        """See `benchmarks.speed.worker.Competitor.versions`."""
        return {"av": av.__version__}

    def run(self, job: Mapping[str, Any], results: Results) -> None:
        """Decodes a clip."""
        with av.open(job["path"]) as container:
            container.streams.video[0].thread_count = 1
            for number, frame in enumerate(container.decode(video=0)):
                frame.to_ndarray(format="bgr24")
                results.add(number, 0)


def main() -> None:
    """Answers jobs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=("opencv", "pyav"))
    options = parser.parse_args()
    serve(OpenCVDecoder if options.library == "opencv" else PyAVDecoder)


if __name__ == "__main__":
    main()
