"""How dates are written where nobody said otherwise, by language."""
