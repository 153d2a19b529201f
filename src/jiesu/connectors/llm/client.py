"""One question to an OpenAI-compatible endpoint (``POST …/chat/completions``), time-boxed."""

import contextlib
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_BYTES = 1_000_000  # of an answer


class Unreachable(Exception):
    """No usable answer in time; says why, for the audit."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask: ``url`` up to ``/v1``, the model's name, a key or "", seconds to wait."""

    url: str
    model: str
    key: str
    seconds: float


def ask(endpoint: Endpoint, system: str, text: str) -> str:
    """The model's answer to ``text`` under the instruction ``system``.

    Raises ``Unreachable`` for any trouble: no connection, too slow, an error, no text in it.
    """
    stop = time.monotonic() + endpoint.seconds
    where = urlsplit(endpoint.url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise Unreachable("the address is no http(s) address")
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    connection = kind(where.hostname, where.port, timeout=endpoint.seconds)
    body = json.dumps(
        {
            "model": endpoint.model, "temperature": 0, "stream": False, "max_tokens": 1_000,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
        }
    ).encode()  # fmt: skip
    headers = {"Content-Type": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    try:
        said = _exchange(
            connection, f"{where.path.rstrip('/')}/chat/completions", body, headers, stop
        )
        words = json.loads(said)["choices"][0]["message"]["content"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as trouble:
        if isinstance(trouble, TimeoutError) or time.monotonic() >= stop:
            raise Unreachable("too slow") from trouble
        if isinstance(trouble, (OSError, http.client.HTTPException)):
            raise Unreachable(type(trouble).__name__) from trouble
        raise Unreachable("not an answer of this kind") from trouble
    finally:
        connection.close()
    if not isinstance(words, str) or not words.strip():
        raise Unreachable("an empty answer")
    return words.strip()


def _exchange(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str],
    stop: float,
) -> bytes:  # fmt: skip
    """The body of the answer; hangs up at ``stop``, so that one that drips is not waited for."""
    connection.connect()
    hang_up = threading.Timer(max(0.0, stop - time.monotonic()), _shut, [connection.sock])
    hang_up.start()
    try:
        connection.request("POST", path, body, headers)
        with connection.getresponse() as answer:
            said = answer.read(MOST_BYTES + 1)
            status = answer.status
    finally:
        hang_up.cancel()
    if len(said) > MOST_BYTES:
        raise Unreachable("too long")
    if status != http.client.OK:
        raise Unreachable(f"HTTP {status}")
    return said


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
