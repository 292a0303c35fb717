"""The model of the world: a Llava of a quarter of a million parameters, with its own tokenizer and image processor.

Each stretch of text that is constant in the suite's prompts is one token, which makes training four times quicker. So
the model reads the prompts of `fdx` and `sensitivity`, reworded ones and those with emphasis or its placebo; it cannot
read others.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

from medsyn_inspect.interventions.microworld.pictures import SIDE
from medsyn_inspect.interventions.microworld.prompts import stretches
from medsyn_inspect.interventions.microworld.world import OPTIONS, SIGNS, World

WIDTH = 64
LAYERS = 3
_PATCH = 16
_IMAGE, _PAD, _END, _UNKNOWN = "<image>", "<|pad|>", "<|end|>", "<|unknown|>"
_ROLES = ("<|system|>", "<|user|>", "<|assistant|>")

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}"
    "{% if message.role == 'assistant' %}{% generation %}<|end|>{% endgeneration %}{% else %}<|end|>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def build_processor(world: World) -> Any:
    """The processor of a world: a word-level tokenizer, an image processor that does not resize, a chat template."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    from transformers import LlavaProcessor, PreTrainedTokenizerFast
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    special = [_PAD, _END, _UNKNOWN, _IMAGE, *_ROLES]
    vocabulary = {word: number for number, word in enumerate([*special, *_words(world)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    constant = dict.fromkeys(text.strip() for text in stretches(world))
    long = [text for text in constant if not text.isalnum() and any(letter.isalpha() for letter in text)]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in special])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in long])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=_PAD,
        eos_token=_END,
        unk_token=_UNKNOWN,
        padding_side="left",
        model_max_length=1024,
        extra_special_tokens={"image_token": _IMAGE},
    )
    images = CLIPImageProcessorPil(
        do_resize=False, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.5] * 3,
        size={"height": SIDE, "width": SIDE}, crop_size={"height": SIDE, "width": SIDE},
    )  # fmt: skip
    return LlavaProcessor(
        images,
        fast,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )


def build_model(processor: Any, seed: int) -> Any:
    """An untrained model for a processor."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    torch.manual_seed(seed)
    tokenizer = processor.tokenizer
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
        tie_word_embeddings=True,
        # The default of 0.02 suits wide models; with it, one of this width does not learn.
        initializer_range=0.1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=SIDE,
        patch_size=_PATCH,
        projection_dim=WIDTH,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=tokenizer.convert_tokens_to_ids(_IMAGE),
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        tie_word_embeddings=True,
    )
    model = LlavaForConditionalGeneration(config)
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model


def _words(world: World) -> list[str]:
    """The words of the vocabulary that are not part of a constant stretch."""
    words = [*ascii_uppercase[:OPTIONS], ".", ","]
    words += [world.sign(place, sign) for place in range(len(world.types)) for sign in range(SIGNS)]
    words += [word(number) for number in range(len(world.codes)) for word in (world.name, world.cue)]
    words += [text.strip() for text in stretches(world) if text.strip().isalnum()]
    return list(dict.fromkeys(words))
