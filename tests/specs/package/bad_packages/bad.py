# Makes a package that is wrong in one way of one that is right: bad.py FROM TO WHAT.
import hashlib, io, json, re, sys, tarfile
source, target, what = sys.argv[1:]
members = {}
with tarfile.open(source) as tar:
    for member in tar:
        members[member.name] = tar.extractfile(member).read() if member.isfile() else None
package = json.loads(members["lpmx-package.json"])
tool = package["containers"][0]
blob = lambda digest: "blobs/sha256/" + digest[7:]
manifest = json.loads(members[blob(tool["manifest"])])
layer = blob(manifest["layers"][-1]["digest"])
volume = next(mount for mount in tool["mounts"] if mount["type"] == "volume")

def replace(name, old, new):
    assert old in members[name], (name, old)
    members[name] = members[name].replace(old, new)

def flip(name):
    content = bytearray(members[name])
    content[len(content) // 2] ^= 1
    members[name] = bytes(content)

def evil(link, name):
    "A volume whose archive writes through a link."
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        if link:
            info = tarfile.TarInfo("link")
            info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info)
        info = tarfile.TarInfo(name)
        info.size = 4
        tar.addfile(info, io.BytesIO(b"evil"))
    digest = "sha256:" + hashlib.sha256(out.getvalue()).hexdigest()
    members[blob(digest)] = out.getvalue()
    volume["content"] = {"digest": digest, "diffId": digest, "size": len(out.getvalue())}

actions = {
    "no-version": lambda: package.pop("version"),
    "version": lambda: package.update(version=99),
    "json": lambda: None,
    "container-name": lambda: tool.update(name="../evil"),
    "volume-name": lambda: volume.update(name="../../evil"),
    "command-name": lambda: tool["commands"][0].update(name="../evil"),
    "map-nowhere": lambda: tool["maps"][0].update(target={"type": "container", "container": "nobody", "program": "x"}),
    "image-missing": lambda: tool.update(manifest="sha256:" + "0" * 64),
    "manifest": lambda: flip(blob(tool["manifest"])),
    "config": lambda: flip(blob(manifest["config"]["digest"])),
    "layer": lambda: flip(layer),
    "layer-missing": lambda: members.pop(layer),
    "volume": lambda: flip(blob(volume["content"]["digest"])),
    "volume-missing": lambda: members.pop(blob(volume["content"]["digest"])),
    "volume-other": lambda: volume["content"].update(diffId="sha256:" + "0" * 64),
    "volume-escape": lambda: evil(None, "../../../evil"),
    "volume-link": lambda: evil(sys.argv[2] + ".folder", "link/evil"),
    "twice": lambda: package["containers"].append(tool),
    "nul": lambda: tool["env"].append("A=b\0c"),
    "program": lambda: tool["commands"][0].update(program="/no/such"),
}
actions[what]()
if what != "json":
    members["lpmx-package.json"] = json.dumps(package).encode()
else:
    members["lpmx-package.json"] = members["lpmx-package.json"][:-10]
with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
    for name, content in members.items():
        info = tarfile.TarInfo(name)
        if content is None:
            info.type, info.mode = tarfile.DIRTYPE, 0o755
        else:
            info.size = len(content)
        tar.addfile(info, io.BytesIO(content or b""))
