#!/usr/bin/env python3
"""Whole visits beside fetchers that drop what they fetch.  Usage: boards.py GENERATOR BARE WORK [N]

N boards (1,000) of 200 KB stand gzip behind nginx on the loopback, which holds each answer back
20 ms; everybody has 16 connections.  In the same run and in turn: curl --parallel, wget2, a bare
loop of libcurl (BARE, t/bench/bareloop.c), and jp-scrape, which besides fetching reads, normalises
and stores: a first visit, one where nothing changed, one where 1 % of the boards changed, one where
every board came again in the same bytes without validators, and one where 1 % of the postings
changed.  Then the peak memory for a tenth of the boards, for all, and for 5 times as many small
ones.  No limit of politeness holds here.
One figure a line: name, value, unit.
"""
import gzip
import html
import importlib.util
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

CONNECTIONS, DELAY, SIZE, ROUNDS = 16, 0.02, 200000, 3


def tell(name, value, unit):
    print("boards %s\t%.*f\t%s" % (name, 2 if value < 100 else 0, value, unit), flush=True)


# ---- what is served --------------------------------------------------------------------------

def greenhouse(p, number):
    """A generated posting as that service has it: its text escaped once more than JSON asks for."""
    parts = html.escape(p["text"], quote=False).split("\n\n")
    markup = "".join("<p>%s</p>" % part.replace("\n", "<br>") for part in parts)
    return {"id": number, "internal_job_id": number, "title": p["title"],
            "company_name": p["company"], "absolute_url": "https://jobs.example.com/%d" % number,
            "location": {"name": "%s, %s" % (p["city"], p["country"])},
            "content": html.escape(markup), "first_published": "2026-09-01T08:00:00Z",
            "updated_at": "2026-09-01T08:00:00Z"}


def write(folder, name, jobs):
    body = json.dumps({"jobs": jobs, "meta": {"total": len(jobs)}}, separators=(",", ":")).encode()
    with open("%s/%s.json.gz" % (folder, name), "wb") as f:
        f.write(gzip.compress(body, 6, mtime=0))
    return len(jobs)


def generate(generator, folder, n, size):
    """Writes the boards once; a seed of its own for each, so that no two have the same postings."""
    made = folder + "/made"
    if not os.path.exists(made):
        spec = importlib.util.spec_from_file_location("workload", generator)
        gen = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(gen)
        os.makedirs(folder, exist_ok=True)
        pool = [gen.posting(random.Random(i), i) for i in range(2000)]
        r, total = random.Random(1), 0
        for b in range(n):
            jobs, length = [], 0
            while length < size:
                jobs.append(greenhouse(r.choice(pool), b * 1000 + len(jobs)))
                length += len(jobs[-1]["content"]) + 350
            total += write(folder, "b%04d" % b, jobs)
        with open(made, "w") as f:
            f.write(str(total))
    with open(made) as f:
        return int(f.read())


def change(folder, n, each, postings):
    """Every so many boards have so many postings with another title."""
    for b in range(0, n, each):
        path = "%s/b%04d.json.gz" % (folder, b)
        with gzip.open(path) as f:
            jobs = json.load(f)["jobs"]
        for job in jobs[:postings]:
            job["title"] += " II"
        write(folder, "b%04d" % b, jobs)


CONF = """daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
load_module %s;
events { worker_connections 512; }
http {
	access_log off; default_type application/json; keepalive_requests 1000000;
	client_body_temp_path tmp; proxy_temp_path tmp;
	fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
	server {
		listen 127.0.0.1:%d;
		location = /robots.txt { return 404; }
		location ~ ^/(?<same>same/)?v1/boards/(?<set>[a-z0-9]+)-(?<name>b[0-9]+)/jobs$ {
			echo_sleep %s;
			echo_exec /files/$same$set/$name.json;
		}
		location /files/ { internal; alias %s/; gzip_static always; }
		location /files/same/ {
			internal; alias %s/; gzip_static always;
			etag off; if_modified_since off; add_header Last-Modified "";
		}
	}
}
"""


