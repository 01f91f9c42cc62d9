"""Edited weights are those of plain loops, and their names describe them completely."""

import re

import numpy as np
import pytest

from model.checkpoint import SHIPPED, read
from model.explain.edits import PATTERN, Edit, EditError, apply, edited, join_name, parse, split_name
from model.weight_files.safetensors_file import load

CHECKPOINT = read(SHIPPED)
TENSORS = CHECKPOINT.tensors
CONV1, CONV2 = TENSORS["features.0.weight"], TENSORS["features.3.weight"]


def changed(name: str) -> dict[str, np.ndarray]:
    return apply(TENSORS, split_name(f"robust~{name}")[1])


def test_a_name_gives_the_edits_and_the_edits_give_the_name() -> None:
    name = "lesson:3~conv1_7_off~conv2_5_3_set_-1_0_1_-2_0_2_-1_0_1~logits_3_12_times_-0.25~all_round_4"
    base, edits = split_name(name)
    assert base == "lesson:3"
    assert edits[1] == Edit("conv2", "set", 5, 3, (-1, 0, 1, -2, 0, 2, -1, 0, 1))
    assert edits[2] == Edit("logits", "times", 3, 12, (-0.25,))
    assert join_name(base, edits) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "conv1", "conv1_7", "conv1_7_off_1", "conv1_off", "conv3_1_off", "conv1_32_off", "conv1_7_1_off",
        "conv1_7_melt", "all_7_prune_50", "all_prune", "all_prune_101", "all_prune_-1", "all_round_0", "all_round_2.5",
        "all_round_9", "dense1_3_sobel", "conv2_5_set_1_1_1_1_1_1_1_1_1", "conv1_7_set_1", "conv1_7_times_1e3",
        "conv1_7_times_nan", "conv1_7_times_101", "conv1_-1_off", "logits_3_128_off", "conv1_٣_off", "conv1_7_times_٣",
    ],
)  # fmt: skip
def test_an_impossible_edit_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(EditError, match=r"\.$|…"):
        parse(text)
    assert not re.search(PATTERN, text)


@pytest.mark.parametrize(
    "text",
    [
        "conv1_31_off", "conv1_7_0_negate", "conv2_63_31_noise", "dense1_127_1599_times_-0.5", "logits_9_times_100",
        "conv1_7_set_1_2_3_4_5_6_7_8_9", "conv2_5_3_set_-1_0_1.5_-2_0_2_-1_0_1", "all_prune_99.5", "conv2_round_8",
        "logits_nobias", "dense1_shuffle",
    ],
)  # fmt: skip
def test_the_documented_pattern_accepts_what_is_possible(text: str) -> None:
    assert parse(text).text == text
    assert re.search(PATTERN, text)


def test_too_many_edits_are_refused() -> None:
    with pytest.raises(EditError, match="at most"):
        split_name("~".join(["robust", *["all_nobias"] * 25]))


def test_off_flip_and_times_change_one_map_and_nothing_else() -> None:
    for operation, factor in (("off", 0), ("negate", -1), ("times_0.5", 0.5)):
        after = changed(f"conv1_7_{operation}")
        expected = CONV1.copy()
        expected[7] *= factor
        bias = TENSORS["features.0.bias"].copy()
        bias[7] *= factor
        np.testing.assert_array_equal(after["features.0.weight"], expected)
        np.testing.assert_array_equal(after["features.0.bias"], bias)
        assert after["features.3.weight"] is CONV2
    connection = changed("logits_3_12_off")
    assert connection["classifier.3.weight"][3, 12] == 0
    assert (connection["classifier.3.weight"] != TENSORS["classifier.3.weight"]).sum() == 1
    assert (connection["classifier.3.bias"] == TENSORS["classifier.3.bias"]).all()


def test_typed_and_ready_made_filters_replace_the_weights() -> None:
    np.testing.assert_array_equal(
        changed("conv1_7_set_1_2_3_4_5_6_7_8_9")["features.0.weight"][7, 0].ravel(), range(1, 10)
    )
    sobel = changed("conv1_7_sobel")["features.0.weight"][7, 0]
    assert sobel[1, 2] == pytest.approx(2 * sobel[0, 2])
    assert (sobel[:, 1] == 0).all()
    for operation in ("sobel", "blur", "noise"):
        after = changed(f"conv2_5_{operation}")["features.3.weight"]
        np.testing.assert_allclose(
            np.linalg.norm(after[5], axis=(1, 2)), np.linalg.norm(CONV2[5], axis=(1, 2)), rtol=1e-5
        )
        assert (after[:5] == CONV2[:5]).all()
        assert not np.allclose(after[5], CONV2[5])


def test_pruning_removes_the_smallest_weights_of_all_layers_together() -> None:
    keys = [key for key in TENSORS if key.endswith("weight")]
    sizes = np.sort(np.concatenate([np.abs(TENSORS[key]).ravel() for key in keys]))
    limit = sizes[round(0.6 * sizes.size)]
    after = changed("all_prune_60")
    for key in keys:
        np.testing.assert_array_equal(after[key], np.where(np.abs(TENSORS[key]) < limit, 0, TENSORS[key]))
    assert not changed("conv2_prune_100")["features.3.weight"].any()
    assert changed("conv2_prune_100")["features.3.bias"].any()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_rounding_leaves_few_values_near_the_weights(bits: int) -> None:
    after = changed(f"conv2_round_{bits}")["features.3.weight"]
    assert len(np.unique(after)) <= (2 if bits == 1 else 2**bits - 1)
    step = np.abs(CONV2).max() / max(2 ** (bits - 1) - 1, 1)
    if bits > 1:
        assert np.abs(after - CONV2).max() <= step / 2 + 1e-6
    else:
        np.testing.assert_allclose(np.abs(after), np.abs(CONV2).mean(), rtol=1e-5)


def test_a_shuffle_keeps_every_filter_with_its_bias_and_all_biases_can_be_removed() -> None:
    after = changed("conv1_shuffle")
    filters, biases = "features.0.weight", "features.0.bias"
    pairs = [
        sorted(zip(part[filters].reshape(32, 9).tolist(), part[biases].tolist(), strict=True))
        for part in (TENSORS, after)
    ]
    assert pairs[0] == pairs[1]
    assert not np.array_equal(after["features.0.weight"], CONV1)
    assert not any(values.any() for key, values in changed("all_nobias").items() if key.endswith("bias"))


@pytest.mark.parametrize("factor", ["100", "-100"])
def test_edits_whose_outputs_could_become_infinite_are_refused(factor: str) -> None:
    for times in (8, 19, 24):  # weights of 1e16, 1e38, and more than float32 has
        edits = split_name("robust" + f"~logits_7_times_{factor}" * times)[1]
        with pytest.raises(EditError, match="could become infinite"):
            edited(CHECKPOINT, edits, "x")
    each = "".join(f"~{layer}_0_times_{factor}" for layer in ("conv1", "conv2", "dense1", "logits"))
    assert all(
        np.isfinite(values).all() for values in edited(CHECKPOINT, split_name("robust" + each)[1], "x").tensors.values()
    )


def test_edited_weights_are_a_file_like_any_other() -> None:
    name = "robust~conv1_7_off~all_round_4"
    found = edited(CHECKPOINT, split_name(name)[1], name)
    tensors, metadata = load(found.content)
    assert metadata["edits"] == name
    assert "accuracy" not in metadata
    assert not tensors["features.0.weight"][7].any()
    assert found.sha256 == edited(CHECKPOINT, split_name(name)[1], name).sha256 != CHECKPOINT.sha256
