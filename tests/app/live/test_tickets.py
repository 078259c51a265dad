import gc

from maskwatch.app.live.tickets import Ticket, find
from maskwatch.app.stream_setup import StreamSetup


def test_a_ticket_is_found_by_its_token_alone(look: StreamSetup) -> None:
    mine, other = Ticket(look), Ticket(look)
    assert find(mine.token) is mine
    assert find(other.token) is other
    assert find(mine.token[:-1]) is None
    assert find("") is None
    assert find(None) is None
    assert find(["list"]) is None


def test_tokens_cannot_be_guessed(look: StreamSetup) -> None:
    tickets = [Ticket(look) for _ in range(50)]
    assert len({ticket.token for ticket in tickets}) == 50
    assert min(len(ticket.token) for ticket in tickets) >= 43  # 256 bits


def test_a_ticket_shows_its_token_nowhere(look: StreamSetup) -> None:
    ticket = Ticket(look)
    assert ticket.token not in repr(ticket)


def test_a_token_dies_with_its_ticket(look: StreamSetup) -> None:
    ticket = Ticket(look)
    token = ticket.token
    del ticket
    gc.collect()
    assert find(token) is None
