"""The names under which a session keeps its state, in one place, so that no name stands for two things."""

MODEL = "lab_model"
"""The current model as a token, ``shipped:<name>`` or ``run:<id>``."""

CONFIG = "lab_config"
"""The settings of the session as JSON (a string survives a hot reload, an instance of a class does not)."""

NOTICES = "lab_notices"
"""Sentences for the visitor, shown by the frame until they are closed."""

MODEL_MENU = "lab_model_menu"
"""The menu on the current model's card."""

MODEL_CHOSEN = "lab_model_chosen"
"""Set for one run of the card after a choice in its menu, so that the whole page follows."""

VISITOR_COOKIE = "vae_lab_visitor"
"""The cookie that says which browser owns a run. The server sets it, no script can read it."""
