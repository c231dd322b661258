"""The web page of the newest statements, and its Atom and JSON feeds."""
