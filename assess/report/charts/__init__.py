"""Charts as SVG markup: pure functions of numbers and words, without style sheet or script.

Presentation attributes only, so that a chart looks the same in a browser, in a PDF and cut out of
the page. Cloud is solid blue, on-premises hatched orange; side, sign and number say the same, so
that nothing is lost in black and white. Each has a title, a description, and on the page a table.
"""

from assess.report.charts.bands import bands
from assess.report.charts.contributions import contributions
from assess.report.charts.criteria import criteria
from assess.report.charts.mail_path import mail_path
from assess.report.charts.robustness import robustness
from assess.report.charts.tornado import tornado

__all__ = ["bands", "contributions", "criteria", "mail_path", "robustness", "tornado"]
