"""Live video: sources, channels, WebSockets and the component. Imports no other room of the app."""
