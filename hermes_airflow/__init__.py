"""Hermes in Airflow: ``HermesOperator`` runs a published version on a Databricks job cluster.

Installed by ``hermes-publisher[airflow]``. Only ``operator``, ``refusals`` and ``__main__`` import
Airflow.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hermes_airflow.operator import HermesOperator as HermesOperator

__all__ = ["HermesOperator"]


def __getattr__(name: str) -> Any:
    """Load the operator when it is asked for: all else here works without Airflow (PEP 562)."""
    if name != "HermesOperator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hermes_airflow.operator import HermesOperator  # noqa: PLC0415 - needs Airflow

    return HermesOperator
