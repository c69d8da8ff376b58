# A random reference, long reads with errors of it, and pairs of short ones; the same each time.
import random

rng = random.Random(20)
bases = "ACGT"
reference = "".join(rng.choice(bases) for _ in range(30000))
flipped = str.maketrans(bases, "TGCA")


def changed(text, rate):
    return "".join(rng.choice(bases) if rng.random() < rate else base for base in text)


def read(start, length, rate, reverse):
    text = changed(reference[start:start + length], rate)
    return text.translate(flipped)[::-1] if reverse else text


def write(path, reads):
    with open(path, "w") as out:
        for name, text in reads:
            out.write(f"@{name}\n{text}\n+\n{'I' * len(text)}\n")


with open("ref.fa", "w") as out:
    out.write(">ref\n" + "\n".join(reference[at:at + 60] for at in range(0, len(reference), 60)) + "\n")
write("long.fq", [(f"l{n}", read(rng.randrange(27000), 3000, 0.05, rng.random() < 0.5)) for n in range(60)])
starts = [rng.randrange(29500) for _ in range(1500)]
write("short.1.fq", [(f"s{n}", read(start, 100, 0.01, False)) for n, start in enumerate(starts)])
write("short.2.fq", [(f"s{n}", read(start + 300, 100, 0.01, True)) for n, start in enumerate(starts)])
