# members.py ARCHIVE: the settings of the first image of an OCI archive, and every member of its layers but how it is written.
import gzip, hashlib, io, json, sys, tarfile

archive = tarfile.open(sys.argv[1])
read = lambda name: archive.extractfile(next(m for m in archive if m.name.removeprefix("./") == name)).read()
blob = lambda digest: read("blobs/" + digest.replace(":", "/"))
manifest = json.loads(blob(json.loads(read("index.json"))["manifests"][0]["digest"]))
config = json.loads(blob(manifest["config"]["digest"]))
print(json.dumps({key: value for key, value in config.items() if key != "rootfs"}, sort_keys=True))
for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
    data = blob(layer["digest"])
    assert "sha256:" + hashlib.sha256(data).hexdigest() == layer["digest"] and len(data) == layer["size"]
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    assert "sha256:" + hashlib.sha256(data).hexdigest() == diff_id
    print("layer")
    tar = tarfile.open(fileobj=io.BytesIO(data))
    for m in tar:
        content = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ""
        extended = sorted((k, v) for k, v in m.pax_headers.items() if "xattr" in k)
        print(m.name.rstrip("/") or ".", m.type, oct(m.mode), m.uid, m.gid, m.size, m.mtime, m.linkname, m.devmajor, m.devminor, extended, content)
