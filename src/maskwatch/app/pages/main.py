"""The frame around all pages: title, navigation and settings. Streamlit runs this file."""

from pathlib import Path

import streamlit as st

from maskwatch.app.corrections.storage import correction_storage
from maskwatch.app.error_line import show_error, show_unforeseen
from maskwatch.app.files.visitor_session import end_when_left
from maskwatch.app.pages.sidebar import sidebar
from maskwatch.app.pages.theme import CAPTION_OPACITY
from maskwatch.errors import MaskwatchError

_HERE = Path(__file__).parent

# The picture is what people come for: less air above it than Streamlit leaves. Captions are too pale by
# themselves (3.9 : 1); `CAPTION_OPACITY` gives them the contrast that WCAG asks for.
_STYLE = f"""<style>
.stMainBlockContainer {{ max-width: 84rem; padding: 3.9rem 1rem 3rem; }}
.stMainBlockContainer > [data-testid="stVerticalBlock"] {{ gap: 0.6rem; }}
.st-key-source h1 {{ font-size: 1.45rem; padding: 0.2rem 1rem 0.2rem 0; }}
[data-testid="stCaptionContainer"] {{ opacity: {CAPTION_OPACITY}; }}
</style>"""

_KIOSK_STYLE = """<style>
.stApp header, [data-testid="stSidebar"], .st-key-pages { display: none; }
/* The screen itself says that the server is gone, and comes back. */
[data-testid="stDialog"], .stDialog { display: none !important; }
</style>"""

st.set_page_config(page_title="maskwatch", page_icon="😷", layout="wide")
st.html(_STYLE)
if st.query_params.get("kiosk") == "1":
    st.html(_KIOSK_STYLE)
end_when_left()
pages = [
    st.Page(_HERE / "live.py", title="Live", icon=":material/videocam:", default=True),
    st.Page(_HERE / "files.py", title="Photos and videos", icon=":material/photo_library:", url_path="files"),
]
# Streamlit's own navigation hides in the closed sidebar on a phone.
chosen_page = st.navigation(pages, position="hidden")
with st.container(horizontal=True, key="pages"):
    for page in pages:
        st.page_link(page, width="content")
try:
    st.session_state.choices = sidebar()
    st.session_state.storage = correction_storage(st.session_state.choices.settings.collect)
    chosen_page.run()
except MaskwatchError as error:
    show_error(error)
except Exception as error:  # the outermost handler of the pages: a visitor reads one line, the log the rest
    show_unforeseen(error)
