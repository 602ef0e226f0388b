"""Scores played by a model: notes kept, what is asked for, and the same numbers as the network's own."""

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import checkpoint
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.files.musicxml import read_musicxml
from maestrokit.inference.generation.sampling import SamplingConfig
from maestrokit.inference.scores.arrays import performance_arrays
from maestrokit.inference.scores.performer import PerformConfig, load_performer, measures_of, perform_score
from maestrokit.inference.scores.sampling import SLOWNESS, PerformanceStep, sampled_parameters
from maestrokit.models import lstm, transformer
from maestrokit.music.note_arrays import note_seconds
from maestrokit.music.scores.performance_codes import FACTORS, condition_code
from maestrokit.music.scores.performance_parameters import beat_times, parameters_of
from maestrokit.music.scores.performed_score import performed_score
from maestrokit.music.scores.score import score_of
from maestrokit.music.sustain import pedal_intervals
from maestrokit.training.data.performance import padded
from played_scores import played, saved_performer, score_file


@pytest.fixture(scope="module", params=[transformer, lstm], ids=["transformer", "lstm"])
def performer(tmp_path_factory, request):
    return load_performer(str(saved_performer(tmp_path_factory.mktemp("runs") / "performer", family=request.param)))


def take(seed=0):
    """Return a played score as a file."""
    file = score_file(8)
    score = score_of(file)
    notes = played(score, seed=seed)
    return performed_score(file, score, notes, beat_times(score, parameters_of(score, notes)))


def perform(performer, file, **config):
    (result, *_), notes = perform_score(performer, file, PerformConfig(**config))
    return result, notes


def test_steps_give_the_logits_of_the_network(performer):
    score = score_of(score_file(4))
    arrays = performance_arrays(score, parameters_of(score, played(score)))
    batch = padded([arrays.excerpt(0, len(arrays))])
    with torch.inference_mode():
        vectors = performer.model.vectors(batch)
        hidden, _ = performer.model.body.hidden_states(vectors, None, onset=batch["onset"])
        expected = performer.model.heads(hidden, batch)
        encoded = performer.model.score_encoder(batch)[0].numpy()
        for table in performer.model.conditions.values():
            encoded = encoded + table.weight[0].numpy()
    step = PerformanceStep(performer.model, encoded, rows=1)
    for note in range(len(arrays)):
        previous = {name: batch[f"previous_{name}"][:, note].numpy() for name in performer.model.previous}
        step.begin(note, int(arrays.onset[note]), previous)
        for name in FACTORS:
            assert step.logits(name) == pytest.approx(expected[name][:, note].numpy(), abs=2e-4)
            step.follow(name, batch[f"next_{name}"][:, note].numpy())


def one_sample(performer, score):
    """Return the parameters of one performance, as the model alone samples them."""
    plain, generators = dict.fromkeys(FACTORS, SamplingConfig()), [np.random.default_rng(1)]
    (sampled,) = sampled_parameters(
        performer.model, score, base=0.5, conditions={}, sampling=plain, generators=generators
    )
    return sampled


def test_sampling_tells_a_note_what_training_tells_it(performer, monkeypatch):
    score = score_of(score_file(4))
    seen = []
    begin = PerformanceStep.begin

    def noted(self, note, onset, previous):
        seen.append({name: int(codes[0]) for name, codes in previous.items()})
        begin(self, note, onset, previous)

    monkeypatch.setattr(PerformanceStep, "begin", noted)
    sampled = one_sample(performer, score)
    batch = performance_arrays(score, sampled).excerpt(0, len(score.notes))
    for name in seen[0]:
        assert [inputs[name] for inputs in seen] == batch[f"previous_{name}"].tolist(), name


@pytest.mark.parametrize("extreme", [0, -1])
def test_tempos_that_only_accidents_have_do_not_run_away(performer, monkeypatch, extreme):
    score = score_of(score_file(16))
    logits = PerformanceStep.logits

    def stuck(self, name):
        result = logits(self, name)
        result[:, extreme] += 100.0 * (name == "tempo")
        return result

    monkeypatch.setattr(PerformanceStep, "logits", stuck)
    sampled = one_sample(performer, score)
    assert (sampled.slow + sampled.tempo).min() >= SLOWNESS[0] and (sampled.slow + sampled.tempo).max() <= SLOWNESS[1]


def test_notes_are_kept_and_a_seed_gives_the_same(performer):
    file = score_file(8)
    first, notes = perform(performer, file, seed=3)
    assert sorted(first.notes.pitch) == sorted(file.notes.pitch) and notes == []
    assert first == perform(performer, file, seed=3)[0]
    assert first != perform(performer, file, seed=4)[0]
    several, _ = perform_score(performer, file, PerformConfig(seed=3, count=2))
    assert several[0] == first and several[1] != first


@pytest.mark.parametrize("tempo", [None, 60.0, 200.0])
def test_the_mean_tempo_is_that_of_the_score_or_the_one_asked_for(performer, tempo):
    file = score_file(8, tempo=400_000)
    result, _ = perform(performer, file, tempo=tempo, rubato=0.1)
    score = score_of(file)
    top = score.notes.row[score.first]
    onset = np.sort(note_seconds(result)[0][result.notes.pitch > 60])
    quarters = score.notes.onset[score.first]
    assert len(onset) == len(top)
    length = (onset[-1] - onset[0]) / (quarters[-1] - quarters[0])
    assert length == pytest.approx(0.4 if tempo is None else 60 / tempo, rel=0.05)


def test_without_rubato_and_dynamics_it_is_even(performer):
    result, _ = perform(performer, score_file(4), rubato=0.0, dynamics=0.0)
    onset = np.unique(note_seconds(result)[0].round(3))
    assert np.diff(onset) == pytest.approx(0.25, abs=0.002)
    assert len(set(result.notes.velocity.tolist())) == 1


def test_parts_can_be_kept(performer):
    file = take()
    rows = np.lexsort((file.notes.onset_tick, file.notes.pitch))
    for keep in ("timing", "velocity", "pedal"):
        result, _ = perform(performer, file, keep=(keep,))
        again = np.lexsort((result.notes.onset_tick, result.notes.pitch))
        same_time = np.allclose(
            np.diff(note_seconds(result)[0][again]), np.diff(note_seconds(file)[0][rows]), atol=0.01
        )
        same_velocity = result.notes.velocity[again].tolist() == file.notes.velocity[rows].tolist()
        assert (same_time, same_velocity) == (keep == "timing", keep == "velocity")
        if keep == "pedal":
            assert len(pedal_intervals(result)) == len(pedal_intervals(file))


TWO_STAVES = """<score-partwise><part-list><score-part id="P1"><part-name>x</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type>
</time></attributes>{down}{upper}<backup><duration>4</duration></backup>{lower}{up}</measure></part></score-partwise>"""


def test_a_score_on_two_staves_is_played_on_two_tracks_under_one_pedal(performer, tmp_path):
    pytest.importorskip("partitura")
    form = (
        "<note><pitch><step>{}</step><octave>{}</octave></pitch><duration>{}</duration>"
        "<voice>{}</voice><staff>{}</staff></note>"
    )
    mark = '<direction><direction-type><pedal type="{}" line="yes"/></direction-type></direction>'
    upper = [("C", 5, 1, 1, 1), ("C", 4, 1, 1, 2), ("E", 5, 2, 1, 1)]  # the voice crosses to the lower staff and back
    lower = [("C", 4, 2, 5, 2), ("E", 5, 1, 5, 2), ("G", 3, 1, 5, 2)]
    staves = {"upper": upper, "lower": lower}
    parts = {name: "".join(form.format(*note) for note in notes) for name, notes in staves.items()}
    file = tmp_path / "score.musicxml"
    file.write_text(TWO_STAVES.format(**parts, down=mark.format("start"), up=mark.format("stop")), encoding="utf-8")
    score = read_musicxml(file)
    for seed in range(3):
        result, _ = perform(performer, score, seed=seed, keep=("pedal",))
        result = parse_midi(dump_midi(result), name="a.mid")
        notes, controls = result.notes, result.controls
        assert sorted(notes.pitch[notes.track == 0].tolist()) == [72, 76]
        assert sorted(notes.pitch[notes.track == 1].tolist()) == [55, 60, 60, 76]
        pedal = pedal_intervals(result)
        assert len(pedal) == 1 and np.ptp(pedal) > 0.5
        for part in set(zip(notes.track.tolist(), notes.channel.tolist(), strict=True)):  # as programs read one alone
            alone = result.replace(
                controls=controls.select((controls.track == part[0]) & (controls.channel == part[1]))
            )
            assert np.array_equal(pedal_intervals(alone), pedal)


