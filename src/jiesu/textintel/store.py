"""A model as one file: written whole or not at all, and read only when it is whole and ours."""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from jiesu.textintel.calibration import Calibration
from jiesu.textintel.linear import Features, Linear
from jiesu.textintel.vectors import Spans

FORMAT = 3  # raised when n-grams or weights mean something else; an older file is then refused


class WrongModel(Exception):
    """The file is missing, cut short, changed or of another version; says which."""


def save(model: Linear, path: Path) -> str:
    """Write the model; its checksum."""
    head = {
        "format": FORMAT,
        "labels": model.labels,
        "spans": vars(model.features.spans),
        "unknown": model.features.unknown,
    }
    written = io.BytesIO()
    np.savez(
        written,
        head=np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), dtype=np.uint8),
        buckets=model.features.buckets,
        idf=model.features.idf,
        kinds=model.features.kinds,
        weights=model.weights,
        bias=model.bias,
        **vars(model.calibration),
    )
    content = written.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.part")
    aside.write_bytes(content)
    aside.replace(path)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, checksum: str = "") -> Linear:
    """The model; with ``checksum`` only if it is the file that was written. Raises ``WrongModel``.

    Nothing in the file is run: arrays and one JSON head.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WrongModel(f"模型文件 {path.name} 读不到：{error.strerror}。") from error
    if checksum and hashlib.sha256(content).hexdigest() != checksum:
        raise WrongModel(f"模型文件 {path.name} 不完整或被改动，校验值不符。")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            head = json.loads(bytes(held["head"]))
            if head["format"] != FORMAT:
                raise WrongModel(
                    f"模型文件 {path.name} 是第 {head['format']} 版格式，本程序用第 {FORMAT} 版，"
                    "请重新训练。"
                )
            features = Features(
                Spans(**head["spans"]), held["buckets"], held["idf"], held["kinds"],
                head["unknown"],
            )  # fmt: skip
            return Linear(
                tuple(head["labels"]), features, held["weights"], held["bias"],
                Calibration(held["level"], held["between"], held["offset"], held["trust"]),
            )  # fmt: skip
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise WrongModel(f"模型文件 {path.name} 不完整，读不出来。") from error
