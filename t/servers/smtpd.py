#!/usr/bin/env python3
"""A scripted SMTP server for tests.

It takes everything, unless a line of the rules file says otherwise:

    WHERE WHOM ACTION

WHERE is greet, ehlo, auth, mail, rcpt, data (the command), body (in the middle of the message) or end
(after the final dot).  WHOM is * or a substring of the recipient (of the sender, for mail).  ACTION is
a reply ("550 5.1.1 unknown here"), close, late (end only: the message is stored, the reply comes two
seconds after), silent (nothing more is said until the client goes), or
keep-close (end only: the message is stored, and the connection closed without a reply).  The file is
read again for each command, so that a test can change its mind.

Each message taken becomes DIR/N.eml, with its envelope in DIR/N.env (sender, recipient, a line each).
The log has a line an event, the connection's number first.  "port N" on stdout says that it listens;
it runs until it is killed, or with --stdin until its stdin is closed.
"""
import argparse
import base64
import os
import socket
import ssl
import sys
import threading
import time


class Server:
    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.messages = 0
        self.context = None
        if args.cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(args.cert, args.key)

    def log(self, number, *words):
        if not self.args.log:
            return
        with self.lock, open(self.args.log, "a", encoding="utf-8") as f:
            f.write(" ".join([str(number), *words]) + "\n")

    def rule(self, where, whom):
        try:
            with open(self.args.rules, encoding="utf-8") as f:
                lines = f.read().splitlines()
        except (OSError, TypeError):
            return None
        for line in lines:
            parts = line.split(None, 2)
            if len(parts) == 3 and parts[0] == where and (parts[1] == "*" or parts[1] in whom):
                return parts[2]
        return None

    def store(self, sender, recipient, body):
        with self.lock:
            self.messages += 1
            name = os.path.join(self.args.dir, str(self.messages))
        with open(name + ".env", "w", encoding="utf-8") as f:
            f.write(sender + "\n" + recipient + "\n")
        with open(name + ".tmp", "wb") as f:
            f.write(body)
        os.rename(name + ".tmp", name + ".eml")


class Gone(Exception):
    """The connection is to be closed."""


