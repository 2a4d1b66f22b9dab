"""What deploy/ holds, read once, beside what the program says of itself."""

import os
import pathlib
import re
import subprocess
import types

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


class Strict(yaml.SafeLoader):
    """A key twice is an error: the second would win in silence."""


def _mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    assert len(keys) == len(set(keys)), f"a key twice {node.start_mark}"
    loader.flatten_mapping(node)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Strict.add_constructor("tag:yaml.org,2002:map", _mapping)


def load(path):
    """The one document of a YAML file of deploy/."""
    return yaml.load((DEPLOY / path).read_text(encoding="utf-8"), Loader=Strict)  # noqa: S506 (a SafeLoader)


@pytest.fixture(scope="session")
def binary():
    path = pathlib.Path(os.environ.get("MENTORD", ROOT / "build" / "release" / "mentord")).resolve()
    assert path.exists(), f"{path} is not built"
    return path


@pytest.fixture(scope="session")
def program(binary):
    """What `mentord help` tells."""
    def told(*arguments):
        return subprocess.run([binary, "help", *arguments], check=True, capture_output=True, text=True, timeout=30).stdout

    def options(command):
        return dict(re.findall(r"^  --([a-z-]+).*\n(?:        .*?(?:\[([^\[\]]*)\])?)$", told(command), re.MULTILINE))
    return types.SimpleNamespace(
        told=told,
        worker=options("worker"), migrate=options("db"), publish=options("publish"),
        metrics=set(re.findall(r"^\| `([a-z_]+)` ", told("metrics"), re.MULTILINE)),
        reasons=dict(re.findall(r"^\| `([a-z-]+)` \| ([A-Z_]+) ", told("reasons"), re.MULTILINE)),
    )
