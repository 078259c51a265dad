"""Rules that turn the people of a stream into events. They read no clock: the time comes with the frames."""

from maskwatch.rules.base import Rule as Rule
from maskwatch.rules.base import SilenceRule as SilenceRule
from maskwatch.rules.crowd import CrowdRule as CrowdRule
from maskwatch.rules.lost_camera import LostCameraRule as LostCameraRule
from maskwatch.rules.low_share import LowShareRule as LowShareRule
from maskwatch.rules.no_mask import NoMaskRule as NoMaskRule
from maskwatch.rules.worn_wrongly import WornWronglyRule as WornWronglyRule
