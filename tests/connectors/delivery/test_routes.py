"""The routes file: what is refused, and where secrets come from."""

import pytest

from connectors.delivery.routes import BadRoutes, load_routes
from deploy.alerts.sample_alert import sample_alert
from tests.support.receiver import SECRET


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("routes: {}", "routes: it needs at least 1"),
        ("routes: {a: {}}", "either webhook or apprise"),
        ("routes: {a: {apprise: 'json://localhost', speed: 3}}", "routes.a.speed: no such setting"),
        ("routes: {a: {webhook: 'https://example.org/geheim'}}", "secret belongs to webhook"),
        ("routes: {a: {webhook: 'ftp://example.org/geheim', secret: whsec_geheim}}", "routes.a: webhook: no http"),
        ("routes: {a: {webhook: 'https://example.org/', secret: whsec_geheim}}", "no Standard Webhooks secret"),
        ("routes: {a: {apprise: {env: BORDERWIRE_NOT_SET}}}", "BORDERWIRE_NOT_SET is not set"),
        ("routes: {a: {apprise: {file: /nowhere/geheim}}}", "/nowhere/"),
        ("routes: {a: {apprise: 'nonsense geheim'}}", "no URL that Apprise knows"),
        ("routes: {a: {apprise: 'json://localhost', topics: [weather]}}", "'weather' does not alert"),
        ("routes: {a: {apprise: 'json://localhost', zone: Mars/Base}}", "no such time zone"),
        ("routes: {'a b': {apprise: 'json://localhost'}}", "a route's name"),
        ("routes: {a: {apprise: 'json://localhost', quiet: {after: 25:00, until: 7:00}}}", "routes.a.quiet.after"),
        (": geheim :", "no YAML"),
    ],
)
def test_a_wrong_routes_file_is_refused_with_the_field(tmp_path, text, told):
    path = tmp_path / "routes.yaml"
    path.write_text(text)
    with pytest.raises(BadRoutes, match=told) as caught:
        load_routes(path, ("merida",))
    assert "geheim" not in str(caught.value).replace("/nowhere/geheim", "")


def test_secrets_come_from_files_and_the_environment(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv("DESK_URL", "https://example.org/hook")
    path = tmp_path / "routes.yaml"
    path.write_text(f"routes: {{a: {{webhook: {{env: DESK_URL}}, secret: {{file: {tmp_path / 'secret'}}}}}}}")
    [route] = load_routes(path, ("merida",)).values()
    assert "example.org" not in repr(route)
    assert route.takes(sample_alert(route))
