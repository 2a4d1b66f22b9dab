"""The broker, the database on small disks, and the workers that the chaos is made with."""

import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import psycopg

from conftest import Cluster

MEGABYTES = {"tables": 3072, "log": 384}


class SmallCluster(Cluster):
    """PostgreSQL whose tables and write-ahead log lie on small file systems in memory, where we may mount; `why` if not."""

    def __init__(self, folder):
        super().__init__(folder)
        self.disks, self.why = {}, "mounting a small tmpfs needs root"
        if os.geteuid() == 0:
            self._mount()
        if self.disks:
            self._move()

    def _mount(self):
        for name, megabytes in MEGABYTES.items():
            path = pathlib.Path(self.folder) / f"disk-{name}"
            path.mkdir()
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "chaos", path],
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                self.why = done.stderr.strip()
                self.release()
                return
            self.disks[name] = path
            shutil.chown(path, "postgres", "postgres")

    def _move(self):
        """Segments of 1 MB and none kept for later, so that a full disk is felt at once."""
        self.stop()
        data = pathlib.Path(self.folder) / "data"
        tool = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_resetwal") or [shutil.which("pg_resetwal")])[-1]
        subprocess.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", tool, "--wal-segsize=1", data],
                       cwd=self.folder, stdout=subprocess.DEVNULL, check=True)
        subprocess.run(["cp", "-a", f"{data}/pg_wal/.", self.disks["log"]], check=True)
        shutil.rmtree(data / "pg_wal")
        (data / "pg_wal").symlink_to(self.disks["log"])
        with open(data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("min_wal_size = 2MB\nmax_wal_size = 96MB\nwal_recycle = off\n")
        self.start()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{self.disks['tables']}'")

    def create_database(self, name):
        if not self.disks:
            return super().create_database(name)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TABLESPACE small')

    @property
    def port(self):
        return int((pathlib.Path(self.folder) / "port").read_text())

    def revive(self):
        """Waits until it answers; started again, and True, when the full disk has ended it."""
        started, deadline = False, time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self._url, connect_timeout=5).close()
                return started
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not come back"
            if not self._alive():
                started = True
                try:
                    self.start()
                except RuntimeError:  # its last process is just ending
                    pass
            time.sleep(0.2)

    def _alive(self):
        try:
            os.kill(int((pathlib.Path(self.folder) / "data" / "postmaster.pid").read_text().split()[0]), 0)
            return True
        except (OSError, ValueError, IndexError):
            return False

    def release(self):
        for path in self.disks.values():
            subprocess.run(["umount", "-l", path], check=False)
        self.disks = {}


class Crew:
    """The workers. Whoever ends without being told to is a breach."""

    def __init__(self, place, env, rng, options, cprs):
        self._place, self._env, self._rng, self._cprs = place, env, rng, cprs
        self._least, self._most = options.workers
        self._modes = ("idempotent", "transactional") if options.emit == "mixed" else (options.emit,)
        self.target = self._most
        self._workers = []
        self.started = 0
        self.wrong = []

    def change(self):
        """Another number of workers; the ones too many leave in order."""
        self.target = self._rng.randint(self._least, self._most)
        for worker in self.living()[self.target:]:
            self.dismiss(worker)
        self.fill()

    def spawn(self):
        lanes = ["--lanes", "2"] if self._rng.random() < 0.3 else []
        emit = ("--emit", self._rng.choice(self._modes))
        self._workers.append(self._place.worker("--batch", "200", *emit, *lanes, env=self._env, ready=False))
        self.started += 1

    def fill(self, least=0):
        while len(self.living()) < max(self.target, least):
            self.spawn()

    def living(self):
        return [worker for worker in self._workers if worker.process.poll() is None]

    def last_words(self, lines):
        """What the living have logged last, refusals aside."""
        def said(worker):
            return [line for line in worker.log.splitlines() if "event=record.refused" not in line][-lines:]
        return "\n".join(f"  worker {worker.process.pid}\n    " + "\n    ".join(said(worker)) for worker in self.living())

    def of(self, pid):
        return next((w for w in self._workers if w.process.pid == pid), None)

    def buried(self, worker):
        """It was ended by us: its log is looked through, and nobody expects anything of it."""
        worker.process.wait()
        if worker in self._workers:
            self._workers.remove(worker)
            self._look(worker)

    def dismiss(self, worker):
        """SIGTERM: it settles what it has and exits 0, unless it was not even there yet to be told."""
        code = worker.stop()
        if code != 0 and (code != -signal.SIGTERM or worker.events("worker.started")):
            self.wrong.append(f"SIGTERM: exit code {code}, see {worker.log_path}")
        self.buried(worker)

    def reap(self):
        for worker in [w for w in self._workers if w.process.poll() is not None]:
            self.wrong.append(f"a worker ended by itself with {worker.process.returncode}, see {worker.log_path}: "
                              + (worker.log.splitlines() or ["no word"])[-1])
            self.buried(worker)

    def _look(self, worker):
        try:
            worker.clean_up()
        except AssertionError as error:
            self.wrong.append(str(error))
        if any(number in self._cprs for number in re.findall(r"(?<!\d)\d{10}(?!\d)", worker.log)):
            self.wrong.append(f"a CPR number in {worker.log_path}")

    def end(self):
        for worker in self.living():
            worker.process.send_signal(signal.SIGCONT)
            self.dismiss(worker)
