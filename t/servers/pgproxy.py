#!/usr/bin/env python3
"""Stands between a program and PostgreSQL and loses the connection at the Nth request.

    pgproxy.py --to HOST:PORT --plan FILE [--for SECONDS]

Prints "port N" when it listens on 127.0.0.1.  Ends on SIGTERM or after SECONDS ($T_LIFE, or 900).  The plan is
read anew for every connection; when it is another one than before, counting begins at 1.  It says

    SERIAL WHERE N HOW

SERIAL makes it another one.  A request is what the client ends with a Sync or a Query message, so
each BEGIN, each statement and each COMMIT is one; they are counted over all connections.  WHERE is

    before   the Nth request never reaches the server
    half     half of it does
    after    the server has done it and answered, but the answer is lost: a COMMIT's for one
    never    nothing is lost

HOW is rst (the client is told by a reset), end (by an orderly end), or silent (nothing more is heard,
in both directions, until the client goes; the server sees nothing of its going).  When it has happened
FILE.done is made.  Later connections pass, unless HOW has "-down" behind it: then they are reset.

Protocol: PostgreSQL's, version 3.  TLS and GSS encryption are refused, so that it can be read.
"""
import argparse
import os
import socket
import struct
import threading
import time

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


class Plan:
    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.text, self.where, self.at, self.how = "", "never", 0, "rst"
        self.count, self.is_down = 0, False

    def read(self):
        """False: no connection is let through."""
        with self.lock:
            try:
                with open(self.path, encoding="utf-8") as f:
                    text = f.read()
            except OSError:
                text = ""
            if text != self.text:
                self.text, self.count, self.is_down = text, 0, False
                _, self.where, at, self.how = (text.split() + ["", "", "0", ""])[:4] if text else ("", "never", "0", "")
                self.at = int(at)
            return not self.is_down

    def request(self):
        """Counts one; true when it is the one."""
        with self.lock:
            self.count += 1
            if self.where == "never" or self.count != self.at:
                return False
            if self.how.endswith("-down"):
                self.is_down = True
            with open(self.path + ".done", "w", encoding="utf-8") as f:
                f.write(f"{self.count}\n")
            return True


class Connection:
    def __init__(self, plan, client, server):
        self.plan, self.client, self.server = plan, client, server
        self.is_cut = threading.Event()
        self.wants_ready = threading.Event()  # cut when the server is ready again

    def run(self):
        if not self.startup():
            return
        threading.Thread(target=self.answers, daemon=True).start()
        try:
            self.requests()
        except OSError:
            pass
        if not self.is_cut.is_set():
            shut(self.server, False)
            shut(self.client, False)

    def startup(self):
        while True:
            head = self.exactly(8)
            if not head:
                return False
            length, code = struct.unpack("!ii", head)
            if code in (SSL_REQUEST, GSS_REQUEST):
                self.client.sendall(b"N")
                continue
            self.server.sendall(head + (self.exactly(length - 8) or b""))
            return code != CANCEL_REQUEST

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.client.recv(n - len(data))
            if not more:
                return b""
            data += more
        return data

    def requests(self):
        """Passes messages on; a request that is to be lost is held back whole until its end is seen."""
        held, is_login = b"", True
        while True:
            head = self.exactly(5)
            if not head:
                return
            kind, length = head[:1], struct.unpack("!i", head[1:])[0]
            held += head + (self.exactly(length - 4) if length > 4 else b"")
            is_login = is_login and kind == b"p"
            if kind not in b"SQ" and not is_login and kind not in b"XHpdcf":
                continue
            if kind in b"SQ" and self.plan.request():
                where = self.plan.where
                if where == "after":
                    self.wants_ready.set()
                    self.server.sendall(held)
                    return self.wait_for_cut()
                if where == "half":
                    self.server.sendall(held[:len(held) // 2])
                return self.cut()
            self.server.sendall(held)
            held = b""

    def wait_for_cut(self):
        self.is_cut.wait(60)

    def answers(self):
        """From the server to the client, message by message, so that the end of a request is seen."""
        buffer = b""
        try:
            while True:
                data = self.server.recv(65536)
                if not data:
                    break
                if not self.wants_ready.is_set():
                    buffer = split(buffer + data)[1]
                    if self.is_cut.is_set():
                        continue
                    self.client.sendall(data)
                    continue
                kinds, buffer = split(buffer + data)
                if b"Z" in kinds:
                    self.cut()
                    return
        except OSError:
            pass
        if self.wants_ready.is_set():
            self.cut()
        elif not self.is_cut.is_set():
            shut(self.client, False)

    def cut(self):
        self.is_cut.set()
        how = self.plan.how.split("-")[0]
        if how == "silent":
            try:
                while self.client.recv(65536):
                    pass
            except OSError:
                pass
            # The server is not told: to it the machine has vanished.
            return
        shut(self.client, how == "rst")
        shut(self.server, False)  # a reset would wait for the thread that reads there


def split(data):
    """The kinds of the whole messages in data, and what is left."""
    kinds = []
    while len(data) >= 5:
        length = 1 + struct.unpack("!i", data[1:5])[0]
        if len(data) < length:
            break
        kinds.append(data[:1])
        data = data[length:]
    return kinds, data


def shut(sock, is_reset):
    try:
        if is_reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        else:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--for", dest="limit", type=float, default=float(os.environ.get("T_LIFE", 900)))
    args = parser.parse_args()
    host, port = args.to.rsplit(":", 1)
    plan = Plan(args.plan)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print("port", listener.getsockname()[1], flush=True)
    threading.Timer(args.limit, os._exit, (0,)).start()
    kept = []
    while True:
        client, _ = listener.accept()
        if not plan.read():
            shut(client, True)
            continue
        try:
            server = socket.create_connection((host, int(port)))
        except OSError:
            shut(client, True)
            continue
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(plan, client, server)
        kept = kept[-50:] + [connection]
        threading.Thread(target=guarded, args=(connection,), daemon=True).start()


def guarded(connection):
    try:
        connection.run()
    except (OSError, struct.error):
        shut(connection.client, True)
        shut(connection.server, False)


if __name__ == "__main__":
    main()
