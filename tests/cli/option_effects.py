"""For every option of every command, the smallest command line that shows its effect.

An effect is a pair of command lines that differ in the option and must differ in their outputs, messages or status. A
single line stands for the usual line of the command, and that line with more words.
"""

LSTM = "--cache out/cache --steps 2 --batch 2 --length 8 --set width=8 --set layers=1"
USUAL = {
    "quantize": "take.mid --step 70ms -o out/a.mid",
    "transpose": "take.mid -o out/a.mid",
    "melspec": "noise.wav --sample-rate 4000 --maximum-frequency 2000 --mels 16 -o out/a.npz",
    "features": "take.mid --groups pitch,density -o out/a.jsonl",
    "render": "take.mid --sample-rate 8000 --channels 1 --room none -o out/a.wav",
    "transcribe": "noise.wav --model transcriber -o out/a.mid",
    "evaluate": "take.mid --reference other.mid -o out/a.tsv",
    "generate": "take.mid --model sequences --duration 1s -o out/a.mid",
    "train": f"lstm takes -o out/run {LSTM}",
}
# What batch commands need beyond their input: options of the work, and the suffix of their outputs.
WORK = {
    "quantize": "--step 70ms",
    "transpose": "--semitones 1",
    "melspec": "--sample-rate 4000 --maximum-frequency 2000 --mels 16",
    "features": "--groups density",
    "render": "--sample-rate 8000 --channels 1 --room none",
    "transcribe": "--model transcriber",
    "evaluate": "--metric pitch_range",
}
OF_SOUND = ("melspec", "transcribe")
SUFFIX = {"melspec": "npz", "features": "jsonl", "render": "wav", "evaluate": "tsv"}

Effects = dict[str, str | tuple[str, str]]


def batch_effects(name: str) -> Effects:
    """Return the effects of the options that batch commands share."""
    work, suffix = WORK[name], SUFFIX.get(name, "mid")
    single, broken = ("noise.wav", "cut.flac") if name in OF_SOUND else ("take.mid", "broken.mid")
    single_output, many = (
        f"-o out/a.{suffix} {work}",
        f"{work} -o out/a" if name in ("features", "evaluate") else f"{work} -d out/d",
    )
    page = ("--reference other.mid -o out/a.html", "--reference other.mid -o out/a.html --no-provenance")
    usual = USUAL[name]
    effects: Effects = {
        "inputs": (single_output, f"{single_output} {single}"),
        "files_from": (single_output, f"{single_output} --files-from {single}.list"),
        "files0_from": (single_output, f"{single_output} --files0-from {single}.list0"),
        "split": (f"root {many}", f"root {many} --split train"),
        "where": (f"root {many}", f"root {many} --where composer=Bach"),
        "repair": (f"{broken} {single_output}", f"{broken} {single_output} --repair"),
        "dry_run": "-n",
        "quiet": (f"mixed {many}", f"mixed {many} -q"),
        "verbose": "-v",
        "config": "--config verbose.toml",
        "keep_going": (f"{broken} {single} {many}", f"{broken} {single} {many} --no-keep-going"),
        "jobs": (f"mixed {many}", f"mixed {many} --jobs 2"),
        "cluster": "--cluster none://here",
        "provenance": "--no-provenance",
        "output": (f"{single} {work}", f"{single} {single_output}"),
    }
    if name == "evaluate":
        return effects | {"provenance": (f"take.mid {page[0]}", f"take.mid {page[1]}")}
    if name == "features":
        frames = "take.mid --groups density -o out/a.jsonl --frames"
        return effects | {
            "directory": (f"{frames} .npz", f"{frames} .npz -d out/d"),
            "update": (usual, f"{usual} -u"),
            "provenance": (f"{frames} out/a.npz", f"{frames} out/a.npz --no-provenance"),
        }
    return effects | {
        "directory": (f"{single} {work}", f"{single} {work} -d out/d"),
        "update": (usual, f"{usual} -u"),
    }


