"""Prints one line per name of a tree, or of the first layer of a docker-archive: type, mode, owner, size, device, link, time, extended
attributes and a hash of the content. A tree and the layer that is made of it give the same lines.

Usage: tree_list.py tree FOLDER | tree_list.py layer ARCHIVE. Python because its tar reader knows pax, sparse files and names that are
no UTF-8. A tree is listed by root, who may see all attributes; sockets are left out, as layers cannot hold them.
"""
import base64
import hashlib
import json
import os
import stat
import sys
import tarfile
import urllib.parse

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFIFO: "fifo"}
FLAGS = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}


def hash_of(file):
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def of_tree(root):
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in [b"."] * (folder == os.fsencode(root)) + folders + files:
            path = os.path.normpath(os.path.join(folder, name))
            status = os.lstat(path)
            kind = KINDS.get(stat.S_IFMT(status.st_mode))
            if kind is None:
                continue
            device = [os.major(status.st_rdev), os.minor(status.st_rdev)] if kind in ("char", "block") else None
            yield os.path.relpath(path, os.fsencode(root)), {
                "kind": kind, "mode": stat.S_IMODE(status.st_mode), "owner": [status.st_uid, status.st_gid], "device": device,
                "target": repr(os.readlink(path)) if kind == "symlink" else None, "mtime": int(status.st_mtime),
                "size": status.st_size if kind == "file" else 0, "content": hash_of(open(path, "rb")) if kind == "file" else None,
                "xattrs": {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in os.listxattr(path, follow_symlinks=False)},
                "twin": status.st_ino if kind != "dir" and status.st_nlink > 1 else None}


def xattrs_of(headers):
    """The names as they are in SCHILY.xattr, but for those with "=": these are in LIBARCHIVE.xattr, quoted."""
    for key, value in headers.items():
        if key.startswith("SCHILY.xattr."):
            yield key[13:], os.fsencode(value).hex()
        if key.startswith("LIBARCHIVE.xattr."):
            yield urllib.parse.unquote(key[17:]), base64.b64decode(value + "==").hex()


def of_layer(name):
    with tarfile.open(name) as archive:
        layer = json.load(archive.extractfile("manifest.json"))[0]["Layers"][0]
        with tarfile.open(fileobj=archive.extractfile(layer), encoding="utf-8", errors="surrogateescape") as tar:
            objects, twins = {}, {}
            for member in tar:
                path = os.path.normpath(os.fsencode(member.name))
                if member.islnk():
                    target = os.path.normpath(os.fsencode(member.linkname))
                    twins[target] = target
                    yield path, {**objects[target], "twin": target}
                    continue
                kind = FLAGS.get(member.type, "file")
                objects[path] = {
                    "kind": kind, "mode": member.mode, "owner": [member.uid, member.gid],
                    "device": [member.devmajor, member.devminor] if kind in ("char", "block") else None,
                    "target": repr(os.fsencode(member.linkname)) if kind == "symlink" else None, "mtime": int(member.mtime),
                    "size": member.size if kind == "file" else 0, "content": hash_of(tar.extractfile(member)) if kind == "file" else None,
                    "xattrs": dict(xattrs_of(member.pax_headers)),
                    "twin": path}
                yield path, objects[path]


def main(kind, place):
    found = sorted((of_tree if kind == "tree" else of_layer)(place), key=lambda item: item[0])
    first = {}
    count = {}
    for path, entry in found:
        first.setdefault(entry["twin"], path)
        count[entry["twin"]] = count.get(entry["twin"], 0) + 1
    for path, entry in found:
        entry["twin"] = repr(first[entry["twin"]]) if entry["twin"] is not None and count[entry["twin"]] > 1 else None
        print(repr(path), json.dumps(entry, sort_keys=True))


main(*sys.argv[1:])
