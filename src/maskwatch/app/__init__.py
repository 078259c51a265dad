"""The app in the browser: Streamlit pages, a WebSocket, one component. May import everything but cli."""
