"""Capability sets: capset, prctl, setpriv, what users and programs change of them, and what a root without some may still do. It begins by giving up
what docker does not give, so a chroot's root has no more than a container's."""
import ctypes
import errno
import os
import stat
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
DOCKER = 0xA80425FB
CHOWN, OVERRIDE, SEARCH, FOWNER, SETGID, SETUID, SETPCAP, RAW, CHROOT, MKNOD = 0, 1, 2, 3, 6, 7, 8, 13, 18, 27
KEEP = 1 << 4


def prctl(*args):
    r = libc.prctl(*[ctypes.c_ulong(a) for a in args + (0,) * (5 - len(args))])
    return r if r >= 0 else errno.errorcode[ctypes.get_errno()]


def capset(effective, permitted, inheritable, version=0x20080522, pid=0, high=(0, 0, 0)):
    r = libc.capset(struct.pack("<Ii", version, pid), struct.pack("<6I", effective, permitted, inheritable, *high))
    return 0 if r == 0 else errno.errorcode[ctypes.get_errno()]


def capget():
    data = ctypes.create_string_buffer(24)
    libc.capget(struct.pack("<Ii", 0x20080522, 0), data)
    e, p, i = struct.unpack("<6I", data.raw)[:3]
    return e, p, i


def sets():
    return " ".join(f"{x:x}" for x in capget()), "status " + " ".join(f"{x:x}" for x in status().values()), "secure", prctl(27), "keep", prctl(7)


def status(who="self"):
    with open(f"/proc/{who}/status") as f:
        return {line[:6]: int(line.split()[1], 16) for line in f if line.startswith("Cap")}


SHOW = "grep Cap /proc/self/status | tr -d '\\t\\n'; echo"


