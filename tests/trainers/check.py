#!/usr/bin/env python3
"""Loads every format of a release with `datasets`, asks TRL's own functions about those that are TRL's, and
runs the snippets of docs/releases.md, a step each of DPO, a reward model and KTO: `check.py FOLDER`, which
`release.py` has made.

Runs in an environment of its own (`make check-trainers`), offline, on a model of two layers made on the spot.
"""

import json
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "releases.md"

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
os.environ |= {
    "HF_HOME": tempfile.mkdtemp(),
    "TOKENIZERS_PARALLELISM": "false",
    "TRL_EXPERIMENTAL_SILENCE": "1",
}
warnings.filterwarnings("ignore")

import torch  # noqa: E402
from datasets import disable_progress_bars, load_dataset  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import (  # noqa: E402
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)
from trl.data_utils import extract_prompt, is_conversational, maybe_apply_chat_template  # noqa: E402

TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def main() -> None:
    folder = Path(sys.argv[1])
    disable_progress_bars()
    for kind in ("parquet", "jsonl"):
        load_everything(folder / kind)
    load_everything(folder / "csv")
    release = folder / "parquet"
    ask_trl(release)
    with tempfile.TemporaryDirectory() as made:
        tiny(Path(made))
        found = snippets()
        assert len(found) == 3, f"{DOCS} has {len(found)} snippets"
        for code in found:
            name = re.findall(r"\w+", code)[0]
            print(f"{name:10}{train(code, release, Path(made))}")


def load_everything(release: Path) -> None:
    """Every configuration by way of the card, its rows counted, and once more file by file."""
    manifest = json.loads((release / "manifest.json").read_text())
    for config, splits in manifest["rows_by_config"].items():
        found = load_dataset(str(release), config)
        counted = {split: len(found[split]) for split in found}
        if counted != splits:
            sys.exit(f"{release.name} {config}: the manifest says {splits}, datasets loads {counted}")
        streamed = load_dataset(str(release), config, streaming=True, split="train")
        if dict(next(iter(streamed))) != found["train"][0]:
            sys.exit(f"{release.name} {config}: streaming gives another first row")
        print(f"{release.name:8} {config:24} {counted}")


def ask_trl(release: Path) -> None:
    """TRL takes the rows as conversations, and finds the prompt of whole ones where it is."""
    explicit = load_dataset(str(release), "overall", split="train")[0]
    whole = load_dataset(str(release), "overall.openrlhf", split="train")[0]
    marked = load_dataset(str(release), "overall.trl-kto", split="train")[0]
    columns = ("prompt", "chosen", "rejected", "completion", "label")
    for name, row in (("trl-preference", explicit), ("openrlhf", whole), ("trl-kto", marked)):
        row = {key: value for key, value in row.items() if key in columns}
        assert is_conversational(row), name
    found = extract_prompt({"chosen": whole["chosen"], "rejected": whole["rejected"]})
    expected = {key: explicit[key] for key in ("prompt", "chosen", "rejected")}
    assert found == expected, "the prompt that TRL extracts is not ours"
    with tempfile.TemporaryDirectory() as made:
        told = maybe_apply_chat_template(expected, tiny(Path(made)))
    assert told["prompt"].endswith("<assistant>")
    assert told["chosen"]
    assert "<user>" not in told["chosen"]
    print("trl       conversational, prompt extracted, template applied")


def tiny(folder: Path) -> PreTrainedTokenizerFast:
    """A tokenizer over bytes and a model of two layers, saved into the folder as `model` and `judge`."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "</s>", *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="</s>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig(vocab_size=len(vocabulary), pad_token_id=0, eos_token_id=1, bos_token_id=1, **size)
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    config.num_labels = 1
    LlamaForSequenceClassification(config).save_pretrained(folder / "judge")
    for name in ("model", "judge"):
        tokenizer.save_pretrained(folder / name)
    return tokenizer


SETTINGS = {
    "max_steps": 1,
    "per_device_train_batch_size": 4,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "logging_steps": 1,
    "disable_tqdm": True,
}


def snippets() -> list[str]:
    """The Python of docs/releases.md, a piece a trainer."""
    return re.findall(r"```python\n(# .+?)```", DOCS.read_text(), re.DOTALL)


def train(code: str, release: Path, made: Path) -> str:
    """Runs a snippet for one step: the loss is a number and the weights have moved."""
    model = made / ("judge" if "RewardTrainer" in code else "model")
    code = code.replace('"DIR"', repr(str(release))).replace('"MODEL"', repr(str(model)))
    code = code.replace('output_dir="OUT"', f"output_dir={str(made / 'out')!r}, **SETTINGS")
    found: dict[str, Any] = {"SETTINGS": SETTINGS}
    exec(code, found)
    trainer = found["trainer"]
    loss = next(one["train_loss"] for one in trainer.state.log_history if "train_loss" in one)
    before = load_file(model / "model.safetensors")
    after = trainer.model.state_dict()
    assert loss == loss, "the loss is no number"
    assert any(not torch.equal(before[name], after[name]) for name in before), "the step did nothing"
    return f"one step on {len(found['data']['train'])} rows, loss {loss:.4f}"


if __name__ == "__main__":
    main()