def test_means_and_ranges_are_taken_from_another_performance(performer):
    like = take(seed=5)
    like = like.replace(notes=like.notes.replace(velocity=np.clip(like.notes.velocity - 25, 1, 127)))
    (result, *_), _ = perform_score(performer, score_file(12), PerformConfig(), like=like)
    measures = measures_of(like, near=0.5)
    assert result.notes.velocity.mean() == pytest.approx(measures["loudness"], abs=3)
    assert result.notes.velocity.std() == pytest.approx(measures["dynamics"], abs=3)
    assert 0.3 < measures["base"] < 0.7


def test_a_condition_changes_the_performance(performer):
    file = score_file(8)
    assert perform(performer, file, composer="chopin")[0] != perform(performer, file)[0]
    with pytest.raises(UsageError, match="no composer 'Nobody'"):
        perform(performer, file, composer="Nobody")
    assert condition_code("loudness", 10.0) == 1 and condition_code("loudness", 64.0) > 5


def test_velocities_are_usual_unless_others_are_asked_for(performer):
    usual = performer._replace(typical={"loudness": 70.0, "dynamics": 12.0, "rubato": 0.2})
    codes = {name: condition_code(name, usual.typical[name]) for name in ("loudness", "dynamics")}
    assert usual.conditions({}) == codes and performer.conditions({}) == {}
    softer = condition_code("loudness", 45.0)
    assert usual.conditions({"loudness": 45.0, "base": 0.5}) == {**codes, "loudness": softer}


def test_a_score_without_a_tempo_is_played_at_120_and_says_so(performer):
    file = score_file(2)
    bare = file.replace(tempos=file.tempos.select(slice(0, 0)))
    assert perform(performer, bare)[1] and not perform(performer, bare, tempo=90.0)[1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_scores_of_few_notes_are_played(performer, count):
    file = score_file(1, chords=False)
    file = file.replace(notes=file.notes.select(slice(count)))
    result, _ = perform(performer, file)
    assert len(result.notes) == count and (result.notes.offset_tick > result.notes.onset_tick).all()


def test_other_models_do_not_perform():
    with pytest.raises(BadDataError, match="does not perform scores"):
        load_performer("transformer")


def test_what_is_expected_draws_the_sampled_curves_but_not_what_is_kept(performer):
    file = score_file(8)
    drawn = performer._replace(expectation=1.0)
    with torch.no_grad():
        for parameter in drawn.model.expectation.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    alike = []
    for model in (performer, drawn):
        first, second = (perform(model, file, seed=seed)[0].notes.velocity.astype(float) for seed in (1, 2))
        alike.append(np.corrcoef(first, second)[0, 1])
    assert alike[0] < 0.5 and alike[1] > 0.7  # both are what the score leads one to expect, but for the limits
    kept = perform(drawn, file, keep=("velocity",))[0]
    assert np.array_equal(kept.notes.velocity, file.notes.velocity)
    assert drawn.expectation == 1.0 and performer.expectation == 0.0


def test_an_expectation_that_is_no_share_is_refused(tmp_path):
    folder = saved_performer(tmp_path / "performer")
    config = checkpoint.read_config(folder)
    checkpoint.write_config(folder, {**config, "expectation": 1.5})
    with pytest.raises(BadDataError, match=r"expectation must be in 0\.\.1, not 1\.5"):
        load_performer(str(folder))
