# Calls a program that the broker runs with descriptors at random numbers, then with a thousand of them and 900 KB of words and as much of environment:
# each has to arrive under its number. Usage: files.py PROGRAM FOLDER
import os, random, resource, subprocess, sys

program, folder = sys.argv[1:3]
seed = int.from_bytes(os.urandom(4), "little")
random.seed(seed)
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
limit = 2048 if limit == resource.RLIM_INFINITY else min(limit, 2048)
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
aside = limit - 100  # where this process keeps its own


def call(numbers):
    files = {}
    for at, number in enumerate(numbers):
        fd = os.open(f"{folder}/{at}", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        files[number] = os.dup2(fd, aside + at, inheritable=False)
        os.close(fd)

    def place():
        for number, fd in files.items():
            os.dup2(fd, number, inheritable=True)

    words = [word for number in numbers for word in ("say", str(number))]
    status = subprocess.run([program, *words], close_fds=False, preexec_fn=place).returncode
    texts = [open(f"{folder}/{at}").read() for at in range(len(numbers))]
    for fd in files.values():
        os.close(fd)
    if status or any(text != "said\n" for text in texts):
        sys.exit(f"seed {seed}: status {status}, numbers {numbers}: {texts}")


os.makedirs(folder, exist_ok=True)
for top in (8, 12, 20, 40, 300, 955, aside):
    for _ in range(3):
        count = random.randint(1, min(60, top - 4))
        call(sorted(random.sample(range(3, min(top, aside)), count)))

for _ in range(limit - 60 if limit < 1100 else 1000):
    os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
big = {f"BIG{k}": "y" * 100000 for k in range(9)}
done = subprocess.run([program, "files", *["z" * 100000] * 9], close_fds=False, env={**os.environ, **big}, stdout=subprocess.PIPE, text=True)
count = int(done.stdout.split("(")[1].split(")")[0])
print("all right" if done.returncode == 0 and count >= min(limit - 60, 1000) else f"{done}")
