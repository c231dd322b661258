"""Tokens, verbs and names of a text: what all the other rooms of statements read."""
