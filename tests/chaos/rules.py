"""Rulebooks that are published while the stream goes on, and which one each decision must have been made by."""

import hashlib
import time

AHEAD_S = 3
LIMITS = (20000, 40000)  # what an hour may cost: an application of the stream is referred, or approved


class Rules:
    def __init__(self, place, folder, shipped):
        self._place, self._file = place, folder / "published.yaml"
        self._text = shipped.read_text(encoding="utf-8")
        self._hashes = [hashlib.sha256(self._text.encode()).digest()]
        self._begins = []  # of all but the first: (the moment from which it decides, when it was there to be seen), ms

    def publish(self):
        """The next version, from some seconds on."""
        number = len(self._hashes)
        text = self._text
        for before, after in (('version: "2026.1"', f'version: "2026.1-{number}"'),
                              ("max_unit_ore: 40000", f"max_unit_ore: {LIMITS[(number - 1) % 2]}")):
            assert before in text
            text = text.replace(before, after)
        self._file.write_text(text, encoding="utf-8")
        effective_ms = int((time.time() + AHEAD_S) * 1000)
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(effective_ms // 1000)) + f".{effective_ms % 1000:03d}Z"
        self._place.mentord("rulebook", "publish", str(self._file), "--effective-from", when,
                            url=self._place.cluster.url(self._place.database))
        self._hashes.append(hashlib.sha256(text.encode()).digest())
        self._begins.append((effective_ms, max(effective_ms, int(time.time() * 1000))))

    def wrong(self):
        """Decisions made by another rulebook than the one in force at their moment."""
        wrong = []
        ends = [begins for begins, _ in self._begins] + [1 << 62]
        for number, (sha, end) in enumerate(zip(self._hashes, ends)):
            seen = self._begins[number - 1][1] if number else 0
            (count, first), = self._place.sql(
                "SELECT count(*), min(evaluated_at_ms) FROM mentord.decision WHERE rulebook <> %s AND evaluated_at_ms >= %s "
                "AND evaluated_at_ms < %s", sha, seen, end)
            if count:
                wrong.append(f"{count} decisions from {first} on are not made by version {number}, in force from {seen} to {end}")
        return wrong

    @property
    def published(self):
        return len(self._begins)

    def used(self):
        """How many rulebooks have decided something."""
        return self._place.sql("SELECT count(DISTINCT rulebook) FROM mentord.decision")[0][0]
