"""Guesses by its ending whether a Spanish or English word is a verb. Rough, but good enough for whole clauses."""

import re

from pipelines.statements.reading.closed_words import words_in

_SPANISH_IRREGULAR = words_in(
    "es son está están era eran fue fueron sea sean será serán sería serían ha han había habían hay haya hayan he "
    "hemos tiene tienen tuvo tuvieron tenga hace hacen hizo hicieron va van iba iban vaya puede pueden pudo pueda "
    "debe deben quiere quieren quiso dice dicen dijo dijeron viene vienen vino sale salen llega llegan sigue siguen "
    "da dan dio dieron sabe saben ve ven vio pone puso ponen existe existen falta faltan queda quedan urge cabe "
    "somos estamos tenemos vamos estoy soy creo llega llegan cuesta cuestan abre abren cierra vende venden compra "
    "compran entra entran pasa pasan cruza cruzan mata matan viola violan busca buscan permite permiten representa "
    "representan"
)
_SPANISH_FINITE = re.compile(
    r"(?:[^aeiou]ó|ió|aron|ieron|yeron|jeron|aba|aban|ía|ían|ará|arán|erá|erán|irá|irán|aría|ería|iría)$"
)
_NOT_FINITE = words_in(
    "policía todavía día mayoría fiscalía energía vía compañía economía autonomía minoría categoría teoría melodía "
    "guía secretaría tesorería alcaldía ciudadanía garantía armería armerías cancillería contraloría auditoría "
    "procuraduría ganadería librería barón patrón varón marón geografía tecnología ecología pandemia sangría "
    "tranvía hacía allá quizá detrás mamá papá sofá"
)
_INFINITIVE = re.compile(r"(?<=[a-záéíóúñ]{2})(?:ar|er|ir|ír)(?:se|lo|la|los|las|le|les|nos|me|te)?$")
_NOT_INFINITIVE = words_in(
    "mujer ayer lugar hogar par mar poder militar titular popular particular similar regular familiar singular "
    "ejemplar primer tercer cualquier taller alquiler placer bar solar escolar celular nuclear dólar azúcar "
    "auxiliar pilar altar líder súper cáncer carácter elixir tahúr bienestar malestar pesar deber cuartel mar "
    "celular alcázar"
)
_ENGLISH_AUXILIARY = words_in(
    "is are was were be has have had will would can could may might must should shall does did do 's 're 've 'd 'll "
    "isn't aren't wasn't weren't won't can't cannot didn't doesn't don't remains became becomes makes made goes "
    "went"
)


def looks_finite(word: str, lang: str) -> bool:
    """Whether a word looks like a finite form of a verb."""
    lower = word.lower().replace("’", "'")
    if lang == "en":
        return lower in _ENGLISH_AUXILIARY or (lower.endswith("ed") and len(lower) > 4 and word[0].islower())
    if lower in _SPANISH_IRREGULAR:
        return True
    return word[0].islower() and lower not in _NOT_FINITE and bool(_SPANISH_FINITE.search(lower[-8:]))


def infinitive(word: str) -> bool:
    """Whether a word looks like a Spanish infinitive, with or without an attached pronoun."""
    return word.islower() and len(word) < 20 and word not in _NOT_INFINITIVE and bool(_INFINITIVE.search(word))
