import json
from http.client import HTTPConnection
from threading import Thread

import pytest

from berths.__main__ import main
from berths.api import MAX_BODY, Server
from berths.plan import Plan

ORDER = {"ship": "Aurora", "berth": 1, "arrives": "2024-05-17T08:00", "leaves": "2024-05-17T12:00"}


@pytest.fixture
def ask():
    server = Server(("127.0.0.1", 0), Plan(berths=2))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def request(method: str, path: str, body: object = None):
        connection = HTTPConnection(*server.server_address, timeout=10)
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        connection.request(method, path, data)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    yield request
    server.shutdown()
    server.server_close()


def test_the_service_is_healthy(ask):
    assert ask("GET", "/health") == (200, {"status": "ok"})


def test_a_booking_is_made_listed_and_canceled(ask):
    status, booking = ask("POST", "/bookings", ORDER)
    assert status == 201
    assert booking == {"number": 1, **ORDER}
    assert ask("GET", "/bookings") == (200, [booking])
    assert ask("DELETE", "/bookings/1") == (200, {"canceled": 1})
    assert ask("DELETE", "/bookings/1")[0] == 404


def test_a_conflict_says_who_lies_there(ask):
    ask("POST", "/bookings", ORDER)
    status, answer = ask("POST", "/bookings", {**ORDER, "ship": "Borealis"})
    assert status == 409
    assert "Aurora lies at berth 1" in answer["error"]


def test_free_berths_are_listed(ask):
    ask("POST", "/bookings", ORDER)
    assert ask("GET", "/free?arrives=2024-05-17T09:00&leaves=2024-05-17T10:00") == (200, [2])


@pytest.mark.parametrize(
    "body, message",
    [
        ("nonsense", "not JSON"),
        ([1], "expected an object"),
        ({**ORDER, "berth": "1"}, "berth: expected a number"),
        ({**ORDER, "berth": True}, "berth: expected a number"),
        ({**ORDER, "arrives": "soon"}, "arrives: expected a time"),
        ({**ORDER, "ship": ""}, "no name"),
        ("x" * (MAX_BODY + 1), "at most"),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(ask, body, message):
    status, answer = ask("POST", "/bookings", body)
    assert status == 400
    assert message in answer["error"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_pages_do_not_exist(ask, method):
    assert ask(method, "/nowhere", {})[0] == 404


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("berths ")
