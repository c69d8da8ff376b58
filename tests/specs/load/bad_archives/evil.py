# A docker-archive whose one layer has an entry with .. in its name; skopeo makes none, so it is written here.
import hashlib, io, json, tarfile

def add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))

layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as archive:
    add(archive, "fine", b"x")
    add(archive, "../../../../../../escaped", b"out")
data = layer.getvalue()
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest()]}}).encode()
with tarfile.open("evil.tar", "w") as archive:
    add(archive, "layer.tar", data)
    add(archive, "config.json", config)
    add(archive, "manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["evil:latest"], "Layers": ["layer.tar"]}]).encode())
