import concurrent.futures, glob, hashlib, json, os, pathlib, shutil, socket, sqlite3, subprocess, sys, tempfile, threading, zipfile

print(subprocess.run(["sh", "-c", "echo $0 $1; exit 3", "a", "b c"], capture_output=True, text=True))
print(sum(1 for _ in os.walk("/usr/lib/python3")) > 0, os.path.realpath("/bin"), os.getcwd())
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "x")
    path.write_text("text")
    os.link(path, path.with_name("hard"))
    os.symlink("x", path.with_name("soft"))
    os.rename(path.with_name("hard"), path.with_name("moved"))
    print(sorted(os.listdir(folder)), path.stat().st_nlink, os.readlink(path.with_name("soft")))
    base = sqlite3.connect(os.path.join(folder, "db"))
    base.execute("create table t (a)")
    base.executemany("insert into t values (?)", [(i,) for i in range(1000)])
    base.commit()
    print(base.execute("select count(*), sum(a) from t").fetchone())
    with zipfile.ZipFile(os.path.join(folder, "m.zip"), "w") as archive:
        archive.writestr("inzip.py", "value = 42")
    sys.path.insert(0, os.path.join(folder, "m.zip"))
    import inzip
    print(inzip.value)
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.join(folder, "socket"))
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(os.path.join(folder, "socket"))
    print(os.path.basename(server.getsockname()), client.getpeername() == server.getsockname())
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda i: len(os.listdir("/etc")) > 0, range(200))))
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    print(list(pool.map(abs, range(-4, 4))))
print(hashlib.sha256(b"".join(open(name, "rb").read() for name in sorted(glob.glob("/usr/lib/python3.*/json/*.py")))).hexdigest())
print(shutil.which("perl"), os.access("/etc/shadow", os.R_OK), oct(os.stat("/tmp").st_mode), os.getuid(), os.geteuid())
print(json.dumps(sorted(k for k in os.environ if k.startswith("LD_") or k.startswith("LPMX"))))
