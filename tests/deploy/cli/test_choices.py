"""The parser lists some choices itself, because importing the schemas would make every command start later."""

import pytest

from deploy.cli.parser import main
from schemas.mark import JUDGEMENTS


def test_a_mark_can_be_every_judgement_and_clear(capsys):
    with pytest.raises(SystemExit):
        main(["mark", "x", "nonsense"])
    told = capsys.readouterr().err
    assert all(repr(name) in told for name in (*JUDGEMENTS, "clear"))
