"""The pages that Streamlit runs, their sidebar, theme and wording. May import all rooms of the app."""
