# Makes in a container what a layer can hold.
import os, shutil

os.makedirs("/srv/made/deep/" + "d" * 150)
with open("/srv/made/file", "w") as file:
    file.write("text\n")
os.link("/srv/made/file", "/srv/made/other")
os.chown("/srv/made/file", 33, 34)
os.chmod("/srv/made/file", 0o4750)
os.setxattr("/srv/made/file", "user.note", b"kept\xff")
os.symlink("../file", "/srv/made/deep/link")
os.mkfifo("/srv/made/fifo", 0o620)
os.mknod("/srv/made/device", 0o020666, os.makedev(1, 3))
os.utime("/srv/made/other", ns=(0, 1_234_567_890_123_456_789))
with open("/srv/made/holes", "wb") as file:
    file.truncate(50_000_000)
    file.seek(20_000_000)
    file.write(b"x")
open(b"/srv/made/\xff\xfe=name", "w").close()
os.remove("/etc/debian_version")
shutil.rmtree("/etc/alternatives")
os.mkdir("/etc/alternatives")
open("/etc/alternatives/new", "w").close()
