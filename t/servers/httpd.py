#!/usr/bin/python3
"""A scripted HTTP server for tests: it is slow, lies and breaks off as its script says.

    httpd.py SCRIPT [--log FILE] [--tls CERT KEY] [--for SECONDS] [--also ADDRESS]...

Prints "port N" when it listens on 127.0.0.1, and on the same port of other addresses.  Ends when its stdin (a pipe) closes, on SIGTERM, or
after SECONDS ($T_LIFE, or 900).  SCRIPT is JSON: a path, without its query, to a behaviour or to a list of them
(the nth request gets the nth, the last repeats); it may be replaced between requests.  In headers and bodies {port} is our port.  A
behaviour may have

    status 200, reason, headers {name: value or [values]}, body TEXT, file PATH beside the script,
    repeat N          the body that many times
    gzip true         coded, said so;  bomb MIB: gzip of so many MiB of blanks
    empty_blocks N    gzip that inflates to nothing however long it is
    chunked true      or length N (a lie), or length "none" (ends with the connection)
    etag, last_modified   sent, and answered with 304 to a request that has them
    delay S           before the answer;  drip S: between the bytes of the head
    hold PATH         no answer while this file is there, beside the script
    fat N             so many bytes of headers more
    stall_after N     after so many bytes of body silence, until the client goes
    cut_after N       the connection ends after so many bytes of body; 0 with head_cut: inside the head
    drop true         the connection ends without an answer;  reset true: by RST
    raw TEXT          these bytes and the end, whatever they are
    close true        the connection ends after the answer
    redirect URL      302, or the status given
    echo true         the body is the request as JSON

The log is a line a request when it is over:
    START-MS  END-MS  CONNECTION  METHOD  TARGET  REQUEST-AS-JSON
"""
import gzip
import json
import os
import select
import signal
import socket
import ssl
import stat
import struct
import sys
import threading
import time
import zlib

ENOUGH = 256 * 1024  # of a request


class Server:
    def __init__(self, args):
        self.script_dir = os.path.dirname(os.path.abspath(args[0]))
        self.script_path, self.script_stamp = args[0], None
        self.log, self.tls, self.limit = None, None, float(os.environ.get("T_LIFE", 900))
        also = []
        rest = args[1:]
        while rest:
            option = rest.pop(0)
            if option == "--log":
                self.log = open(rest.pop(0), "a", encoding="utf-8")
            elif option == "--tls":
                self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.tls.load_cert_chain(rest.pop(0), rest.pop(0))
            elif option == "--for":
                self.limit = float(rest.pop(0))
            elif option == "--also":
                also.append(rest.pop(0))
            else:
                sys.exit(f"httpd.py: unknown option {option}")
        self.counts = {}
        self.read_script()
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.n_connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.listeners = [self.listener] + [socket.create_server((a, self.port), backlog=128) for a in also]

    def read_script(self):
        """Reads the script, and again when it was replaced; then the counting begins anew."""
        stat_now = os.stat(self.script_path)
        stamp = (stat_now.st_mtime_ns, stat_now.st_size, stat_now.st_ino)
        if stamp == self.script_stamp:
            return
        with open(self.script_path, encoding="utf-8") as f:
            self.script = json.load(f)
        self.script_stamp, self.counts = stamp, {}

    def behaviour(self, path):
        """The next one for this path; None: not in the script."""
        with self.lock:
            self.read_script()
        entry = self.script.get(path)
        if not isinstance(entry, list):
            return entry
        with self.lock:
            n = self.counts.get(path, 0)
            self.counts[path] = n + 1
        return entry[min(n, len(entry) - 1)]

    def note(self, start, connection, request):
        if not self.log:
            return
        line = "\t".join([str(int(start * 1000)), str(int(time.monotonic() * 1000)), str(connection),
                          request["method"], request["target"], json.dumps(request)])
        with self.lock:
            self.log.write(line + "\n")
            self.log.flush()

    def serve(self):
        print(f"port {self.port}", flush=True)
        for listener in self.listeners:
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        end = time.monotonic() + self.limit
        watch = [sys.stdin] if stat.S_ISFIFO(os.fstat(0).st_mode) else []
        while time.monotonic() < end:
            if select.select(watch, [], [], max(0, end - time.monotonic()))[0] and not os.read(0, 4096):
                break
        self.over.set()
        os._exit(0)

    def accept(self, listener):
        while True:
            sock, _ = listener.accept()
            with self.lock:
                self.n_connections += 1
            threading.Thread(target=Connection(self, sock, self.n_connections).run, daemon=True).start()


