"""The pages: frame, page scripts, and what they share. They compose and compute nothing."""
