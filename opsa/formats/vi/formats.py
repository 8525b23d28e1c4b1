"""Short Vietnamese dates: the long form of Django fills half a list."""

DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = "H:i d/m/Y"
