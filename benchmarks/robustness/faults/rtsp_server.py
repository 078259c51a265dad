"""A real RTSP server, for the system's Python (not that of the project): GStreamer's.

    apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-rtsp
    apt-get install gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly
    /usr/bin/python3 rtsp_server.py PORT WIDTH HEIGHT {h264,mjpeg}

It sends a moving ball at rtsp://127.0.0.1:PORT/camera until it is killed, and says so once it is ready.
"""

import sys

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

H264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
CODECS = {
    "h264": f"{H264} ! rtph264pay name=pay0 config-interval=1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0",
}


def main(port: str, width: str, height: str, codec: str) -> None:
    """Serves until the process is killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( videotestsrc is-live=true pattern=ball ! video/x-raw,width={width},height={height},framerate=15/1"
        f" ! videoconvert ! video/x-raw,format=I420 ! {CODECS[codec]} )"
    )
    factory.set_shared(True)
    server.get_mount_points().add_factory("/camera", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