class Session:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.args = server.args
        self.buffer = b""
        self.sender = self.recipient = ""
        self.is_tls = self.args.tls == "implicit"
        self.is_known = False
        self.taken = 0

    def log(self, *words):
        self.server.log(self.number, *words)

    def read_line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Gone
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def say(self, text):
        self.sock.sendall(text.encode() + b"\r\n")

    def act(self, where, whom=""):
        """Follows a rule; False when there is none."""
        action = self.server.rule(where, whom)
        if action is None:
            return False
        self.log("rule", where, action)
        if action == "close":
            raise Gone
        if action == "silent":
            while self.sock.recv(65536):
                pass
            raise Gone
        self.say(action)
        if action.startswith("421"):
            raise Gone
        return True

    def run(self):
        if self.act("greet"):
            raise Gone
        self.say("220 sink.example.com ESMTP")
        while True:
            line = self.read_line().decode("utf-8", "replace")
            verb, _, rest = line.partition(" ")
            handler = getattr(self, "on_" + verb.lower(), None)
            if handler:
                handler(rest)
            else:
                self.say("502 5.5.2 what?")

    def on_ehlo(self, rest):
        self.log("ehlo", rest)
        if self.act("ehlo"):
            return
        offers = ["sink.example.com", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.args.tls == "starttls" and not self.is_tls:
            offers.append("STARTTLS")
        if self.args.auth and (self.is_tls or self.args.tls == "none"):
            offers.append("AUTH " + self.args.mechanisms)
        if self.args.utf8:
            offers.append("SMTPUTF8")
        for offer in offers[:-1]:
            self.say("250-" + offer)
        self.say("250 " + offers[-1])

    def on_starttls(self, _):
        if self.args.tls != "starttls" or self.is_tls:
            self.say("503 5.5.1 not now")
            return
        self.say("220 go ahead")
        self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
        self.buffer = b""
        self.is_tls = True
        self.log("tls")

    def on_auth(self, rest):
        if self.act("auth"):
            return
        mechanism, _, initial = rest.partition(" ")
        if mechanism == "PLAIN":
            if not initial:
                self.say("334 ")
                initial = self.read_line().decode()
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            if not initial:
                self.say("334 VXNlcm5hbWU6")
                initial = self.read_line().decode()
            user = base64.b64decode(initial).decode()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.read_line()).decode()
        self.log("auth", mechanism, user, "tls" if self.is_tls else "clear")
        if user + ":" + password != self.args.auth:
            self.say("535 5.7.8 no")
            return
        self.is_known = True
        self.say("235 2.7.0 welcome")

    def on_mail(self, rest):
        self.log("mail", rest)
        self.sender = rest.partition("<")[2].partition(">")[0]
        if self.args.auth and not self.is_known:
            self.say("530 5.7.0 who are you?")
        elif self.args.limit and self.taken >= self.args.limit:
            self.say("421 4.7.0 enough for one connection")
            raise Gone
        elif not self.act("mail", self.sender):
            self.say("250 2.1.0 fine")

    def on_rcpt(self, rest):
        self.log("rcpt", rest)
        self.recipient = rest.partition("<")[2].partition(">")[0]
        if not self.act("rcpt", self.recipient):
            self.say("250 2.1.5 fine")

    def read_body(self):
        body = b""
        while True:
            line = self.read_line()
            if line == b".":
                return body
            if self.server.rule("body", self.recipient):
                self.act("body", self.recipient)
            body += (line[1:] if line.startswith(b".") else line) + b"\r\n"

    def on_data(self, _):
        self.log("data")
        if self.act("data", self.recipient):
            return
        self.say("354 go on")
        body = self.read_body()
        self.log("end")
        if self.args.delay:
            time.sleep(self.args.delay / 1000)
        if self.server.rule("end", self.recipient) == "keep-close":
            self.server.store(self.sender, self.recipient, body)
            raise Gone
        if self.server.rule("end", self.recipient) == "late":
            self.server.store(self.sender, self.recipient, body)
            self.log("late", self.recipient)
            time.sleep(2)
            self.say("250 2.0.0 taken")
            return
        if self.act("end", self.recipient):
            return
        self.server.store(self.sender, self.recipient, body)
        self.taken += 1
        self.log("stored", self.recipient)
        self.say("250 2.0.0 taken")

    def on_rset(self, _):
        self.say("250 2.0.0 fine")

    def on_quit(self, _):
        self.log("quit")
        self.say("221 2.0.0 bye")
        raise Gone


def serve(server, sock, number):
    try:
        server.log(number, "connect")
        if server.args.tls == "implicit":
            sock = server.context.wrap_socket(sock, server_side=True)
            server.log(number, "tls")
        session = Session(server, sock, number)
        try:
            session.run()
        finally:
            sock = session.sock
    except (Gone, OSError, ValueError):
        pass
    finally:
        server.log(number, "closed")
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


def listen(server, listener):
    number = 0
    while True:
        sock, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(server, sock, number), daemon=True).start()


def main():
    p = argparse.ArgumentParser(description="a scripted SMTP server for tests")
    p.add_argument("--dir", required=True)
    p.add_argument("--log")
    p.add_argument("--rules")
    p.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--auth", help="USER:PASSWORD that is asked for")
    p.add_argument("--mechanisms", default="PLAIN LOGIN")
    p.add_argument("--utf8", action="store_true", help="offer SMTPUTF8")
    p.add_argument("--limit", type=int, default=0, help="messages a connection may carry")
    p.add_argument("--delay", type=int, default=0, help="milliseconds before the reply to the dot")
    p.add_argument("--listen", default="127.0.0.1")
    p.add_argument("--stdin", action="store_true", help="end when stdin is closed")
    args = p.parse_args()
    listener = socket.create_server((args.listen, 0))
    thread = threading.Thread(target=listen, args=(Server(args), listener), daemon=True)
    thread.start()
    print("port", listener.getsockname()[1], flush=True)
    while args.stdin and sys.stdin.buffer.read(4096):
        pass
    if not args.stdin:
        thread.join()


if __name__ == "__main__":
    main()
