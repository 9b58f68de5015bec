"""Where a cloud plan and on-premises cost the same: by size, and by the plan's price."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from assess.cost.formula import Prices, Situation, cloud, onprem

_SIZES = sorted({round(10 ** (step / 40)) for step in range(201)})
"""1 to 100,000 mailboxes, each 6 % above the last; both curves are smooth between servers."""


def price(s: Situation, prices: Prices) -> float | None:
    """The subscription, yen per user and month, at which both cost the same.

    None if below zero, or if it is lost beside prices beyond all measure.
    """
    free = cloud(s, 0.0, prices).npv
    slope = cloud(s, 1.0, prices).npv - free
    if not slope:
        return None
    equal = (onprem(s, prices).npv - free) / slope
    return equal if equal >= 0 else None


def sizes(s: Situation, subscription: float, prices: Prices) -> list[int]:
    """Mailboxes from which on the other side is the cheaper one; the same edition throughout."""

    def cloud_ahead(mailboxes: int) -> bool:
        # the tools that a suite replaces are paid by the head
        avoided = s.avoided * mailboxes / s.mailboxes
        other = replace(s, mailboxes=float(mailboxes), avoided=avoided)
        return cloud(other, subscription, prices).npv < onprem(other, prices).npv

    found = []
    ahead = cloud_ahead(_SIZES[0])
    for low, high in pairwise(_SIZES):
        if cloud_ahead(high) != ahead:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if cloud_ahead(middle) == ahead else (low, middle)
            found.append(high)
            ahead = not ahead
    return found
