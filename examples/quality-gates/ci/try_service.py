"""Start the service as a user would, book a berth, stop it."""

import json
import re
import subprocess
import sys
from urllib.request import Request, urlopen

service = subprocess.Popen(
    [sys.executable, "-m", "berths", "--port", "0"], stdout=subprocess.PIPE, text=True
)
try:
    port = re.fullmatch(r"listening on port (\d+)\n", service.stdout.readline()).group(1)
    order = {
        "ship": "Trial",
        "berth": 2,
        "arrives": "2024-05-17T08:00",
        "leaves": "2024-05-17T09:00",
    }
    request = Request(f"http://127.0.0.1:{port}/bookings", data=json.dumps(order).encode())
    with urlopen(request, timeout=10) as answer:
        booking = json.load(answer)
    assert booking["number"] == 1, booking
    print(f"port {port}: booked", booking)
finally:
    service.terminate()
    service.wait(10)
