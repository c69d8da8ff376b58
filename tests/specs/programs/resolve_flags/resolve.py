"""openat2(2) with every RESOLVE_… over links, "..", magic links and mounts, in the image's files and in new ones. One line per fact."""
import ctypes
import errno
import itertools
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
NO_XDEV, NO_MAGIC, NO_LINKS, BENEATH, IN_ROOT, CACHED = 1, 2, 4, 8, 16, 32
AT_FDCWD, O_PATH, O_TMPFILE = -100, 0o10000000, 0o20200000


def openat2(fd, path, flags=os.O_RDONLY, mode=0, resolve=0, how=None, size=None):
    how = struct.pack("<QQQ", flags, mode, resolve) if how is None else how
    r = libc.syscall(ctypes.c_long(437), ctypes.c_int(fd), os.fsencode(path), how, ctypes.c_size_t(len(how) if size is None else size))
    return r if r >= 0 else errno.errorcode[ctypes.get_errno()]


def at(fd, path, flags=os.O_RDONLY, mode=0, resolve=0):
    """The path of what was opened, or the error."""
    r = openat2(fd, path, flags, mode, resolve)
    if isinstance(r, str):
        return r
    where = os.readlink(f"/proc/self/fd/{r}")
    os.close(r)
    return where


def names(resolve):
    all_names = {NO_XDEV: "NO_XDEV", NO_MAGIC: "NO_MAGICLINKS", NO_LINKS: "NO_SYMLINKS", BENEATH: "BENEATH", IN_ROOT: "IN_ROOT", CACHED: "CACHED"}
    return "|".join(name for bit, name in all_names.items() if resolve & bit) or "0"


def structure():
    good = struct.pack("<QQQ", 0, 0, 0)
    print("size 0, 23, 24, 32, 4096, 4097:", *[type(openat2(AT_FDCWD, "/etc/passwd", how=good.ljust(8192, b"\0"), size=n)).__name__ if n in (24, 32, 4096)
                                               else openat2(AT_FDCWD, "/etc/passwd", how=good.ljust(8192, b"\0"), size=n) for n in (0, 23, 24, 32, 4096, 4097)])
    print("something behind it:", openat2(AT_FDCWD, "/etc/passwd", how=good + b"\0" * 7 + b"\1"), openat2(AT_FDCWD, "/etc/passwd", how=good + b"\1"))
    print("resolve bits:", [openat2(AT_FDCWD, "/etc/passwd", resolve=1 << n) for n in (6, 20, 40, 63)], openat2(AT_FDCWD, "/etc/passwd", resolve=BENEATH | IN_ROOT))
    print("flag bits:", [openat2(AT_FDCWD, "/etc/passwd", flags=1 << n) for n in (2, 3, 4, 5, 23, 25, 31, 40)])
    print("mode without create:", openat2(AT_FDCWD, "/etc/passwd", mode=0o600), "strange mode:", openat2(AT_FDCWD, "/etc/new", os.O_CREAT | os.O_WRONLY, 0o17777))
    print("directory and create:", openat2(AT_FDCWD, "/etc/new", os.O_CREAT | os.O_WRONLY | os.O_DIRECTORY, 0o600))
    print("tmpfile:", openat2(AT_FDCWD, "/tmp", O_TMPFILE, 0o600), openat2(AT_FDCWD, "/tmp", 0o20000000 | os.O_WRONLY, 0o600), at(AT_FDCWD, "/tmp", O_TMPFILE | os.O_WRONLY, 0o600)[:5])
    print("path and more:", openat2(AT_FDCWD, "/etc/passwd", O_PATH | os.O_RDWR), at(AT_FDCWD, "/etc/passwd", O_PATH | os.O_NOFOLLOW))
    print("cached:", openat2(AT_FDCWD, "/etc/new", os.O_CREAT | os.O_WRONLY, 0o600, CACHED), openat2(AT_FDCWD, "/etc/passwd", os.O_WRONLY | os.O_TRUNC, 0, CACHED))
    print("nowhere:", openat2(AT_FDCWD, ""), openat2(77, "x"), openat2(77, "/etc/passwd", resolve=BENEATH), openat2(77, "/etc/passwd", resolve=IN_ROOT),
          at(77, "/etc/passwd"), openat2(AT_FDCWD, "/etc/passwd/"), openat2(AT_FDCWD, "/etc/none"))


def tree(top):
    os.makedirs(top + "/in/deep/er")
    os.makedirs(top + "/etc")
    for name in ("in/file", "in/deep/file", "etc/file"):
        with open(f"{top}/{name}", "w") as f:
            f.write(name)
    links = {"in/near": "deep", "in/up": "../in/file", "in/out": "../etc/file", "in/absolute": "/etc/file", "in/rooted": "/in/file", "in/loop": "loop", "in/far": "/" + "x/../" * 3,
             "in/nothing": "gone", "in/self": ".", "in/above": "..", "in/chain": "near/er/../../up", "in/whole": "/", "in/proc": "/proc/self/exe"}
    for name, text in links.items():
        os.symlink(text, f"{top}/{name}")


