"""The edge tests' world: one real Apache Kafka and one PostgreSQL a session, started by tests/support."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse

import psycopg
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"


def _compile_protos():
    """Python messages from proto/, made afresh for each session."""
    from grpc_tools import protoc
    import grpc_tools
    folder = tempfile.mkdtemp(prefix="mentord-proto.")
    shipped = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = [str(p) for p in sorted((ROOT / "proto" / "mentor" / "v1").glob("*.proto"))]
    assert protoc.main(["protoc", f"-I{ROOT / 'proto'}", f"-I{shipped}", f"--python_out={folder}", *files]) == 0
    sys.path[:0] = [folder, str(pathlib.Path(__file__).parent)]
    return folder


PROTOS = _compile_protos()


def pytest_sessionstart(session):
    # A termination ends the session in order, so that what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=2))


def pytest_unconfigure(config):
    shutil.rmtree(PROTOS, ignore_errors=True)


def _support(script, *arguments, timeout=300):
    done = subprocess.run([SUPPORT / script, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"tests/support/{script} {arguments[0]} exits {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout.strip()


class Broker:
    def __init__(self, folder):
        self.folder = folder
        self.servers = _support("kafka", "start", folder)

    def stop(self, *how):
        _support("kafka", "stop", self.folder, *how)

    def start(self):
        assert _support("kafka", "start", self.folder) == self.servers

    def batches(self, topic):
        """(partition, offset, producer id, epoch, whether it is a marker) of each batch, as its log has them."""
        rows = [line.split() for line in _support("kafka", "batches", self.folder, topic).splitlines()]
        return [(int(p), int(o), int(producer), int(epoch), control == "true") for p, o, producer, epoch, control in rows]


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self._url = _support("postgres", "start", folder)

    def stop(self, *how):
        _support("postgres", "stop", self.folder, *how)

    def start(self):
        assert _support("postgres", "start", self.folder) == self._url

    def url(self, database, user=None):
        """The superuser's URL for another database, or another user's."""
        parts = urllib.parse.urlsplit(self._url)
        query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        netloc = parts.netloc
        if user:
            query = [(k, v) for k, v in query if k != "user"] + ([] if "@" in netloc else [("user", user)])
            if "@" in netloc:
                netloc = user + "@" + netloc.rsplit("@", 1)[1]
        return urllib.parse.urlunsplit((parts.scheme, netloc, "/" + database, urllib.parse.urlencode(query), ""))

    def create_database(self, name):
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')


def _folder(name):
    """tests/run gives a directory and stops by it what a killed session leaves; by hand it is a temporary one."""
    given = os.environ.get("MENTORD_TEST_DIR")
    if given:
        return tempfile.mkdtemp(prefix=name + ".", dir=given), False
    return tempfile.mkdtemp(prefix=f"mentord-{name}."), True


def _session(kind, name):
    folder, ours = _folder(name)
    os.chmod(folder, 0o755)
    try:
        try:
            made = kind(pathlib.Path(folder) / name)
        except RuntimeError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no real {name} here: {error}")
        try:
            yield made
        finally:
            made.stop()
    finally:
        if ours:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker():
    yield from _session(Broker, "kafka")


@pytest.fixture(scope="session")
def cluster():
    yield from _session(Cluster, "postgres")


@pytest.fixture(scope="session")
def binary():
    path = pathlib.Path(os.environ.get("MENTORD", ROOT / "build" / "release" / "mentord")).resolve()
    assert path.exists(), f"{path} is not built"
    return path


@pytest.fixture(scope="session")
def rulebook():
    return ROOT / "deploy" / "rulebooks" / "dk-2026.yaml"


def _maker(binary, rulebook, broker, cluster, tmp_path_factory):
    from place import Place
    made = []

    def make(**options):
        place = Place(binary, options.pop("rulebook", rulebook), broker, cluster, tmp_path_factory.mktemp("place"), **options)
        made.append(place)
        return place
    yield make
    wrong = []
    for place in made:
        try:
            place.clean_up()
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, wrong


@pytest.fixture
def make_place(binary, rulebook, broker, cluster, tmp_path_factory):
    yield from _maker(binary, rulebook, broker, cluster, tmp_path_factory)


@pytest.fixture(scope="module")
def make_shared_place(binary, rulebook, broker, cluster, tmp_path_factory):
    yield from _maker(binary, rulebook, broker, cluster, tmp_path_factory)


@pytest.fixture
def place(make_place):
    return make_place()
