"""The networks in torch and the detector's anchors. May import torch and the core (`geometry`, `types`)."""
