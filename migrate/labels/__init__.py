"""The pure rules of labels: which one a folder becomes, and which ones a message gets."""

from migrate.labels.counting import ADVISED, LABELS_AT_MOST, needed
from migrate.labels.mapping import map_folders, priority
from migrate.labels.message import message_labels
from migrate.labels.names import (
    IMPORTED,
    NAME_LIMIT,
    STAND_INS,
    clean,
    flat,
    label_key,
    length,
    marked,
    parents,
    reserved,
)
from migrate.labels.rules import LabelRules, Mapped

__all__ = [
    "ADVISED",
    "IMPORTED",
    "LABELS_AT_MOST",
    "NAME_LIMIT",
    "STAND_INS",
    "LabelRules",
    "Mapped",
    "clean",
    "flat",
    "label_key",
    "length",
    "map_folders",
    "marked",
    "message_labels",
    "needed",
    "parents",
    "priority",
    "reserved",
]
