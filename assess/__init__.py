"""Helps an organisation decide between cloud and on-premises mail; knows nothing of `migrate`."""
