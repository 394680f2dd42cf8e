"""aiosqlite as most programs use it: one insert and one commit for each event, each awaited."""

import asyncio
import hashlib
import json
import sqlite3
import sys
import time
from pathlib import Path

import aiosqlite

SCHEMA = """CREATE TABLE rows (
    sequence INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, chain BLOB NOT NULL
)"""
INSERT = "INSERT INTO rows VALUES (?, ?, ?, ?, ?)"


async def run(path, rows):
    """Write every row for itself; return seconds in all, each row's, and the last hash in the file."""
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute(SCHEMA)
        await connection.commit()
        clock, taken_ns = time.perf_counter_ns, []
        began_ns = clock()
        for row in rows:
            started_ns = clock()
            await connection.execute(INSERT, row)
            await connection.commit()
            taken_ns.append(clock() - started_ns)
        whole_ns = clock() - began_ns
        async with connection.execute("SELECT body FROM rows ORDER BY sequence") as found:
            digest = hashlib.sha256(b"\n".join([row[0].encode() async for row in found])).hexdigest()
    return {"seconds": whole_ns / 1e9, "ns": taken_ns, "digest": digest}


def main():
    rows = []
    for line in sys.stdin:
        question = json.loads(line)
        if question["do"] == "load":
            rows = [(*row[:4], bytes.fromhex(row[4])) for row in question["rows"]]
            answer = {"path": f"aiosqlite {aiosqlite.__version__}, SQLite {sqlite3.sqlite_version}: WAL, FULL"}
        else:
            answer = asyncio.run(run(Path(question["path"]), rows))
        print(json.dumps(answer), flush=True)


main()
