"""Where should mail live: additive value, vetoes outside the sum, and how robust the answer is.

`pricing.py` what both sides cost · `value.py` the sum and what each answer adds to it ·
`vetoes.py` what is out · `draws.py` weights, judgements and prices sampled · `verdict.py` the
outcome · `flips.py` what would change it · `relevance.py` which questions can still change it ·
`score.py` all of it.

The method is multi-attribute value theory with swing weights (UK Department for Communities and
Local Government, Multi-criteria analysis: a manual, 2009, chapter 6) and, on top, stochastic
multicriteria acceptability analysis (Tervonen and Lahdelma, 2007).
"""
