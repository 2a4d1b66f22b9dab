"""Applications and records for the edge tests: valid ones to begin with, which a test then spoils."""

import dataclasses
import datetime
import hashlib
import hmac
import importlib.machinery
import importlib.util
import itertools
import pathlib
import uuid

from mentor.v1 import application_pb2 as pb
from mentor.v1 import decision_pb2  # noqa: F401 (tests take it from here)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "edge-tests"
SOURCE = "urn:oio:cvr-nr:99000007"
SUBMITTED = "dk.mentor.application.submitted.v1"
METHOD = "/mentor.v1.MentorGrantService/DecideApplication"


def _generator():
    loader = importlib.machinery.SourceFileLoader("generate", str(ROOT / "deploy" / "generate"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("generate", loader))
    loader.exec_module(module)
    return module.Citizens(seed=7)


_citizens = _generator()
_numbers = itertools.count()


def fresh_cpr() -> str:
    """Of nobody, and given to no other test of this run."""
    return _citizens.cpr(next(_numbers))


def citizen_ref(cpr: str) -> str:
    return hmac.new(SECRET.encode(), cpr.encode(), hashlib.sha256).digest()[:16].hex()


def day(days: int) -> str:
    return (datetime.date.today() + datetime.timedelta(days=days)).isoformat()


def application(cpr: str | None = None, **fields) -> pb.Application:
    """One that is approved: the mechanic's wage, thirteen weeks that begin in a week."""
    app = pb.Application(
        application_id=str(uuid.uuid4()),
        version=1,
        municipality_code="0217",
        citizen=pb.Citizen(cpr=cpr or fresh_cpr(), target_group=pb.TARGET_GROUP_OUTSIDE_SECTION_6),
        company=pb.Company(cvr="99000007", name="Nordhavns Værksted", contact_name="Kim"),
        activity=pb.Activity(kind=pb.ACTIVITY_KIND_ORDINARY_EMPLOYMENT, title="mekaniker", aim=pb.AIM_OBTAIN),
        mentor=pb.Mentor(kind=pb.MENTOR_KIND_EMPLOYEE, name="Kim Nørgaard", contact="00000000",
                         relation=pb.RELATION_NONE, qualifications="18 års erfaring"),
        support=pb.Support(goal="stabilt fremmøde", tasks="daglig gennemgang", minutes_per_week=180,
                           start_date=day(7), end_date=day(7 + 90)),
        cost=pb.Cost(wage=pb.Wage(hourly_ore=18500, holiday_bp=1250, pension_bp=1000, other_ore_per_hour=250)),
        assessment=pb.Assessment(decisive=pb.ANSWER_YES, beyond_normal=pb.ANSWER_YES, reasons="Se notat."),
    )
    for name, value in fields.items():
        setattr(app, name, value)
    return app


@dataclasses.dataclass
class Record:
    key: bytes | None
    value: bytes | None
    headers: list  # of (name, bytes or None)

    def with_header(self, name, value):
        """In place of the header of that name, or added; None leaves it out."""
        kept = [h for h in self.headers if h[0] != name]
        return dataclasses.replace(self, headers=kept + ([(name, value)] if value is not None else []))

    def and_header(self, name, value):
        return dataclasses.replace(self, headers=self.headers + [(name, value)])


def record(app: pb.Application | bytes, *, key=None, event=None, extra=()) -> Record:
    """As a producer that follows the contract sends it. Bytes are taken as they are."""
    value = app if isinstance(app, bytes) else app.SerializeToString(deterministic=True)
    if key is None:
        key = ("k-" + uuid.uuid4().hex[:12]) if isinstance(app, bytes) else citizen_ref(app.citizen.cpr)
    return Record(
        key=key.encode() if isinstance(key, str) else key,
        value=value,
        headers=[("ce_specversion", b"1.0"), ("ce_id", (event or uuid.uuid4().hex).encode()),
                 ("ce_source", SOURCE.encode()), ("ce_type", SUBMITTED.encode()), *extra],
    )


# Protobuf by hand, for what no library writes.

def varint(n: int) -> bytes:
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def tag(field: int, wire_type: int) -> bytes:
    return varint(field << 3 | wire_type)


def length_delimited(field: int, value: bytes) -> bytes:
    return tag(field, 2) + varint(len(value)) + value


def without(app: pb.Application, field: str) -> bytes:
    """The application's bytes with one of its fields taken out, to be put in by hand."""
    copy = pb.Application()
    copy.CopyFrom(app)
    copy.ClearField(field)
    return copy.SerializeToString(deterministic=True)


def murmur2(data: bytes) -> int:
    """As Java's producers partition: org.apache.kafka.common.utils.Utils.murmur2, made positive."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    return murmur2(key) % partitions
