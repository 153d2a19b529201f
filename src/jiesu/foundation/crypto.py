"""Encryption, keyed search hashes and signatures with the commercial ciphers (密评, GB/T 39786).

SM4-GCM (GB/T 32907) for text that names a person, HMAC-SM3 (GB/T 32905) for exact search beside it
and for the seals of the journal. Everything goes through a ``Provider`` of four methods, so that a
hardware module can take the place of the key file. Clear text and keys never enter a message.
"""

import base64
import datetime as dt
import hmac
import json
import os
import secrets
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC

NONCE_BYTES = 12
TAG_BYTES = 16
_REREAD_SECONDS = 5.0

Purpose = Literal["search", "seal"]


class CryptoError(Exception):
    """A defect of keys or ciphertext: a missing key, a wrong file mode, an altered value."""


_NOTHING = Hash(SM3())  # copied for each digest, which costs less than to make another


def sm3(message: bytes) -> bytes:
    """The 32-byte SM3 digest."""
    digest = _NOTHING.copy()
    digest.update(message)
    return digest.finalize()


def sm3_of_file(file: BinaryIO) -> bytes:
    """The 32-byte SM3 digest of a file from its beginning, a piece at a time; left at its end."""
    digest = Hash(SM3())
    file.seek(0)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    return digest.finalize()


class Provider(Protocol):
    """What holds the keys. A hardware security module implements these and nothing else."""

    def newest_key(self) -> int:
        """The id of the key that encrypts now."""

    def encrypt(self, key_id: int, clear: bytes) -> bytes:
        """Nonce, ciphertext and tag of SM4-GCM."""

    def decrypt(self, key_id: int, sealed: bytes) -> bytes:
        """The clear bytes; ``CryptoError`` when the key is unknown or the value was altered."""

    def mac(self, purpose: Purpose, message: bytes) -> bytes:
        """HMAC-SM3 of the message under the key of this purpose."""


@dataclass(frozen=True)
class KeyInfo:
    """One encryption key as it may be shown: never its bytes."""

    id: int
    created_at: str


class FileProvider:
    """Keys in a JSON file of mode 0600; several SM4 keys with ids, the newest of which encrypts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp = (0, 0)
        self._looked_at = 0.0
        self._ciphers: dict[int, algorithms.SM4] = {}
        self._macs: dict[Purpose, HMAC] = {}
        self.keys: tuple[KeyInfo, ...] = ()
        self._newest = 0
        self.reread()

    def reread(self) -> None:
        """Read the file again, so that a running process learns of a rotation."""
        with self._lock:
            try:
                status = self.path.stat()
                content = self.path.read_bytes()
            except FileNotFoundError:
                raise CryptoError(
                    f"密钥文件不存在：{self.path}。请从备份恢复；全新安装请执行 jiesu keys create。"
                ) from None
            except OSError as error:
                raise CryptoError(f"密钥文件无法读取：{self.path}（{error.strerror}）。") from None
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise CryptoError(
                    f"密钥文件 {self.path} 可被其他用户读取，请执行 chmod 600 后重新启动。"
                )
            try:
                record = json.loads(content)
                infos = tuple(KeyInfo(int(k["id"]), str(k["created_at"])) for k in record["sm4"])
                ciphers = {
                    info.id: algorithms.SM4(base64.b64decode(k["key"], validate=True))
                    for info, k in zip(infos, record["sm4"], strict=True)
                }
                macs: dict[Purpose, HMAC] = {
                    "search": HMAC(base64.b64decode(record["search_key"], validate=True), SM3()),
                    "seal": HMAC(base64.b64decode(record["seal_key"], validate=True), SM3()),
                }
                newest = max(ciphers)
            except (ValueError, KeyError, TypeError):
                raise CryptoError(f"密钥文件 {self.path} 已损坏，请从备份恢复。") from None
            self._ciphers, self._macs, self.keys, self._newest = ciphers, macs, infos, newest
            self._stamp = (status.st_mtime_ns, status.st_ino)
            self._looked_at = time.monotonic()

    def _reread_if_changed(self) -> None:
        if time.monotonic() - self._looked_at < _REREAD_SECONDS:
            return
        self._looked_at = time.monotonic()
        try:
            status = self.path.stat()
        except OSError:
            return  # the keys in memory stay good while the file is being replaced
        if (status.st_mtime_ns, status.st_ino) != self._stamp:
            self.reread()

    def newest_key(self) -> int:
        """The id of the key that encrypts now."""
        self._reread_if_changed()
        return self._newest

    def encrypt(self, key_id: int, clear: bytes) -> bytes:
        """Nonce, ciphertext and tag of SM4-GCM."""
        nonce = os.urandom(NONCE_BYTES)
        encryptor = Cipher(self._ciphers[key_id], modes.GCM(nonce)).encryptor()
        return b"".join((nonce, encryptor.update(clear), encryptor.finalize(), encryptor.tag))

    def decrypt(self, key_id: int, sealed: bytes) -> bytes:
        """The clear bytes; ``CryptoError`` when the key is unknown or the value was altered."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            self.reread()
            cipher = self._ciphers.get(key_id)
            if cipher is None:
                raise CryptoError(f"密钥文件中没有 {key_id} 号密钥，请从备份恢复密钥文件。")
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise CryptoError("密文不完整。")
        mode = modes.GCM(sealed[:NONCE_BYTES], sealed[-TAG_BYTES:])
        decryptor = Cipher(cipher, mode).decryptor()
        try:
            return decryptor.update(sealed[NONCE_BYTES:-TAG_BYTES]) + decryptor.finalize()
        except InvalidTag:
            raise CryptoError("密文被改动过，或不是用这把密钥加密的。") from None

    def mac(self, purpose: Purpose, message: bytes) -> bytes:
        """HMAC-SM3 of the message under the key of this purpose."""
        context = self._macs[purpose].copy()
        context.update(message)
        return context.finalize()


