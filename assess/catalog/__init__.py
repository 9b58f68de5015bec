"""The content of the assessment is data: `*.toml` here, and an organisation's own file over it.

    questions.toml   [section.ID] [question.ID]
    criteria.toml    [criterion.ID]
    vetoes.toml      [veto.ID]
    profiles.toml    [profile.ID]
    costs.toml       [cost.ID]
    posture.toml     [risk.ID] [measure.ID] [check.ID]

A file's `[defaults]` (source, as_of, trust, stale_after, url) hold for those of its entries that
say nothing of their own. An organisation's file has the same tables; what it says of an entry
replaces that part of ours, whatever file that stands in, and its provenance with it.
"""

from assess.catalog.checks import stale
from assess.catalog.load import digest, load
from assess.catalog.model import Catalog

__all__ = ["Catalog", "digest", "load", "stale"]
