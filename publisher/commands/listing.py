"""``publisher list`` and ``publisher show``: what is published."""

import argparse
from collections.abc import Iterable, Mapping

from publisher.announce import tell_failure
from publisher.environments import open_stores
from publisher.errors import ExitCode, PublisherError, Refused
from publisher.git import Git
from publisher.inventory import list_json, list_text, show_json, show_text
from publisher.keys import ProjectKeys
from publisher.listing import Holdings, Shelf, Story, holdings, story
from publisher.naming import asked_project
from publisher.pool import request_pool
from publisher.reading import unpublished_anywhere
from publisher.results import worst
from publisher.settings import Env, Settings
from publisher.shell import Shell
from publisher.store import Store
from publisher.workspace import committed_settings


def run_list(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show each project's latest version in each environment, and where the two differ."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    stores, missing = _stores(settings, arguments, shell)
    with request_pool() as pool:
        held = {
            env: holdings(store, settings.team, pool, features=env is Env.DEV)
            for env, store in stores.items()
        }
    held |= {env: Holdings(shelves={}, error=error) for env, error in missing.items()}
    _raise_if_none(held.values())
    if shell.as_json:
        shell.document(list_json(settings.team, _urls(stores), held))
    else:
        shell.say(list_text(held))
    return _told([error for one in held.values() for error in one.errors], shell)


def run_show(arguments: argparse.Namespace, shell: Shell) -> ExitCode:
    """Show a project's releases with dates and commits, and its branches."""
    settings = committed_settings(Git.at(shell.folder), shell.environ)
    stores, missing = _stores(settings, arguments, shell)
    keys = ProjectKeys(settings.team, asked_project(arguments.project))
    with request_pool() as pool:
        stories = {
            env: story(store, keys, pool, features=env is Env.DEV) for env, store in stores.items()
        }
    empty = Shelf(project=keys.project, pointer=None, versions=())
    stories |= {env: Story(shelf=empty, error=error) for env, error in missing.items()}
    _raise_if_none(stories.values())
    errors = [error for one in stories.values() for error in one.errors]
    if not errors and not any(one.releases or one.features for one in stories.values()):
        raise unpublished_anywhere(stores.values(), keys)
    if shell.as_json:
        shell.document(show_json(keys.project, stories))
    elif any(one.shelf.versions or one.features or one.unread for one in stories.values()):
        shell.say(show_text(keys.project, stories))
    return _told(errors, shell)


def _raise_if_none(found: Iterable[Holdings | Story]) -> None:
    """Raise the first error where no environment could be read: there is nothing else to show."""
    errors = [one.error for one in found]
    if errors[0] and all(errors):
        raise errors[0]


def _stores(
    settings: Settings, arguments: argparse.Namespace, shell: Shell
) -> tuple[dict[Env, Store], dict[Env, PublisherError]]:
    """Open the stores that are asked for; one that is nowhere set leaves the other readable."""
    envs = [Env(arguments.env)] if arguments.env else list(Env)
    found = {env: _store(settings, env, shell) for env in envs}
    stores = {env: one for env, one in found.items() if not isinstance(one, PublisherError)}
    return stores, {env: one for env, one in found.items() if isinstance(one, PublisherError)}


def _store(settings: Settings, env: Env, shell: Shell) -> Store | PublisherError:
    try:
        return open_stores(settings, [env], shell.environ)[env]
    except Refused as error:
        return error


def _urls(stores: Mapping[Env, Store]) -> dict[Env, str]:
    return {env: store.url for env, store in stores.items()}


def _told(errors: list[PublisherError], shell: Shell) -> ExitCode:
    for error in errors:
        tell_failure(shell, error)
    return worst(error.exit_code for error in errors)
