"""What GitLab understands: sections of the log that fold, and a report on code quality. Pure.

https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections and
https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. A job hands the report
over as ``artifacts: reports: codequality: gl-code-quality-report.json``, with ``when: always``.
"""

import hashlib
import json
import re
from collections.abc import Sequence

from publisher.errors import printable
from publisher.remarks import Level, Remark

REPORT = "gl-code-quality-report.json"
_CLEAR = "\x1b[0K"
_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor"}


def section(title: str, now: int) -> tuple[str, str]:
    """Return what begins, and what ends, a section ``now``, in Unix seconds; it is folded."""
    name = re.sub(r"[^a-z0-9]+", "_", f"publisher {title}".lower()).strip("_")
    start = f"{_CLEAR}section_start:{now}:{name}[collapsed=true]\r{_CLEAR}{printable(title)}"
    return start, f"{_CLEAR}section_end:{now}:{name}\r{_CLEAR}"


def code_quality(remarks: Sequence[Remark]) -> str:
    """Return the report: the remarks that name a file. None at all is how GitLab sees them fixed.

    A fingerprint is made of code and file, so that a remark stays the same when its line moves.
    """
    issues, seen = [], dict[str, int]()
    for remark in remarks:
        if remark.place:
            subject = f"{remark.code}\0{remark.place.path}"
            seen[subject] = seen.get(subject, 0) + 1
            issues.append(_issue(remark, f"{subject}\0{seen[subject]}"))
    return json.dumps(issues, indent=2) + "\n"


def _issue(remark: Remark, subject: str) -> dict[str, object]:
    path, line = (remark.place.path, remark.place.line) if remark.place else ("", 0)
    return {
        "description": remark.full,
        "check_name": remark.code,
        "fingerprint": hashlib.sha256(subject.encode("utf-8", "surrogateescape")).hexdigest(),
        "severity": _SEVERITIES[remark.level],
        "location": {"path": printable(path), "lines": {"begin": max(line, 1)}},
    }