def show(*front):
    sys.stdout.flush()
    return subprocess.run([*front, "sh", "-c", SHOW], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()


def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
        return "ok" if r is None or not isinstance(r, (int, str)) else r
    except OSError as e:
        return errno.errorcode[e.errno]


def child(f, *args):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        try:
            print("==", f.__name__, *args)
            f(*args)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(pid, 0)


def without(*caps):
    mask = DOCKER
    for cap in caps:
        mask &= ~(1 << cap)
    return mask


def sets_of_their_own():
    print(sets())
    print(capset(without(RAW), DOCKER, 0), sets(), capset(DOCKER, DOCKER, 0), sets())
    print(capset(without(RAW), without(RAW), 1 << SETUID), sets(), capset(DOCKER, DOCKER, 0), capset(DOCKER, without(RAW), 0), capset(0, without(RAW), 1 << RAW), sets())
    print(capset(0, 0, 0, pid=os.getpid()), sets(), capset(1, 1, 0), capset(0, 0, 1), prctl(24, RAW))
    print(capset(0, 0, 0, version=7), capset(0, 0, 0, pid=1 if os.getpid() != 1 else 2), capset(0, 0, 0, high=(1, 0, 0)), capset(0, 0, 0, high=(0, 1, 0)))
    print(show())


def bounds():
    print([prctl(23, n) for n in range(32)], prctl(23, 64), prctl(23, -1 & 0xFFFFFFFFFFFFFFFF))
    print(prctl(24, RAW), prctl(24, RAW), prctl(23, RAW), prctl(24, 70), sets())
    print(show())
    print(capset(DOCKER, DOCKER, 1 << RAW), capset(without(SETPCAP), DOCKER, 0), prctl(24, CHOWN), show())
    os.setuid(33)
    print(prctl(24, CHOWN), sets(), show())


def users(keep):
    print(prctl(8, keep), prctl(8, 2))
    os.setgid(33)
    os.setresuid(33, 33, 0)
    print(sets())
    os.seteuid(0)
    print(sets())
    os.setresuid(33, 33, 33)
    print(sets(), attempt(os.setuid, 0), attempt(os.setgid, 0))
    print(capset(1 << SETUID, capget()[1], 0), attempt(os.setuid, 5), os.getresuid(), sets())
    print(show())


def a_time():
    print(libc.setfsuid(33), [f"{x:x}" for x in capget()], libc.setfsuid(0), [f"{x:x}" for x in capget()])
    os.seteuid(33)
    print(sets(), libc.setfsuid(0), sets())
    os.seteuid(0)
    print(sets())
    capset(without(CHOWN), without(CHOWN), 0)
    os.seteuid(33)
    os.seteuid(0)
    print(sets())
    os.setreuid(33, 0)
    print(sets(), show())
    os.setreuid(0, 33)
    print(sets(), show())


def secured():
    print(prctl(28, KEEP), sets(), prctl(28, 0x10000), prctl(28, KEEP | KEEP << 1), prctl(8, 0), prctl(28, 0), sets())
    os.setuid(33)
    print(sets(), prctl(28, 0x30), show())


def secured_from_root():
    print(prctl(28, 1 | 4), sets(), show())
    os.seteuid(33)
    print(sets())
    os.seteuid(0)
    capset(1 << SETUID, without(RAW), 1 << SETUID)
    print(prctl(47, 2, SETUID), sets(), show())


def ambient():
    print(prctl(47, 2, CHOWN), prctl(47, 1, CHOWN), prctl(47, 4, 1), prctl(47, 9, 1), prctl(47, 2, 70), prctl(47, 3, CHOWN))
    capset(DOCKER, DOCKER, 1 << CHOWN | 1 << FOWNER)
    print(prctl(47, 2, CHOWN), prctl(47, 2, FOWNER), prctl(47, 2, RAW), prctl(47, 1, CHOWN), sets())
    print(show())
    prctl(8, 1)
    os.setgid(33)
    os.setuid(33)
    print(sets(), prctl(47, 2, CHOWN), sets(), show())
    print("after exec, too", show("sh", "-c", SHOW + "; exec \"$@\"", "sh"))
    print(prctl(47, 3, CHOWN), sets(), show())
    print(prctl(47, 2, CHOWN), prctl(28, 0x40), capset(0, capget()[1], 0), sets(), show())


def programs():
    print("setpriv", show("setpriv", "--reuid=33", "--regid=33", "--clear-groups"))
    print("setpriv", show("setpriv", "--bounding-set=-all,+chown"))
    print("setpriv", show("setpriv", "--bounding-set=-chown,-net_raw", "--inh-caps=-all", "--reuid=33", "--regid=33", "--init-groups"))
    print("setpriv", show("setpriv", "--reuid=33", "--regid=33", "--clear-groups", "--inh-caps=+chown", "--ambient-caps=+chown"))
    print("setpriv", show("setpriv", "--securebits=+noroot", "--inh-caps=-all"))
    print(subprocess.run(["setpriv", "--dump"], stdout=subprocess.PIPE, text=True).stdout.split("no_new_privs")[0])
    print("su", show("su", "-s", "/bin/sh", "www-data", "-c", SHOW))
    os.chmod("/srv/grep", 0o4755)
    os.setgid(33)
    os.setuid(33)
    print("set-uid", subprocess.run(["/srv/grep", "Cap", "/proc/self/status"], stdout=subprocess.PIPE, text=True).stdout.split())


def files(*caps):
    """What a root may do that lacks them."""
    left = without(*caps)
    print(capset(left, left, 0))
    print("read", attempt(open, "/srv/files/secret"), "write", attempt(open, "/srv/files/secret", "w"), "listing", attempt(os.listdir, "/srv/files/closed"), "in it", attempt(os.stat, "/srv/files/closed/x"))
    print("own", attempt(open, "/srv/files/mine"), attempt(os.chmod, "/srv/files/mine", 0o600), attempt(os.chown, "/srv/files/mine", 0, 0), attempt(os.chown, "/srv/files/mine", 5, -1))
    print("others'", attempt(os.chmod, "/srv/files/secret", 0o700), attempt(os.chown, "/srv/files/secret", 0, 0), attempt(os.utime, "/srv/files/secret", (1, 1)), attempt(os.utime, "/srv/files/secret"))
    print("names", attempt(os.mkdir, "/srv/files/closed/new"), attempt(os.unlink, "/srv/files/sticky/theirs"), attempt(os.rename, "/srv/files/sticky/theirs", "/srv/files/sticky/moved"), attempt(os.mkdir, "/srv/files/sticky/new"))
    print("access", [os.access(p, os.R_OK, effective_ids=e) for p in ("/srv/files/secret", "/srv/files/closed", "/srv/files/mine") for e in (False, True)], os.access("/srv/files/secret", os.X_OK))
    print("made", attempt(os.mknod, "/srv/files/device", stat.S_IFCHR | 0o600, os.makedev(1, 3)), attempt(os.mknod, "/srv/files/fifo", stat.S_IFIFO | 0o600), attempt(os.chroot, "/srv"), attempt(os.setgroups, [3]), attempt(os.setgid, 3), attempt(os.setuid, 9))
    print("as another", attempt(open, "/srv/files/secret"), sets()[0])


def make_files():
    os.makedirs("/srv/files/closed")
    os.mkdir("/srv/files/sticky")
    for name in ("secret", "closed/x", "sticky/theirs", "mine"):
        with open("/srv/files/" + name, "w") as f:
            f.write(name)
        if name != "mine":
            os.chown("/srv/files/" + name, 5, 5)
    os.chmod("/srv/files/secret", 0o700)
    os.chown("/srv/files/closed", 5, 5)
    os.chmod("/srv/files/closed", 0o700)
    os.chown("/srv/files/sticky", 5, 5)
    os.chmod("/srv/files/sticky", 0o1777)
    subprocess.run(["cp", "/bin/grep", "/srv/grep"], check=True)


def again(*caps):
    subprocess.run(["rm", "-rf", "/srv/files"], check=True)
    make_files()
    child(files, *caps)


for cap in range(64):
    if cap > 31 or not DOCKER >> cap & 1:
        prctl(24, cap)
capset(DOCKER, DOCKER, 0)
make_files()
for f in (sets_of_their_own, bounds, a_time, secured, secured_from_root, ambient, programs):
    child(f)
child(users, 0)
child(users, 1)
again()
for lacking in ((CHOWN,), (OVERRIDE,), (FOWNER,), (OVERRIDE, FOWNER), (CHOWN, OVERRIDE, FOWNER, MKNOD, CHROOT), (SETUID, SETGID)):
    again(*lacking)
print(sets())
