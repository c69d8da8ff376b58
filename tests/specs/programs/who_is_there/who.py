"""Who other processes are: SO_PEERCRED and SCM_CREDENTIALS of both ends, /proc/PID and its status, for processes that changed their user and then
executed a program, or did not."""
import os
import socket
import struct
import subprocess
import sys

CLIENT = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('/srv/socket'); s.recv(1)"


def cred(s):
    return struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))


def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return [line.split()[1:] for line in f if line[:4] in ("Uid:", "Gid:")]


def fork(f):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        try:
            f()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return pid


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect("/srv/socket")
    return s


def change(uid):
    os.setgroups([])
    os.setresgid(uid + 1, uid + 1, uid + 1)
    os.setresuid(uid, uid, uid)


def passed(s):
    """The user in a message with credentials."""
    data, control, _, _ = s.recvmsg(10, 200)
    return data, [struct.unpack("3i", c[2])[1:] for c in control if c[1] == 2]


server = socket.socket(socket.AF_UNIX)
server.bind("/srv/socket")
os.chmod("/srv/socket", 0o777)
server.listen()


def by_fork(uid):
    def client():
        if uid:
            change(uid)
        s = connect()
        print("the server is", cred(s)[1:], flush=True)
        s.send(b"ready")
        s.recv(1)
    pid = fork(client)
    s, _ = server.accept()
    s.recv(5)
    print("forked", uid, cred(s)[0] == pid, cred(s)[1:], status(pid))
    s.close()
    os.waitpid(pid, 0)


def by_exec(uid):
    p = subprocess.Popen(["setpriv", f"--reuid={uid}", f"--regid={uid + 1}", "--clear-groups", "python3", "-c", CLIENT])
    s, _ = server.accept()
    print("executed", uid, cred(s)[0] == p.pid, cred(s)[1:], status(p.pid), os.stat(f"/proc/{p.pid}").st_uid, os.stat(f"/proc/{p.pid}").st_gid)
    s.close()
    p.wait()


def back_and_forth():
    """A daemon that is root again now and then."""
    def client():
        os.setegid(8)
        os.seteuid(7)
        a = connect()
        a.send(b"ready")
        a.recv(1)
    pid = fork(client)
    s, _ = server.accept()
    s.recv(5)
    print("for a time", cred(s)[1:], [line[1] for line in status(pid)])
    s.close()
    os.waitpid(pid, 0)


def messages():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    b.setsockopt(socket.SOL_SOCKET, 16, 1)  # SO_PASSCRED

    def client():
        a.send(b"root")
        change(40)
        a.send(b"user")
        try:
            a.sendmsg([b"claim"], [(socket.SOL_SOCKET, 2, struct.pack("3i", os.getpid(), 0, 0))])
        except OSError as e:
            print("claimed", e.errno, flush=True)
        a.sendmsg([b"self"], [(socket.SOL_SOCKET, 2, struct.pack("3i", os.getpid(), 40, 41))])
        server_side.recv(1)
    server_side, other = socket.socketpair()
    pid = fork(client)
    other_side = other
    import time
    got = []
    while len(got) < 3:
        got.append(passed(b))
    print("messages", got[1:])  # of the first it is known only who it is from by now
    other_side.send(b"x")
    os.waitpid(pid, 0)


def served_by_another():
    """The listener's user counts for clients."""
    r, w = os.pipe()

    def run():
        change(50)
        s = socket.socket(socket.AF_UNIX)
        s.bind("/tmp/other")
        os.chmod("/tmp/other", 0o777)
        s.listen()
        os.write(w, b"x")
        s.accept()[0].recv(1)
    pid = fork(run)
    os.read(r, 1)
    s = socket.socket(socket.AF_UNIX)
    s.connect("/tmp/other")
    print("served by", cred(s)[0] == pid, cred(s)[1:])
    s.close()
    os.waitpid(pid, 0)


by_fork(0)
by_fork(33)
by_exec(33)
by_exec(0)
by_exec(1000)
back_and_forth()
messages()
served_by_another()
print(cred(socket.socketpair()[0])[0] == os.getpid(), cred(socket.socketpair()[0])[1:], status("self"), os.stat(f"/proc/{os.getpid()}").st_uid)
