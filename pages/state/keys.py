"""The names under which a session keeps its state, in one place, so that no name stands for two things."""

MODEL = "lab_model"
"""The current model as a token, ``shipped:<name>`` or ``run:<id>``."""

CONFIG = "lab_config"
"""The settings of the session as JSON (a string survives a hot reload, an instance of a class does not)."""

NOTICES = "lab_notices"
"""Sentences for the visitor, shown by the frame until they are closed."""

MODEL_MENU = "lab_model_menu_"
"""Begins the key of the menu on the current model's card; the model's token follows."""

MODEL_CHOSEN = "lab_model_chosen"
"""Set for one run of the card after a choice in its menu, so that the whole page follows."""

VISITOR_COOKIE = "vae_lab_visitor"
"""The cookie that says which browser owns a run. The server sets it, no script can read it."""

KEEP_SETTINGS = "lab_keep_settings"
"""Set when a shipped model stands in for a run that is gone: the form keeps the settings that it has."""

FORM_FOLLOWS = "lab_form_follows"
"""The token of the model whose settings the form was last filled with."""

FORM = "lab_form"
"""How often the form was filled anew, and the settings (as JSON) that it was filled with."""

PRESET = "lab_preset"
"""Begins the key of the preset picker."""

SETTING = "lab_setting"
"""Begins the key of each setting's control; the filling of the form and the setting's name follow."""

LOG_STEPS = "lab_log_steps"
"""Whether curves stand on a logarithmic axis of steps."""

DRAWN = "lab_drawn"
"""The figures of the last tick, so that what did not change is not built again."""

WEIGHTS_SENT = "lab_weights_sent"
"""The weights that the browser's decoder has, of which model, and since when."""

ASKED_AT = "lab_asked_at"
"""When a button of the transport bar was last pressed, on the monotonic clock."""

VIEW = "lab_view"
"""What the link says of the view: where z stands, which image is chosen."""

IMAGE = "lab_image"
"""The image that the latent pages are about: a row of a data set's `full`, or the hand-drawn one."""

NOISE = "lab_noise"
"""How often ε was drawn for the image at hand."""

PINS = "lab_pins"
"""The pins of the walk: for which data and how many dimensions, and each one's row (or None) and code."""

PIN_DRAWS = "lab_pin_draws"
"""How often pins were drawn, so that each draw has a seed of its own."""

GEODESIC = "lab_geodesic"
"""The last geodesic that was found whole: for which walk, its legs, and the step of the weights."""

GEODESIC_JOB = "lab_geodesic_job"
"""The job that computes a geodesic: its id, for which walk, its legs, and the step of the weights."""

MEASURES = "lab_measures"
"""The long measurements at work, by kind: the job's id, what it measures, whether it was stopped by hand."""

GAP_SEEN = "lab_gap_seen"
"""The last image whose gap was found: of which model, its label, and what was found."""

GAP_CLASS = "lab_gap_class"
"""Begins the key of the class whose worst gaps are shown; the data set follows."""

GAP_DRAWS = "lab_gap_draws"
"""How often an image was drawn at random."""

GAP_ROW = "lab_gap_row"
"""Begins the key of the field in which a row is looked up; the data set and the chosen row follow."""

GAP_ASKED = "lab_gap_asked"
"""What was asked for that takes long: ``"history"`` or ``"cost"``, and for which model."""

BALANCE_DIMENSION = "lab_balance_dimension"
"""The latent dimension whose landscapes are shown, from 0."""

TWINS = "lab_twins"
"""Which decoders are compared, and on which data, as the link writes it."""

TWIN_RUNS = "lab_twin_runs"
"""The runs of the compared decoders: settings as JSON, and the run's id."""

TWINS_OWN = "lab_twins_own"
"""Whether the compared models are runs of one's own where shipped ones are there, too."""

TWIN_SEEN = "lab_twin_seen"
"""The last whole measurement of each place among the compared: the model's token, and what was found."""

TWIN_SIGMA = "lab_twin_sigma"
"""What was seen of a learned σ² while a run trained, by the run's token."""

TWIN_PIXEL = "lab_twin_pixel"
"""The pixel whose distribution is looked at: row and column."""

SWEEP = "lab_sweep"
"""The sweep whose plane is shown: the name of a shipped one, or the id of one of the desk's."""

SWEEP_FAMILY = "lab_sweep_family"
"""Begins the key of which data and likelihood of a sweep are shown; the sweep follows."""

SWEEP_RUN = "lab_sweep_run"
"""The run of the shown sweep that was chosen in the plane."""

SWEEP_FORM = "lab_sweep_form_"
"""Begins the key of each field of the form for a sweep."""

BROKEN = "lab_broken"
"""The number of the theorem that is broken at the moment, if one is."""

TOUR = "lab_tour"
"""The stop of the guided tour that was made ready, and what its key step starts from."""

PROJECTOR = "lab_projector"
"""Whether the app is shown on a projector: the switch in the sidebar."""

LESSONS = "lab_lessons"
"""What was predicted, answered and unfolded, by chapter."""

LESSON = "lab_lesson_"
"""Begins the key of each control of a chapter; the chapter follows."""
