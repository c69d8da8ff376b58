"""What programs rely on in a file system, over files and directories that the image brought and over new ones: numbers, listings, long names and
paths, descriptors without names, locks, renames, order of errors, copies up. Prints one line per fact; nothing in it depends on the machine."""
import ctypes
import errno
import fcntl
import mmap
import os
import shutil
import stat
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
LOWER = "/usr/lib/python3.11"  # of the image


def fact(name, *values):
    print(name + ":", *values, flush=True)


def attempt(f, *args, **kw):
    """The result, or the name of the error."""
    try:
        r = f(*args, **kw)
        return "ok" if r is None or isinstance(r, os.stat_result) else r
    except OSError as e:
        return errno.errorcode[e.errno]


def call(nr, *args):
    r = libc.syscall(ctypes.c_long(nr), *args)
    return r if r >= 0 else errno.errorcode[ctypes.get_errno()]


def link_fd(fd, path):
    return call(265, AT_FDCWD, f"/proc/self/fd/{fd}".encode(), AT_FDCWD, path.encode(), 0x400)  # linkat, AT_SYMLINK_FOLLOW


def opened(*args, **kw):
    r = attempt(os.open, *args, **kw)
    if isinstance(r, int):
        os.close(r)
        return "ok"
    return r


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def read(path):
    with open(path) as f:
        return f.read()


def numbers():
    wrong = again = 0
    write(LOWER + "/json/mine", "")
    os.mkdir(LOWER + "/json/folder")
    for folder in ["/etc", LOWER, LOWER + "/json", "/usr/share"]:
        for entry in os.scandir(folder):
            st = os.lstat(entry.path)
            again += not os.path.samestat(st, os.lstat(entry.path))
            if stat.S_ISDIR(st.st_mode) or entry.name == "mine":  # the kernel's overlay cannot promise more either
                wrong += entry.inode() != st.st_ino
    fact("numbers in listings that stat does not confirm", wrong, again)
    before = os.stat("/etc")
    write("/etc/new", "x")
    after = os.stat("/etc")
    fact("directory keeps its number when something is made in it", before.st_ino == after.st_ino, before.st_dev == after.st_dev)
    with open("/etc/new") as f:
        fact("same by descriptor", os.fstat(f.fileno()).st_ino == os.stat("/etc/new").st_ino)
    fd = os.open("/etc", os.O_RDONLY)
    fact("same directory by descriptor", os.path.samestat(os.fstat(fd), os.stat("/etc")), os.path.samestat(os.stat(".", dir_fd=fd), os.stat("/etc")))
    os.close(fd)
    fact(". and ..", os.path.samestat(os.stat("/etc/."), os.stat("/etc")), os.path.samestat(os.stat("/etc/.."), os.stat("/")), os.path.samestat(os.stat("/.."), os.stat("/")))
    dots = listing_with_dots("/etc")
    fact("numbers of . and ..", dots["."] == os.stat("/etc").st_ino, dots[".."] == os.stat("/").st_ino)
    dots = listing_with_dots(LOWER + "/json")
    fact("numbers of . and .. below", dots["."] == os.stat(LOWER + "/json").st_ino, dots[".."] == os.stat(LOWER).st_ino)


class Dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("len", ctypes.c_uint16), ("type", ctypes.c_uint8), ("name", ctypes.c_char * 256)]


libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
for name in ["readdir", "closedir", "rewinddir"]:
    getattr(libc, name).argtypes = [ctypes.c_void_p]
libc.telldir.argtypes, libc.telldir.restype = [ctypes.c_void_p], ctypes.c_long
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]


def next_entry(d):
    at = libc.readdir(d)
    return ctypes.cast(at, ctypes.POINTER(Dirent)).contents if at else None


def listing_with_dots(path):
    d = libc.opendir(path.encode())
    out = {}
    while entry := next_entry(d):
        out[entry.name.decode()] = entry.ino
    libc.closedir(d)
    return out


