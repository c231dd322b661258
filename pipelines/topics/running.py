"""The taxonomy of a running job: changes of its file are taken up without a restart."""

from pathlib import Path

import structlog

from pipelines.topics.taxonomy import Taxonomy, TaxonomyError, load_taxonomy
from schemas.running_file import FollowedFile

log = structlog.get_logger()


class RunningTaxonomy:
    """The taxonomy of a file, or the one shipped with the program. Raises TaxonomyError or OSError at the start.

    Later, a file that cannot be used changes nothing. Which topics alert is decided when the job starts.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = FollowedFile(path) if path else None
        self._current = load_taxonomy(path)

    def current(self) -> Taxonomy:
        """The taxonomy of the file as it is now. Costs one system call if the file is as before."""
        if self._file and self._file.changed():
            try:
                self._current = load_taxonomy(self._file.path)
            except (TaxonomyError, OSError) as error:
                log.error(
                    "taxonomy_refused", reason=" ".join(str(error).split())[:500], so="the topics stay as they are"
                )
        return self._current
