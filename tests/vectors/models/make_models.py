#!/usr/bin/env python3
"""Write the small random-weight models of this folder: one GGUF file (F32) per family, and one with every quantised type. Only numpy is needed.

  make_models.py [NAME ...]      # all models without a name

Weights are gaussians scaled by the fan-in, so that activations and logits stay near 1 whatever the depth; norms are 1 + 0.1 gaussian.
Every value is rounded to a grid of a few bits: the files are plain F32, but git stores a quarter of their size, and every value is exact in
bfloat16 too. The dimensions are odd on purpose (widths that are no multiple of 32, head dimensions that are not hidden / heads).
"""
import os, struct, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY = 272

DEEPSEEK = dict(arch="deepseek2", vocab=VOCABULARY, context=4096, epsilon=1e-6, base=10000.0)
DENSE = dict(vocab=VOCABULARY, context=4096, epsilon=1e-6, base=10000.0, tied=False, biases=False, qk_norms=False, scaling={})
LLAMA3_SCALING = dict(factor=8.0, low=1.0, high=4.0, original=128)  # Llama 3.1: 8, 1, 4, 8192; the short context makes all three branches count

MODELS = {
    # DeepSeek-V3: sigmoid router with selection bias, groups, normalised weights x 2.5, compressed queries, YaRN with m² in the softmax scale.
    "tiny-deepseek-v3": dict(
        DEEPSEEK, seed=11, layers=3, dense=1, hidden=64, ff=136, ff_exp=40, heads=4, q_lora=48, kv_lora=64, nope=32, rope=16, v=24,
        experts=8, shared=1, used=3, groups=4, groups_used=2, gating=2, norm=True, scale=2.5, bias=True, yarn=(40.0, 4096, 0.1)),
    # DeepSeek-V2: softmax router, weights neither normalised nor limited to groups, two shared experts, mscale 0.707.
    "tiny-deepseek-v2": dict(
        DEEPSEEK, seed=12, layers=3, dense=1, hidden=64, ff=136, ff_exp=40, heads=4, q_lora=48, kv_lora=64, nope=32, rope=16, v=32,
        experts=8, shared=2, used=3, groups=0, groups_used=0, gating=1, norm=False, scale=4.0, bias=False, yarn=(40.0, 64, 0.0707)),
    # DeepSeek-V2-Lite: 27 layers, queries not compressed. Of the seeds 40 to 63 this one keeps the routers farthest from ties (5e-4 of an affinity
    # over 300 tokens): with 7,800 choices most seeds have one that rounding decides.
    "tiny-deepseek-lite": dict(
        DEEPSEEK, seed=48, layers=27, dense=1, hidden=32, ff=88, ff_exp=20, heads=2, q_lora=0, kv_lora=32, nope=16, rope=8, v=16,
        experts=4, shared=2, used=2, groups=0, groups_used=0, gating=1, norm=False, scale=1.0, bias=False, yarn=(40.0, 4096, 0.0707)),
    # No YaRN, every layer a mixture.
    "tiny-deepseek-plain": dict(
        DEEPSEEK, seed=14, layers=2, dense=0, hidden=64, ff=128, ff_exp=32, heads=2, q_lora=24, kv_lora=32, nope=24, rope=8, v=40,
        experts=6, shared=1, used=2, groups=0, groups_used=0, gating=2, norm=True, scale=1.0, bias=True, yarn=None),
    "tiny-qwen2": dict(
        DENSE, arch="qwen2", seed=21, layers=2, hidden=128, ff=168, heads=4, kv_heads=2, head=32, base=1000000.0, tied=True, biases=True),
    "tiny-qwen2-yarn": dict(
        DENSE, arch="qwen2", seed=22, layers=2, hidden=96, ff=168, heads=4, kv_heads=2, head=24, tied=True, biases=True, context=512,
        scaling={"type": "yarn", "factor": 4.0, "original_context_length": 128}),
    "tiny-qwen3": dict(
        DENSE, arch="qwen3", seed=23, layers=2, hidden=80, ff=168, heads=6, kv_heads=2, head=24, base=1000000.0, qk_norms=True),
    "tiny-llama2": dict(
        DENSE, arch="llama", seed=31, layers=2, hidden=96, ff=168, heads=4, kv_heads=4, head=24, epsilon=1e-5),
    "tiny-llama2-linear": dict(
        DENSE, arch="llama", seed=32, layers=2, hidden=96, ff=168, heads=4, kv_heads=4, head=24, epsilon=1e-5, scaling={"type": "linear", "factor": 4.0}),
    "tiny-llama3": dict(
        DENSE, arch="llama", seed=33, layers=2, hidden=96, ff=168, heads=8, kv_heads=2, head=16, epsilon=1e-5, base=500000.0, llama3=LLAMA3_SCALING),
    # Every quantised type: the matrices take them in turn.
    "tiny-quantised": dict(
        DENSE, arch="llama", seed=34, layers=2, hidden=256, ff=256, heads=4, kv_heads=4, head=64, epsilon=1e-5, types=True),
}

