#!/usr/bin/env python3
"""A throw-away PostgreSQL cluster for tests, with PgBouncer in front of it if asked.

    postgres.py [OPTION]... [COMMAND [ARGUMENT]...]

    --pgbouncer        PgBouncer in transaction mode, with few connections that all share
    --listen ADDRESS   127.0.0.1
    --replica          a second server that follows the first, read only
    --tls CERT KEY     the server offers TLS with these (PEM)
    --set NAME=VALUE   a setting of the server
    --for SECONDS      ends by itself after so long (without COMMAND; $T_LIFE, or 900)

With a COMMAND it is run with these in its environment, and its status is ours:

    JP_TEST_POSTGRES         URL for the programs, with the database "postgres"
    JP_TEST_POSTGRES_DIRECT  the same without PgBouncer between, for CREATE DATABASE and psql
    JP_TEST_PREPARE          "false" where PgBouncer is between, else unset
    JP_TEST_REPLICA          the second server's URL, if there is one
    JP_TEST_PSQL             the server's psql

    JP_TEST_POOLER           our process, if there is PgBouncer: what SIGUSR1 is for

Without one it prints the two URLs in a line, and ends when its stdin (a pipe) closes or on SIGTERM.
SIGUSR1 starts PgBouncer anew, which ends every connection through it.  The exit code is 3, and
nothing is started, where no server is installed.

The cluster lives in a temporary folder of its own, belongs to an ordinary user (root takes one),
listens on a free port and lets nobody in without the password it made up.  The role of the URLs may
create databases and nothing else.  A process apart holds it all and ends it, server and folder, when
we end, however that comes about.

It is made to be unlike what a programmer has at home: its collation is a dictionary's, its time zone
is half an hour off.  It does not flush to the disk (fsync off): what the tests kill is programs,
never the machine, and the kernel keeps what was written.  For a test of its own that it must
not be so, there is --set fsync=on.

Nor is it on the disk where there is a gigabyte of memory for it (/dev/shm): tests make and drop databases
by the thousand, and what that costs is the file system's making and unmaking of files.
"""
import base64
import glob
import hashlib
import hmac
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "checkpoint_flush_after": "0",
    "backend_flush_after": "0",
    "bgwriter_flush_after": "0",
    "autovacuum": "off",  # nothing lives long enough
    "timezone": "Asia/Kolkata",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %d ",
}

# What a server needs that another one follows.
REPLICATED = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}

# In a schema that only tests look into: what sqlite3's statements in t/*.t use and psql lacks.
LIKE_SQLITE = """
CREATE SCHEMA t_sqlite;
CREATE DOMAIN t_sqlite.blob AS bytea;
CREATE AGGREGATE t_sqlite.group_concat(text, text) (SFUNC = string_agg_transfn, STYPE = internal,
    FINALFUNC = string_agg_finalfn);
CREATE FUNCTION t_sqlite.concat_comma(state text, value anyelement) RETURNS text LANGUAGE sql AS
    $$ SELECT coalesce(state || ',', '') || value::text $$;
CREATE FUNCTION t_sqlite.instr(text, text) RETURNS int LANGUAGE sql AS $$ SELECT strpos($1, $2) $$;
CREATE FUNCTION t_sqlite.pass_ids() RETURNS SETOF void LANGUAGE plpgsql AS $$
DECLARE t record; top bigint;
BEGIN
    FOR t IN SELECT table_name AS name, pg_get_serial_sequence(format('public.%I', table_name), 'id') AS ids
             FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id' LOOP
        CONTINUE WHEN t.ids IS NULL;
        EXECUTE format('SELECT max(id) FROM public.%I', t.name) INTO top;
        IF top IS NOT NULL THEN
            EXECUTE format('SELECT setval(%L, greatest(%s, (SELECT last_value FROM %s)))', t.ids, top, t.ids)
                INTO top;
        END IF;
    END LOOP;
END $$;
CREATE AGGREGATE t_sqlite.group_concat(anyelement) (SFUNC = t_sqlite.concat_comma, STYPE = text);
"""


def find(name):
    """A program of the newest server installed; None: there is none.  Debian's wrappers are slow."""
    folders = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
    for folder in sorted(folders, key=lambda f: int("".join(filter(str.isdigit, f))), reverse=True):
        if os.access(os.path.join(folder, name), os.X_OK):
            return os.path.join(folder, name)
    return shutil.which(name)


MEMORY = "/dev/shm"


def folder_of_folders():
    """Where the cluster's folder is made; None: where temporary files are."""
    try:
        room = os.statvfs(MEMORY)
        with open("/proc/meminfo", encoding="ascii") as f:
            free = next(int(line.split()[1]) for line in f if line.startswith("MemAvailable:")) << 10
    except (OSError, StopIteration):
        room = None
    if room and min(free, room.f_bavail * room.f_frsize) >= 2 << 30 and os.access(MEMORY, os.W_OK | os.X_OK):
        return MEMORY
    # A test's own TMPDIR is closed to the user that root takes.
    return "/tmp" if os.getuid() == 0 else None


