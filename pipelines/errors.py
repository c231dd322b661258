"""Errors of the pure functions. All can be pickled, so that they can pass between worker processes."""


class NoArticle(ValueError):
    """The input contains no article. `reason` is a short phrase for outcomes and logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
