"""What Airflow is told of an error: whether a retry may mend it, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.exceptions import AirflowNotFoundException
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.providers.databricks.exceptions import DatabricksApiError

from hermes_airflow import output
from publisher.errors import PublisherError, Refused, StoreFailed

_TOO_MANY_REQUESTS = 429


class OrderRefused(AirflowFailException, ValueError):
    """A mistake in the arguments: told when the DAG is parsed.

    Where only a run shows it, as with mapped tasks, a retry would not mend it.
    """


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Tell a mistake as Airflow's own kind of error."""
    try:
        yield
    except PublisherError as error:
        raise OrderRefused(error.line()) from None


@contextmanager
def refusals_end_it() -> Iterator[None]:
    """Fail without a retry what a retry cannot mend; a store or network may do better next time."""
    try:
        yield
    except StoreFailed as error:
        raise AirflowException(error.line()) from None
    except PublisherError as error:
        raise AirflowFailException(error.line()) from None
    except AirflowNotFoundException as error:
        raise AirflowFailException(_no_connection(str(error)).line()) from None
    except DatabricksApiError as error:
        status = error.http_status_code
        said = output.refusal(str(error), status)
        if status and 400 <= status < 500 and status != _TOO_MANY_REQUESTS:  # noqa: PLR2004 - HTTP
            raise AirflowFailException(said) from None
        raise


def _no_connection(said: str) -> Refused:
    return Refused(
        "airflow-connection",
        said,
        advice="a platform engineer adds it once: airflow connections add databricks_default "
        "--conn-type databricks --conn-host ADDRESS --conn-password TOKEN",
    )
