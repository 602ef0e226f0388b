"""The man page of the formats, maestrokit-formats(5): what is in the files that commands read and write."""

from collections.abc import Callable

from maestrokit import features
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

FOLDERS = f"""Of a folder, a command reads the files that it can use, by the ends of their names in any case:
performances are {" ".join(MIDI_SUFFIXES)}, recordings {" ".join(SOUND_SUFFIXES)}. Hidden files are passed over; a note
on standard error counts the others and names their suffixes. A file that is named itself is read whatever its name.
Inputs of one folder that differ in their suffix only, such as take.flac and take.wav, keep it in the names of their
outputs: take.flac.mid, take.wav.mid.

Tables and lists that are read (of MAESTRO, of notes, of beats, of files, configuration) are UTF-8, or UTF-16 where a
byte order mark says so; a mark is not part of the text."""

PERFORMANCES = """Performances are standard MIDI files of type 0, 1 or 2. They are written in the type and division in
which they came, and every event that a command does not change is written as it was, in its order.

A command that writes a performance adds a text event at the start of the first track, such as "maestrokit 0.1.0:
quantize --step 20ms": the chain of these lines tells how the file was made. It has no file, folder, host or time:
where an option names a file the line has the word of the manual, as in --beats FILE, and a model of train has its name
without the folders above it. --no-provenance leaves it out."""

REPORTS = """transpose --report writes one row an input: file, key, confidence (0..1), semitones, moved, folded, dropped
(counts of notes), scores, how each of the 24 keys fits (-1..1): from 'scores.C major' to 'scores.B minor',
and outside (count of notes outside the range). Its format, as that of all outputs, is what its suffix says."""

BEATS = """A file of beats, as quantize --beats reads it, has one beat a line; the first column is its time in seconds.
Further columns, and lines that are empty or begin with #, are ignored."""

NOTES = """Tables of notes, as transcribe --format tsv writes them and evaluate and train read them beside recordings,
have a line of names, then a line a note: onset and offset in seconds, pitch (MIDI number) and velocity (1..127). Notes
last as long as they sound. transcribe --format npz has the same columns as note_onset .. note_velocity, and the
posteriors of each frame and key, 0..1, as onset_posterior, offset_posterior, frame_posterior and velocity_posterior of
shape (frames, 88); the metadata has frame_seconds and lowest_pitch. The array pedal, shape (intervals, 2), is when the
sustain pedal is down, in seconds, and pedal_posterior, shape (frames,), its posterior, if the model transcribes it.
Performances that transcribe writes say in a text event that their tempo has no meaning, unless --tempo gave or
tracked one."""

PICTURES = """Pictures are PNG, SVG or PDF, by suffix. The chain of commands that made one, a line each, is in PNG the
text of the keyword provenance, in SVG the description of its metadata (dc:description), and in PDF the entry Subject
of its information; --no-provenance leaves it out."""

ARRAYS = """Arrays are written by suffix: .npz (any number of arrays by name), .npy (one array) or .safetensors. The
metadata is one JSON string with sorted keys, in .npz a text array called metadata, in .safetensors the value of
the header's one key of that name; .npy has none. The same arrays give the same bytes, and reading never unpickles."""

RECORDS = """features writes one record an input: in JSON Lines an object a line, with one object a group, in JSON an
array of these objects; in TSV a row with the same keys joined by dots, lists within a cell as JSON, and in CSV the same
table, with text in quotes where it needs them. A number that does not exist is null, and empty in TSV. Keys and columns
are only ever added, columns at the right. The key file is the input as it was named; a performance whose recording lies
beside it (take.mid, take.flac) has one record with both, and recording names that file. The text is always UTF-8. Bytes
of names that are not are escaped, the byte ff as \\udcff: in JSON this is an escape, from which json.loads and
os.fsencode of Python make the name again; in tables it is these six characters. Groups that begin with audio_ describe
sound, the others notes. Seconds are counted from the start of the file."""

FRAMES = """features --frames writes arrays whose first axis is time: frame i covers the time from i * hop to
(i + 1) * hop, and the array time holds the starts. The metadata has hop, in seconds, and units."""

SCORES = """evaluate writes one row a file and metric: file (* is all together), metric, value, low and high (the
ends of the 95 % interval, where there is one), unit, n (of pieces or notes behind the value), reference (the value
that the reference itself has), better (higher, lower, or closer to the reference). Columns are
only ever added, at the right. With --system, further columns are system (its name, ceiling or floor), outside (true
where the interval does not meet the ceiling's), and in rows that compare two systems versus (the other one),
effect_size (Cohen's d), p, p_holm (corrected for all comparisons), paired and difference (of their means); value is
empty there. reference is the ceiling's value, and the metric inside_ceiling counts the values within the ceiling's
intervals, of n.

As .html they are one page that loads nothing: tables whose columns sort, with the intervals as marks; of sets and
systems histograms of pitch classes and of times between onsets, changes of chords, and examples with their piano roll,
sound, tempo, dynamics and self-similarity; of pairs and of models that transcribe recall by pitch and by velocity, and
the three worst files with what was detected over the spectrum of the recording, where one has the name of the estimate
or the reference; of run folders the learning curves. Sound is MP3, mono, 64 kbit/s, at most four minutes in a page.
A table of files has at most 200. As .md and .tex they are the same tables for papers, without those of single files;
the LaTeX package that they need is booktabs."""


def formats_page(page: Callable[..., str], prose: Callable[[str], str], items: Callable[..., str]) -> str:
    """Return the page, made with the functions of :mod:`maestrokit.cli.man.pages`."""
    groups = features.group_names()
    records = "\n".join(
        f".SS Group {group}\n"
        + items((f"\\fB{prose(key)}\\fR", prose(_described(field))) for key, field in features.fields(group).items())
        for group in groups
    )
    frames = items(
        (f"\\fB{prose(key)}\\fR", prose(_described(field)))
        for group in groups
        for key, field in features.frame_fields(group).items()
    )
    return page(
        "maestrokit-formats",
        "files that maestrokit reads and writes",
        [
            ("FOLDERS AND LISTS", prose(FOLDERS)),
            ("PERFORMANCES", prose(PERFORMANCES)),
            ("BEATS", prose(BEATS)),
            ("NOTES", prose(NOTES)),
            ("REPORTS OF KEYS", prose(REPORTS)),
            ("RECORDS", f"{prose(RECORDS)}\n{records}"),
            ("FRAMES", f"{prose(FRAMES)}\n{frames}"),
            ("SCORES", prose(SCORES)),
            ("ARRAYS", prose(ARRAYS)),
            ("PICTURES", prose(PICTURES)),
            ("SEE ALSO", "\\fBmaestrokit\\fR(1), \\fBmaestrokit\\-features\\fR(1), \\fBmaestrokit\\-evaluate\\fR(1)"),
        ],
        section=5,
    )


def _described(field: features.Field) -> str:
    unit, meaning, _ = field
    sentence = meaning[:1].upper() + meaning[1:].rstrip(".")
    return f"{sentence} ({unit})." if unit else f"{sentence}."
