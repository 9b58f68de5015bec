"""What both halves of the command share: texts in two languages, exit codes, errors, tables, files.

It knows neither `assess` nor `migrate`.
"""
