"""`migrate check --measure`: what nobody could verify at Google, found out on one real mailbox.

    client      plain calls whose refusals are read word by word
    lab         test messages and labels, and their removal
    questions   one function a question
    measuring   all of it, in order

The names and values are those of the sandbox's `--assume`; the two packages don't know each
other, a test holds the names together.
"""

from migrate.measure.measuring import Measured, measure
from migrate.measure.questions import QUESTIONS, Finding

__all__ = ["QUESTIONS", "Finding", "Measured", "measure"]
