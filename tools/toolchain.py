"""Installs the pinned toolchain of tools/toolchain.json into a folder; called by ./dev only.

Usage: toolchain.py FOLDER CACHE. Makes FOLDER/{bin/deno,bin/zig,denort,zstd/,rt/} from Python packages (by pip) and two
Debian packages, each checked against its sha256, and kept in CACHE (outside the clone). Needs only Python 3 with pip and,
for rt/, apt: the packages (Debian 13's glibc, which starts on Linux 2.6.32 too) come from the repositories that apt is set up with;
where those do not have the pinned version, from `apt-get download`, whose signatures apt checks, if it is glibc 2.36 or newer.
A finished FOLDER carries the hash of the pins, so a second call returns at once and an edited pin installs again.

denort, the base program of `deno compile`, is cut out of a program that `deno compile` of the same version made: there the
base stands unchanged in front, ends where its ELF section headers end, and is followed by Deno's trailer.
"""
import fcntl, hashlib, io, json, os, shutil, struct, subprocess, sys, tarfile, tempfile, urllib.error, urllib.parse, urllib.request, zipfile

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


def fetch_python(name, pin, cache, suffix, form):
    """Downloads one Python package with pip, which checks the hash (pip: --require-hashes)."""
    cached = os.path.join(cache, f"{name}-{pin['version']}{suffix}")
    if kept(cache, os.path.basename(cached), pin["sha256"]):
        return cached
    print(f"toolchain: fetching {name} {pin['version']} from the Python package index", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        wanted = os.path.join(folder, "requirements.txt")
        with open(wanted, "w") as file:
            file.write(f"{name}=={pin['version']} --hash=sha256:{pin['sha256']}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   form, "--require-hashes", "--dest", folder, "-r", wanted]
        if subprocess.run(command).returncode != 0:
            raise Failure(f"pip could not download {name} {pin['version']}: check the network, a proxy (https_proxy) or an index (PIP_INDEX_URL)")
        wheel = next(entry for entry in os.listdir(folder) if entry.endswith(suffix))
        os.replace(os.path.join(folder, wheel), cached)
    return cached


def repositories():
    """The base addresses of the repositories that apt is set up with (apt-get(8): indextargets)."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []
    return list(dict.fromkeys(found))


def fetch_package(name, pin, cache):
    """Downloads one Debian package: the pinned one, else what apt offers."""
    cached = os.path.join(cache, f"{name}.deb")
    if kept(cache, os.path.basename(cached), pin["sha256"]):
        return cached
    for repository in repositories():
        try:
            with urllib.request.urlopen(f"{repository.rstrip('/')}/{urllib.parse.quote(pin['path'])}", timeout=60) as answer:
                data = answer.read()
        except (urllib.error.URLError, OSError):
            continue
        if hashlib.sha256(data).hexdigest() == pin["sha256"]:
            with open(cached + ".part", "wb") as file:
                file.write(data)
            os.replace(cached + ".part", cached)
            return cached
    return download_package(name, cache)


def download_package(name, cache):
    """What apt offers today: fit when its glibc no longer refuses old kernels, which is since 2.36."""
    folder = tempfile.mkdtemp(dir=cache)
    if os.geteuid() == 0:
        os.chmod(folder, 0o777)  # apt drops to a user of its own
    if subprocess.run(["apt-get", "download", "-qq", name], cwd=folder).returncode != 0:
        raise Failure(f"cannot download the Debian package {name}: run apt-get update, and check the network")
    package = os.path.join(folder, os.listdir(folder)[0])
    version = subprocess.run(["dpkg-deb", "-f", package, "Version"], capture_output=True, text=True).stdout.strip()
    if name == "libc6" and subprocess.run(["dpkg", "--compare-versions", version, "lt", "2.36"]).returncode == 0:
        raise Failure(f"the engine's own runtime needs glibc 2.36 or newer, apt offers {version}: build on Debian 12 or Ubuntu 24.04")
    return package


def extract_zstd(archive, target):
    """The decoder of the zstd library, whose source the Python package carries under zstd/lib."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.partition("/zstd/lib/")[2]
            wanted = name.startswith(("common/", "decompress/")) or name in ("zstd.h", "zstd_errors.h")
            if not member.isfile() or not wanted or not name.endswith((".c", ".h")):
                continue
            path = os.path.join(target, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                shutil.copyfileobj(tar.extractfile(member), out)


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
    """Copies the shared libraries named in RT_FILES out of a .deb."""
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True)
    if tar.returncode != 0:
        raise Failure(f"cannot unpack {package}: {tar.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as archive:
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
    wheels = {name: fetch_python(name, pin, cache, ".whl", "--only-binary=:all:") for name, pin in pins["wheels"].items()}
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
    extract_zstd(fetch_python("pyzstd", pins["pyzstd"], cache, ".tar.gz", "--no-binary=pyzstd"), os.path.join(folder, "zstd"))
    for name, pin in pins["rt"].items():
        extract_rt(fetch_package(name, pin, cache), os.path.join(folder, "rt"))
    missing = RT_FILES - set(os.listdir(os.path.join(folder, "rt")))
    if missing:
        raise Failure("the pinned Debian packages lack " + ", ".join(sorted(missing)))


def installed(folder, stamp):
    try:
        with open(os.path.join(folder, "stamp")) as file:
            return file.read() == stamp
    except OSError:
        return False


def main(folder, cache):
    with open(PINS) as file:
        pins = json.load(file)
    stamp = sha256(PINS) + sha256(os.path.abspath(__file__))
    if installed(folder, stamp):
        return
    os.makedirs(cache, exist_ok=True)
    lock = open(os.path.join(cache, "lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)  # two clones may build at once
    if installed(folder, stamp):
        return
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
