"""An article of hundreds of statements is judged in about linear time, and its alerts stay small."""

import time

from pipelines.item import Item
from pipelines.newness.compose import MOST, MOST_TEXT
from pipelines.newness.judge import Judgement, judge
from pipelines.newness.ledger import Ledger
from pipelines.pure_steps import find_statements
from schemas.alert import Alert
from schemas.article import CleanArticle, TaggedArticle
from schemas.limits import STATEMENTS
from schemas.outcome import RawRef
from tests.support.many_statements import NOW, RULES, different, item
from tests.support.poison import record


def seconds(count: int) -> tuple[float, Judgement]:
    started = time.process_time()
    judgement = judge(item(different(count)), Ledger(), RULES, NOW)
    return time.process_time() - started, judgement


def test_time_is_about_linear_in_the_statements() -> None:
    seconds(20)
    few, _ = seconds(STATEMENTS // 4)
    many, judgement = seconds(STATEMENTS)
    print(f"{STATEMENTS // 4} statements {few:.2f} s, {STATEMENTS} {many:.2f} s")
    assert many < max(1.0, 12 * few)
    assert len(judgement.verdicts) == STATEMENTS


def test_all_are_alerted_in_alerts_that_stay_small() -> None:
    _, judgement = seconds(STATEMENTS)
    told = [statement.id for alert in judgement.alerts for statement in alert.statements]
    new = [verdict for verdict in judgement.verdicts if verdict.verdict == "new"]
    assert len(told) == len(set(told)) == len({v.statement for v in new}) > 300
    assert all(verdict.alert for verdict in new)
    assert all(small(alert) for alert in judgement.alerts)
    assert len({alert.id for alert in judgement.alerts}) == len(judgement.alerts)


def small(alert: Alert) -> bool:
    return len(alert.statements) <= MOST and sum(len(s.text) for s in alert.statements) <= MOST_TEXT


def test_what_is_said_again_far_below_is_still_known() -> None:
    texts = different(300)
    judgement = judge(item([*texts, texts[3], texts[150]]), Ledger(), RULES, NOW)
    assert [verdict.reason.why for verdict in judgement.verdicts[-2:]] == ["said before in this article"] * 2


def test_another_article_of_a_story_with_very_many_entries_is_quick_and_finds_them() -> None:
    ledger, texts = Ledger(), different(STATEMENTS)
    judge(item(texts), ledger, RULES, NOW)
    started = time.process_time()
    again = judge(item(texts, name="b"), ledger, RULES, NOW)
    assert again.outcome == "duplicate" and not again.alerts
    assert time.process_time() - started < 15
    texts = [f"el costo fue de {n} millones" for n in range(2, 42)]
    spanish = judge(item(texts, name="c", lang="es"), ledger, RULES, NOW)
    assert len(spanish.verdicts) == 40


def test_of_too_many_statements_those_on_a_topic_are_judged_and_a_note_says_so() -> None:
    said = "“We will see,” said Senator Luis Soto. " * 500
    last = "“The Mérida Initiative ends,” said Senator Ana Ruiz.\n\n"
    item = find_statements(of_text(said + "\n\n" + last), None)
    assert isinstance(item, Item)
    found = item.tagged
    assert len(found.statements) == STATEMENTS
    assert found.statements[-1].topics == ("merida",)
    assert found.notes[0].startswith(f"{STATEMENTS} of ") and "statements judged" in found.notes[0]


def of_text(text: str) -> Item:
    raw = record()
    article = CleanArticle(text=text, lang="en", url=raw.entry.url, outlet=raw.outlet)
    tagged = TaggedArticle(id=raw.id, version="v", feed="f", origin="live", seen=raw.seen, article=article)
    return Item(raw=RawRef(topic="articles.raw", partition=0, offset=0), tagged=tagged)
