"""The Train page: settings at the left, the run at the right, its controls above."""

import streamlit as st

from pages.controls.downloads import downloads
from pages.controls.layout import write_rules
from pages.controls.live import live
from pages.controls.settings import follow, settings_form
from pages.controls.transport import transport_bar
from pages.exports import as_python, run_zip
from pages.state.current import current

write_rules()
st.title("Train")
model = current()
follow(model)
transport_bar(model)
status = st.container()
form, moving = st.columns([1, 3.4], gap="medium")
with form, st.container(key="lab_settings"):
    settings_form(model)
with moving:
    live(model, status)
    downloads(model, run_zip=run_zip, as_python=as_python)
