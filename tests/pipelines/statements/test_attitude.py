"""Denials, doubts, silence and what is only supposed are told apart from what is asserted, in both languages."""

import pytest

from pipelines.newness.ledger import is_denied
from pipelines.statements import extract
from pipelines.statements.reading.lexicon import SENSES

#: language, sense, negated, conditional, sentence
SENTENCES = [
    ("es", "said", False, False, "La alcaldesa Inés Güell dijo que la garita reabre el lunes."),
    ("es", "said", True, False, "El canciller Blas Otero no dijo que la demanda fuera a retirarse."),
    ("es", "said", True, False, "El vocero ni confirmó ni desmintió que los agentes portaran armas."),
    ("es", "said", True, False, "El general nunca afirmó que las armas fueran de Texas."),
    ("es", "said", True, False, "La alcaldesa no quiso decir si habrá más revisiones."),
    ("es", "said", False, False, "El alcalde, sin embargo, dijo que los retenes seguirán abiertos."),
    ("es", "denied", False, False, "La funcionaria evitó responder si la demanda sigue en pie."),
    ("es", "denied", False, False, "La empresa negó que hubiera vendido fusiles a contrabandistas."),
    ("es", "denied", True, False, "La senadora Ana Dueñas no negó que las armas vinieran de Texas."),
    ("es", "denied", False, False, "El senador puso en duda que el acuerdo frene las armas."),
    ("es", "denied", False, False, "El gobernador dudó que las armas vinieran de Texas."),
    ("es", "denied", False, False, "La empresa rechazó la acusación de que armó a los cárteles."),
    ("es", "denied", False, False, "El secretario desmintió que haya tropas en Sonora."),
    ("es", "said", False, False, "La Secretaría dijo que los retenes seguirán abiertos."),
    ("es", "accused", False, False, "El alcalde denunció que las tiendas del otro lado venden sin preguntar."),
    ("es", "demanded", False, False, "Las familias exigieron que la fiscalía reabra el caso."),
    ("es", "promised", False, False, "El secretario prometió que los helicópteros llegarán en junio."),
    ("es", "announced", False, False, "La fiscalía anunció que nueve armeros irán a juicio."),
    ("es", "thinks", False, False, "Muchos vecinos creen que el ejército debe volver a sus cuarteles."),
    ("es", "said", False, True, "Ante el juez, el detenido diría que las armas eran para un primo."),
    ("en", "said", False, False, "The mayor said that the bridge was closed."),
    ("en", "said", True, False, "The official never said that the program was over."),
    ("en", "said", True, False, "No official has said that the program is over."),
    ("en", "said", True, False, "She would not say whether the suit would be withdrawn."),
    ("en", "said", True, False, "The spokesman neither confirmed nor denied that agents carried weapons."),
    ("en", "denied", False, False, "The company declined to say whether it sold the rifles."),
    ("en", "denied", False, False, "The mayor denied that the guns came from Texas."),
    ("en", "denied", True, False, "The senator did not deny that the guns came from Texas."),
    ("en", "denied", False, False, "The senator cast doubt on the claim that the guns came from Texas."),
    ("en", "denied", False, False, "He doubted that the agreement would stop the guns."),
    ("en", "denied", False, False, "The maker rejected the claim that it armed cartels."),
    ("en", "denied", False, False, "The agency disputed that the rifles were traced to Houston."),
    ("en", "accused", False, False, "The governor accused the dealer of arming the cartels of Sonora."),
    ("en", "demanded", False, False, "The senators demanded that the agency publish its tracing data."),
    ("en", "promised", False, False, "The minister promised that the helicopters would arrive in June."),
    ("en", "announced", False, False, "The agency announced that nine dealers would lose their licences."),
    ("en", "said", False, True, "If the court agrees, the minister would say that Mexico was right."),
]


@pytest.mark.parametrize(("lang", "sense", "negated", "conditional", "text"), SENTENCES, ids=[c[4] for c in SENTENCES])
def test_the_attitude_of_a_statement_is_read(lang, sense, negated, conditional, text):
    found = extract(text, lang=lang)
    assert len(found) == 1, [s.cue for s in found]
    cue = found[0].cue
    assert (cue.sense, cue.negated, cue.conditional) == (sense, negated, conditional), cue
    assert cue.sense in SENSES


def test_what_is_withheld_or_doubted_is_never_held_for_asserted():
    for lang, sense, negated, _, text in SENTENCES:
        (statement,) = extract(text, lang=lang)
        asserted = (sense == "denied") == negated
        assert is_denied(statement.cue, statement.kind) is not asserted, text