def listings():
    work = LOWER + "/json"
    for i in range(300):
        write(f"{work}/new-{i}", "")
    os.unlink(work + "/tool.py")
    d = libc.opendir(work.encode())
    names, places = [], []
    while True:
        places.append(libc.telldir(d))
        entry = next_entry(d)
        if not entry:
            break
        names.append(entry.name)
    fact("listed", len(names), len(set(names)), b"tool.py" in names, b"decoder.py" in names)
    wrong = 0
    for i in [0, 3, 100, 299, 17, len(names) - 1]:
        libc.seekdir(d, places[i])
        wrong += next_entry(d).name != names[i]
    libc.rewinddir(d)
    write(work + "/after-rewind", "")
    libc.rewinddir(d)
    again = []
    while entry := next_entry(d):
        again.append(entry.name)
    libc.closedir(d)
    fact("seekdir", wrong, "rewinddir sees what is new", set(again) - set(names))
    left = 0
    with os.scandir(work) as it:
        for entry in it:
            if entry.name.startswith("new-"):
                os.unlink(entry.path)
                left += 1
    fact("removed while listing", left, sorted(n for n in os.listdir(work) if n.startswith("new-")), "decoder.py" in os.listdir(work))


def large():
    os.mkdir("/srv/large")
    for i in range(12000):
        os.mknod(f"/srv/large/{i:05}-a-name-of-some-length")
    fact("large", len(os.listdir("/srv/large")), len(set(os.listdir("/srv/large"))))
    fd = os.open("/srv/large", os.O_RDONLY)
    fact("large by descriptor", len(os.listdir(fd)), len(os.listdir(fd)))
    os.close(fd)
    shutil.rmtree("/srv/large")
    fact("large is gone", attempt(os.stat, "/srv/large"))


def names():
    for folder in ["/srv", LOWER]:
        for name in ["n" * 255, "ü" * 127, ".wh.file", ".wh..wh..opq", ".wh.", "with\nnewline", "\\134", " ", "*"]:
            path = f"{folder}/{name}"
            write(path, "content")
            fact("name", repr(name[:20]), name in os.listdir(folder), read(path), attempt(os.unlink, path), name in os.listdir(folder))
        fact("too long", opened(folder + "/" + "n" * 256, os.O_CREAT | os.O_WRONLY), attempt(os.stat, folder + "/" + "n" * 256), attempt(os.stat, folder + "/absent/" + "n" * 256))
    os.mkdir(LOWER + "/.wh.directory")
    write(LOWER + "/.wh.directory/.wh.json", "")
    fact("hides nothing", os.listdir(LOWER + "/.wh.directory"), os.path.exists(LOWER + "/json/decoder.py"))
    shutil.rmtree(LOWER + "/.wh.directory")


