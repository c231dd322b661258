"""Keeps other users and web pages away from the ports of the JVMs: a Java agent, its source and its jar."""
