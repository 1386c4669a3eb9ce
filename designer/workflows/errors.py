"""What can go wrong with a workflow. api/errors.py gives each its status and problem document."""

from __future__ import annotations

from typing import Any


class StaleRevision(Exception):
    """The edits were made on an older draft; `missing` are the edits the client has not seen."""

    def __init__(
        self, *, base: int, revision: int, text: str, sha256: str, missing: list[dict[str, Any]]
    ) -> None:
        self.base, self.revision, self.text, self.sha256, self.missing = base, revision, text, sha256, missing
        super().__init__(
            f"The draft is at revision {revision}, the edits were made on revision {base}. Apply the missing "
            "edits first and send yours again on top."
        )


class PatchRefused(Exception):
    """A splice names a place that is not there, or the result would not be a definition."""


class TextRefused(Exception):
    """The text is not JSON, or not a definition at all."""


class TooLarge(Exception):
    def __init__(self, what: str, size: int, limit: int) -> None:
        super().__init__(f"{what} has {size:,} bytes; the limit is {limit:,}.")


class PublishRefused(Exception):
    """The definition has errors; `problems` lists them."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        self.problems = problems
        first = problems[0]["message"]
        others = len(problems) - 1
        more = f" and {others} more {'problem' if others == 1 else 'problems'}" if others else ""
        super().__init__(
            f"The draft cannot be published: {first}{more}. Open the problems list and fix them."
        )


class NothingPublished(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no published version yet. Publish the draft first.")


class NotRunnable(Exception):
    """Run now was asked for something that cannot start: no trigger, or a draft with errors."""
