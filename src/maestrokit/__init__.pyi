"""The public names, typed, and where each lives; ``__init__.py`` imports them when they are first used."""

from .analysis.beats.from_notes import Beats as Beats, performed_beats as performed_beats
from .analysis.beats.tracker import (
    TempoModel as TempoModel,
    track_beats as track_beats,
    track_downbeats as track_downbeats,
)
from .analysis.chords.from_notes import Chords as Chords, chord_spans as chord_spans
from .analysis.chords.names import harte_labels as harte_labels, roman_numerals as roman_numerals
from .analysis.chroma import chroma as chroma, salience as salience
from .analysis.f0 import Pitches as Pitches, track_pitch as track_pitch
from .analysis.key_changes import KeySpans as KeySpans, key_spans as key_spans
from .analysis.onsets import (
    OnsetFeatures as OnsetFeatures,
    Onsets as Onsets,
    find_onsets as find_onsets,
    onset_features as onset_features,
)
from .api.description import describe as describe, describe_frames as describe_frames
from .api.evaluation import evaluate as evaluate, evaluate_model as evaluate_model
from .api.generation import GenerationOptions as GenerationOptions
from .api.generation import generate as generate
from .api.listening import make_listening_kit as make_listening_kit, score_ratings as score_ratings
from .api.performing import PerformOptions as PerformOptions
from .api.performing import perform as perform
from .api.quantization import quantize as quantize
from .api.reading import read as read, write as write
from .api.rendering import render as render
from .api.spectra import spectrum as spectrum
from .api.style import transfer_style as transfer_style
from .api.systems import evaluate_systems as evaluate_systems
from .api.training import train as train
from .api.transcription import load_transcriber as load_transcriber, transcribe as transcribe
from .api.transposition import transpose as transpose
from .audio.effects.room import Room as Room
from .audio.resample import resample as resample
from .audio.spectra.frames import Analysis as Analysis, analyse as analyse, analyse_stream as analyse_stream
from .audio.spectra.settings import SpectrumSettings as SpectrumSettings
from .errors import (
    BadDataError as BadDataError,
    CannotWriteError as CannotWriteError,
    DataWarning as DataWarning,
    LockedError as LockedError,
    MaestrokitError as MaestrokitError,
    NoInputError as NoInputError,
    UsageError as UsageError,
)
from .features import group_names as group_names, note_view as note_view
from .features.note_views import NoteView as NoteView
from .files.arrays import read_arrays as read_arrays, write_arrays as write_arrays
from .files.checkpoint import shipped_models as shipped_models
from .files.midi import (
    parse_midi as parse_midi,
    read_midi as read_midi,
)
from .files.midi.writer import (
    dump_midi as dump_midi,
    write_midi as write_midi,
)
from .files.note_tables import read_notes as read_notes
from .files.pianos.find import default_piano as default_piano, read_piano as read_piano
from .files.sound.read import (
    Sound as Sound,
    SoundStream as SoundStream,
    open_sound as open_sound,
    read_sound as read_sound,
    write_sound as write_sound,
)
from .inference.generation.sampling import SamplingConfig as SamplingConfig
from .inference.notes_to_performance import transcript as transcript
from .inference.perplexity import Surprisal as Surprisal
from .inference.scores.performer import Performer as Performer, load_performer as load_performer
from .inference.sequence_model import SequenceModel as SequenceModel, load_event_model as load_event_model
from .inference.transcription.transcriber import Transcriber as Transcriber, Transcript as Transcript
from .listening.folder import write_listening_kit as write_listening_kit
from .listening.kit import Kit as Kit
from .listening.scales import Scale as Scale
from .metrics.contract import Row as Row
from .metrics.piece import Piece as Piece, piece_of as piece_of
from .metrics.ratings.score import RatingScores as RatingScores
from .metrics.score_pairs import NotesAndPedal as NotesAndPedal, Tolerance as Tolerance, compare as compare
from .metrics.score_systems import Comparison as Comparison, SystemScores as SystemScores
from .music.edits.key_shift import KeyShift as KeyShift, key_shift as key_shift
from .music.edits.retime import retimed as retimed
from .music.edits.transpose import (
    TransposeReport as TransposeReport,
    shift_between as shift_between,
    transposed as transposed,
)
from .music.edits.velocity import velocity_range as velocity_range, with_normalized_velocity as with_normalized_velocity
from .music.encodings.events import Encoding as Encoding, decode as decode, encode as encode
from .music.event_order import reorder_events as reorder_events
from .music.keys import (
    Key as Key,
    KeyEstimate as KeyEstimate,
    find_key as find_key,
    key_scores as key_scores,
    parse_key as parse_key,
)
from .music.note_arrays import TimedNotes as TimedNotes, timed_notes as timed_notes
from .music.performance import (
    Controls as Controls,
    Notes as Notes,
    Others as Others,
    Performance as Performance,
    Tempos as Tempos,
)
from .music.quantization.quantize import Quantization as Quantization, QuantizeReport as QuantizeReport
from .music.rolls.frames import piano_roll as piano_roll
from .music.timing import (
    TempoMap as TempoMap,
    second2tick as second2tick,
    tempo_map as tempo_map,
    tick2second as tick2second,
)
from .synth.piano import Piano as Piano
from .synth.timbre import Timbre as Timbre
from .training.loop import TrainingOutcome as TrainingOutcome

__version__: str
