# What programs see that drop privileges, for good or for a time, and that check what they have.
import os, errno, ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
def t(what, f, *a):
    try: print(what, a, f(*a))
    except OSError as e: print(what, a, errno.errorcode[e.errno])
def caps():
    h = struct.pack("<Ii", 0x20080522, 0); d = ctypes.create_string_buffer(24)
    r = libc.capget(h, d); return r, [hex(x) for x in struct.unpack("<6I", d.raw)]
def capset(e, p, i):
    h = struct.pack("<Ii", 0x20080522, 0)
    r = libc.capset(h, struct.pack("<6I", e, p, i, 0, 0, 0)); return r, errno.errorcode.get(ctypes.get_errno()) if r else 0
def prctl(*a):
    r = libc.prctl(*a); return r if r >= 0 else errno.errorcode[ctypes.get_errno()]
def state(): return os.getresuid(), os.getresgid(), sorted(os.getgroups())
def child(f):
    pid = os.fork()
    if pid == 0:
        try: f()
        finally:
            import sys; sys.stdout.flush(); os._exit(0)
    os.waitpid(pid, 0)
def drop():
    t("setgroups", os.setgroups, [33, 44]); t("setgid", os.setgid, 33); t("setuid", os.setuid, 33); print(state())
    t("setuid0", os.setuid, 0); t("seteuid0", os.seteuid, 0); t("setgid0", os.setgid, 0); t("setgroups", os.setgroups, [0])
    t("setresuid", os.setresuid, -1, 33, -1); t("setreuid", os.setreuid, 33, 0); print([x != '0x0' for x in caps()[1][:3]])
    t("initgroups", os.initgroups, "nobody", 3); print(prctl(8,1,0,0,0))
def temporary():
    os.seteuid(33); print(state()); print(caps()[1][0] == '0x0', caps()[1][1] != '0x0'); t("open", lambda: 1)
    t("setuid 5", os.setuid, 5); os.seteuid(0); print(state(), caps()[1][0] != '0x0')
def keep():
    print(prctl(8, 1, 0, 0, 0)); print(prctl(7,0,0,0,0)); os.setresuid(33, 33, 33); print(caps()[1][0], caps()[1][1] != '0x0'); print(capset(1<<10, 1<<10, 0)); print(caps()); print(capset(1<<10|1, 1<<10|1, 0))
def saved():
    os.setresuid(10, 20, 30); print(state()); t("seteuid", os.seteuid, 30); print(state()); t("seteuid", os.seteuid, 10); t("x", os.setresuid, 30, 20, 10); print(state()); t("x", os.setresuid, 0, -1, -1)
    print(libc.setfsuid(10)); print(libc.setfsuid(77)); print(libc.setfsuid(-1))
def thr():
    import threading
    os.setuid(33); r = []
    th = threading.Thread(target=lambda: r.append(os.getuid())); th.start(); th.join(); print(r)
def ex():
    os.setgroups([5]); os.setgid(33); os.setresuid(33,33,33); os.execv("/usr/bin/id", ["id"])
for f in [drop, temporary, keep, saved, thr, ex]:
    print("==", f.__name__, flush=True); child(f)
