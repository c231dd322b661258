"""Functions on text that several steps use: the language, the stems of words."""
