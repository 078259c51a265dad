"""Runs many files through the pipeline, one after the other; the next picture is read meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING

from maskwatch.ahead import Ahead
from maskwatch.cli.sums import number_of, people_in_words
from maskwatch.counting import Counts, count
from maskwatch.crash_log import debugging, unforeseen
from maskwatch.errors import MaskwatchError, SinkError
from maskwatch.factory import from_settings, new_session
from maskwatch.pipeline import Engine, Session, run
from maskwatch.sinks.base import SummarySink
from maskwatch.sinks.pictures import PictureSink, UniqueNames
from maskwatch.sinks.summary import StreamSummary
from maskwatch.sources.files import is_video
from maskwatch.sources.images import Images
from maskwatch.sources.video import VideoFile
from maskwatch.types import Frame

if TYPE_CHECKING:
    from maskwatch.cli.bar import Bar
    from maskwatch.results import Result
    from maskwatch.settings import Settings
    from maskwatch.sinks.base import Sink


class Batch:
    """Finds faces in pictures and videos, and sums up what was found.

    Args:
        settings: Models and limits.
        save: Folder for copies of the files with the faces drawn on them; None writes none.
        fast: Search pictures once, by the engine for live video.

    Attributes:
        interrupted: Whether the user ended the run before the last file was done.

    Raises:
        MaskwatchError: The models cannot be loaded.
    """

    def __init__(self, settings: Settings, save: Path | None = None, *, fast: bool = False) -> None:
        self._settings = settings
        self._save = save
        self.interrupted = False
        self._pictures = self._videos = self._frames = self._alerts = 0
        self._faces = self._people = Counts()
        self._notes: list[str] = []
        self._picture_sink = PictureSink(save) if save is not None else None
        self._video_names = UniqueNames()
        self._engine = self._video_engine if fast else from_settings(settings)

    @cached_property
    def _video_engine(self) -> Engine:
        """The engine for live video: one search a frame, for a video has thousands of them."""
        return from_settings(self._settings, live=True, threads=min(2, cpu_count() or 1))

    def run(self, paths: Sequence[str], sinks: Sequence[Sink], bar: Bar) -> list[str]:
        """Runs every file in turn; a file that cannot be read does not stop the others.

        Args:
            paths: Pictures and videos.
            sinks: Each gets every result.
            bar: Shows the progress.

        Returns:
            One message for each file that failed.

        Raises:
            SinkError: The file of the rows cannot be written.
            OSError: The stream of the rows cannot be written.
        """
        errors = []
        try:
            # Only one: each may have 100 million pixels.
            with Ahead(self._opened(paths), most=1) as files:
                for number, file in enumerate(files):
                    bar.show(file.path, number)
                    error = self._file(file, number, sinks, bar)
                    if error is not None:
                        errors.append(error)
        except KeyboardInterrupt:
            self.interrupted = True
        except _RowsError as error:
            raise error.cause from None
        bar.show("", len(paths))
        return errors

    def _opened(self, paths: Sequence[str]) -> Iterator[_Opened]:
        """Yields the files, pictures read."""
        for path in paths:
            try:
                if is_video(path):
                    yield _Opened(path)
                    continue
                (frame,) = Images([path], self._settings.sources.max_megapixels)
            except Exception as error:  # told when it is the file's turn
                yield _Opened(path, error=error)
            else:
                yield _Opened(path, frame)

    def _file(self, file: _Opened, number: int, sinks: Sequence[Sink], bar: Bar) -> str | None:
        """Runs one file; returns a message if it failed."""
        try:
            if file.error is not None:
                raise file.error
            if file.frame is None:
                self._video(file.path, number, sinks, bar)
            else:
                self._picture(file.frame, sinks)
        except MaskwatchError as error:
            return str(error)
        except _RowsError:
            raise
        except Exception as error:  # whatever is wrong with one file, the others go on
            if debugging():
                raise
            return f"{file.path}: {unforeseen(error)}"
        return None

    def _write(self, sinks: Sequence[Sink], result: Result) -> None:
        """Writes the rows of a result; if this fails, the fault is not the picture's."""
        try:
            for sink in sinks:
                sink.write(result)
        except (SinkError, OSError) as error:
            raise _RowsError(error) from error

    def _write_summary(self, sinks: Sequence[Sink], summary: StreamSummary) -> None:
        """Writes the sums over a video, where they have a place."""
        try:
            for sink in sinks:
                if isinstance(sink, SummarySink):
                    sink.write_summary(summary)
        except (SinkError, OSError) as error:
            raise _RowsError(error) from error

    def summary(self) -> Iterator[str]:
        """Yields the sums as lines for people."""
        yield from self._notes
        if self._pictures or not self._videos:
            yield f"{number_of(self._pictures, 'picture')}, {self._faces}"
        if self._videos:
            yield (
                f"{number_of(self._videos, 'video')} of {number_of(self._frames, 'frame')},"
                f" {people_in_words(self._people)}; {number_of(self._alerts, 'alert')}"
            )

    def _picture(self, frame: Frame, sinks: Sequence[Sink]) -> None:
        result = Session(self._engine, follow=False)(frame)
        self._write(sinks, result)
        self._pictures += 1
        self._faces += count(result.faces)
        if self._picture_sink is not None:
            self._picture_sink.write(result)

    def _video(self, path: str, number: int, sinks: Sequence[Sink], bar: Bar) -> None:
        video = VideoFile(path, max_megapixels=self._settings.sources.max_megapixels)
        session = new_session(self._video_engine, self._settings)
        summary = StreamSummary(path)
        self._videos += 1
        try:
            with self._annotated_sink(path, video.fps, session) as annotated:
                for result in run(video, session):
                    self._write(sinks, result)
                    summary.add(result)
                    if annotated is not None:
                        annotated.write(result)
                    bar.show(path, number + min(1.0, (result.frame.index + 1) / max(video.frames, 1)))
        finally:  # what was seen of a video that is damaged further on, or that the user ended, counts
            self._frames += summary.frames
            self._alerts += summary.events
            if summary.people is not None:
                self._people += summary.people.so_far
                summary.history = session.history
            if summary.frames:
                self._write_summary(sinks, summary)
        if video.skipped:
            self._notes.append(f"{path}: {number_of(video.skipped, 'damaged frame')} left out")

    def _annotated_sink(self, path: str, fps: float, session: Session) -> Sink | nullcontext[None]:
        if self._save is None:
            return nullcontext()
        from maskwatch.sinks.video import VideoSink

        name = self._video_names.take(Path(path).stem, ".mp4")
        return VideoSink(self._save / name, sound=path, fps=fps, zones=session.zones)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file, read if it is a picture.

    Attributes:
        path: The file.
        frame: The picture; None for a video, and for a file that cannot be read.
        error: Why it cannot be read; None if it can.
    """

    path: str
    frame: Frame | None = None
    error: Exception | None = None


class _RowsError(Exception):
    """The rows cannot be written: there is no use in going on."""

    def __init__(self, cause: SinkError | OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause
