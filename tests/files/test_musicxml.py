"""Scores in MusicXML: repeats played out, ties joined, the pickup in a whole bar; and a line where partitura lacks."""

import sys

import numpy as np
import pytest

from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files.musicxml import is_musicxml, read_musicxml
from maestrokit.music.scores.score import LOWER, NO_STAFF, UPPER, score_of
from maestrokit.music.sustain import pedal_intervals

NOTE = "<note>{}<pitch><step>{}</step><octave>{}</octave></pitch>{}<voice>1</voice><type>quarter</type></note>"
SCORE = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="3.1"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
<part id="P1"><measure number="0" implicit="yes"><attributes><divisions>2</divisions><time><beats>3</beats>
<beat-type>4</beat-type></time></attributes><direction><sound tempo="96"/></direction>{pickup}</measure>
<measure number="1"><barline location="left"><repeat direction="forward"/></barline>{grace}{long}{short}
<barline location="right"><repeat direction="backward"/></barline></measure></part></score-partwise>
"""


@pytest.fixture
def path(tmp_path):
    notes = {"pickup": ("", "G", 4, 2), "long": ("", "C", 5, 4), "short": ("", "E", 5, 2)}
    texts = {
        name: NOTE.format(start, step, octave, f"<duration>{length}</duration>")
        for name, (start, step, octave, length) in notes.items()
    }
    file = tmp_path / "score.musicxml"
    file.write_text(SCORE.format(grace=NOTE.format("<grace/>", "D", 5, ""), **texts), encoding="utf-8")
    return file


def test_a_score_is_read_with_its_repeats_meter_tempo_and_grace_notes(path):
    pytest.importorskip("partitura")
    score = score_of(read_musicxml(path))
    assert score.notes.pitch.tolist() == [67, 72, 74, 76, 72, 74, 76]
    assert score.notes.onset.tolist() == [2.0, 3.0, 3.0, 5.0, 6.0, 6.0, 8.0]
    assert score.notes.is_grace.tolist() == [False, False, True, False, False, True, False]
    assert score.bars.onset.tolist() == [0.0, 3.0, 6.0] and set(score.bars.beats.tolist()) == {3}
    assert score.tempo == pytest.approx(60 / 96)


def test_what_is_no_score_is_refused(tmp_path):
    pytest.importorskip("partitura")
    (tmp_path / "a.xml").write_text("<html/>", encoding="utf-8")
    with pytest.raises(BadDataError, match=r"cannot read '.*a.xml': not a score in MusicXML"):
        read_musicxml(tmp_path / "a.xml")


def test_without_partitura_there_is_one_clear_line(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "partitura", None)
    with pytest.raises(UsageError, match="scores in MusicXML need partitura") as raised:
        read_musicxml(path)
    assert raised.value.hint == "pip install 'maestrokit[score]'"
    with pytest.raises(NoInputError):
        read_musicxml(path.parent / "none.mxl")
    assert is_musicxml("a.MXL") and not is_musicxml("a.mid")


MARKED = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="3.1"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type>
</time></attributes>{p}{down}{0}{grow}{1}{2}{stop}{f}{up}{3}</measure></part></score-partwise>
"""


def test_dynamics_accents_staccato_and_pedal_marks_are_played(tmp_path):
    pytest.importorskip("partitura")
    mark = "<direction><direction-type>{}</direction-type></direction>"
    marks = {
        "p": "<dynamics><p/></dynamics>",
        "f": "<dynamics><f/></dynamics>",
        "grow": '<wedge type="crescendo"/>',
        "stop": '<wedge type="stop"/>',
        "down": '<pedal type="start" line="no"/>',
        "up": '<pedal type="stop" line="no"/>',
    }
    signs = ("<staccato/>", "", "", "<accent/>")
    notes = [
        NOTE.format("", step, 5, "<duration>2</duration>").replace(
            "</note>", f"<notations><articulations>{sign}</articulations></notations></note>"
        )
        for step, sign in zip("CDEF", signs, strict=True)
    ]
    file = tmp_path / "marked.musicxml"
    file.write_text(MARKED.format(*notes, **{name: mark.format(text) for name, text in marks.items()}), "utf-8")
    performance = read_musicxml(file)
    quarter = performance.division
    assert performance.notes.velocity.tolist() == [49, 49, 72, 112]
    assert (performance.notes.offset_tick / quarter).tolist() == [0.5, 2, 3, 4]
    assert (performance.controls.tick / quarter).tolist() == [0, 3]
    assert performance.controls.value.tolist() == [127, 0] and performance.controls.number.tolist() == [64, 64]


def test_notes_under_no_slur_are_shorter_where_a_voice_has_slurs(tmp_path):
    pytest.importorskip("partitura")
    slurs = ('<slur type="start" number="1"/>', "", '<slur type="stop" number="1"/>', "")
    notes = [
        NOTE.format("", step, 5, "<duration>2</duration>").replace("</note>", f"<notations>{slur}</notations></note>")
        for step, slur in zip("CDEF", slurs, strict=True)
    ]
    empty = dict.fromkeys(("p", "f", "grow", "stop", "down", "up"), "")
    file = tmp_path / "slurred.musicxml"
    file.write_text(MARKED.format(*notes, **empty), "utf-8")
    performance = read_musicxml(file)
    length = (performance.notes.offset_tick - performance.notes.onset_tick) / performance.division
    assert length == pytest.approx([1, 1, 0.9, 0.9], abs=0.01)