STYLE_SETS = "gan root --task style -o out/run --steps 1 --cache out/cache"
SEQUENCES = "take.mid other.mid --model sequences -o out/a.tsv"
SYSTEM = "--system a=takes --reference several --metric pitch_range"
KIT = "--system a=takes --listening-kit out/kit --clips 2 --seconds 1"
PERFORM = "--model untrained --perform take.mid"
RATINGS, SERVE, DIFFERENCE = "--ratings answers --key kit.key.json", "--serve kit -n", "--difference 0.5"
TRANSCRIBER = "takes/0.wav --model transcriber -o out/a.tsv"
EFFECTS: dict[str, Effects] = {
    "quantize": batch_effects("quantize") | {
        "step": ("take.mid --grid none", "take.mid --step 70ms"),
        "grid": ("take.mid --grid none", "take.mid --grid 1/4"),
        "beats": ("take.mid --grid 1/16", "take.mid --grid 1/16 --beats beats.txt"),
        "durations": "--durations grid",
        "strength": "--strength 0.5",
        "swing": "--swing 0.7",
        "remove_duplicates": "--keep-duplicates",
        "duplicate_window": "--duplicate-window 100ms",
        "cut_overlaps": ("overlaps.mid --grid none", "overlaps.mid --grid none --keep-overlaps"),
        "normalize_velocity": "--normalize-velocity file",
    },
    "transpose": batch_effects("transpose") | {
        "semitones": "--semitones 1",
        "to": "--to D",
        "key": "--key f#",
        "profile": ("take.mid -v", "take.mid -v --profile kostka-payne"),
        "out_of_range": ("take.mid --semitones 40", "take.mid --semitones 40 --out-of-range fold"),
        "range_": ("take.mid --semitones 5", "take.mid --semitones 5 --range 60..72 --out-of-range fold"),
        "augment": "--augment 1..2",
        "report": "--report out/keys.tsv",
    },
    "melspec": batch_effects("melspec") | {
        "spectrum": "--spectrum power",
        "format_": ("noise.wav --sample-rate 4000 --maximum-frequency 2000", "noise.wav --sample-rate 4000 "
                    "--maximum-frequency 2000 --format npy"),
        "sample_rate": "--sample-rate 5000",
        "hop_samples": "--hop-samples 256",
        "fft_samples": "--fft-samples 1024",
        "window": "--window hamming",
        "mels": "--mels 8",
        "minimum_frequency": "--minimum-frequency 60",
        "maximum_frequency": "--maximum-frequency 1500",
        "floor": "--floor 10",
        **{option: ("noise.wav --spectrum cqt --bins 24 -o out/a.npz", f"noise.wav --spectrum cqt --bins 24 -o "
                    f"out/a.npz {words}")
           for option, words in {"bins": "--bins 12", "bins_per_octave": "--bins-per-octave 24",
                                 "gamma": "--gamma 9"}.items()},
        "chunks": ("noise.wav -v -o out/a.npy", "noise.wav -v -o out/a.npy --chunks 0.2s"),
        "pitch_shift": "--pitch-shift 2",
        "time_stretch": "--time-stretch 1.1",
        "detune": "--detune 20",
        "equalise": "--equalise 6",
        "reverb": "--reverb 0.3s",
        "impulse_response": "--impulse-response clap.wav",
        "noise": "--noise 10",
        "compress": "--compress 3",
        "gain": "--gain 6",
        "clip": "--clip 0.5",
        "copies": ("noise.wav --gain 1..2 -o out/a.npy", "noise.wav --gain 1..2 -o out/a.npy --copies 2"),
        "midi": ("takes/0.wav -o out/a.npy", "takes/0.wav -o out/a.npy --midi"),
        "seed": ("noise.wav --gain 1..2 -o out/a.npy", "noise.wav --gain 1..2 -o out/a.npy --seed 1"),
    },
    "features": batch_effects("features") | {
        "groups": "--groups pitch",
        "classes": "--classes classifier",
        "without": "--without density",
        "format_": ("take.mid --groups pitch", "take.mid --groups pitch --format tsv"),
        "frames": "--frames out/frames.npz",
        "f0": ("noise.wav --groups audio_f0", "noise.wav --groups audio_f0 --f0 fft"),
        "chords": ("noise.wav --groups audio_chords", "noise.wav --groups audio_chords --chords chroma"),
        "hop": ("take.mid --groups density --frames out/a.npz",
                "take.mid --groups density --frames out/a.npz --hop 0.1s"),
        "plot": "--plot out/a.png",
    },
    "render": batch_effects("render") | {
        "samples": "--samples samples",
        "sample_rate": "--sample-rate 9000",
        "channels": "--channels 2",
        "room": "--room hall",
        "gain": "--gain 3",
        "format_": ("take.mid --sample-rate 8000", "take.mid --sample-rate 8000 --format flac"),
    },
    "transcribe": batch_effects("transcribe") | {
        "tuning": "--tuning 415",
        "model": "--model pedal-transcriber",
        "device": "--device none",
        "format_": ("noise.wav --model transcriber", "noise.wav --model transcriber --format tsv"),
        "onset_threshold": "--onset-threshold 0.9",
        "min_note": "--min-note 0.5s",
        "pedal": ("noise.wav --model pedal-transcriber", "noise.wav --model pedal-transcriber --pedal extend"),
        "tempo": "--tempo 60",
        "silence_threshold": "--silence-threshold -1",
        "min_confidence": "--min-confidence 0.99",
        "plot": "--plot out/a.png",
        "threads": "--threads 2",
    },
    "evaluate": batch_effects("evaluate") | {
        "reference": ("take.mid", "take.mid --reference other.mid"),
        "reference_split": ("take.mid --reference root", "take.mid --reference root --reference-split train"),
        "pairs": ("take.mid --reference other.mid", "take.mid --reference other.mid --sets"),
        "metric": ("take.mid", "take.mid --metric pitch_range"),
        "training_corpus": ("take.mid", "take.mid --training-corpus other.mid"),
        "onset_tolerance": "--onset-tolerance 0.5s",
        "offset_ratio": ("long.mid --reference longer.mid", "long.mid --reference longer.mid --offset-ratio 0"),
        "offset_min_tolerance": ("long.mid --reference longer.mid --offset-ratio 0",
                                 "long.mid --reference longer.mid --offset-ratio 0 --offset-min-tolerance 0.2s"),
        "extend_pedal": ("pedal.mid --reference take.mid", "pedal.mid --reference take.mid --extend-pedal"),
        "device": (SEQUENCES, f"{SEQUENCES} --device none"),
        "format_": ("take.mid --reference other.mid", "take.mid --reference other.mid --format json"),
        "per_file": "--no-per-file",
        "fail_under": "--fail-under onset_f1=1",
        "fail_over": "--fail-over frame_f1=0",
        "seed": ("several --metric pitch_entropy", "several --metric pitch_entropy --seed 1"),
        "model": ("take.mid other.mid -o out/a.tsv", SEQUENCES),
        "baseline": (SEQUENCES, f"{SEQUENCES} --baseline takes"),
        "limit": (SEQUENCES, f"{SEQUENCES} --limit 1"),
        "stride": ("take.mid --model windows", "take.mid --model windows --stride 1"),
        "system": ("several --metric pitch_range", SYSTEM),
        "pieces": (SYSTEM, f"{SYSTEM} --pieces 4"),
        "seconds": (SYSTEM, f"{SYSTEM} --seconds 1"),
        "sweep": (TRANSCRIBER, f"{TRANSCRIBER} --sweep onset_threshold=0.1,0.2"),
        "listening_kit": (SYSTEM, KIT),
        "serve": ("--serve takes -n", SERVE),
        "ratings": ("take.mid", RATINGS),
        "difference": (RATINGS, f"{RATINGS} {DIFFERENCE}"),
        "key": (RATINGS, "--ratings answers --key take.mid"),
        "design": (DIFFERENCE, f"{DIFFERENCE} --design turing"),
        "clips": (DIFFERENCE, f"{DIFFERENCE} --clips 20"),
        "scales": (KIT, f"{KIT} --scales scales.toml"),
        "consent": (KIT, f"{KIT} --consent beats.txt"),
        "post": (KIT, f"{KIT} --post https://example.org/answers"),
        "answers": (SERVE, f"{SERVE} --answers out/answers"),
        "port": (SERVE, f"{SERVE} --port 9000"),
    },
    "generate": {
        "prompt": ("--model sequences --duration 1s", "take.mid --model sequences --duration 1s"),
        "output": ("--model sequences --duration 1s", "--model sequences --duration 1s -o out/a.mid"),
        "directory": ("--model sequences --duration 1s", "--model sequences --duration 1s -d out/d"),
        "model": "--model others",
        "duration": "--duration 2s",
        "prompt_seconds": "--prompt-seconds 0.5",
        "infill": ("take.mid --model conditional --duration 1s", "take.mid --model conditional --infill 0.5s..1.5s"),
        "style": ("take.mid --model styles --style jazz", "take.mid --model styles --style pop"),
        "style_strength": ("take.mid --model styles --style pop",
                           "take.mid --model styles --style pop --style-strength 0"),
        "temperature": "--temperature 0",
        "top_k": "--top-k 1",
        "top_p": "--top-p 0.1",
        "min_p": "--min-p 1",
        "condition": ("--model conditional --duration 1s", "--model conditional --duration 1s --condition density=4"),
        "composer": ("--model conditional --duration 1s", "--model conditional --duration 1s --composer Chopin"),
        "density": ("--model conditional --duration 1s", "--model conditional --duration 1s --density 4"),
        "loudness": ("--model conditional --duration 1s", "--model conditional --duration 1s --loudness pp"),
        "tempo": ("--model conditional --duration 1s", "--model conditional --duration 1s --tempo 60"),
        "guidance": ("--model conditional --duration 1s --density 4",
                     "--model conditional --duration 1s --density 4 --guidance 3"),
        "perform": ("--model untrained", f"{PERFORM}"),
        "rubato": (PERFORM, f"{PERFORM} --rubato 0"),
        "dynamics": (PERFORM, f"{PERFORM} --dynamics 0"),
        "like": (PERFORM, f"{PERFORM} --like other.mid"),
        "keep": (PERFORM, f"{PERFORM} --keep velocity"),
        "count": ("--model sequences --duration 1s -d out/d", "--model sequences --duration 1s -d out/d --count 2"),
        "format_": ("--model conditional --duration 1s", "--model conditional --duration 1s --format jsonl"),
        "device": "--device none",
        "pedal": ("--model conditional --duration 9s", "--model conditional --duration 9s --pedal extend"),
        "best_of": ("--model conditional --duration 3s", "--model conditional --duration 3s --best-of 4"),
        "rank_by": "--rank-by nothing",
        "seed": "--seed 1",
        "dry_run": "-n",
        "quiet": ("broken.mid --repair --model sequences --duration 1s",
                  "broken.mid --repair --model sequences --duration 1s -q"),
        "verbose": "-v",
        "config": "--config verbose.toml",
        "provenance": "--no-provenance",
        "repair": ("broken.mid --model sequences --duration 1s", "broken.mid --repair --model sequences --duration 1s"),
    },
    "train": {
        "family": (f"lstm takes -o out/run {LSTM}",
                   f"transformer takes -o out/run {LSTM} --set heads=1 --set hidden=8"),
        "data": (f"lstm takes -o out/run {LSTM}", f"lstm takes take.mid -o out/run {LSTM}"),
        "output": (f"lstm takes -o out/run {LSTM}", f"lstm takes -o out/other {LSTM}"),
        "task": "--task transcription",
        "init": "--init sequences --set encoding=events",
        "from_": (STYLE_SETS, f"{STYLE_SETS} --from composer=Bach --to composer=Chopin"),
        "to": (f"{STYLE_SETS} --from composer=Bach", f"{STYLE_SETS} --from composer=Bach --to composer=Bach"),
        "steps": "--steps 3",
        "time_limit": "--time-limit 0.000001s",
        "patience": "--patience 1",
        "batch": "--batch 1",
        "length": "--length 9",
        "learning_rate": "--learning-rate 0.1",
        "dropout": "--dropout 0.5",
        "weight_decay": "--weight-decay 0.5",
        "settings": "--set width=16",
        "plot": "--plot out/a.png",
        "seed": "--seed 1",
        "device": "--device none",
        "cache": "--cache out/other",
        "dry_run": "-n",
        "quiet": "-q",
        "verbose": "-v",
        "config": "--config verbose.toml",
        "keep_going": (f"lstm takes broken.mid -o out/run {LSTM}",
                       f"lstm takes broken.mid -o out/run {LSTM} --no-keep-going"),
        "jobs": "--jobs 2",
        "provenance": (f"lstm takes -o out/run {LSTM} --plot out/a.svg",
                       f"lstm takes -o out/run {LSTM} --plot out/a.svg --no-provenance"),
        "tune": (f"lstm takes -o out/run {LSTM}", f"lstm takes -o out/run {LSTM} --tune 1"),
        "tune_storage": (f"lstm takes -o out/run {LSTM} --tune 1",
                         f"lstm takes -o out/run {LSTM} --tune 1 --tune-storage sqlite:///out/t.db"),
    },
}  # fmt: skip

