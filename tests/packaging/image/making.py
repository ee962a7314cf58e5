"""Projects, packages and locks for the tests: small, made here, and fetched from nowhere."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ergon_ops import manifest
from ergon_ops.packaging.analysis import analyse
from ergon_ops.packaging.containers import packaged, plan_for
from ergon_ops.packaging.describing import document_of
from ergon_ops.packaging.image import locks
from ergon_ops.packaging.image.identity import platform
from ergon_ops.packaging.image.locking import Tools
from ergon_ops.packaging.image.locks import Lock, LockedBase, LockedPackages
from ergon_ops.packaging.image.packager import Built, Order, build
from ergon_ops.packaging.image.shelf import Shelf
from ergon_ops.packaging.image.wishes import wishes
from ergon_ops.packaging.plan import Unpack
from tests.packaging.projects import FASTAPI, UVICORN, write

SITE = {"index.html": "<h1>hi</h1>\n", "style/site.css": "h1 { color: red }\n", "run.sh": "#!/bin/sh\n"}
API = {"main.py": FASTAPI, "requirements.txt": UVICORN, "shop/__init__.py": "", "shop/things.py": "x = 1\n"}
BUSYBOX: dict[str, bytes | str] = {"./usr/bin/busybox": b"no real busybox\n"}
PYTHON: dict[str, bytes | str] = {
    **BUSYBOX,
    "./usr/bin/python3.11": b"no real Python\n",
    "./usr/bin/python3": "python3.11",
}


def deb(path: Path, files: Mapping[str, bytes | str]) -> Path:
    """A Debian package of these files; a text is a link's target."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"", "data.tar": data.getvalue()}
    body = b"!<arch>\n"
    for name, content in parts.items():
        body += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        body += b"\n" * (len(content) % 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def wheel(path: Path, files: Mapping[str, bytes], *, scripts: Mapping[str, str] | None = None) -> Path:
    """`name-1.0-py3-none-any.whl` with metadata and a RECORD, as build tools write it."""
    name, version = path.name.split("-")[:2]
    about = f"{name}-{version}.dist-info"
    points = "[console_scripts]\n" + "".join(f"{key} = {value}\n" for key, value in (scripts or {}).items())
    more = {f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()}
    more |= {f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    more |= {f"{about}/entry_points.txt": points.encode()} if scripts else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for inner, content in {**files, **more}.items():
            archive.writestr(zipfile.ZipInfo(inner), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record += f"{inner},sha256={digest},{len(content)}\n"
        archive.writestr(zipfile.ZipInfo(f"{about}/RECORD"), record + f"{about}/RECORD,,\n")
    return path


def project(root: Path, files: Mapping[str, str], **more: Any) -> Path:
    """The files, and a manifest of them: its path. `more` goes into the manifest's own words."""
    write(root, dict(files))
    document = {**document_of(replace(analyse(root), name="shop")), **more}
    path = root / "manifest.json"
    path.write_text(json.dumps(document))
    return path


def lock_for(path: Path, shelf: Shelf, folder: Path) -> Lock:
    """Of the first container: bases and wheels that are made here and put on the shelf."""
    found = manifest.load(path)
    plan = plan_for(found, packaged(found)[0], analyse(path.parent), path)
    bases = []
    for image in plan.bases:
        made = deb(folder / f"base-{image.partition(':')[0]}_1_all.deb", PYTHON if "python" in image else BUSYBOX)
        item = shelf.keep(made, name="base", version="1")
        bases.append(LockedBase(image, debs=(item,), applets="busybox" in image))
    rows = []
    for _, step in plan.steps():
        if isinstance(step, Unpack):
            wish = wishes(step, path.parent / plan.path)
            one = wheel(
                folder / "uvicorn-1.0-py3-none-any.whl",
                {"uvicorn/__init__.py": b"y = 2\n"},
                scripts={"uvicorn": "uvicorn:main"},
            )
            two = wheel(folder / "fastapi-2.0-py3-none-any.whl", {"fastapi/__init__.py": b"FastAPI = 1\n"})
            items = tuple(shelf.keep(made, name=made.name.split("-")[0], version="1.0") for made in (two, one))
            rows.append(LockedPackages("pip", wish.digest, "3.11", wish.requested, items))
    return Lock(platform(), tuple(bases), tuple(rows))


def locked(path: Path, shelf: Shelf, folder: Path) -> Path:
    """The manifest with its lock beside it."""
    container = packaged(manifest.load(path))[0]
    target = locks.path_for(path)
    target.write_text(locks.text_with(target, container, lock_for(path, shelf, folder)))
    return path


def tools(shelf: Shelf, images: Any = None) -> Tools:
    return Tools(shelf, images, lambda line: None)


async def built(path: Path, shelf: Shelf, output: Path, *, executor: Any = None, images: Any = None) -> Built:
    """Of the first container; with an executor every layer goes through it."""
    found = manifest.load(path)
    order = Order(found, path, packaged(found)[0], output, through_engine=executor is not None)
    return await build(order, tools(shelf, images), executor)
