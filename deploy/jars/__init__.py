"""The pinned Java libraries: their lock file, downloading and checking them, finding Java."""