PATHS = ["file", "deep/file", "deep/../file", "..", "../in/file", "../etc/file", "deep/../../etc/file", "near", "near/file", "near/../file", "up", "out", "absolute", "rooted", "loop",
         "far", "nothing", "self/self/file", "above/in/file", "above", "chain", "whole", "whole/etc/file", "proc", "/", "/file", "/in/file", "//etc//file", "/..", "/../../file", ".", "./..",
         "deep/er/../../..", "file/", "file/..", "near/", "gone/../file", "gone"]


def walk(top, paths):
    fd = os.open(top, O_PATH)
    os.chdir(top)
    for resolve in [0, NO_XDEV, NO_MAGIC, NO_LINKS, BENEATH, IN_ROOT, CACHED, BENEATH | NO_LINKS, IN_ROOT | NO_LINKS, IN_ROOT | NO_MAGIC | NO_XDEV]:
        for path in paths:
            if resolve == CACHED and path in ("proc", "file/.."):  # the kernel may say EAGAIN
                continue
            by_fd, by_cwd = at(fd, path, resolve=resolve), at(AT_FDCWD, path, resolve=resolve)
            print(f"{names(resolve)} {path}:", by_fd.replace("/proc/self", "/proc/SELF"), "" if by_fd == by_cwd or path.startswith("/") else by_cwd)
    for resolve, how in itertools.product([0, BENEATH, IN_ROOT, NO_LINKS], [O_PATH | os.O_NOFOLLOW, os.O_NOFOLLOW, os.O_DIRECTORY, O_PATH]):
        print(names(resolve), oct(how), *[f"{p}={at(fd, p, how, resolve=resolve)}" for p in ("file", "near", "absolute", "nothing", "near/", "../etc")])
    os.chdir("/")
    os.close(fd)


def create(top):
    fd = os.open(top + "/in", O_PATH)
    for resolve in [BENEATH, IN_ROOT, NO_LINKS]:
        for i, path in enumerate(["new", "deep/new", "../new", "/new", "near/new", "nothing", "above/new", "deep/../new2", "whole/new3"]):
            print(names(resolve), "create", path, at(fd, path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640, resolve), at(fd, path, os.O_CREAT | os.O_WRONLY, 0o640, resolve))
        for folder, _, files in sorted(os.walk(top)):
            for name in sorted(files):
                if name.startswith("new") or name == "gone":
                    print("made", f"{folder}/{name}", oct(os.stat(f"{folder}/{name}").st_mode))
                    os.unlink(f"{folder}/{name}")


def magic():
    fd = os.open("/etc/passwd", os.O_RDONLY)
    os.dup2(fd, 50)
    os.chdir("/usr")
    paths = ["/proc/self/fd/50", "/proc/self/cwd", "/proc/self/cwd/lib", "/proc/self/root/etc/passwd", "/proc/self/exe", "/proc/self/status", "/proc/thread-self/fd/50", "/proc/self/fd/60", "/proc/self/ns/none"]
    for resolve in [0, NO_XDEV, NO_MAGIC, NO_LINKS, BENEATH, IN_ROOT]:
        print(names(resolve), *[f"{p}={shown(at(AT_FDCWD, p, O_PATH, resolve=resolve))}" for p in paths])
    proc = os.open("/proc", O_PATH)
    for resolve in [NO_XDEV, NO_MAGIC, NO_LINKS, BENEATH, IN_ROOT]:
        print(names(resolve), *[f"{p}={shown(at(proc, p, O_PATH, resolve=resolve))}" for p in ["self", "self/status", "self/fd/50", "/self/status", "..", "sys/kernel/ostype", "self/task/../status"]])
        print(names(resolve), "from the root", *[f"{p}={at(AT_FDCWD, p, O_PATH, resolve=resolve)}" for p in ["/proc", "/proc/sys", "/proc/..", "/usr/lib", "/etc/passwd"]])


def shown(text):
    return text.replace(f"/proc/{os.getpid()}", "/proc/PID")


if __name__ == "__main__":
    structure()
    tree("/srv/tree")
    walk("/srv/tree/in", PATHS)
    walk("/etc", ["passwd", "../etc/passwd", "/etc/passwd", "alternatives", "alternatives/..", "alternatives/awk", "mtab", "os-release", "../usr/lib/os-release", "skel/.bashrc"])
    walk("/usr/lib/python3.11", ["json/decoder.py", "../python3.11/os.py", "/usr/lib/os-release", "none", "json/../os.py"])
    create("/srv/tree")
    magic()