def test_the_staves_of_a_part_are_tracks(tmp_path):
    pytest.importorskip("partitura")
    high, low = (NOTE.format("", "C", octave, "<duration>2</duration>") for octave in (5, 3))
    upper, lower = (note.replace("</note>", f"<staff>{n}</staff></note>") for n, note in enumerate((high, low), 1))
    back = "<backup><duration>2</duration></backup>"
    measure = upper + back + lower.replace("<voice>1<", "<voice>5<") + upper
    file = tmp_path / "staves.musicxml"
    file.write_text(
        SCORE.format(pickup=NOTE.format("", "G", 4, "<duration>2</duration>"), grace="", long=measure, short=lower),
        "utf-8",
    )
    performance = read_musicxml(file)
    notes = score_of(performance).notes
    assert len(performance.track_end_tick) == 2 and performance.format == 1
    assert np.array_equal(notes.staff, np.where(notes.pitch < 60, LOWER, UPPER)) and (notes.pitch < 60).sum() == 4


BACK = "<backup><duration>8</duration></backup>"
ATTRIBUTES = "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
PEDAL = '<direction><direction-type><pedal type="{}" line="yes"/></direction-type></direction>'


def note(step, octave, duration, *, voice=1, staff=1, sign=""):
    """Return a note in eighths."""
    text = NOTE.format("", step, octave, f"<duration>{duration}</duration>").replace("<voice>1<", f"<voice>{voice}<")
    notations = f"<notations><articulations>{sign}</articulations></notations>" if sign else ""
    return text.replace("</note>", f"<staff>{staff}</staff>{notations}</note>")


def read(tmp_path, *parts):
    """Return a score of parts of one measure."""
    pytest.importorskip("partitura")
    names = "".join(f'<score-part id="P{n}"><part-name>x</part-name></score-part>' for n in range(len(parts)))
    measures = "".join(
        f'<part id="P{n}"><measure number="1">{ATTRIBUTES}{part}</measure></part>' for n, part in enumerate(parts)
    )
    file = tmp_path / "parts.musicxml"
    file.write_text(f"<score-partwise><part-list>{names}</part-list>{measures}</score-partwise>", encoding="utf-8")
    return read_musicxml(file)


def test_notes_are_on_their_own_staves_where_a_voice_crosses_them_and_both_have_the_same(tmp_path):
    upper = note("C", 5, 2) + note("C", 4, 2, staff=2) + note("D", 5, 4)
    lower = note("C", 4, 4, voice=5, staff=2) + note("D", 5, 4, voice=5, staff=2)
    notes = score_of(read(tmp_path, upper + BACK + lower)).notes
    assert notes.pitch.tolist() == [72, 60, 60, 74, 74]
    assert notes.staff.tolist() == [UPPER, LOWER, LOWER, UPPER, LOWER]


def test_of_several_parts_none_is_a_staff_where_one_has_two(tmp_path):
    piano = note("C", 5, 8) + BACK + note("C", 3, 8, voice=5, staff=2)
    assert set(score_of(read(tmp_path, piano, note("C", 6, 8))).notes.staff.tolist()) == {NO_STAFF}
    hands = score_of(read(tmp_path, note("C", 5, 8), note("C", 3, 8))).notes
    assert hands.staff.tolist() == [UPPER, LOWER]


def test_many_voices_lose_no_note(tmp_path):
    voices = [note("CDEFGAB"[n % 7], 3 + n // 7, 8, voice=n + 1) for n in range(18)]
    notes = score_of(read(tmp_path, BACK.join(voices))).notes
    assert len(notes) == 18 and (notes.duration == 4).all()


def test_parts_without_a_pitch_are_left_out(tmp_path):
    pitch = "<pitch><step>C</step><octave>5</octave></pitch>"
    place = "<unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>"
    drums = note("C", 5, 8).replace(pitch, place)
    rest = "<note><rest/><duration>8</duration><voice>1</voice></note>"
    late = "<forward><duration>2</duration></forward>" + note("E", 5, 6)
    notes = score_of(read(tmp_path, drums, late, rest)).notes
    assert notes.pitch.tolist() == [76] and notes.onset.tolist() == [1.0]
    with pytest.raises(BadDataError, match="it has no notes of a pitch"):
        read(tmp_path, drums)


def test_the_pedals_of_parts_are_one_that_comes_up_where_it_is_changed(tmp_path):
    down, up = (PEDAL.format(kind) for kind in ("start", "stop"))
    changed = down + note("C", 5, 4) + up + down + note("C", 5, 4) + up
    inner = note("C", 3, 1) + down + note("C", 3, 2) + up + note("C", 3, 5)
    performance = read(tmp_path, changed, inner)
    controls = performance.controls
    assert controls.track.tolist() == [0] * 4 + [1] * 4 and controls.value.tolist() == [127, 0] * 4
    assert (controls.tick / performance.division).tolist() == [0, 1.9375, 2, 4] * 2
    assert len(pedal_intervals(performance)) == 2


def test_short_staccato_notes_are_no_grace_notes(tmp_path):
    finer = "<attributes><divisions>8</divisions></attributes>"
    score = score_of(read(tmp_path, finer + note("C", 5, 1, sign="<staccato/>") * 8))
    assert len(score.notes) == 8 and not score.notes.is_grace.any() and (score.notes.duration < 0.1).all()
