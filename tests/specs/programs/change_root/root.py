"""chroot(2): what it refuses, what descriptors and the working directory do across it, what threads and children see, and how paths are told."""
import ctypes
import errno
import os
import socket
import stat
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
top = sys.argv[1]
program = os.readlink("/proc/self/exe")


def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
        return "ok" if r is None else r
    except OSError as e:
        return errno.errorcode[e.errno]


def child(f):
    """In a child, so that the next one begins with the container's root again."""
    print("--", f.__name__, flush=True)
    pid = os.fork()
    if not pid:
        try:
            f()
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(pid, 0)


def text(path):
    with open(path) as f:
        return f.read().strip()


def raw_cwd():
    room = ctypes.create_string_buffer(4096)
    n = libc.syscall(79, room, 4096)
    return room.value.decode() if n > 0 else errno.errorcode[ctypes.get_errno()]


def refusals():
    for path in ["", "/none", "/etc/passwd", "/etc/passwd/", "/etc/passwd/x", top + "/absolute"]:
        print(path, attempt(os.chroot, path))
    print(libc.chroot(ctypes.c_void_p(1)), errno.errorcode[ctypes.get_errno()])
    os.chmod(top, 0o700)
    os.setgid(33)
    os.setuid(33)
    print(attempt(os.chroot, "/"), attempt(os.chroot, top))


def place():
    os.chmod(top, 0o755)
    os.chdir(top + "/usr/share")
    outside = os.open("/usr", os.O_RDONLY | os.O_DIRECTORY)
    inner = os.open(top + "/etc", os.O_RDONLY | os.O_DIRECTORY)
    file = os.open("/etc/debian_version", os.O_RDONLY)
    proc = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)
    os.chroot(top)
    print("cwd", os.getcwd(), text("far"), text("../../etc/name"), attempt(os.listdir, "/proc"))
    print("root", sorted(os.listdir("/")), os.path.samestat(os.stat("/"), os.stat("/..")), os.path.samestat(os.stat("/"), os.stat("/../..")))
    outer = os.readlink("exe", dir_fd=proc).removesuffix(program)  # recorded in a chroot: what is outside is told from the host's root
    print("links", [os.readlink(p, dir_fd=proc).removeprefix(outer) for p in ("cwd", "root", "exe", f"fd/{outside}", f"fd/{inner}", f"fd/{file}")])
    print("through them", os.stat("root/etc/name", dir_fd=proc).st_size, sorted(os.listdir(os.open("root", os.O_RDONLY, dir_fd=proc))) == sorted(os.listdir("/")),
          os.stat(f"fd/{outside}/share/../bin/env", dir_fd=proc).st_size > 0, os.stat(f"fd/{file}", dir_fd=proc).st_size, os.stat("exe", dir_fd=proc).st_size > 1000)
    os.fchdir(inner)
    print("fchdir in", os.getcwd(), text("name"), text("../absolute"))
    os.fchdir(outside)
    print("fchdir out", raw_cwd().replace(outer, ""), attempt(os.getcwd), os.path.exists("share/doc"), text("/etc/name"))
    print("by descriptor", attempt(os.stat, "../srv/tree/etc/name", dir_fd=outside).st_size, attempt(os.stat, "/etc/name", dir_fd=outside).st_size)
    os.chdir("..")
    print("up there", raw_cwd().startswith("(unreachable)/"))
    print("and out", attempt(os.chroot, "."), raw_cwd(), os.path.exists("/usr/bin/python3"), os.path.exists("/srv/tree/etc/name"))


def nested():
    os.chroot(top)
    os.chdir("/")
    os.mkdir("/inner/etc")
    with open("/inner/etc/deep", "w") as f:
        f.write("deep")
    os.chroot("inner")
    print(raw_cwd()[-9:], text("etc/deep") if os.path.exists("etc/deep") else "none", text("/etc/deep"), os.path.exists("/etc/name"), text("./etc/name"))
    os.chdir("/etc")
    print(os.getcwd(), os.listdir("."), text("../etc/deep"), attempt(text, "../../etc/name"))
    os.unlink("/etc/deep")
    os.rmdir("/etc")
    print(raw_cwd(), os.listdir("/.."))


def others():
    def change():
        os.chroot(top)
    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    print("threads share it", text("/etc/name"))
    pid = os.fork()
    if not pid:
        os.chroot("/etc")
        print("in the child", text("/name"), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print("not in the parent", text("/etc/name"))
    os.chdir("/")
    print("kept by exec", os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "cat /etc/name; cd /usr/share; cat far; exec /bin/script again"]))
    sys.stdout.flush()


def makes():
    os.umask(0)
    os.chroot(top)
    os.chdir("/tmp")
    s = socket.socket(socket.AF_UNIX)
    s.bind("/tmp/socket")
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect("/tmp/socket")
    print(s.getsockname(), c.getpeername(), stat.S_ISSOCK(os.stat("socket").st_mode))
    os.symlink("/etc/name", "link")
    os.link("/etc/name", "hard")
    os.rename("hard", "/tmp/harder")
    print(text("link"), os.readlink("link"), os.stat("harder").st_nlink, os.path.realpath("link"), attempt(os.rename, "/tmp", "/"), attempt(os.rmdir, "/"), attempt(os.mkdir, "/"))
    fd = os.open("/tmp/file", os.O_RDWR | os.O_CREAT, 0o640)
    os.fchmod(fd, 0o600)
    os.fchown(fd, 5, 6)
    st = os.stat("/tmp/file")
    print(oct(st.st_mode), st.st_uid, st.st_gid, os.fstat(fd).st_uid)
    os.setgid(7)
    os.setuid(7)
    print(attempt(open, "/tmp/file"), text("/etc/name"), attempt(os.chroot, "/"), attempt(os.mkdir, "/etc/x"))
    print(sorted(os.listdir("/tmp")), os.access("/tmp/file", os.R_OK), os.access("/etc/name", os.R_OK))


def hidden():
    """Directories above the root do not matter to those who may not search them."""
    os.chmod("/srv", 0o700)
    os.chroot(top)
    os.chdir("/")
    os.setuid(9)
    print(text("/etc/name"), text("etc/name"), attempt(os.stat, "..").st_ino == os.stat("/").st_ino)


def gone():
    os.makedirs("/srv/short/etc")
    os.chroot("/srv/short")
    os.chdir("/")
    os.rmdir("/etc")
    print(os.listdir("/"), attempt(os.mkdir, "/x"), os.listdir("."))
    os.rmdir("/x")


for f in [refusals, place, nested, others, makes, hidden, gone]:
    child(f)
print(os.getcwd() == os.path.realpath("."), os.path.exists(top + "/tmp/socket"), sorted(os.listdir(top + "/tmp")), sorted(os.listdir("/srv/short")))
