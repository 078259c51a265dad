"""Draws faces, people, zones and heat maps on pictures. All drawing of results happens here.

Colour is never the only sign: each state has its own text, symbol and line.
"""

from maskwatch.annotate.faces import annotate as annotate
from maskwatch.annotate.faces import outline as outline
from maskwatch.annotate.heat_map import heat_map as heat_map
from maskwatch.annotate.people import annotate_people as annotate_people
from maskwatch.annotate.styles import STYLES as STYLES
from maskwatch.annotate.styles import UNCERTAIN as UNCERTAIN
from maskwatch.annotate.styles import UNCLASSIFIED as UNCLASSIFIED
from maskwatch.annotate.styles import Style as Style
from maskwatch.annotate.zones import ZONES as ZONES
from maskwatch.annotate.zones import draw_zones as draw_zones
