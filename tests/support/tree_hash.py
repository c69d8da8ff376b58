"""Prints one line per tree: a sha256 over type, mode, mtime, links, xattrs and content of everything below it.

Usage: tree_hash.py [--list] TREE... ; --list prints one line per file instead, for finding what changed. Python because Deno
cannot read extended attributes. Run as the user who owns the trees; a file that cannot be read is hashed by its status.
"""
import hashlib
import os
import stat
import sys


def content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return f"{status.st_rdev}"
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except PermissionError:
        return "unreadable"
    return digest.hexdigest()


def attributes(path):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return [(name, os.getxattr(path, name, follow_symlinks=False)) for name in names]
    except OSError:
        return []


def lines(tree):
    first = {}
    for folder, folders, files in os.walk(tree, onerror=print):
        folders.sort()
        for name in sorted(["."] + files + [entry for entry in folders if os.path.islink(os.path.join(folder, entry))]):
            path = os.path.normpath(os.path.join(folder, name))
            status = os.lstat(path)
            # Hard links: the first name met stands for the file.
            twin = first.setdefault((status.st_dev, status.st_ino), path) if status.st_nlink > 1 and name != "." else path
            yield " ".join(map(str, (os.path.relpath(path, tree).encode(), oct(status.st_mode), status.st_uid, status.st_gid,
                                     status.st_size if not stat.S_ISDIR(status.st_mode) else "-", status.st_mtime_ns,
                                     os.path.relpath(twin, tree).encode(), attributes(path), content(path, status))))


def main(arguments):
    listing = arguments[:1] == ["--list"]
    for tree in arguments[1:] if listing else arguments:
        digest = hashlib.sha256()
        for line in lines(tree):
            if listing:
                print(line)
            digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
        if not listing:
            print(digest.hexdigest(), tree)


main(sys.argv[1:])
