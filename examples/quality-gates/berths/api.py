"""The plan over HTTP: JSON in, JSON out."""

import json
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from berths.plan import Booking, Conflict, Invalid, Plan

MAX_BODY = 64 * 1024


def as_json(b: Booking) -> dict:
    return {
        "number": b.number,
        "ship": b.ship,
        "berth": b.berth,
        "arrives": b.arrives.isoformat(timespec="minutes"),
        "leaves": b.leaves.isoformat(timespec="minutes"),
    }


def when(value: object, name: str) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise Invalid(f"{name}: expected a time like 2024-05-17T08:30") from None


class Handler(BaseHTTPRequestHandler):
    server_version = "berths"
    server: "Server"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        plan = self.server.plan
        if url.path == "/health":
            self.answer(HTTPStatus.OK, {"status": "ok"})
        elif url.path == "/bookings":
            with self.server.lock:
                self.answer(HTTPStatus.OK, [as_json(b) for b in plan.bookings.values()])
        elif url.path == "/free":
            query = {k: v[0] for k, v in parse_qs(url.query).items()}
            self.attempt(lambda: (HTTPStatus.OK, self.free(query)))
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": "no such page"})

    def do_POST(self) -> None:
        if self.path == "/bookings":
            self.attempt(lambda: (HTTPStatus.CREATED, self.book(self.body())))
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": "no such page"})

    def do_DELETE(self) -> None:
        number = self.path.removeprefix("/bookings/")
        with self.server.lock:
            if number.isdecimal() and self.server.plan.cancel(int(number)):
                self.answer(HTTPStatus.OK, {"canceled": int(number)})
                return
        self.answer(HTTPStatus.NOT_FOUND, {"error": "no such booking"})

    def free(self, query: dict) -> list:
        arrives = when(query.get("arrives"), "arrives")
        leaves = when(query.get("leaves"), "leaves")
        with self.server.lock:
            return self.server.plan.free(arrives, leaves)

    def book(self, order: dict) -> dict:
        berth = order.get("berth")
        if not isinstance(berth, int) or isinstance(berth, bool):
            raise Invalid("berth: expected a number")
        arrives = when(order.get("arrives"), "arrives")
        leaves = when(order.get("leaves"), "leaves")
        with self.server.lock:
            ship = str(order.get("ship", ""))
            return as_json(self.server.plan.book(ship, berth, arrives, leaves))

    def body(self) -> dict:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise Invalid(f"expected a body of at most {MAX_BODY} bytes")
        try:
            order = json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise Invalid("the body is not JSON") from None
        if not isinstance(order, dict):
            raise Invalid("expected an object")
        return order

    def attempt(self, work) -> None:
        try:
            self.answer(*work())
        except Conflict as e:
            self.answer(HTTPStatus.CONFLICT, {"error": str(e)})
        except Invalid as e:
            self.answer(HTTPStatus.BAD_REQUEST, {"error": str(e)})

    def answer(self, status: HTTPStatus, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], plan: Plan) -> None:
        super().__init__(address, Handler)
        self.plan = plan
        self.lock = Lock()