def verifier(password):
    """What SCRAM-SHA-256 (RFC 5802) keeps of a password.  A made-up one of 96 bits has no need to be
    hashed 4096 times at each end of each connection, which is half of what connecting costs."""
    salt, rounds = secrets.token_bytes(16), 1
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.digest(salted, b"Client Key", "sha256")
    keys = hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    salt, stored, server = (base64.b64encode(b).decode() for b in (salt, *keys))
    return f"SCRAM-SHA-256${rounds}:{salt}${stored}:{server}"


def free_port(address):
    with socket.create_server((address, 0)) as s:
        return s.getsockname()[1]


class Options:
    def __init__(self, args):
        self.pgbouncer, self.listen, self.tls, self.limit = False, "127.0.0.1", None, float(os.environ.get("T_LIFE", 900))
        self.replica = False
        self.settings = dict(SETTINGS)
        while args and args[0].startswith("--"):
            option = args.pop(0)
            if option == "--":
                break
            if option == "--pgbouncer":
                self.pgbouncer = True
            elif option == "--replica":
                self.replica = True
                self.settings.update(REPLICATED)
            elif option == "--listen":
                self.listen = args.pop(0)
            elif option == "--tls":
                self.tls = (args.pop(0), args.pop(0))
            elif option == "--set":
                name, value = args.pop(0).split("=", 1)
                self.settings[name] = value
            elif option == "--for":
                self.limit = float(args.pop(0))
            else:
                sys.exit(f"postgres.py: unknown option {option}")
        self.command = args


