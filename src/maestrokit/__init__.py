"""A toolkit for expressive piano music: performances (MIDI), recordings, and the models between them.

Each command of the program is one call:

=================== =======================================================================================
read, write         performances, recordings and arrays, in the format of the file
quantize            a performance onto a time grid, note values or beats, cleaned
transpose           a performance into another key, which is found from its notes
describe            pitch, key, tempo, beats, chords, dynamics, pedal .. of a performance or a recording
transcribe          a piano recording into a performance
generate            new performances, from nothing or from a prompt
render              a performance into sound, on a sampled piano
train               a model on performances or recordings
evaluate            performances against a corpus or against references; evaluate_model scores a model
=================== =======================================================================================

A recording becomes a performance in C major, which is saved::

    import maestrokit

    performance = maestrokit.transcribe("take.flac")
    maestrokit.write(maestrokit.transpose(performance, to="C"), "take.mid")

A `Performance` holds everything that is in a MIDI file, as columns of numpy arrays. Its times are in ticks, which
`tempo_map` and `tick2second` turn into seconds; `timed_notes` returns the notes in seconds. A `Sound` is the samples of
a recording and their sample rate. Functions never change their arguments. They raise `MaestrokitError`; where something
about an input is in doubt, they warn by `DataWarning`.

The other public names are the parts that these calls are made of. Each is imported when it is first used, so importing
the package itself is fast.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maestrokit.analysis.beats.from_notes import (  # noqa: I001 - a line for each module, not for each name
        Beats as Beats,
        performed_beats as performed_beats,
    )
    from maestrokit.analysis.beats.tracker import (
        TempoModel as TempoModel,
        track_beats as track_beats,
        track_downbeats as track_downbeats,
    )
    from maestrokit.analysis.chords.from_notes import Chords as Chords, chord_spans as chord_spans
    from maestrokit.analysis.chords.names import harte_labels as harte_labels, roman_numerals as roman_numerals
    from maestrokit.analysis.chroma import chroma as chroma, salience as salience
    from maestrokit.analysis.f0 import Pitches as Pitches, track_pitch as track_pitch
    from maestrokit.analysis.key_changes import KeySpans as KeySpans, key_spans as key_spans
    from maestrokit.analysis.onsets import (
        OnsetFeatures as OnsetFeatures,
        Onsets as Onsets,
        find_onsets as find_onsets,
        onset_features as onset_features,
    )
    from maestrokit.api.description import describe as describe, describe_frames as describe_frames
    from maestrokit.api.evaluation import evaluate as evaluate, evaluate_model as evaluate_model
    from maestrokit.api.generation import generate as generate
    from maestrokit.api.reading import read as read, write as write
    from maestrokit.api.rendering import render as render
    from maestrokit.api.training import train as train
    from maestrokit.api.transcription import load_transcriber as load_transcriber, transcribe as transcribe
    from maestrokit.api.transposition import transpose as transpose
    from maestrokit.audio.effects.room import Room as Room
    from maestrokit.audio.resample import resample as resample
    from maestrokit.audio.spectra.cqt import variable_q as variable_q
    from maestrokit.audio.spectra.frames import (
        Analysis as Analysis,
        analyse as analyse,
        analyse_stream as analyse_stream,
    )
    from maestrokit.audio.spectra.mel import log_mel as log_mel
    from maestrokit.audio.spectra.settings import SpectrumSettings as SpectrumSettings
    from maestrokit.audio.spectra.stft import stft as stft
    from maestrokit.errors import (
        BadDataError as BadDataError,
        CannotWriteError as CannotWriteError,
        DataWarning as DataWarning,
        LockedError as LockedError,
        MaestrokitError as MaestrokitError,
        NoInputError as NoInputError,
        UsageError as UsageError,
    )
    from maestrokit.features import group_names as group_names, note_view as note_view
    from maestrokit.features.note_views import NoteView as NoteView
    from maestrokit.files.arrays import read_arrays as read_arrays, write_arrays as write_arrays
    from maestrokit.files.checkpoint import shipped_models as shipped_models
    from maestrokit.files.midi import (
        dump_midi as dump_midi,
        parse_midi as parse_midi,
        read_midi as read_midi,
        write_midi as write_midi,
    )
    from maestrokit.files.note_tables import read_notes as read_notes
    from maestrokit.files.pianos.find import default_piano as default_piano, read_piano as read_piano
    from maestrokit.files.sound.read import (
        Sound as Sound,
        SoundStream as SoundStream,
        open_sound as open_sound,
        read_sound as read_sound,
        write_sound as write_sound,
    )
    from maestrokit.inference.events import SequenceModel as SequenceModel, load_event_model as load_event_model
    from maestrokit.inference.performance import transcript as transcript
    from maestrokit.inference.perplexity import Surprisal as Surprisal
    from maestrokit.inference.sampling import SamplingConfig as SamplingConfig
    from maestrokit.inference.transcription import Transcriber as Transcriber, Transcript as Transcript
    from maestrokit.metrics.contract import Row as Row
    from maestrokit.metrics.piece import Piece as Piece, piece_of as piece_of
    from maestrokit.metrics.score_pairs import (
        NotesAndPedal as NotesAndPedal,
        Tolerance as Tolerance,
        compare as compare,
    )
    from maestrokit.music.key_shift import KeyShift as KeyShift, key_shift as key_shift
    from maestrokit.music.keys import (
        Key as Key,
        KeyEstimate as KeyEstimate,
        find_key as find_key,
        key_scores as key_scores,
        parse_key as parse_key,
    )
    from maestrokit.music.performance import (
        Controls as Controls,
        Notes as Notes,
        Others as Others,
        Performance as Performance,
        Tempos as Tempos,
        reorder_events as reorder_events,
    )
    from maestrokit.music.quantize import (
        Quantization as Quantization,
        QuantizeReport as QuantizeReport,
        quantize as quantize,
    )
    from maestrokit.music.retime import retimed as retimed
    from maestrokit.music.rolls import piano_roll as piano_roll
    from maestrokit.music.note_arrays import TimedNotes as TimedNotes, timed_notes as timed_notes
    from maestrokit.music.timing import (
        TempoMap as TempoMap,
        second2tick as second2tick,
        tempo_map as tempo_map,
        tick2second as tick2second,
    )
    from maestrokit.music.tokens import Encoding as Encoding, decode as decode, encode as encode
    from maestrokit.music.transpose import (
        TransposeReport as TransposeReport,
        shift_between as shift_between,
        transposed as transposed,
    )
    from maestrokit.music.velocity import (
        velocity_range as velocity_range,
        with_normalized_velocity as with_normalized_velocity,
    )
    from maestrokit.synth.piano import Piano as Piano
    from maestrokit.synth.timbre import Timbre as Timbre
    from maestrokit.training.loop import TrainingOutcome as TrainingOutcome

__version__ = "0.1.0"

# The same names as above, for the running program: a test holds the two lists equal.
_HOMES = {
    "maestrokit.analysis.beats.from_notes": ("Beats", "performed_beats"),
    "maestrokit.analysis.beats.tracker": ("TempoModel", "track_beats", "track_downbeats"),
    "maestrokit.analysis.chords.from_notes": ("Chords", "chord_spans"),
    "maestrokit.analysis.chords.names": ("harte_labels", "roman_numerals"),
    "maestrokit.analysis.chroma": ("chroma", "salience"),
    "maestrokit.analysis.f0": ("Pitches", "track_pitch"),
    "maestrokit.analysis.key_changes": ("KeySpans", "key_spans"),
    "maestrokit.analysis.onsets": ("OnsetFeatures", "Onsets", "find_onsets", "onset_features"),
    "maestrokit.api.description": ("describe", "describe_frames"),
    "maestrokit.api.evaluation": ("evaluate", "evaluate_model"),
    "maestrokit.api.generation": ("generate",),
    "maestrokit.api.reading": ("read", "write"),
    "maestrokit.api.rendering": ("render",),
    "maestrokit.api.training": ("train",),
    "maestrokit.api.transcription": ("load_transcriber", "transcribe"),
    "maestrokit.api.transposition": ("transpose",),
    "maestrokit.audio.effects.room": ("Room",),
    "maestrokit.audio.resample": ("resample",),
    "maestrokit.audio.spectra.cqt": ("variable_q",),
    "maestrokit.audio.spectra.frames": ("Analysis", "analyse", "analyse_stream"),
    "maestrokit.audio.spectra.mel": ("log_mel",),
    "maestrokit.audio.spectra.settings": ("SpectrumSettings",),
    "maestrokit.audio.spectra.stft": ("stft",),
    "maestrokit.errors": (
        "BadDataError",
        "CannotWriteError",
        "DataWarning",
        "LockedError",
        "MaestrokitError",
        "NoInputError",
        "UsageError",
    ),
    "maestrokit.features": ("group_names", "note_view"),
    "maestrokit.features.note_views": ("NoteView",),
    "maestrokit.files.arrays": ("read_arrays", "write_arrays"),
    "maestrokit.files.checkpoint": ("shipped_models",),
    "maestrokit.files.midi": ("dump_midi", "parse_midi", "read_midi", "write_midi"),
    "maestrokit.files.note_tables": ("read_notes",),
    "maestrokit.files.pianos.find": ("default_piano", "read_piano"),
    "maestrokit.files.sound.read": ("Sound", "SoundStream", "open_sound", "read_sound", "write_sound"),
    "maestrokit.inference.events": ("SequenceModel", "load_event_model"),
    "maestrokit.inference.performance": ("transcript",),
    "maestrokit.inference.perplexity": ("Surprisal",),
    "maestrokit.inference.sampling": ("SamplingConfig",),
    "maestrokit.inference.transcription": ("Transcriber", "Transcript"),
    "maestrokit.metrics.contract": ("Row",),
    "maestrokit.metrics.piece": ("Piece", "piece_of"),
    "maestrokit.metrics.score_pairs": ("NotesAndPedal", "Tolerance", "compare"),
    "maestrokit.music.key_shift": ("KeyShift", "key_shift"),
    "maestrokit.music.keys": ("Key", "KeyEstimate", "find_key", "key_scores", "parse_key"),
    "maestrokit.music.performance": ("Controls", "Notes", "Others", "Performance", "Tempos", "reorder_events"),
    "maestrokit.music.quantize": ("Quantization", "QuantizeReport", "quantize"),
    "maestrokit.music.retime": ("retimed",),
    "maestrokit.music.rolls": ("piano_roll",),
    "maestrokit.music.note_arrays": ("TimedNotes", "timed_notes"),
    "maestrokit.music.timing": ("TempoMap", "second2tick", "tempo_map", "tick2second"),
    "maestrokit.music.tokens": ("Encoding", "decode", "encode"),
    "maestrokit.music.transpose": ("TransposeReport", "shift_between", "transposed"),
    "maestrokit.music.velocity": ("velocity_range", "with_normalized_velocity"),
    "maestrokit.synth.piano": ("Piano",),
    "maestrokit.synth.timbre": ("Timbre",),
    "maestrokit.training.loop": ("TrainingOutcome",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604  # strings all the same


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'maestrokit' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
