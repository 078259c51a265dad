"""Words for the messages of events: durations and numbers. Each message is one line for people."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Returns a time in the units in which people say it, such as "2 minutes" or "1 hour 5 minutes"."""
    if seconds < 60:
        return amount(seconds, "second", "seconds")
    if seconds < 3600:
        return _two_units(seconds, 60, "minute", 1, "second")
    return _two_units(seconds, 3600, "hour", 60, "minute")


def lasted(seconds: float, least: float) -> str:
    """Returns for how long something has lasted, without the odd bits that nobody wants to hear.

    Args:
        seconds: For how long: said in whole seconds, from a minute on in whole minutes.
        least: Time in seconds that it has lasted for certain; said as it is, where it is the longer one.

    Returns:
        The words; "" for less than a second.
    """
    whole = seconds // 60 * 60 if seconds >= 60 else seconds // 1
    longer = max(whole, least)
    return duration(longer) if longer > 0 else ""


def amount(number: float, one: str, many: str) -> str:
    """Returns a number with its noun, such as "1 person" or "0.5 seconds"."""
    return f"{round(number, 2):g} {one if number == 1 else many}"


def reminding(message: str, reminder: int) -> str:
    """Returns a message as a reminder, unless it is the first one (0)."""
    return f"Reminder: {message[0].lower()}{message[1:]}" if reminder else message


def _two_units(seconds: float, large: int, large_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(seconds, large)
    words = amount(whole, large_name, f"{large_name}s")
    if rest := rest // small:
        words += f" {amount(rest, small_name, f'{small_name}s')}"
    return words
