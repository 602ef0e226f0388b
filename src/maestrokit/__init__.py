"""A toolkit for expressive piano music: performances (MIDI), recordings, and the models between them.

Each command of the program is one call:

=================== =======================================================================================
read, write         performances, recordings and arrays, in the format of the file
quantize            a performance onto a time grid, note values or beats, cleaned
transpose           a performance into another key, which is found from its notes
describe            pitch, key, tempo, beats, chords, dynamics, pedal .. of a performance or a recording
transcribe          a piano recording into a performance
generate            new performances, from nothing or from a prompt
transfer_style      a performance into another style, such as that of a composer
perform             a score, as a person might play it
render              a performance into sound, on a sampled piano
train               a model on performances or recordings
evaluate            performances against a corpus or against references; evaluate_systems scores several sets beside
                    one another, evaluate_model a model; make_listening_kit and score_ratings listening tests
spectrum            of a recording: STFT, power, mel, log-mel or variable-Q
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

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return a public name, or all of them, by the stub beside this file, which is read when it is first needed."""
    import lazy_loader

    load, names, __all__ = lazy_loader.attach_stub(__name__, __file__)
    globals().update(__getattr__=load, __dir__=names, __all__=__all__)
    return __all__ if name == "__all__" else load(name)


def __dir__() -> list[str]:
    return [*__getattr__("__all__")]
