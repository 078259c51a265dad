"""Sources of frames: picture files, videos, cameras and streams. May import the core only."""
