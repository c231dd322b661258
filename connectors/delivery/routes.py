"""Reads the routes file, checks all of it before anything is sent, and creates the sink of each route."""

from pathlib import Path

from pydantic import ValidationError

from connectors.delivery.apprise_sink import Notice
from connectors.delivery.mark_links import LinkMaker, link_maker, read_key
from connectors.delivery.secrets import NoSecret
from connectors.delivery.webhook_sink import Webhook
from connectors.errors import ConnectorError
from schemas.delivery import Route, Routes
from schemas.mistakes import mistakes
from schemas.settings import Settings
from schemas.yaml_file import BadYaml, read_yaml


class BadRoutes(ConnectorError):
    """The routes file cannot be used. The message has one line for each mistake (field, what is wrong), no secrets."""

    mistake = True

    kind = "routes"


def load_routes(path: Path, alert_topics: tuple[str, ...]) -> dict[str, Route]:
    """Reads a routes file. Raises BadRoutes, also for a topic without alerts and for a secret that cannot be read."""
    try:
        data = read_yaml(path)
    except BadYaml as error:
        raise BadRoutes(str(error)) from None
    try:
        routes = Routes.model_validate(data).routes
    except ValidationError as error:
        raise BadRoutes("\n".join(f"{path}: {told}" for told in mistakes(error, secret=True))) from None
    wrong = [
        f"routes.{name}.topics: {topic!r} does not alert: write one of {', '.join(alert_topics)}"
        for name, route in routes.items()
        for topic in route.topics
        if topic not in alert_topics
    ]
    for name, route in routes.items():
        try:
            sink_of(route).check()
        except NoSecret as error:
            wrong.append(f"routes.{name}: {error}")
    if wrong:
        raise BadRoutes("\n".join(f"{path}: {told}" for told in wrong))
    return routes


def sink_of(route: Route, links: LinkMaker | None = None) -> Webhook | Notice:
    if route.webhook and route.secret:
        return Webhook(route.webhook, route.secret, links)
    assert route.apprise
    return Notice(route.apprise, links)


def links_of(settings: Settings, name: str) -> LinkMaker | None:
    """What makes the links in the messages of a route; None if the page has no address. Raises NoSecret."""
    page = settings.page
    if not page.address:
        return None
    return link_maker(page.address, key_of(settings), name, page.links_last)


def key_of(settings: Settings) -> bytes:
    """The key with which links are signed: that of `page.links_key`, or the one of the data directory, which is made if
    there is none. Raises NoSecret."""
    own = settings.page.links_key
    return read_key(own or settings.data / "links.key", make=own is None)