def deep():
    os.mkdir("/srv/deep")
    os.chdir("/srv/deep")
    part, steps = "d" * 200, 30
    for i in range(steps):
        os.mkdir(part)
        os.chdir(part)
    write("file", "at the bottom")
    buffer = ctypes.create_string_buffer(10000)
    fact("deep", read("file"), os.listdir("."), "getcwd", call(79, buffer, 10000), attempt(os.stat, part), stat.S_ISDIR(os.stat("..").st_mode))
    fd = os.open(".", os.O_RDONLY)
    fact("by descriptor", os.listdir(fd), os.stat("file", dir_fd=fd).st_size)
    os.rename("file", "other")
    os.chmod("other", 0o600)
    fact("changed", oct(os.stat("other").st_mode), attempt(os.unlink, "other"), os.listdir("."))
    for name, text in {"here": ".", "up": "../" + part, "dir": "folder", "root": "/etc", "chain": "dir/back", "loop": "loop/x", "gone": "nothing", "plain": "folder/inner"}.items():
        os.symlink(text, name)
    os.mkdir("folder")
    os.symlink("../folder", "folder/back")
    os.symlink("/srv/deep", "folder/top")
    write("folder/inner", "inner")
    ways = ["here/folder/inner", "up/folder/inner", "dir/inner", "dir/back/inner", "chain/inner", "chain/back/back/inner", "dir/../dir/./inner", "here/here/dir/", "root/passwd", "root/../etc/passwd", "dir/top/../..",
            "loop/y", "gone/y", "dir/gone/y", "plain/y", "plain", "dir/inner/", "root/", "dir/../../" + part + "/dir/inner"]
    fact("links on the way", [w[-12:] + " " + str(attempt(os.stat, w) if isinstance(attempt(os.stat, w), str) else 0) for w in ways])
    fact("through them", read("chain/inner"), read("root/hostname") == read("/etc/hostname") if os.path.exists("/etc/hostname") else True, os.path.samestat(os.stat("dir/top"), os.stat("/srv/deep")),
         attempt(write, "dir/back/new", "x"), sorted(os.listdir("folder")), attempt(os.rename, "chain/new", "here/moved"), attempt(os.unlink, "up/moved"), attempt(os.mkdir, "loop/x"))
    fact("the link itself", os.readlink("here/dir"), stat.S_ISLNK(os.lstat("here/chain").st_mode), stat.S_ISDIR(os.lstat("here/chain/").st_mode), attempt(os.lstat, "plain/"))
    shutil.rmtree("folder")
    for name in ["here", "up", "dir", "root", "chain", "loop", "gone", "plain"]:
        os.unlink(name)
    os.chdir("/")
    fact("back by descriptor", attempt(os.fchdir, fd), os.listdir("."), attempt(os.mkdir, "x"), attempt(os.rmdir, "x"))
    os.close(fd)
    for i in range(steps):
        os.chdir("..")
        os.rmdir(part)
    fact("all the way back", os.getcwd(), os.listdir("."), "too short for getcwd", call(79, buffer, 4))
    os.chdir("/")
    os.rmdir("/srv/deep")
    fact("path of 4095", attempt(os.stat, "/" + "./" * 2047), "4096", attempt(os.stat, "/" + "./" * 2047 + "/"))


def watched():
    IN_MODIFY, IN_ATTRIB, IN_CREATE, IN_DELETE, IN_MOVED_TO, IN_CLOSE_WRITE = 2, 4, 0x100, 0x200, 0x80, 8
    fd = libc.inotify_init1(os.O_NONBLOCK)
    file = LOWER + "/json/scanner.py"
    wd_file = libc.inotify_add_watch(fd, file.encode(), IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE)
    wd_dir = libc.inotify_add_watch(fd, (LOWER + "/json").encode(), IN_CREATE | IN_DELETE | IN_MOVED_TO)
    with open(file, "a") as f:
        f.write("# changed\n")
    os.chmod(file, 0o600)
    write(LOWER + "/json/created", "")
    os.rename(LOWER + "/json/created", LOWER + "/json/moved")
    os.unlink(LOWER + "/json/moved")
    events, data = [], os.read(fd, 10000)
    while data:
        wd, mask, cookie, n = struct.unpack_from("iIII", data)
        events.append(("dir" if wd == wd_dir else "file", mask, data[16:16 + n].rstrip(b"\0").decode()))
        data = data[16 + n:]
    fact("watched", events)
    os.close(fd)


def unnamed():
    for folder in ["/srv", "/usr/lib"]:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o640)
        os.write(fd, b"no name yet")
        st = os.fstat(fd)
        fact("unnamed", st.st_nlink, oct(st.st_mode), link_fd(fd, folder + "/named"), read(folder + "/named"), os.fstat(fd).st_nlink)
        fact("again by empty path", call(265, fd, b"", AT_FDCWD, (folder + "/second").encode(), AT_EMPTY_PATH), os.path.samefile(folder + "/named", folder + "/second"))
        fact("exists", link_fd(fd, folder + "/named"))
        os.close(fd)
        os.unlink(folder + "/named")
        os.unlink(folder + "/second")
        fact("exclusive", opened(folder, os.O_TMPFILE | os.O_RDONLY), opened(folder + "/absent", os.O_TMPFILE | os.O_RDWR), opened("/etc/passwd", os.O_TMPFILE | os.O_RDWR))
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_EXCL, 0o640)
        fact("not to be linked", link_fd(fd, folder + "/named"))
        os.close(fd)


