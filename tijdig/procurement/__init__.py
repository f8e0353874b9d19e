"""The care office's arithmetic: tariff, volume, crisis beds, payment, and when a registration is in time and whole.

Pure functions over decimals and days: no clock, no database, no framework. Each names its rule in the domain
(P-.. a procedure, W-.. a worked example, Y-.. where the sources are silent or contradict: then each reading is an
argument with its default). Sources: Zorginkoopdocument 2021 V&V (ZI) and its annex 1.
"""
