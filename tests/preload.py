"""Everything of the product and what it loads when it is needed, for processes that are forked."""

from __future__ import annotations

import importlib
import pkgutil

import assess
import migrate
from migrate.report.page import environment

ASIDE = ("migrate.sandbox.__main__", "migrate.demo.server")
"""Programs, not modules."""

for _package in (assess, migrate):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        if _module.name not in ASIDE:
            importlib.import_module(_module.name)

for _name in environment().list_templates(extensions=["j2"]):
    environment().get_template(_name)
