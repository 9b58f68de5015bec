"""The settings of a migration: `migration.toml` and `accounts.csv`, read, checked and explained."""

from migrate.config.addresses import check_api_url, is_mailbox
from migrate.config.migration import Config, private_directory
from migrate.config.model import PolicyConfig
from migrate.config.reader import load, quick
from migrate.config.template import init_files

__all__ = [
    "Config",
    "PolicyConfig",
    "check_api_url",
    "init_files",
    "is_mailbox",
    "load",
    "private_directory",
    "quick",
]
