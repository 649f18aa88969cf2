"""The Python side of the browser components."""