class Server:
    def __init__(self, work):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        folder = work + "/nginx"
        os.makedirs(folder, exist_ok=True)
        module = "/usr/lib/nginx/modules/ngx_http_echo_module.so"
        with open(folder + "/conf", "w") as f:
            f.write(CONF % (module, self.port, DELAY, work, work))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", folder + "/conf"])
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        sys.exit("nginx does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


# ---- who asks --------------------------------------------------------------------------------

class Failed(Exception):
    pass


def timed(command, env=None):
    """Seconds, seconds of the processor and peak memory in MiB of a command."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed("%s ends with %d" % (command[0], child.returncode))
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def fetchers(bare, work, urls):
    """Commands that fetch all and drop it; those not installed are left out."""
    with open(work + "/urls", "w") as f:
        f.write("".join(u + "\n" for u in urls))
    with open(work + "/curl", "w") as f:
        f.write("".join('url = "%s"\noutput = /dev/null\n' % u for u in urls))
    n = str(CONNECTIONS)
    all = {"curl": ["curl", "-s", "--no-progress-meter", "--compressed", "-Z",
                    "--parallel-max", n, "-K", work + "/curl"],
           "wget2": ["wget2", "-q", "--no-config", "--max-threads=" + n, "-O", "/dev/null",
                     "-i", work + "/urls"],
           "bare loop": [bare, n, work + "/urls"]}
    for name in list(all):
        if not shutil.which(all[name][0]):
            print("# skipped: %s is not installed" % name)
            del all[name]
    return all


class Site:
    """A fresh database and a configuration without limits."""

    def __init__(self, work, port, set, n):
        self.folder = "%s/site" % work
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.port = port
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("JP_")}
        self.env["JP_CONFIG"] = self.folder + "/jobping.yaml"
        self.configure("")
        with open(self.folder + "/boards.csv", "w") as f:
            f.write("kind,token\n")
            f.writelines("greenhouse,%s-b%04d\n" % (set, i) for i in range(n))
        self.run(["jp-db", "init", "-q"])
        self.run(["jp-board", "import", "-q", self.folder + "/boards.csv"])

    def run(self, command):
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def configure(self, prefix):
        with open(self.env["JP_CONFIG"], "w") as f:
            f.write("""database: %s/site.db
http:
  allow: [127.0.0.1]
  min_interval: 0s
  per_host: %d
  per_hour: 0
  per_day: 0
  max_connections: %d
  limits: [127.0.0.1 interval=0s at_once=%d hour=0 day=0]
scrape: {per_host: 64}
boards: {greenhouse: "http://127.0.0.1:%d%s"}
""" % (self.folder, CONNECTIONS, CONNECTIONS, CONNECTIONS, self.port, prefix))

    def visit(self):
        return timed(["jp-scrape", "-q", "-a"], self.env)

    def ask(self, question):
        command = ["sqlite3", self.folder + "/site.db", question]
        return int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# ---- the cases -------------------------------------------------------------------------------

def median(list):
    return sorted(list)[len(list) // 2]


def in_turn(peers, visit, n):
    """Everybody in turn, several times: seconds by name, the median.  A peer's run that fails does
    not count, and one that never does is left out."""
    all = {}
    for _ in range(ROUNDS):
        for name, command in peers.items():
            try:
                all.setdefault(name, []).append(timed(command))
            except Failed as why:
                print("# %s" % why, flush=True)
        all.setdefault("first visit", []).append(visit())
    all = {name: runs for name, runs in all.items() if runs}
    result = {}
    for name, runs in all.items():
        result[name] = median([r[0] for r in runs])
        tell(name, n / result[name], "boards/s")
        tell(name + ", processor", 1000 * median([r[1] for r in runs]) / n, "ms a board")
    for name in [name for name in peers if name in result]:
        tell("first visit against " + name, result[name] / result["first visit"], "times as fast")
    return result["first visit"]


def later_visits(site, folder, n, n_postings, first):
    def case(name):
        s, processor, _ = site.visit()
        tell(name, n / s, "boards/s")
        tell(name + ", processor", 1000 * processor / n, "ms a board")
        tell(name + " against first", first / s, "times as fast")

    case("unchanged visit")
    change(folder, n, 100, 1)
    case("1 % of boards changed")
    site.configure("/same")
    case("same bytes, no validators")
    site.configure("")
    change(folder, n, 2, 1)
    case("1 % of postings changed")
    if site.ask("SELECT count(*) FROM posting WHERE closed_at IS NULL") != n_postings:
        sys.exit("not every posting was stored")


def memory(work, server, set, n, size):
    peak = Site(work, server.port, set, n).visit()[2]
    tell("peak memory, %d boards of %s" % (n, size), peak, "MiB")


def main(generator, bare, work, n):
    folder = work + "/big"
    shutil.rmtree(folder, ignore_errors=True)
    n_postings = generate(generator, work + "/kept%d" % n, n, SIZE)
    shutil.copytree(work + "/kept%d" % n, folder)
    generate(generator, work + "/small%d" % n, 5 * n, 4000)
    server = Server(work)
    try:
        url = "http://127.0.0.1:%d/v1/boards/big-b%04d/jobs?content=true"
        urls = [url % (server.port, i) for i in range(n)]
        sites = []

        def visit():
            sites[:] = [Site(work, server.port, "big", n)]
            return sites[0].visit()

        first = in_turn(fetchers(bare, work, urls), visit, n)
        tell("first visit, postings", n_postings / first, "postings/s")
        later_visits(sites[0], folder, n, n_postings, first)
        memory(work, server, "big", max(n // 10, 1), "200 KB")
        memory(work, server, "big", n, "200 KB")
        memory(work, server, "small%d" % n, 5 * n, "4 KB")
    except Failed as why:
        sys.exit(str(why))
    finally:
        server.stop()
        shutil.rmtree(work + "/site", ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    if not os.path.exists("/usr/lib/nginx/modules/ngx_http_echo_module.so"):
        print("# skipped: boards (nginx cannot hold answers back)")
    else:
        main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 1000)
