"""mailhaul: decide where mail should live, then move it there without losing a message."""
