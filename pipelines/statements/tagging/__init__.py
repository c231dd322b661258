"""The trained taggers: features of tokens, the conditional random field, and which cue belongs to which content."""
