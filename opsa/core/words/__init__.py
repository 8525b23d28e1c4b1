"""The product's texts: taken out of the code, translated in one catalogue, compiled, checked.

The source language is Vietnamese; `locale/en/LC_MESSAGES/django.po` holds the English. Nothing here
needs GNU gettext, so a machine with only Python can build and check the product.
"""
