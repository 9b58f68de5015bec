"""What mail costs on either side over five years: pure functions of the answers and the prices.

`situation` reads the answers, `prices` the rows of the catalogue, `formula` does the sums,
`editions` says which plan suits, and `costs` puts them together for the reports.
"""