# Quantised types: name -> (ggml id, weights per block, bytes per block, offsets of float16 scales, largest |integer weight x sub-block scale|, offset of
# float16 minima's factors or None)
QUANTISED = {
    "Q4_0": (2, 32, 18, 0, 8, None), "Q4_1": (3, 32, 20, 0, 15, 2), "Q5_0": (6, 32, 22, 0, 16, None), "Q5_1": (7, 32, 24, 0, 31, 2),
    "Q8_0": (8, 32, 34, 0, 128, None), "Q2_K": (10, 256, 84, 80, 45, 82), "Q3_K": (11, 256, 110, 108, 128, None), "Q4_K": (12, 256, 144, 0, 945, 2),
    "Q5_K": (13, 256, 176, 0, 1953, 2), "Q6_K": (14, 256, 210, 208, 4096, None), "IQ4_NL": (20, 32, 18, 0, 127, None), "IQ4_XS": (23, 256, 136, 0, 4064, None),
}


# ---- tensors: (name, shape with the slowest dimension first, kind)
def deepseek_tensors(m):
    heads, head = m["heads"], m["nope"] + m["rope"]
    for i in range(m["layers"]):
        b = f"blk.{i}."
        yield b + "attn_norm.weight", (m["hidden"],), "norm"
        if m["q_lora"]:
            yield b + "attn_q_a.weight", (m["q_lora"], m["hidden"]), "matrix"
            yield b + "attn_q_a_norm.weight", (m["q_lora"],), "norm"
            yield b + "attn_q_b.weight", (heads * head, m["q_lora"]), "matrix"
        else:
            yield b + "attn_q.weight", (heads * head, m["hidden"]), "matrix"
        yield b + "attn_kv_a_mqa.weight", (m["kv_lora"] + m["rope"], m["hidden"]), "matrix"
        yield b + "attn_kv_a_norm.weight", (m["kv_lora"],), "norm"
        yield b + "attn_kv_b.weight", (heads, m["nope"] + m["v"], m["kv_lora"]), "matrix"
        yield b + "attn_output.weight", (m["hidden"], heads * m["v"]), "matrix"
        yield b + "ffn_norm.weight", (m["hidden"],), "norm"
        if i < m["dense"]:
            yield from swiglu(b, "", (), m["ff"], m["hidden"])
            continue
        yield b + "ffn_gate_inp.weight", (m["experts"], m["hidden"]), "matrix"
        if m["bias"]:
            yield b + "exp_probs_b.bias", (m["experts"],), "bias"
        yield from swiglu(b, "_exps", (m["experts"],), m["ff_exp"], m["hidden"])
        if m["shared"]:
            yield from swiglu(b, "_shexp", (), m["shared"] * m["ff_exp"], m["hidden"])


def dense_tensors(m):
    parts = (("q", m["heads"]), ("k", m["kv_heads"]), ("v", m["kv_heads"]))
    for i in range(m["layers"]):
        b = f"blk.{i}."
        yield b + "attn_norm.weight", (m["hidden"],), "norm"
        for part, heads in parts:
            yield b + f"attn_{part}.weight", (heads * m["head"], m["hidden"]), "matrix"
            if m["biases"]:
                yield b + f"attn_{part}.bias", (heads * m["head"],), "bias"
            if m["qk_norms"] and part != "v":
                yield b + f"attn_{part}_norm.weight", (m["head"],), "norm"
        yield b + "attn_output.weight", (m["hidden"], m["heads"] * m["head"]), "matrix"
        yield b + "ffn_norm.weight", (m["hidden"],), "norm"
        yield from swiglu(b, "", (), m["ff"], m["hidden"])


def swiglu(block, part, lead, width, hidden):
    yield block + f"ffn_gate{part}.weight", (*lead, width, hidden), "matrix"
    yield block + f"ffn_up{part}.weight", (*lead, width, hidden), "matrix"
    yield block + f"ffn_down{part}.weight", (*lead, hidden, width), "matrix"