def by_path_descriptor():
    d = os.open(LOWER + "/email", os.O_PATH | os.O_DIRECTORY)
    f = os.open("parser.py", os.O_PATH, dir_fd=d)
    fact("path descriptor", os.fstat(f).st_size == os.stat("parser.py", dir_fd=d).st_size, attempt(os.read, f, 1), attempt(os.fchmod, f, 0o600), attempt(os.listdir, d))
    fact("opened through", opened(f"/proc/self/fd/{f}", os.O_RDWR), opened("parser.py", os.O_RDWR, dir_fd=d), opened("x", os.O_RDONLY, dir_fd=f))
    fact("made below", attempt(os.mkdir, "made", dir_fd=d), os.path.isdir(LOWER + "/email/made"), attempt(os.rmdir, "made", dir_fd=d))
    fact("entered", attempt(os.fchdir, d), os.getcwd() == LOWER + "/email", os.path.exists("parser.py"))
    os.chdir("/")
    os.symlink("parser.py", LOWER + "/email/link")
    link = os.open(LOWER + "/email/link", os.O_PATH | os.O_NOFOLLOW)
    fact("descriptor of a link", stat.S_ISLNK(os.fstat(link).st_mode), os.readlink("", dir_fd=link), os.fstat(link).st_size)
    for fd in [d, f, link]:
        os.close(fd)


def renames():
    folder = LOWER + "/urllib"
    RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
    move = lambda a, b, flags: call(316, AT_FDCWD, (folder + "/" + a).encode(), AT_FDCWD, (folder + "/" + b).encode(), flags)
    sizes = lambda: [os.stat(f"{folder}/{n}").st_size for n in ["error.py", "parse.py"]]
    a, b = sizes()
    fact("exchange", move("error.py", "parse.py", RENAME_EXCHANGE), sizes() == [b, a], move("error.py", "absent", RENAME_EXCHANGE))
    fact("noreplace", move("error.py", "parse.py", RENAME_NOREPLACE), move("error.py", "other.py", RENAME_NOREPLACE), os.path.exists(folder + "/error.py"), move("other.py", "error.py", 0))
    fact("flags", move("error.py", "parse.py", 3), move("error.py", "x", 8))
    fact("moved over", attempt(os.rename, folder + "/error.py", folder + "/parse.py"), sizes_of(folder, ["parse.py"]) == [b], attempt(os.stat, folder + "/error.py"))
    os.mkdir(folder + "/new")
    write(folder + "/new/file", "x")
    fact("directory", attempt(os.rename, folder + "/new", folder + "/newer"), os.listdir(folder + "/newer"), attempt(os.rename, folder + "/newer", folder + "/newer/inside"))
    fact("over", attempt(os.rename, folder + "/parse.py", folder + "/newer"), attempt(os.rename, folder + "/newer", folder + "/parse.py"), attempt(os.rename, folder + "/absent", folder + "/newer"))
    os.mkdir(folder + "/empty")
    fact("over an empty one", attempt(os.rename, folder + "/newer", folder + "/empty"), os.listdir(folder + "/empty"), attempt(os.rename, "/srv", folder + "/empty"))
    os.link(folder + "/parse.py", folder + "/hard")
    fact("to itself", attempt(os.rename, folder + "/parse.py", folder + "/hard"), os.path.exists(folder + "/parse.py"), os.stat(folder + "/hard").st_nlink)
    fact("dots", attempt(os.rename, folder + "/.", folder + "/x"), attempt(os.rename, folder + "/empty", folder + "/.."), attempt(os.rename, folder + "/hard/", folder + "/x"))
    shutil.move(LOWER + "/wsgiref", "/srv/wsgiref")
    fact("a directory of the image, as mv does it", sorted(os.listdir("/srv/wsgiref"))[:3], os.path.exists(LOWER + "/wsgiref"))


