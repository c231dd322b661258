"""Decides whether a full stop after an abbreviation also ends the sentence."""

from pipelines.statements.reading.closed_words import words_in

_NEVER_LAST = words_in(
    "mr mrs ms mx messrs dr dra drs sen sens rep reps gov govs gen col lt sgt cpl capt cmdr adm maj pres atty hon rev "
    "fr supt insp det st mt ft v vs sr sra srta sres lic licda ing arq mtro mtra prof profa gral cap cmte tte cnel "
    "dip diputado gob pdte pdta magdo sto sta av avda blvd jan feb mar apr jun jul aug sept sep oct nov dec"
)
"""Abbreviations that are never last: the full stop after them does not end a sentence."""
_LOWER_TITLES = words_in("v vs dr dra sr sra srta lic licda ing arq mtro mtra prof profa gral cmte")
"""Those of `_NEVER_LAST` that are also written in lower case."""
_SELDOM_LAST = words_in(
    "inc corp co ltd jr n.y calif mass mich fla tex va md pa ill wis ariz minn conn ore wash ga ind colo nev okla "
    "tenn ala ark ky la miss mo mont neb vt wyo tamps coah chih son sin dgo nay jal gro oax qro hgo pue ver tab camp "
    "yuc chis slp ags zac gto mor edomex ee uu ee.uu ud uds d r i"
)
"""After these, a sentence ends only if the next word is one of `OPENERS`, which are rarely part of a name."""
_SMALL = words_in("etc a.m p.m")
"""The same, for abbreviations written in lower case."""
_BEFORE_NUMBER = words_in("no nos núm num nums art arts fracc p pp pág págs vol ch sec fig exp tel ext")
OPENERS = words_in(
    "The A An This That These Those He She It They We You I His Her Its Their Our My There Here In On At By For From "
    "With As But And Or So If When While After Before Since Although Though Because However Also Then Now Not No What "
    "Who Why How Where Asked According Meanwhile One Some Many Most All Both Each El Él Ella Ellos Ellas Lo Le Les Se "
    "Su Sus Un Una Unos Unas Este Esta Esto Estos Estas Ese Esa Eso Esos Esas Aquel Aquella En Con Por Para Pero Y O "
    "Ni Si Sí Ya Al Del De Desde Hasta Según Sin Sobre Tras Ante Entre Como Cuando Donde Mientras Aunque Porque Pues "
    "Así También Tampoco Además Ahora Entonces Luego Hoy Ayer Hay Es Son Fue Dijo Agregó Añadió Qué Quién Cómo Cuándo "
    "Cuánto Todo Todos Todas Cada Algunos Varios Muchos Otro Otra Otros Mi Nos"
)
"""Words that often begin a sentence and rarely a name."""


def ends_behind(word: str, following: str) -> bool:
    """Whether a full stop right after `word` ends the sentence, if `following` is the next word."""
    lower = word.lower()
    if lower in _NEVER_LAST and (word[0].isupper() or lower in _LOWER_TITLES):
        return False
    letter = len(word) == 1 and word.isupper()
    if lower in _BEFORE_NUMBER and not letter:
        return not following[:1].isdigit()
    if letter or (word[0].isupper() and lower in _SELDOM_LAST) or lower in _SMALL:
        return following in OPENERS
    return True
