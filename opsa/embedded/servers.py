"""Both servers and the environment that points the product at them."""

import os
from pathlib import Path

from opsa.embedded.places import make_secrets, socket_directory
from opsa.embedded.postgres import Footing, Postgres, find_footing, nobody_home
from opsa.embedded.valkey import Valkey

DATABASE = "opsa"


class Servers:
    """PostgreSQL and Valkey below one folder `home`."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        hidden = find_footing() is Footing.NOBODY
        sockets = socket_directory(nobody_home(home) if hidden else home)
        self.postgres = Postgres(home, sockets, durable=durable)
        self.valkey = Valkey(home, sockets)

    def start(self) -> None:
        """Start both and make roles and database where missing."""
        self.postgres.start()
        self.postgres.make_database(DATABASE)
        self.valkey.start()

    def stop(self) -> None:
        """Stop both, Valkey first."""
        self.valkey.stop()
        self.postgres.stop()

    def environment(self) -> dict[str, str]:
        """The variables that settings read; addresses of real servers in ours win."""
        owner = self.postgres.url("opsa_owner", DATABASE)
        files = self.home / "files"
        files.mkdir(parents=True, exist_ok=True, mode=0o700)
        ours = {
            "DATABASE_URL": self.postgres.url("opsa_app", DATABASE),
            "DATABASE_OWNER_URL": owner,
            "REDIS_URL": self.valkey.url,
            "STORAGE_URL": files.as_uri(),
            "OPSA_VAR_DIR": str(self.home),
            **make_secrets(self.home / "secrets"),
        }
        return {name: os.environ.get(name, value) for name, value in ours.items()}
