"""Independent random streams, each named, all derived from one seed."""

from hashlib import blake2b

from numpy.random import PCG64, Generator


def stream(seed: int, run: int, name: str) -> Generator:
    """Return the generator of one named stream; the same in every process and for every hash seed."""
    digest = blake2b(f"{seed}/{run}/{name}".encode(), digest_size=16).digest()
    return Generator(PCG64(int.from_bytes(digest, "big")))
