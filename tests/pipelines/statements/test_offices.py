"""An office without a name means its holder on that day, and is marked; one person has one id, however written."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.newness.ledger import is_named, same_speaker
from pipelines.statements import extract
from pipelines.statements.speakers import offices
from schemas.delivery import Filter, spoken
from schemas.ids import fold
from schemas.persons import listed_persons, person_id, persons
from schemas.statement import Speaker

Day = datetime.date
INFERRED = [
    ("es", Day(2026, 6, 1), "El canciller dijo que México no firmará.", "roberto-velasco"),
    ("es", Day(2022, 6, 1), "El canciller mexicano dijo que la demanda sigue en pie.", "marcelo-ebrard"),
    ("es", Day(2025, 3, 1), "La presidenta de México dijo que las armas vienen del norte.", "claudia-sheinbaum"),
    ("es", Day(2025, 3, 1), "El titular de la SSPC afirmó que México recibirá los datos.", "omar-garcia-harfuch"),
    ("es", Day(2026, 3, 1), "La gobernadora de Chihuahua afirmó que Texas vende las armas.", "maria-eugenia-campos"),
    ("es", Day(2021, 11, 1), "El embajador de Estados Unidos en México dijo que habrá cooperación.", "ken-salazar"),
    ("en", Day(2025, 3, 1), "The U.S. secretary of state said that the two countries will sign it.", "marco-rubio"),
    ("en", Day(2022, 3, 1), "The US ambassador to Mexico said that the two countries will sign it.", "ken-salazar"),
    ("en", Day(2022, 3, 1), "The Mexican president said that the flow has to stop.", "andres-manuel-lopez-obrador"),
    ("en", Day(2023, 3, 1), "The ATF director said that dealers in Mexico are not its business.", "steven-dettelbach"),
]
NOBODY = [
    ("es", Day(2023, 6, 20), "El canciller mexicano dijo que la demanda sigue.", "between two holders"),
    ("es", Day(2022, 6, 1), "La canciller mexicana dijo que la demanda sigue.", "another gender"),
    ("es", Day(2022, 6, 1), "El canciller dijo que Perú no aceptará la propuesta de México.", "a third country"),
    ("es", Day(2022, 6, 1), "Un canciller mexicano dijo que la demanda sigue.", "any one of them"),
    ("es", Day(1998, 6, 1), "El canciller mexicano dijo que la demanda sigue.", "before the list begins"),
    ("en", Day(2040, 6, 1), "The Mexican president said that the flow has to stop.", "long after the list was checked"),
    ("en", Day(2022, 6, 1), "The president said that the flow to Mexico has to stop.", "which of the two presidents"),
    ("en", None, "The Mexican president said that the flow has to stop.", "no day is known"),
]


@pytest.mark.parametrize(("lang", "day", "text", "person"), INFERRED, ids=[f"{c[1]} {c[3]}" for c in INFERRED])
def test_an_office_without_a_name_is_its_holder_on_that_day(lang, day, text, person):
    (statement,) = extract(text, lang=lang, published=day)
    speaker = statement.speaker
    assert (speaker.id, speaker.known, speaker.name) == (person, "inferred", persons()[person].name)
    assert speaker.role and fold(speaker.role) in fold(text)


@pytest.mark.parametrize(("lang", "day", "text", "why"), NOBODY, ids=[case[3] for case in NOBODY])
def test_what_is_uncertain_or_contradictory_names_nobody(lang, day, text, why):
    (statement,) = extract(text, lang=lang, published=day)
    assert statement.speaker.known == "written"
    assert statement.speaker.id is None


def test_who_is_named_in_the_text_is_no_inference():
    text = "El canciller Blas Otero llegó a México. El canciller dijo que no hay acuerdo."
    (statement,) = extract(text, lang="es", published=Day(2026, 6, 1))
    assert (statement.speaker.name, statement.speaker.known) == ("Blas Otero", "resolved")


def test_what_goes_on_without_a_subject_is_said_by_the_same_holder():
    text = "El canciller mexicano dijo que la demanda sigue. Agregó que habrá apelación."
    found = extract(text, lang="es", published=Day(2022, 6, 1))
    assert [s.speaker.id for s in found] == ["marcelo-ebrard"] * 2


def test_terms_of_an_office_are_in_order_and_do_not_overlap_and_every_holder_is_listed():
    for office in offices.listed_offices().offices:
        assert {term.person for term in office.terms} <= set(persons())
        assert set(office.alone) <= {*office.es, *office.en, *office.alone}
        for one, next_one in pairwise(office.terms):
            assert one.until is not None and one.since <= one.until < next_one.since, office.office


@given(st.dates(Day(2000, 1, 1), Day(2050, 1, 1)))
def test_an_office_has_at_most_one_holder_on_any_day(day):
    for office in offices.listed_offices().offices:
        holder = offices.holder_on(office, day)
        assert holder is None or sum(t.since <= day <= (t.until or day) for t in office.terms) == 1


def test_a_form_of_a_name_stands_for_one_person():
    forms = [form for p in listed_persons().persons for form in {fold(form) for form in (p.name, *p.also)}]
    assert len(set(forms)) == len(forms)
    assert len({p.id for p in listed_persons().persons}) == len(listed_persons().persons)
    assert person_id("AMLO") == person_id("Andres Manuel López Obrador") == "andres-manuel-lopez-obrador"
    assert person_id("Inés Güell") == person_id("Ines Guell") == "ines-guell"


def test_everything_that_a_person_said_is_found_by_any_form_of_the_name():
    def said_by(name: str) -> Speaker:
        return Speaker(name=name, id=person_id(name))

    for name in ("AMLO", "López Obrador", "Andrés Manuel López Obrador"):
        assert spoken(("AMLO",), said_by(name)) and spoken(("Lopez Obrador",), said_by(name))
        assert same_speaker(said_by("AMLO"), Speaker(name=name))
    assert spoken(("Maru Campos",), said_by("María Eugenia Campos Galván"))
    assert not spoken(("AMLO",), said_by("Marcelo Ebrard")) and not spoken(("AMLO",), None)
    assert spoken((), None) and Filter(speakers=("AMLO",)).speakers == ("AMLO",)


def test_an_inferred_speaker_may_still_be_somebody_else():
    inferred = Speaker(name="Roberto Velasco", role="El canciller", id="roberto-velasco", known="inferred")
    assert not is_named(inferred)
    assert same_speaker(inferred, Speaker(name="Blas Otero"))
