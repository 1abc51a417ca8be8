"""Serve a plan: python3 -m berths [--port N] [--berths N]."""

import argparse

from berths import __version__
from berths.api import Server
from berths.plan import Plan


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="berths", description=__doc__)
    options.add_argument("--port", type=int, default=8080, help="0 takes any free one")
    options.add_argument("--berths", type=int, default=6)
    options.add_argument("--version", action="version", version=f"berths {__version__}")
    args = options.parse_args(argv)
    server = Server(("127.0.0.1", args.port), Plan(args.berths))
    print(f"listening on port {server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
