"""Keys, ciphertext and signatures."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.foundation import crypto
from jiesu.foundation.crypto import CryptoError, FileProvider, Keyring, sm3


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.create(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture
def process() -> Iterator[None]:
    """The process's keyring, put back afterwards."""
    before = vars(crypto._process).copy()
    yield
    vars(crypto._process).update(before)


def test_sm3_is_the_standards() -> None:
    # GB/T 32905-2016, appendix A
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert (
        sm3(b"abcd" * 16).hex()
        == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_sm4_gcm_is_the_standards(tmp_path: Path) -> None:
    # RFC 8998, appendix A.1: its associated data is left out, so only the ciphertext compares
    path = tmp_path / "keys.json"
    Keyring.create(path)
    record = json.loads(path.read_bytes())
    record["sm4"][0]["key"] = "ASNFZ4mrze/+3LqYdlQyEA=="  # 0123456789ABCDEFFEDCBA9876543210
    path.write_text(json.dumps(record))
    clear = bytes.fromhex("aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8)
    expected = "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"

    provider = FileProvider(path)
    nonce = bytes.fromhex("00001234567800000000abcd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crypto.os, "urandom", lambda size: nonce)
        sealed = provider.encrypt(1, clear)

    assert sealed[12:44].hex() == expected


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_went_in(ring: Keyring, text: str) -> None:
    token = ring.encrypt(text)

    assert token.startswith("k1:")
    assert ring.decrypt(token) == text


def test_the_same_text_is_never_the_same_ciphertext_but_always_the_same_hash(
    ring: Keyring,
) -> None:
    assert ring.encrypt("13812342046") != ring.encrypt("13812342046")
    assert ring.search_hash("13812342046") == ring.search_hash("13812342046")
    assert len(ring.search_hash("13812342046")) == 64
    assert ring.search_hash("") == ""


@given(st.integers(min_value=0), st.integers(1, 255))
def test_any_altered_byte_of_a_ciphertext_is_refused(ring: Keyring, at: int, by: int) -> None:
    sealed = bytearray(crypto.base64.b64decode(ring.encrypt("陈小满").partition(":")[2]))
    sealed[at % len(sealed)] ^= by
    token = "k1:" + crypto.base64.b64encode(bytes(sealed)).decode()

    with pytest.raises(CryptoError):
        ring.decrypt(token)


@pytest.mark.parametrize("value", ["陈小满", "k1", "k1:!!", "k9:" + "A" * 60, "kx:AAAA", "k1:AAAA"])
def test_what_is_no_ciphertext_is_refused_without_repeating_it(ring: Keyring, value: str) -> None:
    with pytest.raises(CryptoError) as refused:
        ring.decrypt(value)

    assert "陈小满" not in str(refused.value)


def test_a_new_key_encrypts_and_the_old_ones_still_decrypt(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    before = Keyring.create(path)
    old = before.encrypt("旧")

    after = Keyring.rotate(path)

    assert after.encrypt("新").startswith("k2:")
    assert after.decrypt(old) == "旧"
    assert after.search_hash("同") == before.search_hash("同")
    assert after.verify(b"root", before.sign(b"root"))


def test_a_running_process_learns_of_a_rotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    running = Keyring.create(path)
    token = Keyring.rotate(path).encrypt("新")

    assert running.decrypt(token) == "新"  # at once, when it meets the new key
    other = Keyring.load(path)
    Keyring.rotate(path)
    assert other.encrypt("甲").startswith("k2:")
    monkeypatch.setattr(crypto, "_REREAD_SECONDS", 0.0)
    assert other.encrypt("乙").startswith("k3:")  # and within seconds for its own writing


def test_a_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    Keyring.create(path)
    content = path.read_bytes()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CryptoError, match="已存在"):
        Keyring.create(path)
    assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == ["keys.json"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.create(path)
    path.chmod(0o644)

    with pytest.raises(CryptoError, match="chmod 600"):
        Keyring.load(path)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"sm4": [], "search_key": "", "seal_key": ""}']
)
def test_a_damaged_key_file_is_refused_clearly(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_text(content)

    with pytest.raises(CryptoError, match="已损坏"):
        Keyring.load(path)


@pytest.mark.usefixtures("process")
def test_a_missing_key_file_is_refused_in_production_and_made_in_development(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    crypto.use_key_file(path)
    with pytest.raises(CryptoError, match="jiesu keys create"):
        crypto.keyring()

    crypto.use_key_file(path, may_create=True)

    assert crypto.keyring().decrypt(crypto.keyring().encrypt("好")) == "好"
    assert path.exists()


def test_a_signature_holds_for_its_message_only(ring: Keyring, tmp_path: Path) -> None:
    signature = ring.sign(b"root")

    assert ring.verify(b"root", signature)
    assert not ring.verify(b"boot", signature)
    assert not ring.verify(b"root", "hmac-sm3:" + "0" * 64)
    assert not ring.verify(b"root", "签名")
    assert not Keyring.create(tmp_path / "other.json").verify(b"root", signature)
