"""Why something at the counter is not done, in words for the person who tried."""


class Refused(Exception):
    """Not done, and nothing changed; the text is for the clerk. `code` is for tests and the
    journal."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.text, self.code = text, code
