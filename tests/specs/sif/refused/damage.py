# Four damaged copies of a SIF: its header, its length, the squashfs's superblock, and the data of a file.
import struct, sys

whole = open(sys.argv[1], "rb").read()
start = whole.index(b"hsqs")

def write(name, at, new):
    open(name, "wb").write(whole[:at] + new + whole[at + len(new):])

write("header.sif", 96, struct.pack("<q", 1 << 50))
write("squashfs.sif", start + 64, struct.pack("<q", 1 << 50))
write("data.sif", start + 200000, b"\xff" * 64)
open("cut.sif", "wb").write(whole[:-70000])