# For every option that has an effect in some cases only: a command line beside which it has none, and the option.
SPECTRUM = "noise.wav --sample-rate 4000 -o out/a.npz --spectrum"
SETS_LINE, PAIRS_LINE = "take.mid -o out/a.tsv", "take.mid --reference other.mid -o out/a.tsv"
HINTS = {
    ("generate", "rank_by"): "ask for two candidates or more",
    ("features", "directory"): "all records go to one file, -o FILE; add --frames .npz for files of frames",
}
"""Of those options that are answered by a hint of their own."""

WITHOUT_EFFECT: dict[tuple[str, str], tuple[str, str]] = {
    ("quantize", "durations"): ("take.mid --grid none -o out/a.mid", "--durations grid"),
    ("quantize", "strength"): ("take.mid --grid none -o out/a.mid", "--strength 0.5"),
    ("quantize", "swing"): ("take.mid --grid none -o out/a.mid", "--swing 0.6"),
    ("quantize", "duplicate_window"): ("take.mid --grid none --keep-duplicates -o out/a.mid",
                                       "--duplicate-window 10ms"),
    ("transpose", "key"): ("take.mid --semitones 1 -o out/a.mid", "--key C"),
    ("transpose", "profile"): ("take.mid --key C -o out/a.mid", "--profile kostka-payne"),
    **{("melspec", option): (f"{SPECTRUM} cqt --bins 24", words) for option, words in {
        "window": "--window hamming", "fft_samples": "--fft-samples 512"}.items()},
    **{("melspec", option): (f"{SPECTRUM} stft", words) for option, words in {
        "mels": "--mels 8", "minimum_frequency": "--minimum-frequency 50", "floor": "--floor 1",
        "maximum_frequency": "--maximum-frequency 900", "bins": "--bins 9", "gamma": "--gamma 1",
        "bins_per_octave": "--bins-per-octave 12"}.items()},
    ("melspec", "seed"): (f"{SPECTRUM} stft", "--seed 1"),
    ("features", "f0"): ("take.mid --groups pitch -o out/a.jsonl", "--f0 fft"),
    ("features", "chords"): ("take.mid --groups pitch -o out/a.jsonl", "--chords chroma"),
    ("features", "hop"): ("take.mid --groups pitch -o out/a.jsonl", "--hop 10ms"),
    ("features", "directory"): ("take.mid --groups pitch -o out/a.jsonl", "--directory out/d"),
    ("features", "provenance"): ("take.mid --groups pitch -o out/a.jsonl", "--no-provenance"),
    ("transcribe", "tempo"): ("noise.wav --model transcriber -o out/a.tsv", "--tempo 60"),
    ("evaluate", "baseline"): (SETS_LINE, "--baseline takes"),
    ("evaluate", "limit"): (SETS_LINE, "--limit 1"),
    ("evaluate", "device"): (SETS_LINE, "--device cpu"),
    ("evaluate", "stride"): (SEQUENCES, "--stride 4"),
    ("evaluate", "sweep"): (SEQUENCES, "--sweep onset_threshold=0.1,0.2"),
    ("evaluate", "reference"): (SEQUENCES, "--reference other.mid"),
    ("evaluate", "reference_split"): (SETS_LINE, "--reference-split train"),
    ("evaluate", "pairs"): (SETS_LINE, "--sets"),
    ("evaluate", "metric"): (PAIRS_LINE + " --pairs", "--metric grooving"),
    ("evaluate", "onset_tolerance"): (SETS_LINE, "--onset-tolerance 10ms"),
    ("evaluate", "offset_ratio"): (SEQUENCES, "--offset-ratio 0"),
    ("evaluate", "offset_min_tolerance"): (SETS_LINE, "--offset-min-tolerance 10ms"),
    ("evaluate", "extend_pedal"): (TRANSCRIBER, "--extend-pedal"),
    ("evaluate", "training_corpus"): (PAIRS_LINE + " --pairs", "--training-corpus takes"),
    ("evaluate", "pieces"): (SETS_LINE, "--pieces 3"),
    ("evaluate", "seconds"): (SETS_LINE, "--seconds 2s"),
    ("evaluate", "fail_under"): (f"{SYSTEM} -o out/a.tsv", "--fail-under pitch_range=1"),
    ("evaluate", "fail_over"): (f"{SYSTEM} -o out/a.tsv", "--fail-over pitch_range=1"),
    **{("evaluate", option): (SETS_LINE, words) for option, words in {
        "key": "--key kit.key.json", "design": "--design pairs", "clips": "--clips 4", "scales": "--scales scales.toml",
        "consent": "--consent beats.txt", "post": "--post https://example.org", "answers": "--answers out/answers",
        "port": "--port 9000"}.items()},
    **{("evaluate", option): (SERVE, words) for option, words in {
        "format_": "--format json", "per_file": "--no-per-file", "output": "--output out/a.tsv", "jobs": "--jobs 2",
        "cluster": "--cluster none://here", "keep_going": "--no-keep-going", "files_from": "--files-from take.mid.list",
        "files0_from": "--files0-from take.mid.list0"}.items()},
    **{("evaluate", option): (DIFFERENCE, words) for option, words in {
        "repair": "--repair", "split": "--split train", "where": "--where composer=Bach", "seed": "--seed 1"}.items()},
    ("generate", "prompt_seconds"): (USUAL["generate"].removeprefix("take.mid "), "--prompt-seconds 1s"),
    ("generate", "style"): ("--model sequences -o out/a.mid", "--style pop"),
    ("generate", "style_strength"): (USUAL["generate"], "--style-strength 0.5"),
    ("generate", "infill"): ("--model sequences -o out/a.mid", "--infill 1s..2s"),
    ("generate", "guidance"): (USUAL["generate"], "--guidance 2"),
    ("generate", "repair"): (USUAL["generate"].removeprefix("take.mid "), "--repair"),
    **{("generate", option): (f"{USUAL['generate']} --temperature 0", words) for option, words in {
        "top_k": "--top-k 2", "top_p": "--top-p 0.5", "min_p": "--min-p 0.1", "seed": "--seed 1",
        "best_of": "--best-of 2"}.items()},
    **{("generate", option): (f"{PERFORM} -o out/a.mid", words) for option, words in {
        "duration": "--duration 2s", "rank_by": "--rank-by likelihood",
        "pedal": "--pedal extend"}.items()},
    **{("generate", option): ("--model sequences --duration 1s -o out/a.mid", words) for option, words in {
        "rubato": "--rubato 0", "dynamics": "--dynamics 0", "like": "--like take.mid",
        "keep": "--keep pedal"}.items()},
    ("train", "tune_storage"): (USUAL["train"], "--tune-storage sqlite:///out/t.db"),
    ("train", "provenance"): (USUAL["train"], "--no-provenance"),
    **{(name, "update"): ({"features": "take.mid --groups pitch", "quantize": "take.mid --step 70ms",
                           "transpose": "take.mid", "render": "take.mid --sample-rate 8000 --room none",
                           "melspec": "noise.wav", "transcribe": "noise.wav --model transcriber"}[name], "--update")
       for name in ("features", "quantize", "transpose", "render", "melspec", "transcribe")},
}  # fmt: skip


def lines(command: str, option: str) -> tuple[str, str]:
    """Return the two command lines that show the effect of an option."""
    effect = EFFECTS[command][option]
    return (USUAL[command], f"{USUAL[command]} {effect}") if isinstance(effect, str) else effect
