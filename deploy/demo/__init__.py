"""`make demo`: everything at once on a recorded site, until its alerts are on the screen."""
