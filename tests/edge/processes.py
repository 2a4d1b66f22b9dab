"""Programs started by a test: waited for with a deadline, ended by their own pid."""

import os
import re
import signal
import subprocess
import time


def until(what: str, seconds: float, ask, pause: float = 0.05):
    """Asks until the answer is true and returns it; fails after `seconds`, saying what never came."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


class Worker:
    """One `mentord worker`; its log is a file."""

    def __init__(self, command, env, log):
        self.log_path = log
        self._log = open(log, "ab")
        self._seen = os.path.getsize(log)
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)

    @property
    def log(self) -> str:
        with open(self.log_path, "rb") as file:
            file.seek(self._seen)
            return file.read().decode("utf-8", "replace")

    def events(self, event: str) -> list[str]:
        return [line for line in self.log.splitlines() if re.search(rf"\bevent={re.escape(event)}(\s|$)", line)]

    def wait_event(self, event: str, seconds: float = 30, after: int = 0) -> str:
        """The first such line after the first `after` ones."""
        def ask():
            lines = self.events(event)
            if len(lines) > after:
                return lines[after]
            code = self.process.poll()
            assert code is None, f"the worker ended with {code} before event={event}:\n{self.log[-3000:]}"
            return None
        return until(lambda: f"event={event} from the worker; its log:\n{self.log[-3000:]}", seconds, ask)

    def ready(self, seconds: float = 30) -> "Worker":
        self.wait_event("worker.ready", seconds)
        return self

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; its exit code. A worker that another signal ended fails here, with its last words."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait(seconds)
        assert code >= 0 or code == -signal.SIGTERM, f"the worker was ended by signal {-code}; its log:\n{self.log[-3000:]}"
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()

    def wait(self, seconds: float = 30) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker did not end within {seconds} s; its log:\n{self.log[-3000:]}") from None

    def clean_up(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()
        found = re.search(r"(ThreadSanitizer|AddressSanitizer|LeakSanitizer|runtime error|CHECK failed)[^\n]*", self.log)
        assert not found, f"{self.log_path}: {found[0]}"
