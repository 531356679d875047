"""The parts of scripts/bench."""


class Failure(Exception):
    """A reason why nothing can be measured, told in one line."""
