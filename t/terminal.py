"""terminal.py COLUMNS COMMAND...: runs a command whose stdout is a terminal of that width, and writes
what it shows.  Ends as the command does."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
env = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "dumb"}
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=slave, env=env)
os.close(slave)
while True:
    try:
        data = os.read(master, 65536)
    except OSError:  # EIO: the last one has closed it
        break
    if not data:
        break
    sys.stdout.buffer.write(data.replace(b"\r\n", b"\n"))
sys.stdout.flush()
sys.exit(child.wait())
