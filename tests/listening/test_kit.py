"""The listening kit: blind, the same each time, and a page that runs nothing but its own script."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import pytest
import soundfile

from maestrokit.listening.design import make_design
from maestrokit.listening.kit import PAGE
from small_kits import SYSTEMS, data_of, small_kit


@pytest.mark.parametrize("design", ["mos", "pairs", "mushra", "turing"])
def test_the_folder_tells_nothing_of_systems(design: str) -> None:
    kit = small_kit(design, made_by="maestrokit 0: evaluate --system machine=lstm")
    page = kit.files[PAGE].decode()
    data = data_of(kit)
    for trial in data["trials"]:
        assert set(trial) <= {"id", "kind", "clips", "scales", "reference"}
    assert "machine=lstm" not in page and ".mid" not in page
    assert all(re.fullmatch(r"clips/[0-9a-f]{10}\.mp3", name) for name in kit.files if name != PAGE)
    used = {clip for trial in data["trials"] for clip in (*trial["clips"], trial.get("reference"))} - {None}
    assert {f"clips/{clip}.mp3" for clip in used | set(data["training"]["clips"])} == set(kit.files) - {PAGE}
    assert [trial["id"] for trial in data["trials"]] == sorted(trial["id"] for trial in data["trials"])
    assert {origin["system"] for origin in kit.key["clips"].values()} >= {*SYSTEMS, None}


def test_the_seed_alone_does_not_tell_which_clip_is_of_which_system() -> None:
    first, second = (small_kit(seconds=seconds).key["clips"] for seconds in (0.2, 0.25))
    assert not set(first) & set(second)


@pytest.mark.parametrize("design", ["pairs", "mushra"])
def test_the_place_of_a_clip_in_its_trial_does_not_tell_its_system(design: str) -> None:
    kit = small_kit(design, clips=12)
    data = data_of(kit)
    assert data["trials"] == kit.key["trials"]
    first = [kit.key["clips"][trial["clips"][0]]["system"] for trial in data["trials"] if trial["kind"] == "rated"]
    assert len(first) == 12 and len(set(first)) > 1


def test_clips_are_heard_in_the_order_of_the_design() -> None:
    design = make_design("mushra", (*SYSTEMS, "floor"), clips=4, seed=1)
    kit = small_kit("mushra", clips=4)
    data, origins = data_of(kit), kit.key["clips"]
    for planned, sequence in zip(design.sequences, data["sequences"], strict=True):
        for presentation, (row, order) in zip(planned, sequence, strict=True):
            clips = [design.trials[presentation.trial].clips[place] for place in presentation.order]
            heard = [origins[data["trials"][row]["clips"][place]] for place in order]
            assert [clip.system or None for clip in clips] == [origin["system"] for origin in heard]
            assert all(clip.index == origin["index"] for clip, origin in zip(clips, heard, strict=True) if clip.system)


def test_clips_are_mp3_of_one_channel_and_equally_long_and_loud() -> None:
    kit = small_kit(seconds=1.0)
    for name, data in kit.files.items():
        if name != PAGE:
            samples, rate = soundfile.read(io.BytesIO(data))
            assert rate == 48000 and samples.ndim == 1
            assert len(data) * 8 / (len(samples) / rate) == pytest.approx(64_000, rel=0.1)
            assert np.abs(samples).max() < 1


def test_the_same_inputs_and_seed_give_the_same_kit() -> None:
    first, same, other = small_kit(), small_kit(), small_kit(clips=3)
    assert first == same
    assert first.key["kit"] != other.key["kit"]


def test_the_page_runs_its_own_script_only_and_asks_no_other_server() -> None:
    page = small_kit(post="https://example.org:8443/take?x=1").files[PAGE].decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'" and rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self' https://example.org:8443"
    assert not re.search(r"innerHTML|eval\(|document\.write|https?://", script)


def test_texts_are_texts() -> None:
    hostile = "<script>alert(1)</script>\n\nSecond </template> paragraph"
    page = small_kit(information=hostile).files[PAGE].decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and page.count("</template>") == 1
    assert "<p>Second &lt;/template&gt; paragraph</p>" in page


def test_the_text_for_listeners_says_how_long_it_takes() -> None:
    page = small_kit().files[PAGE].decode()
    assert re.search(r"You will hear 9 short clips .* about [1-9]\d* minutes", page)


def test_the_key_says_what_it_is_of_and_who_will_be_excluded() -> None:
    key = small_kit(made_by="line").key
    assert (key["format"], key["design"], key["human"], key["made_by"]) == ("maestrokit-key", "mos", "human", "line")
    assert list(key["excluded"]) == ["unfinished", "attention", "repeats", "constant"]
    assert json.loads(json.dumps(key)) == key
