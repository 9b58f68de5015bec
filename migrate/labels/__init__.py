"""The pure rules of labels: which one a folder becomes, and which ones a message gets."""

from migrate.labels.mapping import map_folders
from migrate.labels.message import message_labels
from migrate.labels.names import NAME_LIMIT, clean, label_key, parents, reserved
from migrate.labels.rules import LabelRules, Mapped

__all__ = [
    "NAME_LIMIT",
    "LabelRules",
    "Mapped",
    "clean",
    "label_key",
    "map_folders",
    "message_labels",
    "parents",
    "reserved",
]
