"""Who the speaker is: each kind of source, and each kind of trap, in sentences of our own."""

import pytest

from pipelines.statements import extract
from pipelines.statements.reading.tokens import tokenize
from pipelines.statements.speakers.entities import Entity
from pipelines.statements.speakers.people import People
from pipelines.statements.speakers.ranking import LEAST, Candidate, score
from pipelines.statements.speakers.references import Reference, reference
from pipelines.statements.speakers.salience import subject

#: kind, language, text, the speaker of its last statement
KINDS = [
    ("capitals and a dash, no dateline", "en", "NAFTA, Ada Pruitt said — again — is dead.", "Ada Pruitt"),
    (
        "capitals and a dash, no dateline",
        "en",
        "PEMEX (Petróleos Mexicanos) said on Monday — again — it lost fuel.",
        "Petróleos Mexicanos",
    ),
    ("a surname that is also the word of a people", "en", "Carl North came. “Nobody knows,” North said.", "Carl North"),
    ("dateline with a date", "en", "MEXICO CITY, 4 Sept. (Wire) — The ministry said it had signed.", "The ministry"),
    ("dateline in Spanish", "es", "SAN LUIS POTOSÍ, SLP.- La alcaldesa dijo que llegaron armas.", "La alcaldesa"),
    (
        "line in capitals with brackets, no heading",
        "en",
        "SONORA (capital Hermosillo): 200 rifles.\n\nSINALOA (capital Culiacán): 150.\n\nSheriff Ada Pruitt said guns flow south.",
        "Ada Pruitt",
    ),
    (
        "dateline, then a clause with its source at the end",
        "en",
        "EL PASO, Texas – Port inspectors stopped a van with nine rifles on Friday, the agency announced.",
        "the agency",
    ),
    (
        "dateline with an outlet",
        "en",
        "BOSTON (Harbor Press) — A federal court revived the suit on Monday, saying the claim may be heard.",
        "A federal court",
    ),
    (
        "dateline in Spanish",
        "es",
        "CIUDAD JUÁREZ, Chih.- Una jueza abrió el proceso el lunes. Dijo que las pruebas bastan.",
        "Una jueza",
    ),
    (
        "word of a people, not a name",
        "en",
        "Leaders of six Latin American states met in Lima. The foreign ministry called that a beginning.",
        "The foreign ministry",
    ),
    (
        "heading with a remark in brackets",
        "es",
        "PREGUNTA: ¿Cuándo llegan los fusiles?\n\nSECRETARIA ADJUNTA, NORA HALE (interpretación del inglés): No llegarán.",
        "Nora Hale",
    ),
    (
        "heading with a remark in brackets",
        "en",
        "QUESTION: Will it be signed?\n\nSECRETARY DORIAN WELCH (off microphone): It has been signed already.",
        "Dorian Welch",
    ),
    ("title with a country", "en", "U.S. Ambassador to Mexico Alden Brooks said the accord holds.", "Alden Brooks"),
    (
        "title behind the name",
        "en",
        "Ada Pruitt, Special Agent in Charge of HSI Miami, said the rifles were bound for Mexico.",
        "Ada Pruitt",
    ),
    ("long title", "en", "Assistant U.S. Attorney Carla Munn said the buyers were paid by the gun.", "Carla Munn"),
    (
        "institution before the title",
        "en",
        "ATF Special Agent in Charge Bea Holt said the rifles came from Houston.",
        "Bea Holt",
    ),
    ("plain word before a name", "en", "Inspector Wade Marsh said the truck was empty.", "Wade Marsh"),
    (
        "agency with commas",
        "es",
        "La Oficina de Alcohol, Tabaco, Armas de Fuego y Explosivos (ATF, por sus siglas) informó que hay fusiles.",
        "Oficina de Alcohol, Tabaco, Armas de Fuego y Explosivos (ATF)",
    ),
    (
        "agency with commas",
        "en",
        "The Bureau of Alcohol, Tobacco, Firearms and Explosives said it traced the rifles.",
        "Bureau of Alcohol, Tobacco, Firearms and Explosives",
    ),
    (
        "another word for the office",
        "es",
        "El embajador Alden Brooks llegó a Sonora. El diplomático afirmó que habrá más revisiones.",
        "Alden Brooks",
    ),
    (
        "another word for the office",
        "es",
        "La presidenta Inés Güell visitó Sonora. La mandataria dijo que el flujo de armas debe parar.",
        "Inés Güell",
    ),
    ("the agency", "es", "La SRE publicó un comunicado. La dependencia afirmó que la demanda sigue.", "SRE"),
    (
        "description by gender",
        "es",
        "El conductor fue detenido en Nogales. El joven negó que las cajas fueran suyas.",
        "El conductor",
    ),
    (
        "both",
        "es",
        "El canciller Blas Otero recibió al secretario Clark Lund. Ambos funcionarios dijeron que hay acuerdo.",
        "Blas Otero y Clark Lund",
    ),
    (
        "both",
        "en",
        "Canada, Mexico, and the United States met. The three countries said that they would share the data.",
        "Canada, Mexico, and the United States",
    ),
    (
        "leaders",
        "en",
        "President Ada Pruitt and President Blas Otero met. The leaders said that the flow must stop.",
        "President Ada Pruitt and President Blas Otero",
    ),
    (
        "a plural is nobody alone",
        "es",
        "La senadora Ana Dueñas habló. Los demócratas exigieron que el plan se publique.",
        "Los demócratas",
    ),
    ("a document", "en", "The complaint says that the dealer sold 400 rifles.", "The complaint"),
    ("a document", "es", "El reporte señala que siete de cada diez armas vienen de Texas.", "El reporte"),
    ("pronoun by gender", "en", "Ruth Vale met Omar Nash. She said that the guns came from Texas.", "Ruth Vale"),
    (
        "dropped subject after another sentence",
        "es",
        "La fiscal Nora Ibáñez informó que hay detenidos. El alcalde Darío Nieto fue al puente. Dijo que hay retenes.",
        "Darío Nieto",
    ),
    (
        "possession is another",
        "en",
        "Mexico’s foreign ministry said that the suit goes on.",
        "Mexico’s foreign ministry",
    ),
    ("title of the state", "es", "El secretario de Estado Clark Lund dijo que el acuerdo sigue.", "Clark Lund"),
    (
        "vice president",
        "en",
        "President Ada Pruitt met Vice President Carla Munn. The vice president said that the talks would go on.",
        "Carla Munn",
    ),
    (
        "legislator with a party",
        "en",
        "Deputy Ana Pruitt of the National Action Party asked for a list. The lawmaker said that the flights must stop.",
        "Ana Pruitt",
    ),
    (
        "deputy behind a name is no rank",
        "en",
        "Ana Pruitt, deputy, came late. The lawmaker said that the talks had failed.",
        "Ana Pruitt",
    ),
    (
        "a prosecutor is an official",
        "es",
        "El escrito lo firma la fiscal de Texas, Ana Munn. La funcionaria argumentó que las armas regresan.",
        "Ana Munn",
    ),
    (
        "a company whose name does not say it",
        "en",
        "Ridgeline Arms sent a letter on Monday. The company said that it sells only to licensed dealers.",
        "Ridgeline Arms",
    ),
    (
        "delegations are no list of countries",
        "es",
        "México y Estados Unidos se reunieron en Toluca. Las dos delegaciones coincidieron en que el plazo vence en mayo.",
        "Las dos delegaciones",
    ),
    (
        "a known title of another kind",
        "es",
        "El cónsul Alden Brooks llegó a Sonora y el alcalde Mario Ponce lo recibió. El diplomático afirmó que habrá obras.",
        "Alden Brooks",
    ),
    (
        "agency joined by and",
        "en",
        "U.S. Customs and Border Protection found the rifles. The agency said that the truck came from Tucson.",
        "U.S. Customs and Border Protection",
    ),
    (
        "second verb of a sentence",
        "en",
        "Senator Ada Pruitt said the accord holds and added that the list would be published.",
        "Ada Pruitt",
    ),
    (
        "institution that could be a person's name",
        "en",
        "Frontera Guns got a letter on Monday. The shop said that it sells only to licensed dealers.",
        "Frontera Guns",
    ),
    ("a noun before a name", "es", "La constructora Olmeca Vías dijo que no recibió la carta.", "Olmeca Vías"),
    (
        "place before a title that is not listed",
        "en",
        "Imperial Beach councilwoman Ada Pruitt said that the rifles came from Yuma.",
        "Ada Pruitt",
    ),
    (
        "institution alone in the first line",
        "es",
        "Instituto Solana de Derechos Humanos\n\nA un mes de que México y Estados Unidos anunciaran el acuerdo, "
        "seguimos sin conocerlo.\n\nExigimos que se publique el texto completo.",
        "Instituto Solana de Derechos Humanos",
    ),
    (
        "a word of grammar is no name",
        "es",
        "El alcalde Mario Ponce llegó al puente. Después pidió que no lo grabaran.",
        "Mario Ponce",
    ),
    (
        "the last speaker far above a quotation",
        "es",
        "La fiscal Nora Ibáñez habló con la prensa. Dijo que hay detenidos.\n\nEl cateo duró tres horas y los vecinos "
        "lo vieron desde la calle.\n\n“Hallamos dos fusiles”, dijo.",
        "Nora Ibáñez",
    ),
    (
        "name after a dateline",
        "en",
        "BRIDGEWELL — Ridgeline Arms rejected the charge. It said that it never sold a rifle to a criminal.",
        "Ridgeline Arms",
    ),
]


