"""Processes, ports, files, disk space and the data directory of this machine."""
