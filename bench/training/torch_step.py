"""The training step of bench/train-step.ts in PyTorch: same towers, weights, batch and update.

    python3 torch_step.py FOLDER

FOLDER holds spec.json, weights.f32, pixels.f32 and ids.i32. Each line on stdin runs one step and
is answered by one line of JSON: loss, gradientNorm (both before the update) and seconds.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F


def linear(w, name, x):
    flat = torch.addmm(w[f"{name}.bias"], x.reshape(-1, x.shape[-1]), w[f"{name}.weight"])
    return flat.view(*x.shape[:-1], -1)


def layer_norm(w, name, x):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)


def attention(w, name, x, mask, heads):
    batch, length, width = x.shape
    qkv = linear(w, f"{name}.qkv", x).view(batch, length, 3, heads, width // heads)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # [batch, heads, T, width / heads]
    if hasattr(F, "scaled_dot_product_attention"):
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    else:
        scores = q * (width // heads) ** -0.5 @ k.transpose(-2, -1)
        mixed = (scores if mask is None else scores + mask).softmax(-1) @ v
    return linear(w, f"{name}.out", mixed.transpose(1, 2).reshape(batch, length, width))


def transformer_block(w, name, x, mask, heads):
    x = x + attention(w, f"{name}.attention", layer_norm(w, f"{name}.ln1", x), mask, heads)
    hidden = linear(w, f"{name}.mlp.fc1", layer_norm(w, f"{name}.ln2", x)).relu()
    return x + linear(w, f"{name}.mlp.fc2", hidden)


def convolution(w, name, x):
    """With weight standardisation, as gpu-embedder/learn/model/image-tower.ts has it."""
    raw = w[f"{name}.weight"]
    variance, mean = torch.var_mean(raw, (1, 2, 3), unbiased=False, keepdim=True)
    weight = (raw - mean) / (variance + 1e-8).sqrt() * w[f"{name}.gain"]
    return F.conv2d(x, weight, w[f"{name}.bias"], padding=raw.shape[2] // 2)


def cnn_features(w, pixels, config):
    x = convolution(w, "stem", F.pixel_unshuffle(pixels, config["stem"])).relu()
    for stage, blocks in enumerate(config["blocks"]):
        if stage > 0:
            x = convolution(w, f"stages.{stage}.down", F.pixel_unshuffle(x, 2))
        for block in range(blocks):
            name = f"stages.{stage}.blocks.{block}"
            hidden = convolution(w, f"{name}.conv1", x).relu()
            x = (x + convolution(w, f"{name}.conv2", hidden)).relu()
    return x.mean((2, 3))


def vit_features(w, pixels, config):
    tokens = F.pixel_unshuffle(pixels, config["patchSize"]).flatten(2).transpose(1, 2)
    x = linear(w, "vision_patch", tokens) + w["vision_position.weight"]
    for i in range(config["depth"]):
        x = transformer_block(w, f"vision_layers.{i}", x, None, config["heads"])
    return layer_norm(w, "vision_final_ln", x).mean(1)


def image_tower(w, pixels, config):
    features = (cnn_features if config["kind"] == "cnn" else vit_features)(w, pixels, config)
    scale, bias = w["image_norm.weight"], w["image_norm.bias"]
    normed = F.batch_norm(features, None, None, scale, bias, training=True, eps=1e-5)
    return F.normalize(linear(w, "image_projection", normed))


def text_tower(w, ids, config):
    present = (ids != 0).float()
    mask = ((present - 1) * 1e4)[:, None, None, :]
    x = F.embedding(ids, w["token_embedding.weight"]) + w["position_embedding.weight"]
    for i in range(config["depth"]):
        x = transformer_block(w, f"layers.{i}", x, mask, config["heads"])
    weights = present / present.sum(1, keepdim=True)
    pooled = (layer_norm(w, "final_ln", x) * weights[:, :, None]).sum(1)
    return F.normalize(linear(w, "text_projection", pooled))


def symmetric_info_nce(images, texts, logit_scale):
    logits = images @ texts.t() * logit_scale.exp()
    pairs = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, pairs) + F.cross_entropy(logits.t(), pairs)) / 2


def main(folder):
    with open(f"{folder}/spec.json") as file:
        spec = json.load(file)
    device = torch.device(spec["device"])
    torch.set_num_threads(spec["threads"])

    def load(name, dtype, shape):
        with open(f"{folder}/{name}", "rb") as file:
            return torch.frombuffer(bytearray(file.read()), dtype=dtype).view(shape).to(device)

    size = spec["image"]["imageSize"]
    pixels = load("pixels.f32", torch.float32, (spec["batch"], 3, size, size))
    ids = load("ids.i32", torch.int32, (spec["batch"], spec["text"]["contextLength"])).long()
    lengths = [torch.Size(p["shape"]).numel() for p in spec["parameters"]]
    pieces = load("weights.f32", torch.float32, (-1,)).split(lengths)
    w = {
        p["name"]: piece.view(p["shape"]).clone().requires_grad_()
        for p, piece in zip(spec["parameters"], pieces)
    }
    weights = list(w.values())
    averages = [weight.detach().clone() for weight in weights]
    update = spec["update"]
    groups = [
        {
            "params": [w[p["name"]] for p in spec["parameters"] if p["decay"] == decay],
            "weight_decay": update["weightDecay"] if decay else 0,
        }
        for decay in (True, False)
    ]
    optimiser = torch.optim.AdamW(groups, update["learningRate"], betas=(0.9, 0.98), eps=1e-8)
    keep = update["emaDecay"]

    def step():
        optimiser.zero_grad(set_to_none=True)
        images = image_tower(w, pixels, spec["image"])
        texts = text_tower(w, ids, spec["text"])
        loss = symmetric_info_nce(images, texts, w["logit_scale"])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(weights, update["clipNorm"])
        optimiser.step()
        with torch.no_grad():
            torch._foreach_mul_(averages, keep)
            torch._foreach_add_(averages, weights, alpha=1 - keep)
        # Reading the numbers waits for a device.
        return {"loss": loss.item(), "gradientNorm": norm.item()}

    for _ in sys.stdin:
        started = time.perf_counter()
        result = step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        print(json.dumps({**result, "seconds": time.perf_counter() - started}), flush=True)


main(sys.argv[1])
