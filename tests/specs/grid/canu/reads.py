# Writes a random genome and HiFi-like reads of it: reads.py LENGTH COVERAGE. Same seed, same files: ref.fa, reads.fa.
import random
import sys

length, coverage = int(sys.argv[1]), int(sys.argv[2])
source = random.Random(20211117)
genome = "".join(source.choice("ACGT") for _ in range(length))
complement = str.maketrans("ACGT", "TGCA")


def damaged(read):
    """One error in a thousand bases: substitution, insertion or deletion."""
    out = []
    for base in read:
        if source.random() >= 0.001:
            out.append(base)
            continue
        kind = source.randrange(3)
        if kind < 2:
            out.append(source.choice("ACGT"))
        if kind == 1:
            out.append(base)
    return "".join(out)


with open("ref.fa", "w") as out:
    out.write(">ref\n" + genome + "\n")
with open("reads.fa", "w") as out:
    done = number = 0
    while done < coverage * length:
        size = source.randrange(6000, 12000)
        start = source.randrange(-size // 2, length - size // 2)
        read = genome[max(start, 0):start + size]
        if len(read) < 2000:
            continue
        done += len(read)
        number += 1
        if source.random() < 0.5:
            read = read.translate(complement)[::-1]
        out.write(f">read{number}\n{damaged(read)}\n")
