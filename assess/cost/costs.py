"""What every plan costs, how sure that is, and what it hangs on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from assess.catalog.model import Catalog, Edition, Value
from assess.cost import break_even
from assess.cost.editions import obstacles
from assess.cost.formula import (
    YEARS,
    Money,
    Prices,
    Situation,
    cloud,
    cloud_npv,
    onprem,
    onprem_npv,
)
from assess.cost.prices import draw, medians
from assess.cost.situation import answer, situation, within
from assess.result import Band, BreakEven, Costs, Driver, Plan

ONPREM = "onprem"


def costs(
    catalog: Catalog,
    values: Mapping[str, Value],
    excluded: Mapping[str, Sequence[str]],
    draws: int,
    random: Callable[[], float],
    today: date,
    *,
    chosen: str,
) -> Costs:
    """`excluded`: side, profile or `profile/edition` → ids of the vetoes behind it.

    `chosen`: the `profile/edition` that on-premises is compared with.
    """
    s = situation(values, catalog)
    organisation = str(answer("organisation", values, catalog))
    editions = {
        f"{profile}/{key}": edition
        for profile, each in catalog.profiles.items()
        for key, edition in each.editions.items()
    }
    settings = {plan: within(s, catalog.profiles[plan.partition("/")[0]]) for plan in editions}
    prices = medians(catalog.costs)
    samples: dict[str, list[Money]] = {plan: [] for plan in (ONPREM, *editions)}
    for _ in range(draws):
        drawn = draw(catalog.costs, random)
        samples[ONPREM].append(onprem(s, drawn))
        for plan, edition in editions.items():
            samples[plan].append(cloud(settings[plan], drawn[edition.price], drawn))

    def priced(name: str, money: Money, found: Iterable[str], parts: dict[str, float]) -> Plan:
        per_mailbox_month, start, running, *years = _bands(money, samples[name])
        return Plan(
            id=name,
            chosen=name in (ONPREM, chosen),
            obstacles=list(dict.fromkeys(found)),
            per_mailbox_month=per_mailbox_month,
            start=start,
            running=running,
            years=years,
            parts=parts,
        )

    def vetoes(*names: str) -> list[str]:
        return [veto for name in names for veto in excluded.get(name, ())]

    plans = [priced(ONPREM, onprem(s, prices), vetoes(ONPREM), onprem_npv(s, prices))]
    for name, edition in editions.items():
        subscription = prices[edition.price]
        lacking = obstacles(edition, s, organisation)
        lacking += vetoes("cloud", name.partition("/")[0], name)
        parts = cloud_npv(settings[name], subscription, prices)
        plans.append(priced(name, cloud(settings[name], subscription, prices), lacking, parts))

    drivers = _drivers(catalog, settings[chosen], editions[chosen].price, prices, today)
    return Costs(
        plans=plans,
        drivers=drivers,
        break_even=[
            BreakEven(
                plan=name,
                sizes=[
                    size
                    for size in break_even.sizes(settings[name], prices[edition.price], prices)
                    if edition.max_mailboxes is None or size <= edition.max_mailboxes
                ],
                price=break_even.price(settings[name], prices),
                now=prices[edition.price],
            )
            for name, edition in editions.items()
        ],
        quotes=[each.row for each in drivers if catalog.costs[each.row].quote],
        yen_per_usd=prices["usd_jpy"],
        outgrows=outgrows(s, editions[chosen]),
    )


def outgrows(s: Situation, edition: Edition) -> int | None:
    """The year, 1 to 5, in which the mailboxes pass the edition's limit."""
    if edition.max_mailboxes is None:
        return None
    sizes = (s.mailboxes * (1 + s.growth) ** year for year in range(YEARS))
    return next((y for y, n in enumerate(sizes, 1) if n > edition.max_mailboxes), None)


def _drivers(
    catalog: Catalog, s: Situation, subscription: str, prices: Prices, today: date
) -> list[Driver]:
    """The rows that move the difference, the largest first."""

    def difference(row: str, price: float) -> float:
        p = {**prices, row: price}
        hosted, own = cloud(s, p[subscription], p), onprem(s, p)
        return hosted.per_mailbox_month - own.per_mailbox_month

    found = [
        Driver(
            row=row,
            low=difference(row, cost.low),
            high=difference(row, cost.high),
            stale=cost.stale(today),
        )
        for row, cost in catalog.costs.items()
    ]
    moving = (each for each in found if each.low != each.high)
    return sorted(moving, key=lambda each: -abs(each.high - each.low))


def _bands(money: Money, sample: Sequence[Money]) -> list[Band]:
    """Of per mailbox and month, start, running, and each year."""
    columns = zip(*map(_figures, sample or [money]), strict=True)
    return [_band(mid, sorted(each)) for mid, each in zip(_figures(money), columns, strict=True)]


def _band(mid: float, ordered: Sequence[float]) -> Band:
    last = len(ordered) - 1
    return Band(low=ordered[round(last * 0.05)], mid=mid, high=ordered[round(last * 0.95)])


def _figures(money: Money) -> tuple[float, ...]:
    return (money.per_mailbox_month, money.start, money.running, *money.years)
