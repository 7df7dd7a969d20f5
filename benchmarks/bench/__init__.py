"""`make bench`: what the site does a second, beside a floor that does the same by hand, and beside OpenBao.

Everything runs on this machine, and shares its processors. Judge by the ratios of one run.
"""
