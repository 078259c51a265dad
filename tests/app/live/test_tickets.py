import gc

from maskwatch.app.live.tickets import Ticket, find_ticket
from maskwatch.app.stream_setup import StreamSetup


def test_a_ticket_is_found_by_its_token_alone(stream_setup: StreamSetup) -> None:
    ticket, other = Ticket(stream_setup), Ticket(stream_setup)
    assert find_ticket(ticket.token) is ticket
    assert find_ticket(other.token) is other
    assert find_ticket(ticket.token[:-1]) is None
    assert find_ticket("") is None
    assert find_ticket(None) is None
    assert find_ticket(["list"]) is None


def test_tokens_cannot_be_guessed(stream_setup: StreamSetup) -> None:
    tickets = [Ticket(stream_setup) for _ in range(50)]
    assert len({ticket.token for ticket in tickets}) == 50
    assert min(len(ticket.token) for ticket in tickets) >= 43  # 256 bits


def test_a_ticket_shows_its_token_nowhere(stream_setup: StreamSetup) -> None:
    ticket = Ticket(stream_setup)
    assert ticket.token not in repr(ticket)


def test_a_token_dies_with_its_ticket(stream_setup: StreamSetup) -> None:
    ticket = Ticket(stream_setup)
    token = ticket.token
    del ticket
    gc.collect()
    assert find_ticket(token) is None