def sizes_of(folder, names):
    return [os.stat(f"{folder}/{n}").st_size for n in names]


def errors():
    e = LOWER + "/xml"
    fact("unlink", attempt(os.unlink, e), attempt(os.unlink, e + "/"), attempt(os.unlink, e + "/absent"), attempt(os.unlink, e + "/__init__.py/"), attempt(os.unlink, e + "/__init__.py/x"))
    fact("rmdir", attempt(os.rmdir, e), attempt(os.rmdir, e + "/__init__.py"), attempt(os.rmdir, e + "/."), attempt(os.rmdir, e + "/.."), attempt(os.rmdir, "/"), attempt(os.rmdir, e + "/absent"))
    fact("mkdir", attempt(os.mkdir, e), attempt(os.mkdir, e + "/__init__.py"), attempt(os.mkdir, e + "/__init__.py/x"), attempt(os.mkdir, e + "/absent/x"), attempt(os.mkdir, "/"), attempt(os.mkdir, e + "/."))
    fact("open", opened(e, os.O_WRONLY), opened(e, os.O_RDONLY | os.O_CREAT), opened(e + "/__init__.py", os.O_DIRECTORY), opened(e + "/new/", os.O_CREAT | os.O_WRONLY), opened(e + "/__init__.py/", os.O_RDONLY))
    os.symlink("__init__.py", e + "/link")
    os.symlink("nowhere", e + "/dangling")
    fact("links", opened(e + "/link", os.O_NOFOLLOW), opened(e + "/link", os.O_CREAT | os.O_EXCL), opened(e + "/dangling", os.O_RDONLY), opened(e + "/dangling", os.O_CREAT | os.O_EXCL), opened(e + "/dangling", os.O_CREAT | os.O_WRONLY), os.path.exists(e + "/nowhere"))
    fact("symlink", attempt(os.symlink, "x", e + "/link"), attempt(os.symlink, "x", e + "/absent/link"), attempt(os.symlink, "", e + "/empty"), attempt(os.readlink, e), attempt(os.readlink, e + "/absent"))
    fact("link", attempt(os.link, e, "/srv/x"), attempt(os.link, e + "/absent", "/srv/x"), attempt(os.link, e + "/__init__.py", e + "/link"), attempt(os.link, e + "/link", e + "/link2", follow_symlinks=False), os.readlink(e + "/link2"))
    previous = e + "/__init__.py"
    for i in range(41):
        os.symlink(previous, f"{e}/chain{i}")
        previous = f"{e}/chain{i}"
    os.symlink("loop", e + "/loop")
    fact("loops", opened(e + "/chain39", os.O_RDONLY), opened(e + "/chain40", os.O_RDONLY), opened(e + "/loop", os.O_RDONLY), attempt(os.stat, e + "/loop/x"), attempt(os.unlink, e + "/loop"))
    fact("chmod", attempt(os.chmod, e + "/absent", 0o600), attempt(os.truncate, e, 0), attempt(os.truncate, e + "/__init__.py", -1), attempt(os.utime, e + "/absent"))