class Connection:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.buffer = b""

    def run(self):
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.server.tls:
                self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
            while self.one():
                pass
        except (OSError, ValueError):
            pass  # the client went away, or talks nonsense: both are its own affair
        finally:
            self.sock.close()

    def more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data) and len(self.buffer) <= ENOUGH

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            if not self.more():
                return None
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return {"method": method, "target": target, "headers": headers, "body": body.decode("utf-8", "replace")}

    def one(self):
        """One request and its answer; False ends the connection."""
        request = self.read_request()
        if request is None:
            return False
        start = time.monotonic()
        b = self.server.behaviour(request["target"].split("?")[0])
        if b is None:
            b = {"status": 404, "body": "not in the script\n"}
        try:
            return self.answer(request, b)
        finally:
            self.server.note(start, self.number, request)

    def wait(self, seconds):
        self.server.over.wait(seconds)

    def fill(self, text):
        return text.replace("{port}", str(self.server.port))

    def body(self, request, b):
        if "file" in b:
            with open(os.path.join(self.server.script_dir, b["file"]), "rb") as f:
                body = f.read()
        elif b.get("echo"):
            body = json.dumps(request).encode()
        else:
            body = self.fill(b.get("body", "")).encode()
        body *= b.get("repeat", 1)
        if b.get("gzip"):
            return gzip.compress(body)
        if "bomb" in b:
            # A MiB is compressed once and repeated: a full flush makes each stand alone.
            block, n, crc = b" " * 1048576, b["bomb"], 0
            z = zlib.compressobj(9, zlib.DEFLATED, -15)
            piece = z.compress(block) + z.flush(zlib.Z_FULL_FLUSH)
            for _ in range(n):
                crc = zlib.crc32(block, crc)
            end = crc.to_bytes(4, "little") + ((n << 20) & 0xFFFFFFFF).to_bytes(4, "little")
            return gzip.compress(b"")[:10] + piece * n + b"\x03\x00" + end
        if "empty_blocks" in b:
            return gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * b["empty_blocks"]
        return body

    def head(self, b, body, status):
        lines = [f"HTTP/1.1 {status} {b.get('reason', 'As Asked')}"]
        for name, value in b.get("headers", {}).items():
            for v in value if isinstance(value, list) else [value]:
                lines.append(f"{name}: {self.fill(v)}")
        if "redirect" in b:
            lines.append("Location: " + self.fill(b["redirect"]))
        if "etag" in b:
            lines.append("ETag: " + b["etag"])
        if "last_modified" in b:
            lines.append("Last-Modified: " + b["last_modified"])
        if status != 304 and (b.get("gzip") or "bomb" in b or "empty_blocks" in b):
            lines.append("Content-Encoding: gzip")
        if b.get("chunked"):
            lines.append("Transfer-Encoding: chunked")
        elif b.get("length") != "none" and status != 304:
            lines.append(f"Content-Length: {b.get('length', len(body))}")
        if b.get("close") or b.get("length") == "none":
            lines.append("Connection: close")
        for i in range(0, b.get("fat", 0), 1000):
            lines.append(f"X-Fat-{i}: " + "x" * 985)
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def answer(self, request, b):
        if b.get("delay"):
            self.wait(b["delay"])
        while "hold" in b and os.path.exists(os.path.join(self.server.script_dir, b["hold"])):
            self.wait(0.01)
        if b.get("reset"):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if b.get("drop") or b.get("reset"):
            return False
        if "raw" in b:
            self.sock.sendall(b["raw"].encode())
            return False
        have, known = request["headers"], False
        if "etag" in b and have.get("if-none-match") == b["etag"]:
            known = True
        if "last_modified" in b and have.get("if-modified-since") == b["last_modified"]:
            known = True
        status = 304 if known else b.get("status", 302 if "redirect" in b else 200)
        body = b"" if known else self.body(request, b)
        head = self.head(b, body, status)
        if b.get("head_cut"):
            self.sock.sendall(head[:len(head) // 2])
            return False
        if b.get("drip"):
            for i in range(len(head)):
                self.sock.sendall(head[i:i + 1])
                self.wait(b["drip"])
        else:
            self.sock.sendall(head)
        return self.send_body(b, body)

    def send_body(self, b, body):
        limit = b.get("stall_after", b.get("cut_after", len(body)))
        part = body[:limit]
        if b.get("chunked"):
            for i in range(0, len(part), 7000):
                chunk = part[i:i + 7000]
                self.sock.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if limit >= len(body) and "stall_after" not in b:
                self.sock.sendall(b"0\r\n\r\n")
        else:
            self.sock.sendall(part)
        if "stall_after" in b:
            self.sock.recv(1)  # until the client has had enough
            return False
        return not (b.get("close") or "cut_after" in b or "length" in b)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    Server(sys.argv[1:]).serve()
