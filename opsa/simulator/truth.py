"""What the outside world holds in the end, per reference: for comparing with what was sent."""

import sqlite3

from . import sms, texts
from .clock import iso
from .store import Json
from .world import World


def held(world: World, reference: str = "") -> Json:
    """The tree of README.md section 6; with `reference` only what stands under it."""
    store, now = world.store, world.now()
    with store.write():
        # One transaction: nothing is filed between two of these reads.
        files = _grouped(
            store.rows("SELECT * FROM held_file ORDER BY id")
            if not reference
            else store.rows(
                "SELECT * FROM held_file WHERE code IN "
                "(SELECT code FROM dossier WHERE reference = ?) ORDER BY id",
                reference,
            )
        )
        supplements: dict[str, list[str]] = {}
        for row in store.rows("SELECT code, reference FROM supplement ORDER BY at"):
            supplements.setdefault(row["code"], []).append(row["reference"])
        dossiers = store.rows(
            "SELECT * FROM dossier WHERE ? = '' OR reference = ? ORDER BY id", reference, reference
        )
        posts = {
            (row["service"], row["reference"]): row["posts"]
            for row in store.rows("SELECT * FROM post")
        }
        current = {
            row["subject"]: row["code"]
            for row in store.rows(
                "SELECT subject, code, max(at * 1000 + number) FROM event WHERE at <= ? "
                "GROUP BY subject",
                now,
            )
        }
        parcels = store.rows("SELECT * FROM parcel WHERE ? IN ('', number)", reference)
        messages = store.rows("SELECT * FROM sms WHERE ? IN ('', key)", reference)
        uploads = store.number("SELECT count(*) FROM upload")
    by_reference: dict[str, Json] = {}
    citizen: dict[str, Json] = {}
    for row in dossiers:
        item = {
            "code": row["code"],
            "status": current.get(row["code"]),
            "created_at": iso(row["created_at"]),
            "source": row["source"],
            "content_sha256": row["content"],
            "files": files.get(row["code"], []),
            "supplements": supplements.get(row["code"], []),
        }
        if row["reference"] is None:
            citizen[row["code"]] = item
            continue
        entry = by_reference.setdefault(
            row["reference"],
            {"count": 0, "posts": posts.get(("portal", row["reference"]), 0), "items": []},
        )
        entry["count"] += 1
        entry["items"].append(item)
    duplicates = sum(entry["count"] - 1 for entry in by_reference.values())
    return {
        "totals": {
            "dossiers": len(dossiers),
            "references": len(by_reference),
            "duplicates": duplicates,
            "posts": sum(entry["posts"] for entry in by_reference.values()),
            "files": sum(len(listed) for listed in files.values()),
            "uploads": uploads,
            "parcels": len(parcels),
            "sms": len(messages),
        },
        "dossiers": by_reference,
        "citizen": citizen,
        "parcels": {
            row["number"]: {
                "count": 1,
                "posts": posts.get(("carrier", row["number"]), 0),
                "status": current.get(row["number"]),
                "manifest": row["manifest"],
            }
            for row in parcels
        },
        "sms": {
            row["key"]: {
                "count": 1,
                "posts": posts.get(("sms", row["key"]), 0),
                "state": sms.state_of(row, now)[0],
            }
            for row in messages
        },
        **texts.held(world),
    }


def _grouped(rows: list[sqlite3.Row]) -> dict[str, list[Json]]:
    out: dict[str, list[Json]] = {}
    for row in rows:
        out.setdefault(row["code"], []).append(
            {"name": row["name"], "bytes": row["bytes"], "sha256": row["sha256"]}
        )
    return out
