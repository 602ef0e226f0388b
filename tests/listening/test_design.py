"""Designs of listening tests: balance over listeners, and what each listener meets."""

from collections import Counter
from itertools import pairwise

import pytest

from maestrokit.errors import UsageError
from maestrokit.listening.design import ATTENTION, CHECK, REPEATS, balanced_latin_square, make_design
from maestrokit.listening.scales import DESIGNS

SYSTEMS = ("a", "b", "c")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9])
def test_everything_is_equally_often_at_each_place_and_behind_each_other(size: int) -> None:
    square = balanced_latin_square(size)
    assert len(square) == (2 * size if size % 2 and size > 1 else size)
    for column in square.T.tolist():
        assert set(Counter(column).values()) == {len(square) // size}
    pairs = Counter(pair for row in square.tolist() for pair in pairwise(row))
    assert len(pairs) == size * (size - 1) and len(set(pairs.values())) <= 1


@pytest.mark.parametrize("name", DESIGNS)
def test_each_listener_meets_all_trials_two_of_them_again_and_the_attention_items(name: str) -> None:
    design = make_design(name, SYSTEMS, clips=4, seed=1)
    for sequence in design.sequences:
        met = Counter(presentation.trial for presentation in sequence)
        assert set(met) == set(range(len(design.trials)))
        again = [trial for trial, count in met.items() if count == 2]
        assert len(again) == REPEATS and max(met.values()) == 2
        assert all(design.trials[trial].kind != CHECK for trial in again)
        for presentation in sequence:
            assert sorted(presentation.order) == list(range(len(design.trials[presentation.trial].clips)))
    assert sum(trial.kind == CHECK for trial in design.trials) == ATTENTION


def test_each_system_is_equally_often_at_each_place_of_a_block() -> None:
    design = make_design("mos", SYSTEMS, clips=4, seed=0)
    places = Counter()
    for sequence in design.sequences:
        seen: set[int] = set()
        own = [presentation.trial for presentation in sequence if design.trials[presentation.trial].kind != CHECK]
        first = [trial for trial in own if not (trial in seen or seen.add(trial))]
        for place, trial in enumerate(first):
            places[design.trials[trial].clips[0].system, place % len(SYSTEMS)] += 1
        blocks = [first[start : start + 3] for start in range(0, len(first), 3)]
        assert all({design.trials[trial].clips[0].system for trial in block} == set(SYSTEMS) for block in blocks)
        assert all(len({design.trials[trial].clips[0].index for trial in block}) == 3 for block in blocks)
    assert len(set(places.values())) == 1


def test_sides_of_pairs_are_balanced_over_listeners() -> None:
    design = make_design("pairs", SYSTEMS, clips=3)
    sides: dict[int, Counter] = {}
    for sequence in design.sequences:
        met: set[int] = set()
        for presentation in sequence:
            if presentation.trial not in met and design.trials[presentation.trial].kind != CHECK:
                sides.setdefault(presentation.trial, Counter())[presentation.order] += 1
            met.add(presentation.trial)
    assert len(sides) == 9
    assert all(counts[0, 1] == counts[1, 0] > 0 for counts in sides.values())


@pytest.mark.parametrize(("systems", "clips"), [(2, 4), (3, 3), (4, 2)])
def test_the_side_of_a_system_says_nothing_of_its_place(systems: int, clips: int) -> None:
    design = make_design("pairs", [str(number) for number in range(systems)], clips=clips)
    sides: dict[tuple[int, int], Counter] = {}
    for sequence in design.sequences:
        own: dict[int, tuple[int, ...]] = {}
        for presentation in sequence:
            if design.trials[presentation.trial].kind != CHECK:
                own.setdefault(presentation.trial, presentation.order)
        for place, (trial, order) in enumerate(own.items()):
            sides.setdefault((place, trial), Counter())[order] += 1
        for group in range(len(own) // clips):  # for one listener, as often left as right, or one more
            left = sum(own[group * clips + clip] == (0, 1) for clip in range(clips))
            assert left in (clips // 2, (clips + 1) // 2)
    assert all(counts[0, 1] == counts[1, 0] > 0 for counts in sides.values())


def test_orders_of_many_systems_and_clips_are_few_enough_to_hold() -> None:
    design = make_design("mos", [str(number) for number in range(7)], clips=131)  # all of both squares: 3668
    assert len(design.sequences) == 238
    first = Counter(design.trials[sequence[0].trial].clips[0].system for sequence in design.sequences)
    assert set(first.values()) == {34}  # systems are balanced all the same
    assert len(make_design("mos", SYSTEMS, clips=8).sequences) == 24


def test_a_test_that_no_listener_ends_is_refused() -> None:
    with pytest.raises(UsageError, match="each listener would meet 1520 trials, and 1000 are the most"):
        make_design("pairs", [str(number) for number in range(20)], clips=8)


def test_the_same_seed_gives_the_same_design() -> None:
    design, same, other = (make_design("mos", SYSTEMS, clips=3, seed=seed) for seed in (1, 1, 2))
    assert design == same != other