def removed_and_made_again():
    folder = LOWER + "/unittest"
    shutil.rmtree(folder)
    fact("removed", os.path.exists(folder), "unittest" in os.listdir(LOWER), attempt(os.stat, folder + "/mock.py"))
    os.mkdir(folder)
    fact("made again", os.listdir(folder), attempt(os.stat, folder + "/mock.py"))
    write(folder + "/mock.py", "mine")
    os.mkdir(folder + "/__pycache__")
    fact("filled", sorted(os.listdir(folder)), read(folder + "/mock.py"), os.listdir(folder + "/__pycache__"))
    fact("replaced by a file", attempt(os.rmdir, folder), attempt(shutil.rmtree, folder), attempt(write, folder, "a file"), read(folder), attempt(os.listdir, folder))
    os.unlink(folder)
    os.symlink("json", folder)
    fact("replaced by a link", os.path.exists(folder + "/decoder.py"), attempt(os.rmdir, folder), attempt(os.unlink, folder))


def cwd_removed():
    for folder in [LOWER + "/xml/dom", "/srv/cwd"]:
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)
        shutil.rmtree(folder)
        fact("cwd is gone", attempt(os.getcwd), opened("new", os.O_CREAT | os.O_WRONLY), attempt(os.mkdir, "sub"), attempt(os.stat, "minidom.py"))
        os.mkdir(folder)
        write(folder + "/minidom.py", "another")
        fact("and another is not it", attempt(os.getcwd), opened("new", os.O_CREAT | os.O_WRONLY), attempt(os.stat, "minidom.py"), os.listdir(folder))
        fact("entered", attempt(os.chdir, folder), os.getcwd() == folder, os.listdir("."))
        os.chdir("/")


def copied_up():
    file = LOWER + "/zipfile.py"
    old = os.stat(file)
    reader = open(file)
    os.close(os.open(file, os.O_RDWR))
    now = os.stat(file)
    fact("opened for writing", now.st_mtime_ns == old.st_mtime_ns, now.st_size == old.st_size, now.st_mode == old.st_mode, now.st_uid, now.st_gid, now.st_nlink)
    with open(file, "r+b") as f:
        f.seek(old.st_size + 5_000_000)
        f.write(b"end")
    now = os.stat(file)
    fact("grown", now.st_size - old.st_size, now.st_mtime_ns > old.st_mtime_ns, now.st_blocks * 512 < now.st_size)
    fact("old reader", reader.readline() == open(file).readline())
    reader.close()
    file = LOWER + "/tarfile.py"
    old = os.stat(file)
    os.chmod(file, 0o4711)
    now = os.stat(file)
    fact("chmod keeps", now.st_mtime_ns == old.st_mtime_ns, oct(now.st_mode), now.st_ctime_ns > old.st_ctime_ns)
    os.utime(file, ns=(123456789, 987654321))
    fact("times", os.stat(file).st_mtime_ns, os.stat(file).st_atime_ns)
    os.chown(file, 12, 34)
    fact("owner", os.stat(file).st_uid, os.stat(file).st_gid, oct(os.stat(file).st_mode))
    parent = os.stat(LOWER).st_mtime_ns
    os.chmod(LOWER + "/typing.py", 0o600)
    fact("parent's time stays", os.stat(LOWER).st_mtime_ns == parent)
    os.unlink(LOWER + "/typing.py")
    fact("and moves", os.stat(LOWER).st_mtime_ns > parent)
    os.truncate(LOWER + "/turtle.py", 1000)
    fact("truncated", os.stat(LOWER + "/turtle.py").st_size, len(read(LOWER + "/turtle.py")))


