"""The rules of a cluster policy, as far as the Databricks stand-in knows them. Pure.

Known: ``fixed``, ``forbidden``, ``allowlist``, ``range`` and ``unlimited``, with ``defaultValue``
and ``isOptional``; the wording of violations is ours.
https://docs.databricks.com/aws/en/admin/clusters/policy-definition
"""

from collections.abc import Mapping
from typing import Any

Policy = Mapping[str, Mapping[str, Any]]
_LIMITS = {"allowlist", "range", "unlimited"}


class Violation(Exception):
    """A cluster that a policy does not allow; the text says why."""


def settled(policy: Policy, cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cluster that starts: what was asked for, what is fixed, and the defaults.

    Defaults apply only where ``apply_policy_default_values`` says so. Raises ``Violation``.
    """
    values = {**_flat(cluster), "cluster_type": "job"}
    defaults = bool(values.pop("apply_policy_default_values", False))
    for path, rule in policy.items():
        _apply(path, rule, values, defaults=defaults)
    del values["cluster_type"]
    for wanted in ("spark_version", "node_type_id"):
        if wanted not in values:
            raise Violation(f"Missing required field: {wanted}")
    return _nested(values)


def _apply(path: str, rule: Mapping[str, Any], values: dict[str, Any], *, defaults: bool) -> None:
    kind, given = rule["type"], values.get(path)
    if kind == "fixed":
        _fix(path, rule["value"], values)
    elif kind == "forbidden":
        if given is not None:
            raise Violation(f"Validation failed for {path}, the value must not be present")
    elif kind in _LIMITS:
        if given is None and defaults and "defaultValue" in rule:
            values[path] = rule["defaultValue"]
        _limit(path, rule, values.get(path))
    else:
        raise NotImplementedError(f"the stand-in does not know the policy type {kind}")


def _fix(path: str, fixed: object, values: dict[str, Any]) -> None:
    if path in values and _text(values[path]) != _text(fixed):
        said = f"the value must be {_text(fixed)} (is {_text(values[path])!r})"
        raise Violation(f"Validation failed for {path}, {said}")
    values[path] = fixed


def _limit(path: str, rule: Mapping[str, Any], given: Any) -> None:
    if given is None:
        if rule["type"] != "unlimited" and not rule.get("isOptional"):
            raise Violation(f"Validation failed for {path}, the value must be present")
    elif rule["type"] == "allowlist":
        allowed = [_text(value) for value in rule["values"]]
        if _text(given) not in allowed:
            raise Violation(f"Validation failed for {path}, the value must be one of {allowed}")
    elif rule["type"] == "range":
        low, high = rule.get("minValue", float("-inf")), rule.get("maxValue", float("inf"))
        if not low <= float(given) <= high:
            raise Violation(f"Validation failed for {path}, {given} is not in {low} to {high}")


def _text(value: object) -> str:
    """Return a value as Databricks compares it: it takes numbers and truths as texts, too."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flat(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"autoscale": {"min_workers": 1}}`` as ``{"autoscale.min_workers": 1}``."""
    flat: dict[str, Any] = {}
    for name, value in cluster.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value
    return flat


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        name, dot, inner = path.partition(".")
        if dot:
            nested.setdefault(name, {})[inner] = value
        else:
            nested[name] = value
    return nested
