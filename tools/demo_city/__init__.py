"""The made-up city of Linjiang: every file that a new tenant would hand to the importers, and the product pictures.

Nothing here is real: the city, its neighbourhoods, people, suppliers and telephone numbers are invented. The same seed
always gives the same files.
"""
