"""``maestrokit train``: models from performances and recordings."""

from maestrokit.cli.commands.train.options import Searching, TrainOptions
from maestrokit.cli.declare import only_with
from maestrokit.cli.options import Jobs, Provenance, Seed

EXAMPLES = (
    (
        "Train a small transformer on MAESTRO for an hour",
        "maestrokit train transformer maestro-v3.0.0 -o runs/t1 --time-limit 1h --set width=192 --set layers=4",
    ),
    (
        "Resume it where it stopped, for another hour",
        "maestrokit train transformer maestro-v3.0.0 -o runs/t1 --time-limit 2h",
    ),
    (
        "Fine-tune it on your own performances",
        "maestrokit train transformer takes -o runs/t2 --init runs/t1 --steps 500",
    ),
    (
        "Learn to tell the folders of a collection apart, from a model that ships",
        "maestrokit train cnn --task classes collection -o runs/genres --init composers --steps 500",
    ),
    (
        "Learn to tell recordings apart, a folder for each piano",
        "maestrokit train cnn --task classes pianos -o runs/pianos --set transpose=1 --time-limit 1h",
    ),
    (
        "Refine a transformer of notes against a discriminator of what it makes",
        "maestrokit train gan --task improvise takes -o runs/gan --init runs/t2 --learning-rate 1e-4 --steps 500",
    ),
    (
        "An autoencoder of segments, then two players among its latent vectors, with averaged weights",
        "maestrokit train gan --task latent takes -o runs/latent --set ema_decay=0.999 --time-limit 4h",
    ),
    (
        "Learn to turn pieces of one folder into such as could be of another, and back",
        "maestrokit train gan --task style collection/jazz collection/pop -o runs/style --time-limit 4h",
    ),
    (
        "Search for good settings by five trainings of ten minutes, widths among them",
        "maestrokit train transformer takes -o runs/search --tune 5 --time-limit 10m --set 'width=128..512'",
    ),
)
SETTINGS = True  # the man page lists the settings of --set
REFERENCES = (
    "Huang et al., Music Transformer, ICLR 2019",
    "Harte, Sandler, Abdallah and Gomez, Symbolic representation of musical chords, ISMIR 2005",
    "Muhamed et al., Symbolic Music Generation with Transformer-GANs, AAAI 2021",
    "Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks, ICCV 2017",
    "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019",
    "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024",
)
CASES = {"provenance": only_with("`plot`")}


def run(
    options: TrainOptions,
    running: Jobs,
    provenance: Provenance,
    searching: Searching,
    seed: Seed = 0,
) -> int:
    """Train a model, or resume its training.

    The run folder holds config.json, model.safetensors (the best weights by validation), log.jsonl, and
    resume.safetensors, from which the same command line resumes exactly, however the training was stopped. Settings
    that are not given again are those of the run. No step begins that would not fit into --time-limit together with
    the last validation, by the times of earlier ones; where none was timed yet, these two may take longer.
    The first Ctrl-C, SIGTERM or closed terminal ends training after the current step, and saves; if
    nothing was validated yet, the weights so far are kept.
    """
    from maestrokit.cli.commands.train.spec import print_plan, spec_of
    from maestrokit.cli.commands.train.work import run_search, run_training
    from maestrokit.inference.device import reuse_freed_memory
    from maestrokit.training.device import find_context

    spec = spec_of(options, seed, running)
    if running.dry_run:
        print_plan(spec, is_search=searching.tune is not None)
        return 0
    reuse_freed_memory()
    distributed = find_context(options.device)
    try:
        if searching.tune is not None:
            from maestrokit.training.tuning import Search

            search = Search(searching.tune, searching.tune_storage or "")
            return run_search(spec, search, distributed, running, options.plot, provenance.made_by)
        return run_training(spec, distributed, running, options.plot, provenance.made_by)
    finally:
        distributed.leave()
