"""Errors of the pure functions; all of them pickle, so that they cross worker processes."""


class NoArticle(ValueError):
    """The input holds no article. `reason` is a short phrase for outcomes and logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
