#!/usr/bin/python3
"""The yardstick: the same decoder in plain PyTorch, trained the same way, in tokens per second.

    apt-get install --no-install-recommends python3-torch
    benchmarks/peer_pytorch.py --length 512 --precision bf16 --threads 2

A step is what `lx run` does in one: forward, cross-entropy, backward, clipping, AdamW. The model is a pre-norm decoder
with RoPE, biasless linear maps, GELU feed-forward of four times the width and tied embeddings; attention is what PyTorch
offers: its fused function where there is one (2.0 and later), else masked softmax written out. Run both on an idle
machine and compare rates of the same minute.
"""
import argparse
import json
import math
import os
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def rotate(x, cos, sin):  # x: [B,H,T,D], pairs (2i, 2i+1)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).type_as(x)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm_mixer, self.norm_feed = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def attend(self, q, k, v, mask):
        if hasattr(F, "scaled_dot_product_attention"):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).masked_fill(mask, -math.inf)
        return F.softmax(weights, dim=-1) @ v

    def forward(self, x, cos, sin, mask):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm_mixer(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = self.attend(rotate(q, cos, sin), rotate(k, cos, sin), v, mask)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm_feed(x))))


class Decoder(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, length):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        head_dim = width // heads
        theta = 10000.0 ** (-torch.arange(0, head_dim, 2) / head_dim)
        angles = torch.arange(length)[:, None] * theta
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.ones(length, length, dtype=torch.bool).triu(1))

    def forward(self, tokens):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        return F.linear(self.norm(x), self.embedding.weight)


def nanogpt(folder, args):
    """The same sizes in nanoGPT (github.com/karpathy/nanoGPT), from a folder of the user's; its own optimizer groups."""
    sys.path.insert(0, folder)
    from model import GPT, GPTConfig
    model = GPT(GPTConfig(block_size=args.length, vocab_size=args.vocabulary, n_layer=args.layers, n_head=args.heads,
                          n_embd=args.width, dropout=0.0, bias=False))
    optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cpu")
    return model, optimizer, lambda tokens, targets: model(tokens, targets)[1]


def plain(args):
    model = Decoder(args.vocabulary, args.width, args.layers, args.heads, args.length)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    loss = lambda tokens, targets: F.cross_entropy(model(tokens).float().flatten(0, 1), targets.flatten())
    return model, optimizer, loss


class Training:
    """Steps on random tokens: forward, loss, backward, clipping, optimizer."""

    def __init__(self, args):
        torch.manual_seed(0)
        torch.set_num_threads(args.threads)
        self.args, self.batch = args, args.tokens // args.length
        self.model, self.optimizer, self.loss = nanogpt(args.nanogpt, args) if args.nanogpt else plain(args)

    def step(self):
        """Seconds."""
        data = torch.randint(self.args.vocabulary, (self.batch, self.args.length + 1))
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.args.precision == "bf16"):
            loss = self.loss(data[:, :-1].contiguous(), data[:, 1:].contiguous())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return time.perf_counter() - start

    def facts(self):
        parameters = sum(p.numel() for p in self.model.parameters())
        return {"model": "nanoGPT" if self.args.nanogpt else "plain", "torch": torch.__version__, "parameters": parameters,
                "precision": self.args.precision, "threads": torch.get_num_threads(), "length": self.args.length}


def serve(training, answers):
    """For benchmarks/peers.py: a number of seconds comes in, the seconds of so many steps go out, a line of JSON each."""
    print(json.dumps(training.facts()), file=answers, flush=True)
    for line in sys.stdin:
        seconds, start = [], time.perf_counter()
        while not seconds or time.perf_counter() - start < float(line):
            seconds.append(training.step())
        print(json.dumps(seconds), file=answers, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=512, help="tokens in a sequence (T)")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens in a step")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=256)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="bf16: autocast")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--steps", type=int, default=10, help="steps timed, after two that are not")
    parser.add_argument("--nanogpt", metavar="FOLDER", help="a clone of nanoGPT: time its model instead")
    parser.add_argument("--serve", action="store_true", help="answer requests on standard input (benchmarks/peers.py)")
    args = parser.parse_args()
    if args.tokens % args.length:
        parser.error(f"--tokens {args.tokens} is not a multiple of --length {args.length}")

    answers = sys.stdout
    sys.stdout = sys.stderr   # what models print while they are made is no answer
    training = Training(args)
    for _ in range(2):
        training.step()
    if args.serve:
        return serve(training, answers)
    seconds = [training.step() for _ in range(args.steps)]
    rate = lambda time_of_step: f"{args.tokens / time_of_step:,.0f}"
    facts = training.facts()
    print(f"{facts['model']}, PyTorch {facts['torch']}, {args.precision}, {args.threads} threads, "
          f"{facts['parameters'] / 1e6:.2f} M parameters, T={args.length}, {args.tokens} tokens a step: "
          f"best {rate(min(seconds))}, median {rate(statistics.median(seconds))} tokens/s", file=answers)


if __name__ == "__main__":
    main()
