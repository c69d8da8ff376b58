# A shell of a container on a terminal calls a program that the broker runs: ^C, ^Z, fg, reading, a caught signal, a new size.
# Usage: terminal.py COMMAND... (the shell). Prints what each step showed.
import fcntl, os, pty, re, select, struct, sys, termios, time

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])


seen = ""


def until(pattern):
    global seen
    end = time.time() + 20
    while not (found := re.search(pattern, seen)):
        if not select.select([terminal], [], [], max(0, end - time.time()))[0]:
            sys.exit(f"waited for {pattern}: {seen!r}")
        seen += os.read(terminal, 4096).decode()
    seen = seen[found.end() :]
    return found.group(0).strip()


def send(text):
    os.write(terminal, text.encode())


send("PS1=next; stty -echo; echo re''ady\n")
until("ready")
send("rights pid pause\n")
until(r"\d+\r\n")
send("\x03")
until("next")
send("echo st$?.\n")
print("^C:", until(r"st\d+\."))
send("rights pid sleep 1; echo st$?.\n")
until(r"\d+\r\n")
send("\x1a")
print("^Z:", until("Stopped"))
send("fg >/dev/null; echo st$?.\n")
print("fg:", until(r"st0\."))
send("rights pid cat\n")
until(r"\d+\r\n")
send("typed\n\x04echo st$?.\n")
print("read:", until("typed"), until(r"st\d+\."))
send("rights catch 2 pid sleep 1; echo st$?.\n")
until(r"\d+\r\n")
send("\x03")
print("caught:", until("got 02"), until(r"st\d+\."))
send("rights catch 28 pid sleep 1; echo st$?.\n")
until(r"\d+\r\n")
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 40, 100, 0, 0))
print("size:", until("got 28"), until(r"st\d+\."))
send("setsid -w rights group; echo st$?.\n")
print("another session:", until(r"st\d+\."))
send("exit 5\n")
while True:
    try:
        if not os.read(terminal, 4096):
            break
    except OSError:
        break
print("shell:", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
