"""Writes `.streamlit/config.toml`, which `streamlit run` reads, from the options in the code.

python scripts/generate_streamlit_config.py
"""

from pathlib import Path
from typing import Final

from maskwatch.app.streamlit_options import options_toml
from maskwatch.atomic_file import write_text

FILE: Final = Path(__file__).parents[1] / ".streamlit" / "config.toml"

if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    write_text(FILE, options_toml())
