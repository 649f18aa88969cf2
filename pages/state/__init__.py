"""What a visitor's session holds: the engine's handle, the current model, the link, the theme."""
