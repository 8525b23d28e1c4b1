"""`python -m opsa.simulator`: see README.md beside this file for options and wire format."""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import settings
from .dials import SERVICES
from .world import World, open_world

if TYPE_CHECKING:
    from .server import Port


def options(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m opsa.simulator",
        description="The outside world over HTTP: portal, carrier, messages.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder for its storage")
    parser.add_argument("--host", default="127.0.0.1", help="this machine's name for who may ask")
    parser.add_argument("--port", type=int, default=8801, help="portal (0 = free ports for all)")
    parser.add_argument("--carrier-port", type=int, help="default: --port + 1")
    parser.add_argument("--sms-port", type=int, help="default: --port + 2")
    parser.add_argument("--control-port", type=int, help="default: --port + 3")
    parser.add_argument("--sms2-port", type=int, help="default: --port + 4")
    parser.add_argument("--zalo-port", type=int, help="default: --port + 5")
    parser.add_argument("--seed", type=int, help="for plans and faults drawn by chance")
    parser.add_argument("--speed", type=float, help="simulated seconds per real second")
    chosen = parser.parse_args(argv)
    if chosen.speed is not None and not 0.001 <= chosen.speed <= 10_000_000:
        parser.error("--speed: from 0.001 to 10000000")
    if chosen.seed is not None and not 0 <= chosen.seed <= 2**53:
        parser.error("--seed: a whole number from 0")
    try:
        chosen.ports = ports_of(
            chosen.port,
            chosen.carrier_port,
            chosen.sms_port,
            chosen.control_port,
            chosen.sms2_port,
            chosen.zalo_port,
        )
    except ValueError as error:
        parser.error(str(error))
    return chosen


def ports_of(
    portal: int,
    carrier: int | None,
    sms: int | None,
    control: int | None,
    sms2: int | None = None,
    zalo: int | None = None,
) -> dict[str, int]:
    """Ports by service; a default steps past a named port. ValueError if two named ones collide."""
    named = {"portal": portal, "carrier": carrier, "sms": sms, "control": control}
    named |= {"sms2": sms2, "zalo": zalo}
    fixed = [port for port in named.values() if port]
    if len(set(fixed)) != len(fixed):
        raise ValueError("two services on one port")
    out: dict[str, int] = {}
    for service, port in named.items():
        if port is None:
            port = 0 if portal == 0 else portal + 1
            while port and (port in fixed or port in out.values()):
                port += 1
        out[service] = port
    return out


def apply_modes(world: World, ports: "dict[str, Port]") -> None:
    """Opens or closes each service's listener as its dial says."""
    for service in SERVICES:
        if world.dials.get(service, "mode") == "down":
            ports[service].refuse()
        else:
            ports[service].open()


def main(argv: list[str] | None = None) -> int:
    chosen = options(argv)
    world = World(chosen.data, seed=chosen.seed, speed=chosen.speed)
    open_world(world)
    settings.configure(world.secret_key(), chosen.host)
    from django.core.wsgi import get_wsgi_application

    from . import callbacks
    from .server import Port

    app = get_wsgi_application()
    ports: dict[str, Port] = {}
    stop = threading.Event()

    def ended(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)
    try:
        for service, number in chosen.ports.items():
            ports[service] = Port(
                service if service in SERVICES else None, number, app, chosen.host
            )
    except OSError as error:
        sys.stderr.write(f"simulator: port {number} for {service}: {error}\n")
        for port in ports.values():
            port.close()
        world.close()
        return 1
    world.addresses = {name: port.address for name, port in ports.items()}
    lock = threading.Lock()

    def changed() -> None:
        with lock:
            apply_modes(world, ports)

    world.on_change = changed
    changed()
    ports["control"].open()
    callbacks.start(world)
    known = chosen.data / "addresses.json"
    fresh = known.with_suffix(".new")
    fresh.write_text(json.dumps({**world.addresses, "pid": os.getpid()}))
    fresh.replace(known)
    sys.stdout.write(f"simulator: ready, control page {world.addresses['control']}/\n")
    sys.stdout.flush()
    stop.wait()
    for port in ports.values():
        port.close()
    world.close()
    known.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