def tensors(m):
    yield "token_embd.weight", (m["vocab"], m["hidden"]), "embedding"
    if m.get("llama3"):
        yield "rope_freqs.weight", (m["head"] // 2,), "rope"
    yield "output_norm.weight", (m["hidden"],), "norm"
    if not m.get("tied"):
        yield "output.weight", (m["vocab"], m["hidden"]), "matrix"
    yield from (deepseek_tensors if m["arch"] == "deepseek2" else dense_tensors)(m)


def draw(m, rng, shape, kind):
    """A gaussian of the kind's scale, on a grid of 1/16 of it (norms: 1/128)."""
    if kind == "rope":
        return llama3_factors(m)
    x = rng.standard_normal(shape)
    if kind == "norm":
        return 1 + np.rint(12.8 * x) / 128
    # A tied embedding is the output head as well: it takes the head's scale.
    sigma = {"embedding": shape[-1] ** -0.5 if m.get("tied") else 1.0, "matrix": shape[-1] ** -0.5, "bias": 0.1}[kind]
    step = 2.0 ** np.floor(np.log2(sigma / 16))
    return np.rint(x * sigma / step) * step


def random_blocks(rng, kind, shape):
    """Blocks of random bytes with a scale that keeps the weights near fan-in^-0.5: every bit pattern of quants and sub-block scales occurs."""
    _, per, size, scale_at, largest, minimum_at = QUANTISED[kind]
    blocks = rng.integers(0, 256, (shape[0] * shape[1] // per, size), dtype=np.uint8)
    target = 2.0 * shape[-1] ** -0.5

    def put(at, values):
        blocks[:, at:at + 2] = values.astype("<f2").view(np.uint8).reshape(-1, 2)

    scale = target / largest * rng.uniform(0.5, 1.0, len(blocks))
    put(scale_at, scale)
    if minimum_at is not None:  # cancels the mean of the unsigned weights: Q4_1 and Q5_1 add their minimum, the others subtract a multiple of theirs
        put(minimum_at, -scale * largest / 2 if per == 32 else scale * {"Q2_K": 1.5, "Q4_K": 7.5, "Q5_K": 15.5}[kind])
    return blocks


def llama3_factors(m):
    """Divisors of the frequencies as Llama 3.1 defines them: long waves x factor, short ones kept, a blend between."""
    s = m["llama3"]
    wave = 2 * np.pi * m["base"] ** (np.arange(m["head"] // 2) * 2 / m["head"])
    smooth = (s["original"] / wave - s["low"]) / (s["high"] - s["low"])
    blend = 1 / ((1 - smooth) / s["factor"] + smooth)
    return np.where(wave < s["original"] / s["high"], 1.0, np.where(wave > s["original"] / s["low"], s["factor"], blend))


def legacy(items):
    """The older layout of latent attention has attn_kv_b as it is; the newer one cuts it per head and stores the keys' part transposed."""
    for name, x in items:
        yield name, x.reshape(-1, x.shape[-1]) if "attn_kv_b" in name else x


def split(items, nope):
    for name, x in items:
        if "attn_kv_b" not in name:
            yield name, x
            continue
        yield name.replace("kv_b", "k_b"), x[:, :nope].transpose(0, 2, 1)
        yield name.replace("kv_b", "v_b"), x[:, nope:]


# ---- metadata
def metadata(name, m, kv_b):
    a = m["arch"] + "."
    yield "general.architecture", m["arch"]
    yield "general.name", name
    yield "general.file_type", 0
    yield a + "block_count", m["layers"]
    yield a + "context_length", m["context"]
    yield a + "embedding_length", m["hidden"]
    yield a + "feed_forward_length", m["ff"]
    yield a + "vocab_size", m["vocab"]
    yield a + "attention.head_count", m["heads"]
    yield a + "attention.layer_norm_rms_epsilon", m["epsilon"]
    yield a + "rope.freq_base", m["base"]
    if m["arch"] == "deepseek2":
        yield from deepseek_metadata(a, m, kv_b)
    else:
        yield a + "attention.head_count_kv", m["kv_heads"]
        yield a + "attention.key_length", m["head"]
        yield a + "attention.value_length", m["head"]
        yield a + "rope.dimension_count", m["head"]
        for key, value in m["scaling"].items():
            yield a + "rope.scaling." + key, value
    yield from tokenizer(m["vocab"])


def deepseek_metadata(a, m, kv_b):
    head = m["nope"] + m["rope"]
    yield a + "attention.head_count_kv", m["heads"] if kv_b else 1
    if m["q_lora"]:
        yield a + "attention.q_lora_rank", m["q_lora"]
    yield a + "attention.kv_lora_rank", m["kv_lora"]
    yield a + "attention.key_length", head if kv_b else m["kv_lora"] + m["rope"]
    yield a + "attention.value_length", m["v"] if kv_b else m["kv_lora"]
    if not kv_b:
        yield a + "attention.key_length_mla", head
        yield a + "attention.value_length_mla", m["v"]
    yield a + "rope.dimension_count", m["rope"]
    yield a + "leading_dense_block_count", m["dense"]
    yield a + "expert_count", m["experts"]
    yield a + "expert_used_count", m["used"]
    yield a + "expert_shared_count", m["shared"]
    yield a + "expert_feed_forward_length", m["ff_exp"]
    yield a + "expert_weights_scale", m["scale"]
    yield a + "expert_weights_norm", m["norm"]
    yield a + "expert_gating_func", m["gating"]
    if m["groups"]:
        yield a + "expert_group_count", m["groups"]
        yield a + "expert_group_used_count", m["groups_used"]
    if m["yarn"]:
        factor, original, log_multiplier = m["yarn"]
        yield a + "rope.scaling.type", "yarn"
        yield a + "rope.scaling.factor", factor
        yield a + "rope.scaling.original_context_length", original
        yield a + "rope.scaling.yarn_log_multiplier", log_multiplier


def tokenizer(vocab):
    """256 byte tokens, two control tokens, one merge, and fillers."""
    keep = {*range(33, 127), *range(161, 173), *range(174, 256)}
    free = iter(range(256, 512))
    tokens = [chr(b if b in keep else next(free)) for b in range(256)] + ["<s>", "</s>", "th"]
    tokens += [f"<unused{i}>" for i in range(vocab - len(tokens))]
    yield "tokenizer.ggml.model", "gpt2"
    yield "tokenizer.ggml.pre", "deepseek-llm"
    yield "tokenizer.ggml.tokens", tokens
    yield "tokenizer.ggml.token_type", [1] * 256 + [3, 3, 1] + [5] * (vocab - 259)
    yield "tokenizer.ggml.merges", ["t h"]
    yield "tokenizer.ggml.bos_token_id", 256
    yield "tokenizer.ggml.eos_token_id", 257
    yield "tokenizer.ggml.add_bos_token", False


# ---- GGUF v3
def text(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def value(v):
    if isinstance(v, bool):
        return struct.pack("<I?", 7, v)
    if isinstance(v, int):
        return struct.pack("<II", 4, v)
    if isinstance(v, float):
        return struct.pack("<If", 6, v)
    if isinstance(v, str):
        return struct.pack("<I", 8) + text(v)
    if isinstance(v[0], str):
        return struct.pack("<IIQ", 9, 8, len(v)) + b"".join(map(text, v))
    return struct.pack("<IIQ", 9, 5, len(v)) + np.array(v, "<i4").tobytes()


def write(path, keys, items):
    """Items are (name, float array) or, for quantised ones, (name, blocks, shape, type)."""
    keys, tensors = list(keys), []
    for name, x, *quantised in items:
        shape, kind = quantised or (x.shape, None)
        tensors.append((name, shape, QUANTISED[kind][0] if kind else 0, x if kind else np.ascontiguousarray(x, "<f4")))
    with open(path, "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)))
        for k, v in keys:
            f.write(text(k) + value(v))
        offset = 0
        for n, shape, kind, x in tensors:
            f.write(text(n) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape[::-1]) + struct.pack("<IQ", kind, offset))
            offset += -(-x.nbytes // 32) * 32
        for *_, x in tensors:
            f.write(b"\0" * (-f.tell() % 32) + x.tobytes())
        f.write(b"\0" * (-f.tell() % 32))
    print(f"{path}: {sum(int(np.prod(shape)) for _, shape, *_ in tensors):,} parameters, {os.path.getsize(path):,} bytes")


def quantise(rng, m):
    """Matrices of random blocks, the types in turn; everything else as usual."""
    kinds = list(QUANTISED)
    matrices = 0
    for name, shape, kind in tensors(m):
        if kind not in ("matrix", "embedding"):
            yield name, draw(m, rng, shape, kind)
            continue
        type_name = kinds[matrices % len(kinds)]
        matrices += 1
        yield name, random_blocks(rng, type_name, shape), shape, type_name


def main():
    for name in sys.argv[1:] or MODELS:
        m = MODELS[name]
        rng = np.random.default_rng(m["seed"])
        path = os.path.join(HERE, name)
        if m.get("types"):
            write(path + ".gguf", metadata(name, m, False), quantise(rng, m))
            continue
        items = [(n, draw(m, rng, shape, kind)) for n, shape, kind in tensors(m)]
        if m["arch"] != "deepseek2":
            write(path + ".gguf", metadata(name, m, False), items)
            continue
        write(path + ".gguf", metadata(name, m, False), split(items, m["nope"]))
        if name == "tiny-deepseek-v3":
            write(path + "-kv-b.gguf", metadata(name, m, True), legacy(items))


if __name__ == "__main__":
    main()
