"""The interview: one question at a time, on any terminal, to be left and taken up at any point.

`state.py` knows which question is next and no terminal; `dialogue.py` and `weighing.py` turn
what was typed into answers and weights; `screen.py` and `arrows.py` show a `Card` and read a
reply.
"""
