"""What a user who is not root may do in a container: as the owners and modes say, that root sees, though all files belong to one user of the host.
Prints one line per fact."""
import ctypes
import errno
import os
import shutil
import socket
import stat
import subprocess
import sys


listening = []
libc = ctypes.CDLL(None, use_errno=True)


def watched(path):
    fd = libc.inotify_init()
    r = libc.inotify_add_watch(fd, path.encode(), 2)
    os.close(fd)
    return "ok" if r >= 0 else errno.errorcode[ctypes.get_errno()]


def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
        return "ok" if r is None or isinstance(r, os.stat_result) else r
    except OSError as e:
        return errno.errorcode[e.errno]


def opened(path, flags, mode=0o666):
    r = attempt(os.open, path, flags, mode)
    if isinstance(r, int):
        os.close(r)
        return "ok"
    return r


def write(path, text="text"):
    with open(path, "w") as f:
        f.write(text)


def fact(name, *values):
    print(name + ":", *values, flush=True)


def as_user(uid, gid, groups, f):
    """Runs f in a child that has become this user."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.setgroups(groups)
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        fact("==", f.__name__, os.getuid(), os.getgid(), os.getgroups())
        f()
        sys.stdout.flush()
        os._exit(0)
    fact("ended with", os.waitpid(pid, 0)[1])


def prepare():
    os.umask(0o022)
    os.mkdir("/srv/private", 0o700)
    write("/srv/private/file")
    os.mkdir("/srv/group", 0o770)
    os.chown("/srv/group", 0, 500)
    os.chmod("/srv/group", 0o2770)
    os.mkdir("/srv/open")
    os.chmod("/srv/open", 0o1777)
    for name, mode, uid, gid in [("secret", 0o600, 0, 0), ("shared", 0o660, 0, 500), ("theirs", 0o644, 1000, 1000), ("unreadable", 0o200, 1000, 1000), ("program", 0o744, 0, 0)]:
        write("/srv/open/" + name, "#!/bin/sh\necho ran\n")
        os.chmod("/srv/open/" + name, mode)
        os.chown("/srv/open/" + name, uid, gid)
    os.mkdir("/srv/listless", 0o711)
    write("/srv/listless/known")
    os.mkdir("/srv/home", 0o755)
    os.chown("/srv/home", 1000, 1000)
    os.chmod("/usr/lib/python3.11/wave.py", 0o640)
    for name, mode in [("root", 0o600), ("all", 0o666)]:
        s = socket.socket(socket.AF_UNIX)
        s.bind("/srv/open/" + name)
        os.chmod("/srv/open/" + name, mode)
        s.listen()
        listening.append(s)


def stranger():
    fact("image", opened("/etc/passwd", os.O_RDONLY), opened("/etc/passwd", os.O_WRONLY), opened("/etc/shadow", os.O_RDONLY), opened("/etc/new", os.O_CREAT | os.O_WRONLY), attempt(os.mkdir, "/new"), attempt(os.unlink, "/etc/hostname.x"), attempt(os.unlink, "/etc/passwd"))
    fact("image's directories", attempt(os.rmdir, "/usr/share/doc"), attempt(os.rename, "/etc/passwd", "/srv/open/passwd"), attempt(os.link, "/etc/absent", "/srv/open/x"), attempt(os.symlink, "x", "/usr/bin/x"), attempt(os.truncate, "/etc/passwd", 0), opened("/usr/lib/python3.11/wave.py", os.O_RDONLY))
    fact("private", attempt(os.stat, "/srv/private"), attempt(os.stat, "/srv/private/file"), attempt(os.stat, "/srv/private/absent"), attempt(os.listdir, "/srv/private"), attempt(os.chdir, "/srv/private"), opened("/srv/private/new", os.O_CREAT | os.O_WRONLY))
    fact("group's", attempt(os.listdir, "/srv/group"), attempt(write, "/srv/group/file"))
    fact("not to be listed", attempt(os.listdir, "/srv/listless"), opened("/srv/listless/known", os.O_RDONLY), attempt(os.stat, "/srv/listless/absent"), attempt(os.chdir, "/srv/listless"))
    os.chdir("/")
    fact("sticky", attempt(os.unlink, "/srv/open/secret"), attempt(os.rename, "/srv/open/secret", "/srv/open/mine"), attempt(write, "/srv/open/own"), attempt(os.rename, "/srv/open/own", "/srv/open/secret"), attempt(os.unlink, "/srv/open/own"))
    fact("files", opened("/srv/open/secret", os.O_RDONLY), opened("/srv/open/shared", os.O_RDONLY), opened("/srv/open/shared", os.O_RDWR), opened("/srv/open/theirs", os.O_RDWR))
    fact("change", attempt(os.chmod, "/srv/open/secret", 0o666), attempt(os.chown, "/srv/open/secret", 1000, 1000), attempt(os.utime, "/srv/open/secret"), attempt(os.utime, "/srv/open/secret", (1, 2)), attempt(os.chmod, "/usr", 0o777))
    fact("access", [os.access("/etc/shadow", how) for how in [os.F_OK, os.R_OK, os.W_OK]], os.access("/srv/private/file", os.F_OK), os.access("/etc", os.W_OK), os.access("/srv/open", os.W_OK | os.X_OK))
    fact("sockets", [attempt(socket.socket(socket.AF_UNIX).connect, path) for path in ["/srv/open/root", "/srv/open/all", "/srv/private/x"]])
    fact("watches", watched("/etc/passwd"), watched("/etc/shadow"), watched("/srv/open/secret"), watched("/srv/private/x"), attempt(os.chroot, "/"))
    fact("device", attempt(os.mknod, "/srv/open/device", stat.S_IFCHR | 0o666, os.makedev(1, 3)), attempt(os.mkfifo, "/srv/open/fifo"), attempt(os.unlink, "/srv/open/fifo"))


def owner():
    stranger()
    os.chdir("/srv/home")
    fact("home", attempt(os.mkdir, "folder"), attempt(write, "folder/file"), attempt(os.chmod, "folder", 0o500), attempt(write, "folder/more"), attempt(os.unlink, "folder/file"), attempt(os.chmod, "folder", 0o600), attempt(os.stat, "folder/file"), attempt(os.listdir, "folder"), attempt(os.chmod, "folder", 0o700), attempt(shutil.rmtree, "folder"))
    fact("own", opened("/srv/open/theirs", os.O_RDWR), opened("/srv/open/unreadable", os.O_RDONLY), opened("/srv/open/unreadable", os.O_WRONLY), attempt(os.chmod, "/srv/open/theirs", 0o600), attempt(os.utime, "/srv/open/theirs", (1, 2)), attempt(os.chown, "/srv/open/theirs", 1000, 500), attempt(os.chown, "/srv/open/theirs", 1000, 501), attempt(os.chown, "/srv/open/theirs", 1001, -1))
    st = os.stat("/srv/open/theirs")
    fact("it is", oct(st.st_mode), st.st_uid, st.st_gid)
    os.close(os.open("made", os.O_CREAT | os.O_WRONLY, 0o400))
    fact("made", os.stat("made").st_uid, opened("made", os.O_WRONLY), opened("made", os.O_RDONLY), attempt(os.unlink, "made"))
    fd = os.open("written", os.O_CREAT | os.O_WRONLY, 0)
    fact("written", os.write(fd, b"still mine"), opened("written", os.O_RDONLY), attempt(os.fchmod, fd, 0o600), opened("written", os.O_RDONLY))
    fact("program", attempt(subprocess.run, ["/srv/open/program"], capture_output=True), attempt(subprocess.run, ["/srv/private/program"], capture_output=True))
    fact("became root again", attempt(os.setuid, 0), attempt(os.setgroups, [0]))


def member():
    fact("group's", attempt(os.listdir, "/srv/group"), attempt(write, "/srv/group/file"), opened("/srv/open/shared", os.O_RDWR), opened("/srv/open/secret", os.O_RDONLY), attempt(os.chmod, "/srv/open/shared", 0o666))


def by_set_id_program():
    shutil.copy("/usr/bin/id", "/srv/open/id")
    os.chown("/srv/open/id", 1000, 500)
    os.chmod("/srv/open/id", 0o6755)


def caller():
    out = subprocess.run(["/srv/open/id", "-u"], capture_output=True, text=True).stdout.strip()
    fact("set-id", out, subprocess.run(["/srv/open/id", "-ru"], capture_output=True, text=True).stdout.strip(), subprocess.run(["/srv/open/id", "-g"], capture_output=True, text=True).stdout.strip())


prepare()
as_user(1001, 1001, [], stranger)
as_user(1000, 1000, [500], owner)
as_user(1002, 1002, [500], member)
by_set_id_program()
as_user(1003, 1003, [], caller)
fact("root", opened("/srv/private/file", os.O_RDWR), opened("/srv/open/unreadable", os.O_RDONLY), os.stat("/srv/group/file").st_uid)
os.seteuid(1001)
fact("effective", opened("/srv/open/secret", os.O_RDONLY), os.access("/srv/open/secret", os.R_OK), os.access("/srv/open/secret", os.R_OK, effective_ids=True))
os.seteuid(0)
fact("and back", opened("/srv/open/secret", os.O_RDONLY))
