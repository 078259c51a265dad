"""The theme of the app as options of Streamlit, for light and dark screens."""

from typing import Final

THEME: Final[dict[str, object]] = {
    "theme.baseRadius": "0.7rem",
    "theme.baseFontSize": 16,
    "theme.headingFontWeights": [700, 650, 600],
    "theme.headingFontSizes": ["2rem", "1.5rem", "1.2rem"],
    "theme.light.primaryColor": "#08665a",
    "theme.light.backgroundColor": "#fbfdfc",
    "theme.light.secondaryBackgroundColor": "#edf4f2",
    "theme.light.textColor": "#16302d",
    "theme.light.borderColor": "#cfdcd9",
    "theme.light.sidebar.backgroundColor": "#f1f6f5",
    "theme.dark.primaryColor": "#35b3a1",
    "theme.dark.backgroundColor": "#101a19",
    "theme.dark.secondaryBackgroundColor": "#192826",
    "theme.dark.textColor": "#e6f0ee",
    "theme.dark.borderColor": "#334844",
    "theme.dark.sidebar.backgroundColor": "#142120",
}

CAPTION_OPACITY: Final = 0.78
"""Of captions: paler than the text around them, and still 4.5 : 1 on every background."""
