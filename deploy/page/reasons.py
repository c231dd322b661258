"""Why an alert was raised, in the language of the page. No I/O."""

from collections.abc import Mapping

from schemas.alert import Alert


def reason_words(alert: Alert, ui: str, words: Mapping[str, str], title: str) -> str:
    """In English as the alert says it; in another language made from the alert's data. `title` is that of the topic."""
    if ui == "en":
        return alert.why
    if alert.kind == "corroborated":
        first = (*alert.outlets, alert.article.outlet)[0]
        return words["reason_corroborated"].format(count=len(alert.outlets), outlet=first)
    if alert.kind == "corrected":
        return words["reason_corrected"].format(outlet=alert.article.outlet)
    first_statement = alert.statements[0]
    terms = words["reason_and"].join(f"«{term}»" for term in first_statement.terms[:3]) or words["reason_context"]
    head = words["reason_new"].format(topic=title, terms=terms)
    nearest = first_statement.reason.nearest if first_statement.reason else None
    if nearest is None:
        return f"{head}; {words['reason_nothing']}"
    tail = words["reason_near"].format(
        similarity=f"{nearest.similarity:.2f}",
        speaker=nearest.speaker or words["unnamed"].lower(),
        when=f"{nearest.seen:%Y-%m-%d %H:%M} UTC",
        outlet=nearest.outlet,
    )
    return f"{head}; {tail}"