@pytest.mark.parametrize(
    ("kind", "lang", "text", "speaker"), KINDS, ids=[f"{c[0]} {c[1]} {n}" for n, c in enumerate(KINDS)]
)
def test_the_speaker_is_found(kind, lang, text, speaker):
    found = extract(text, lang=lang)
    assert found
    assert found[-1].speaker.name == speaker


#: Where nobody is told, nobody is named; never a place, an adverb, a day.
TRAPS = [
    ("es", "En Sonora, informaron que hay dos detenidos por las armas."),
    ("es", "Trascendió que los fusiles venían de Texas."),
    ("es", "Se informó que los fusiles venían de Texas."),
    ("es", "Siempre dijeron que los fusiles venían de Texas."),
]


@pytest.mark.parametrize(("lang", "text"), TRAPS, ids=[text[:30] for _, text in TRAPS])
def test_nobody_is_made_up(lang, text):
    assert [s.speaker for s in extract(text, lang=lang)] in ([], [None])


def test_the_subject_is_the_person_with_the_title_not_its_country():
    text = "Mexico's consul, Ana Pruitt, came late. Gun industry lawyer Emmett Lund left. A captain stayed."
    people = People(tokenize(text), "en")
    ends = [found + 1 for found in range(len(people.tokens)) if people.tokens.words[found] == "."]
    starts = [0, *ends[:-1]]
    spans = [subject(people, low, high) for low, high in zip(starts, ends, strict=True)]
    assert [people.text(*span) for span in spans if span] == [
        "Mexico's consul, Ana Pruitt",
        "Gun industry lawyer Emmett Lund",
        "A captain",
    ]


def test_a_country_speaks_only_where_it_acted():
    country = Entity("Brasil", frozenset({"brasil"}), kind="place")
    dropped = Reference("dropped")
    assert score(dropped, Candidate(country, named=1)) < LEAST["dropped"] < score(dropped, Candidate(country, last=0))
    assert score(Reference("pronoun", "f", kind="person"), Candidate(country, last=0)) < LEAST["pronoun"]


def test_a_name_in_a_description_speaks_against_who_does_not_bear_it():
    mayor = Candidate(Entity("Mario Ponce", frozenset({"mario", "ponce"}), person=True, about={"mayor"}), named=1)
    assert score(reference(["the", "mayor", "of", "Putre"], "en"), mayor) < score(
        reference(["the", "mayor"], "en"), mayor
    )
