"""From the address of a store to the store."""

from collections.abc import Mapping

from publisher.s3_request import Access
from publisher.store import Store
from publisher.store_url import StoreUrl, parse_store_url


def open_store(
    url: StoreUrl | str,
    *,
    access: Access = Access(),  # noqa: B008 - frozen
    environ: Mapping[str, str],
) -> Store:
    """Return the store at ``url``; nothing is asked of it yet.

    ``access`` concerns S3 alone; ``environ`` is the process's own environment, from which boto3
    takes credentials, region and endpoint.
    """
    place = parse_store_url(url, "store") if isinstance(url, str) else url
    if place.is_file:
        from publisher.store_file import FileStore  # noqa: PLC0415 - one kind of store at a time

        return FileStore(place.folder(), str(place))
    from publisher.store_s3 import S3Store  # noqa: PLC0415 - one kind of store at a time

    return S3Store(place, access=access, environ=environ)
