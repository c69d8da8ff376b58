# Sets and shows extended attributes; with "set" first, else what a layer brought.
import os, struct, sys
os.chdir("/srv")
cap = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
def show(name):
    print(name, [(key, os.getxattr(name, key)) for key in sorted(os.listxattr(name))])
if sys.argv[1] == "set":
    os.mkdir("folder"); os.setxattr("folder", "user.kind", b"folder")
    for name in ["file", "moved", "owned", "cut", "linked"]:
        open(name, "w").write("content")
        os.setxattr(name, "security.capability", cap)
        os.setxattr(name, "user.note", b"a\0b\n=c")
    os.link("linked", "link")
    os.setxattr("file", "user.large", b"x" * 3000)
    os.setxattr("file", "trusted.a=b", b"")
if sys.argv[1] == "change": # all of these are a layer's: changes copy them up
    os.setxattr("file", "user.more", b"1", os.XATTR_CREATE)
    os.removexattr("file", "user.large")
    os.rename("moved", "here")
    os.chown("owned", 5, 5)
    os.truncate("cut", 1)
    os.chmod("folder", 0o700)
    os.utime("linked")
for name in sorted(os.listdir()):
    show(name)
