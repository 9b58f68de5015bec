"""Sending one message until it is known what became of it."""

from migrate.sending.finding import Finder
from migrate.sending.letter import FALLBACKS, Letter, ends_with
from migrate.sending.sender import Sender, Target

__all__ = ["FALLBACKS", "Finder", "Letter", "Sender", "Target", "ends_with"]
