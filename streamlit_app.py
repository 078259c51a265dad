"""Starts the app the way of Streamlit and of its hosts: `streamlit run streamlit_app.py`.

On your own computer use `maskwatch app`: it listens on this computer alone.
"""

from streamlit import App

from maskwatch.app.asgi import arguments

app = App(**arguments())
