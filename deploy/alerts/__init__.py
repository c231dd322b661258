"""The commands that read alerts: subscribe, deliver, brief, mark, export, trace, replay, backup."""
