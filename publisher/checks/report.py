"""Findings as text, as JSON, and as the CI shows them. Pure."""

from collections.abc import Iterable, Sequence

from publisher.checks.model import Finding
from publisher.errors import printable
from publisher.remarks import Level, Remark


def finding_line(finding: Finding) -> str:
    """Return a finding as one line, in the form of an error."""
    head = f"{finding.level.value}[{finding.rule}]: {finding.where}"
    return printable(f"{head}: {finding.what}; {finding.fix}")


def total(findings: Sequence[Finding], projects: int) -> str:
    """Return the last line: how much was found, and among how many projects."""
    counts = {level: sum(f.level is level for f in findings) for level in Level}
    parts = [_count(number, level.value) for level, number in counts.items() if number]
    return f"{' and '.join(parts) or 'nothing found'} in {_count(projects, 'project')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def document(findings: Sequence[Finding], projects: int, fixed: Iterable[str]) -> dict[str, object]:
    """Return the JSON document of ``publisher check``."""
    return {
        "projects": projects,
        "errors": sum(finding.level is Level.ERROR for finding in findings),
        "warnings": sum(finding.level is Level.WARNING for finding in findings),
        "fixed": list(fixed),
        "findings": [
            {
                "rule": finding.rule,
                "level": finding.level.value,
                "file": printable(finding.path),
                "line": finding.line or None,
                "what": finding.what,
                "fix": finding.fix,
            }
            for finding in findings
        ],
    }


def remarks(findings: Iterable[Finding]) -> list[Remark]:
    """Return findings as the CI shows them beside the code."""
    return [
        Remark(level=f.level, text=f"{f.what}; {f.fix}", code=f.rule, where=f.where)
        for f in findings
    ]