class Cluster:
    """What the process apart holds."""

    def __init__(self, options):
        self.options = options
        self.dir = tempfile.mkdtemp(prefix="jp-postgres-", dir=folder_of_folders())
        self.data = os.path.join(self.dir, "data")
        self.log = open(os.path.join(self.dir, "log"), "ab")
        self.password = secrets.token_hex(12)
        self.verifier = verifier(self.password)
        self.children = []
        self.bouncer = None
        self.user = {}
        if os.getuid() == 0:
            who = next(p for n in ("postgres", "nobody") for p in pwd.getpwall() if p.pw_name == n)
            self.user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
            os.chown(self.dir, who.pw_uid, who.pw_gid)

    def spawn(self, *command, **more):
        # In a folder that its user can read, with nothing of ours but the PATH.
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
        env.update(more.pop("env", {}))
        return subprocess.Popen(command, cwd=self.dir, env=env, stdin=more.pop("stdin", subprocess.DEVNULL),
                                stdout=self.log, stderr=self.log, **self.user, **more)

    def run(self, *command, text=None, **more):
        p = self.spawn(*command, stdin=subprocess.PIPE, **more)
        try:
            p.communicate((text or "").encode(), timeout=600)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        if p.returncode != 0:
            raise OSError(f"{command[0]} failed")

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)
        if self.user:
            os.chown(path, self.user["user"], self.user["group"])
        return path

    def url(self, port):
        return f"postgresql://jp:{self.password}@{self.options.listen}:{port}/postgres"

    def start(self):
        pwfile = self.write("pwfile", self.password + "\n")
        self.run(find("initdb"), "-D", self.data, "-N", "-U", "admin", "--pwfile", pwfile, "-E", "UTF8",
                 "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US",
                 "--auth=scram-sha-256")
        settings = dict(self.options.settings)
        hba = "local all all scram-sha-256\nhost all all all scram-sha-256\n"
        if self.options.replica:
            hba += "local replication all scram-sha-256\n"
        if self.options.tls:
            for name, path in zip(("server.crt", "server.key"), self.options.tls):
                with open(path, encoding="utf-8") as f:
                    self.write("data/" + name, f.read())
            settings["ssl"] = "on"
        self.write("data/pg_hba.conf", hba)
        self.port = self.start_server(self.data, settings)
        self.run(find("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.dir, "-p", str(self.port), "-U", "admin",
                 "-d", "template1", env={"PGPASSWORD": self.password},
                 text=f"CREATE ROLE jp LOGIN CREATEDB PASSWORD '{self.verifier}';\n"
                      f"GRANT USAGE ON SCHEMA public TO jp; {LIKE_SQLITE} GRANT USAGE ON SCHEMA t_sqlite TO PUBLIC;")
        if self.options.replica:
            return f"{self.url(self.port)} {self.url(self.port)} {self.url(self.start_replica(settings))}"
        if not self.options.pgbouncer:
            return f"{self.url(self.port)} {self.url(self.port)}"
        self.write("users", f'"jp" "{self.verifier}"\n')
        # No short autodb_idle_timeout: a database of "*" that is looked at while its first client logs in
        # counts as idle from then on, and its clients are thrown out when that time is over.
        self.bouncer, self.bouncer_port = self.listen(self.bounce)
        return f"{self.url(self.bouncer_port)} {self.url(self.port)}"

    def start_replica(self, settings):
        data = os.path.join(self.dir, "replica")
        self.run(find("pg_basebackup"), "-D", data, "-R", "-h", self.dir, "-p", str(self.port), "-U", "admin",
                 "--checkpoint=fast", env={"PGPASSWORD": self.password})
        return self.start_server(data, settings)

    def start_server(self, data, settings):
        """A server of that folder, on the port that is the answer."""
        arguments = [f"-c{name}={value}" for name, value in settings.items()]
        server, port = self.listen(lambda port: self.spawn(
            find("postgres"), "-D", data, "-h", self.options.listen, "-p", str(port), "-k", self.dir, *arguments))
        self.children.insert(0, (server, signal.SIGQUIT))
        return port

    def listen(self, start):
        """A port that is free may be another's a moment later: then the next one is tried."""
        for _ in range(5):
            port = free_port(self.options.listen)
            process = start(port)
            if self.wait(process, port):
                return process, port
            self.end(process, signal.SIGQUIT)
        raise OSError("the server does not start")

    def bounce(self, port):
        """PgBouncer on that port."""
        self.write("pgbouncer.ini", f"""[databases]
* = host={self.options.listen} port={self.port}
[pgbouncer]
listen_addr = {self.options.listen}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {self.dir}/users
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
query_wait_timeout = 20
server_idle_timeout = 5
""")
        return self.spawn(find_bouncer(), "-q", os.path.join(self.dir, "pgbouncer.ini"))

    def bounce_again(self):
        """The same port, which the one before has just left."""
        self.end(self.bouncer, signal.SIGTERM)
        self.bouncer = self.bounce(self.bouncer_port)
        if not self.wait(self.bouncer, self.bouncer_port):
            raise OSError("PgBouncer does not start again")

    def wait(self, process, port):
        """Until it takes connections; False: it has ended, or a minute has."""
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            if subprocess.run([find("pg_isready"), "-q", "-h", self.options.listen, "-p", str(port)],
                              stdin=subprocess.DEVNULL, check=False).returncode == 0:
                return True
            time.sleep(0.02)
        return False

    @staticmethod
    def end(process, how):
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        if self.bouncer:
            self.end(self.bouncer, signal.SIGTERM)
        for process, how in self.children:
            self.end(process, how)
        shutil.rmtree(self.dir, ignore_errors=True)

    def hold(self, lifeline, report):
        """The life of the process apart: starts all, reports, and waits for the pipe's end."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            os.write(report, (self.start() + "\n").encode())
            os.close(report)
            while os.read(lifeline, 1):  # a byte asks for another PgBouncer
                self.bounce_again()
        except (OSError, StopIteration) as e:
            with open(self.log.name, encoding="utf-8", errors="replace") as f:
                sys.stderr.write(f"postgres.py: {e}\n" + "".join(f.readlines()[-20:]))
        finally:
            self.stop()
            os._exit(0)


def find_bouncer():
    found = shutil.which("pgbouncer")
    return found or ("/usr/sbin/pgbouncer" if os.access("/usr/sbin/pgbouncer", os.X_OK) else None)


def hold_apart(options):
    """Starts the process apart; gives its pid, the pipe that keeps it alive, and its report."""
    lifeline_r, lifeline_w = os.pipe()
    report_r, report_w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(lifeline_w)
        os.close(report_r)
        if not options.command:
            # Our stdout is what a caller waits at: it must end with us.
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        Cluster(options).hold(lifeline_r, report_w)
    os.close(lifeline_r)
    os.close(report_w)
    with os.fdopen(report_r, encoding="utf-8") as f:
        line = f.readline().strip()
    return pid, lifeline_w, line


def serve(options, line, lifeline):
    print(line, flush=True)
    end = time.monotonic() + options.limit
    watch = [sys.stdin] if stat.S_ISFIFO(os.fstat(0).st_mode) else []
    while time.monotonic() < end:
        if select.select(watch, [], [], max(0, end - time.monotonic()))[0] and not os.read(0, 4096):
            break
    return 0


def command(options, line):
    url, direct, *replica = line.split()
    env = dict(os.environ, JP_TEST_POSTGRES=url, JP_TEST_POSTGRES_DIRECT=direct,
               JP_TEST_PSQL=find("psql"))
    if replica:
        env["JP_TEST_REPLICA"] = replica[0]
    env.pop("JP_TEST_PREPARE", None)
    env.pop("JP_TEST_TEMPLATE", None)  # of another server
    if options.pgbouncer:
        env["JP_TEST_PREPARE"] = "false"
        env["JP_TEST_POOLER"] = str(os.getpid())
    with subprocess.Popen(options.command, env=env) as p:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it gets its own
        signal.signal(signal.SIGTERM, lambda *_: p.terminate())
        status = p.wait()
    return status if status >= 0 else 128 - status


def main():
    options = Options(sys.argv[1:])
    if not find("initdb") or not find("postgres") or (options.pgbouncer and not find_bouncer()):
        sys.stderr.write("postgres.py: no server is installed\n")
        return 3
    pid, lifeline, line = hold_apart(options)
    try:
        if not line:
            return 1
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if options.pgbouncer:
            signal.signal(signal.SIGUSR1, lambda *_: os.write(lifeline, b"r"))
        if options.command:
            return command(options, line)
        return serve(options, line, lifeline)
    finally:
        os.close(lifeline)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    sys.exit(main())