class Keyring:
    """What the platform asks of its keys: encrypt, decrypt, search, sign."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """The keyring of a key file. Refuses a missing, damaged or readable-by-others file."""
        return cls(FileProvider(path))

    @classmethod
    def create(cls, path: Path) -> "Keyring":
        """Write a new key file. Refuses when there is one: its keys would be lost."""
        record = {
            "version": 1,
            "sm4": [_new_key(1)],
            "search_key": _random(32),
            "seal_key": _random(32),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(path, record, replace=False)
        return cls.load(path)

    @classmethod
    def rotate(cls, path: Path) -> "Keyring":
        """Add a new encryption key to the file; the older ones stay, to decrypt."""
        cls.load(path)  # refuses a damaged file before anything is written
        record = json.loads(path.read_bytes())
        record["sm4"].append(_new_key(max(int(k["id"]) for k in record["sm4"]) + 1))
        _write_private(path, record, replace=True)
        return cls.load(path)

    def encrypt(self, clear: str) -> str:
        """``k<id>:`` and the base64 of nonce, ciphertext and tag; different at each call."""
        key_id = self.provider.newest_key()
        sealed = self.provider.encrypt(key_id, clear.encode())
        return f"k{key_id}:{base64.b64encode(sealed).decode('ascii')}"

    def decrypt(self, token: str) -> str:
        """The clear text of an ``encrypt``. Raises ``CryptoError`` when it was altered."""
        head, colon, body = token.partition(":")
        if not colon or head[:1] != "k" or not head[1:].isdecimal():
            raise CryptoError("数据库中的值不是密文。")
        try:
            sealed = base64.b64decode(body, validate=True)
        except ValueError:
            raise CryptoError("密文不完整。") from None
        return self.provider.decrypt(int(head[1:]), sealed).decode()

    def search_hash(self, clear: str) -> str:
        """64 hex digits that are the same for the same text, to find it; "" stays ""."""
        return self.provider.mac("search", clear.encode()).hex() if clear else ""

    def sign(self, message: bytes) -> str:
        """A signature that ``verify`` accepts; it names its algorithm."""
        return "hmac-sm3:" + self.provider.mac("seal", message).hex()

    def verify(self, message: bytes, signature: str) -> bool:
        """Whether ``sign`` made this signature of this message."""
        return hmac.compare_digest(self.sign(message).encode(), signature.encode())


def _random(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode("ascii")


def _new_key(key_id: int) -> dict[str, object]:
    made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {"id": key_id, "key": _random(16), "created_at": made}


def _write_private(path: Path, record: dict[str, object], *, replace: bool) -> None:
    """Write the file as mode 0600, whole or not at all, and on the disk before returning."""
    content = json.dumps(record, indent=1).encode() + b"\n"
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            try:
                os.link(part, path)
            except FileExistsError:
                raise CryptoError(
                    f"密钥文件已存在：{path}。不覆盖，以免已加密的数据无法读取。"
                ) from None
    finally:
        part.unlink(missing_ok=True)


@dataclass
class _Process:
    """Where this process finds its keys."""

    path: Path | None = None
    may_create: bool = False
    ring: Keyring | None = None


_process = _Process()
_process_lock = threading.Lock()


def use_key_file(path: Path, *, may_create: bool = False) -> None:
    """Tell the process where its keys are; they are read at the first use.

    ``may_create`` makes a missing file at first use: for development only.
    """
    with _process_lock:
        _process.path, _process.may_create, _process.ring = path, may_create, None


def use_keyring(ring: Keyring) -> None:
    """Let the process use this keyring: another provider, or a test's."""
    with _process_lock:
        _process.ring = ring


def keyring() -> Keyring:
    """The process-wide keyring. Raises ``CryptoError`` when there is no key file."""
    ring = _process.ring
    if ring is not None:
        return ring
    with _process_lock:
        if _process.ring is None:
            if _process.path is None:
                raise CryptoError("没有设置密钥文件，请设置 JIESU_KEY_FILE。")
            if _process.may_create and not _process.path.exists():
                try:
                    Keyring.create(_process.path)
                except CryptoError:
                    if not _process.path.exists():  # else another process was quicker
                        raise
            _process.ring = Keyring.load(_process.path)
        return _process.ring