def by_descriptor():
    fd = os.open(LOWER + "/ssl.py", os.O_RDONLY)
    size = os.fstat(fd).st_size
    out = os.open("/srv/out", os.O_RDWR | os.O_CREAT, 0o644)
    fact("sendfile", os.sendfile(out, fd, 0, size) == size, "copy_file_range", os.copy_file_range(fd, out, size, 0, size) == size, os.fstat(out).st_size == 2 * size)
    r, w = os.pipe()
    fact("splice", os.splice(fd, w, 100, 0), len(os.read(r, 200)))
    fact("read only", attempt(os.ftruncate, fd, 0), attempt(os.posix_fallocate, fd, 0, 10), attempt(os.write, fd, b"x"), attempt(os.fchmod, fd, 0o640), oct(os.stat(LOWER + "/ssl.py").st_mode))
    fact("by old descriptor", oct(os.fstat(fd).st_mode)[-3:] in ("640", "644"), attempt(os.utime, fd, ns=(1, 2)), os.stat(LOWER + "/ssl.py").st_mtime_ns)
    gone = os.open(LOWER + "/smtplib.py", os.O_RDONLY)
    os.unlink(LOWER + "/smtplib.py")
    fact("of a removed file", attempt(os.fchmod, gone, 0o777), attempt(os.utime, gone, ns=(1, 2)), len(os.read(gone, 100)))
    attempt(os.setxattr, gone, "user.test", b"of a file that is the layer's for others")
    os.close(gone)
    m = mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    m[0:4] = b"mine"
    fact("private mapping", m[0:4], read(LOWER + "/ssl.py")[:4] != "mine")
    os.posix_fallocate(out, 0, 3 * size)
    shared = mmap.mmap(out, 0)
    shared[0:6] = b"shared"
    fact("shared mapping", os.pread(out, 6, 0), os.fstat(out).st_size == 3 * size, read("/srv/out")[:6])
    st = os.statvfs(LOWER)
    fact("file system", st.f_namemax, st.f_bsize > 0, st.f_blocks > 0, os.fstatvfs(fd).f_namemax)
    for each in [fd, out, r, w]:
        os.close(each)


def locks():
    a = os.open("/srv/lock", os.O_RDWR | os.O_CREAT)
    b = os.open("/srv/lock", os.O_RDONLY)
    fcntl.flock(a, fcntl.LOCK_EX)
    fact("flock", attempt(fcntl.flock, b, fcntl.LOCK_EX | fcntl.LOCK_NB))
    fcntl.flock(a, fcntl.LOCK_UN)
    fact("free", attempt(fcntl.flock, b, fcntl.LOCK_EX | fcntl.LOCK_NB))
    F_OFD_SETLK = 37
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    c = os.open("/srv/lock", os.O_RDWR)
    fact("range", isinstance(attempt(fcntl.fcntl, a, F_OFD_SETLK, lock), bytes), attempt(fcntl.fcntl, c, F_OFD_SETLK, lock))
    for fd in [a, b, c]:
        os.close(fd)


def kinds():
    os.umask(0o027)
    os.mkdir("/srv/kinds", 0o777)
    os.chdir("/srv/kinds")
    os.close(os.open("file", os.O_CREAT, 0o666))
    os.mkfifo("fifo", 0o666)
    os.mknod("device", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    fact("umask", [oct(os.stat(n).st_mode) for n in [".", "file", "fifo", "device"]], os.stat("device").st_rdev)
    os.umask(0o022)
    fact("fifo", opened("fifo", os.O_WRONLY | os.O_NONBLOCK), opened("fifo", os.O_RDONLY | os.O_NONBLOCK), opened("fifo", os.O_RDWR))
    fact("device", opened("device", os.O_WRONLY), opened("device", os.O_CREAT | os.O_EXCL))
    os.mkdir("sticky", 0o1777)
    os.chmod("sticky", 0o1777)
    fact("sticky", oct(os.stat("sticky").st_mode), attempt(write, "sticky/x", ""), attempt(os.unlink, "sticky/x"))
    types = sorted((e.name, e.is_file(), e.is_dir(), stat.S_IFMT(e.stat(follow_symlinks=False).st_mode)) for e in os.scandir("."))
    fact("types", types)
    os.chdir("/")


ALL = [numbers, listings, large, names, deep, watched, unnamed, by_path_descriptor, renames, errors, removed_and_made_again, cwd_removed,
       copied_up, by_descriptor, locks, kinds]
for section in [globals()[n] for n in sys.argv[1:]] or ALL:
    fact("==", section.__name__)
    section()
