"""One bundle of candidates to Gmail: prove which are one message, upload it, record what it became.

The way of a message from its bytes to its outcome; how a single upload survives everything that
can happen to it stands in `sending`.
"""

from migrate.delivery.courier import Delivery
from migrate.delivery.job import Job
from migrate.delivery.message import formed

__all__ = ["Delivery", "Job", "formed"]
