#!/usr/bin/python3
"""A town of made-up boards, in the shapes of several services, some of which fail in their own way.

    town.py FOLDER BOARDS [--sound] [--tiny]

Writes into FOLDER what httpd.py and a test need, for as many BOARDS:

    script.json    the script of httpd.py; healthy boards have an ETag where they are one GET
    boards.txt     their names; {port} stands for the server's port, {tls} for that of a second one
                   whose certificate nobody trusts
    expected.tsv   what a first visit must come to: NAME STATUS REASON-PATTERN POSTINGS
    postings.tsv   every posting of boards that answer: NAME EXTERNAL-ID TITLE
    again.tsv      what a second visit asks when nothing changed: NAME METHOD TARGET

Every twentieth board fails, each in another way, unless --sound; --tiny makes one posting a board, of a
service without details.  The same arguments give the same town, but for one date.
"""
import html
import json
import os
import sys
import time
from email.utils import formatdate

TRADES = ["Baker", "Cooper", "Dyer", "Fuller", "Glazier", "Harbour Pilot", "Lamp Keeper", "Miller", "Rope Maker",
          "Saddler", "Thatcher", "Weaver"]
PLACES = [("Bergen", "Norway"), ("Ghent", "Belgium"), ("Porto", "Portugal"), ("Cork", "Ireland")]
PAGE = "<!doctype html><html><head><title>{}</title></head><body>{}</body></html>"


class Job:
    def __init__(self, board, n):
        self.n = n
        self.trade = TRADES[(board + n) % len(TRADES)]
        self.title = f"{self.trade} of ward {board}, shift {n}"
        self.city, self.country = PLACES[(board * 3 + n) % len(PLACES)]
        self.text = f"<p>Works in ward {board}.</p><ul><li>Rises at {n + 4}</li><li>Owns boots</li></ul>"
        self.day = f"2026-09-{1 + n % 28:02}"


# A kind: the board's name, the path that is asked, the listing's body, each posting's id, and for those
# with descriptions apart the paths and bodies of these.

def greenhouse(board, jobs):
    entries = [{"id": 1000 * board + j.n, "title": j.title, "updated_at": j.day + "T10:00:00Z",
                "absolute_url": f"https://boards.example/{board}/{j.n}", "location": {"name": j.city},
                "content": html.escape(j.text), "departments": [], "offices": [], "metadata": None,
                "internal_job_id": j.n} for j in jobs]
    return {"name": f"greenhouse:ward{board}", "path": f"/v1/boards/ward{board}/jobs",
            "query": "?content=true", "ids": [e["id"] for e in entries],
            "body": {"jobs": entries, "meta": {"total": len(entries)}}}


def lever(board, jobs):
    entries = [{"id": f"lv-{board}-{j.n}", "text": j.title, "description": j.text, "lists": [], "additional": "",
                "categories": {"location": j.city, "commitment": "Full-time", "allLocations": [j.city]},
                "workplaceType": "on-site", "hostedUrl": f"https://jobs.example/{board}/{j.n}",
                "createdAt": 1788000000000 + j.n} for j in jobs]
    return {"name": f"lever:ward{board}", "path": f"/v0/postings/ward{board}", "query": "?mode=json",
            "ids": [e["id"] for e in entries], "body": entries}


def ashby(board, jobs):
    entries = [{"id": f"as-{board}-{j.n}", "title": j.title, "location": j.city, "isListed": True,
                "employmentType": "FullTime", "workplaceType": "OnSite", "descriptionHtml": j.text,
                "secondaryLocations": [], "publishedAt": j.day + "T09:00:00.000+00:00",
                "jobUrl": f"https://ashby.example/{board}/{j.n}"} for j in jobs]
    return {"name": f"ashby:ward{board}", "path": f"/posting-api/job-board/ward{board}",
            "query": "?includeCompensation=true", "ids": [e["id"] for e in entries],
            "body": {"apiVersion": "1", "jobs": entries}}


def workable(board, jobs):
    entries = [{"shortcode": f"{board:06X}{j.n:04X}", "title": j.title, "city": j.city, "country": j.country,
                "employment_type": "Full-time", "telecommuting": False, "description": j.text,
                "url": f"https://apply.example/j/{board}-{j.n}", "published_on": j.day, "locations": []}
               for j in jobs]
    return {"name": f"workable:ward{board}", "path": f"/api/v1/widget/accounts/ward{board}",
            "query": "?details=true", "ids": [e["shortcode"] for e in entries],
            "body": {"name": f"Ward {board}", "description": "", "jobs": entries}}


def recruitee(board, jobs):
    entries = [{"id": 2000 * board + j.n, "slug": f"o-{j.n}", "title": j.title, "company_name": f"Ward {board}",
                "city": j.city, "country": j.country, "description": j.text, "requirements": "",
                "careers_url": f"https://ward{board}.example/o/{j.n}", "published_at": j.day + " 08:00:00 UTC"}
               for j in jobs]
    return {"name": f"recruitee:ward{board}", "path": f"/ward{board}/api/offers/",
            "ids": [e["id"] for e in entries], "body": {"offers": entries}}


def personio(board, jobs):
    rows = "".join(f"<position><id>{3000 * board + j.n}</id><office>{j.city}</office><name>{j.title}</name>"
                   f"<jobDescriptions><jobDescription><name>Work</name><value><![CDATA[{j.text}]]></value>"
                   f"</jobDescription></jobDescriptions><schedule>full-time</schedule>"
                   f"<createdAt>{j.day}T12:14:07+0200</createdAt></position>" for j in jobs)
    return {"name": f"personio:ward{board}", "path": f"/ward{board}/xml", "query": "?language=en",
            "ids": [3000 * board + j.n for j in jobs],
            "body": f'<?xml version="1.0" encoding="UTF-8"?><workzag-jobs>{rows}</workzag-jobs>'}


def teamtailor(board, jobs):
    items = [{"id": f"tt-{board}-{j.n}", "title": j.title, "content_html": j.text,
              "url": f"https://tt.example/{board}/{j.n}", "date_published": j.day + "T08:33:05+02:00",
              "_jobposting": {"@type": "JobPosting", "title": j.title, "employmentType": "FULL_TIME",
                              "jobLocation": [{"@type": "Place", "address": {"addressLocality": j.city}}]}}
             for j in jobs]
    return {"name": f"teamtailor:ward{board}", "path": f"/ward{board}/jobs.json",
            "ids": [i["id"] for i in items],
            "body": {"version": "https://jsonfeed.org/version/1.1", "title": f"Ward {board}", "items": items}}


def pinpoint(board, jobs):
    entries = [{"id": str(5000 * board + j.n), "title": j.title, "description": j.text, "employment_type": "full_time",
                "url": f"https://pp.example/{board}/{j.n}", "workplace_type": "onsite",
                "location": {"city": j.city, "name": j.city}} for j in jobs]
    return {"name": f"pinpoint:ward{board}", "path": f"/ward{board}/postings.json",
            "ids": [e["id"] for e in entries], "body": {"data": entries}}


def feed(board, jobs, host="127.0.0.2"):
    items = "".join(f"<item><guid>f-{board}-{j.n}</guid><title>{j.title}</title>"
                    f"<link>https://feeds.example/{board}/{j.n}</link>"
                    f"<description>{html.escape(j.text)}</description></item>" for j in jobs)
    return {"name": f"feed:http://{host}:{{port}}/{board}/all.rss", "path": f"/{board}/all.rss",
            "ids": [f"f-{board}-{j.n}" for j in jobs],
            "body": f'<rss version="2.0"><channel><title>Ward {board}</title>{items}</channel></rss>'}


def structured(board, j):
    return {"@context": "https://schema.org", "@type": "JobPosting", "title": j.title, "description": j.text,
            "identifier": {"@type": "PropertyValue", "value": f"jp-{board}-{j.n}"}, "datePosted": j.day,
            "hiringOrganization": {"@type": "Organization", "name": f"Ward {board}"},
            "url": f"https://ward{board}.example/jobs/{j.n}",
            "jobLocation": {"@type": "Place", "address": {"addressLocality": j.city, "addressCountry": j.country}}}


def page_of(objects):
    return PAGE.format("Jobs", "".join(f'<script type="application/ld+json">{json.dumps(o)}</script>'
                                       for o in objects))


def jobposting(board, jobs, host="127.0.0.2"):
    return {"name": f"jobposting:http://{host}:{{port}}/{board}/jobs/", "path": f"/{board}/jobs/",
            "ids": [f"jp-{board}-{j.n}" for j in jobs], "body": page_of(structured(board, j) for j in jobs)}


def workday(board, jobs):
    def path(j):
        return f"/job/{j.city}/{j.trade.replace(' ', '-')}_JR-{board}-{j.n}"

    entries = [{"title": j.title, "externalPath": path(j), "locationsText": j.city, "postedOn": "Posted Today",
                "bulletFields": [f"JR-{board}-{j.n}"]} for j in jobs]
    root = f"/wday/cxs/ward{board}/Careers"
    return {"name": f"workday:ward{board}.wd5/Careers", "path": root + "/jobs", "method": "POST",
            "ids": [f"JR-{board}-{j.n}" for j in jobs],
            "body": {"total": len(entries), "jobPostings": entries, "facets": []},
            "details": {root + path(j): {"jobPostingInfo": {"title": j.title, "jobDescription": j.text,
                                                            "location": j.city, "timeType": "Full time"}}
                        for j in jobs}}


def bamboohr(board, jobs):
    entries = [{"id": str(j.n), "jobOpeningName": j.title, "departmentLabel": None, "isRemote": None,
                "employmentStatusLabel": "Full-Time", "location": {"city": j.city, "state": None},
                "atsLocation": {"country": j.country, "city": None}, "locationType": "0"} for j in jobs]
    return {"name": f"bamboohr:ward{board}", "path": f"/ward{board}/careers/list", "ids": [e["id"] for e in entries],
            "body": {"meta": {"totalCount": len(entries)}, "result": entries},
            "details": {f"/ward{board}/careers/{j.n}/detail":
                        {"result": {"jobOpening": {"description": j.text, "datePosted": j.day}}} for j in jobs}}


def smartrecruiters(board, jobs):
    entries = [{"id": f"{7000 * board + j.n}", "name": j.title, "company": {"name": f"Ward {board}"},
                "releasedDate": j.day + "T10:16:34.476Z", "typeOfEmployment": {"label": "Full-time"},
                "location": {"city": j.city, "country": "no"}} for j in jobs]
    root = f"/v1/companies/ward{board}/postings"
    return {"name": f"smartrecruiters:ward{board}", "path": root, "query": "?limit=100&offset=0",
            "ids": [e["id"] for e in entries],
            "body": {"offset": 0, "limit": 100, "totalFound": len(entries), "content": entries},
            "details": {f"{root}/{e['id']}": {**e, "jobAd": {"sections": {"jobDescription": {
                "title": "Work", "text": j.text}}}} for e, j in zip(entries, jobs)}}


def sitemap(board, jobs, host="127.0.0.2"):
    pages = {f"/{board}/careers/opening-{j.n}": j for j in jobs}
    urls = "".join(f"<url><loc>http://{host}:{{port}}{p}</loc><lastmod>{j.day}</lastmod></url>"
                   for p, j in pages.items())
    return {"name": f"sitemap:http://{host}:{{port}}/{board}/sitemap.xml", "path": f"/{board}/sitemap.xml",
            "ids": [f"http://{host}:{{port}}{p}" for p in pages],
            "body": f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
            "details": {p: page_of([structured(board, j)]) for p, j in pages.items()}}


KINDS = [greenhouse, lever, ashby, workable, recruitee, personio, teamtailor, pinpoint, feed, jobposting, workday,
         bamboohr, smartrecruiters, sitemap]


def text_of(body):
    return body if isinstance(body, str) else json.dumps(body)


def whole(b):
    """The behaviour of a board that is well."""
    answer = {"body": text_of(b["body"])}
    if b.get("method") != "POST":
        answer["etag"] = f'W/"{b["name"]}"'
    return answer


CHALLENGE = PAGE.format("Just a moment...", '<div id="challenge-error-text">Enable JavaScript and cookies to continue'
                        '</div><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>')
WORDS = PAGE.format("Careers", "<h1>Work with us</h1>")
LOGIN = PAGE.format("Sign in", '<form action="/login" method="post"><input type="password" name="p"></form>')


def cut(b):
    return {"body": text_of(b["body"]), "cut_after": 40}


def too_long(b):
    return {"body": text_of(b["body"]), "length": len(text_of(b["body"]).encode()) + 1000}


def too_short(b):
    return {"body": text_of(b["body"]), "length": len(text_of(b["body"]).encode()) // 2, "close": True}


def fewer(b):
    return {"body": json.dumps({"jobs": b["body"]["jobs"], "meta": {"total": 99}})}


def emptied(b):
    return [whole(b), {"body": json.dumps({"jobs": [], "meta": {"total": 0}})}]


# A way to fail: the kind, what is answered, the visit's status and a pattern of its reason; a host of its
# own for those that are about the host.
FAILURES = [
    (greenhouse, {"status": 404, "body": "{}"}, "gone", "HTTP 404"),
    (ashby, {"status": 410}, "gone", "HTTP 410"),
    (lever, {"status": 401}, "blocked", "HTTP 401"),
    (greenhouse, {"status": 403, "body": CHALLENGE, "headers": {"cf-mitigated": "challenge"}}, "blocked",
     "HTTP 403 with a challenge"),
    (feed, {"status": 429, "headers": {"Retry-After": "86400"}}, "blocked", "HTTP 429", "127.0.0.3"),
    (feed, {"status": 429, "headers": {"Retry-After": formatdate(time.time() + 86400, usegmt=True)}}, "blocked",
     "HTTP 429", "127.0.0.4"),
    (workable, {"body": WORDS, "headers": {"Content-Type": "text/html"}}, "blocked", "HTML where JSON"),
    (pinpoint, {"body": CHALLENGE, "headers": {"Content-Type": "text/html"}}, "blocked", "HTTP 200 with a challenge"),
    (recruitee, {"redirect": "/login?next=/api/offers/"}, "blocked", "log-in page"),
    (feed, {"body": "never asked"}, "blocked", "robots\\.txt", "127.0.0.5"),
    (recruitee, {"status": 500}, "error", "HTTP 500"),
    (jobposting, {"status": 503, "headers": {"Retry-After": "7200"}}, "error", "HTTP 503", "127.0.0.6"),
    (greenhouse, cut, "error", "was cut short"),
    (lever, too_long, "error", "was cut short"),
    (ashby, too_short, "error", "not JSON"),
    (ashby, {"body": '{"jobs": [{"id": "x", "title": "Baker" "oops"}]}'}, "error", "not JSON"),
    (pinpoint, {"body": '{"error": "try later"}'}, "error", "no list of data"),
    (greenhouse, {"redirect": "/v1/boards/ward{board}/jobs?content=true"}, "error", "more than 5 redirects"),
    (feed, {"redirect": "http://169.254.169.254/latest/meta-data/"}, "error", "169\\.254\\.169\\.254.*not a public address"),
    (greenhouse, {"bomb": 80, "body": ""}, "error", "larger than http.max_body"),
    (feed, {"body": "never seen"}, "error", "certificate", "127.0.0.1"),
    (lever, {"body": "[" + " " * 2000, "stall_after": 1000}, "error", "too slow"),
    (teamtailor, {"drop": True}, "error", "closed the connection|connection died"),
    (greenhouse, emptied, "suspect", "0 postings where"),
    (greenhouse, fewer, "partial", "99"),
]


class Town:
    def __init__(self, folder, n_boards, sound, tiny):
        self.folder = folder
        self.script = {"/login": {"body": LOGIN, "headers": {"Content-Type": "text/html"}}}
        self.boards, self.expected, self.postings, self.again = [], [], [], []
        n_failures = 0 if sound else min(n_boards // 20, len(FAILURES))
        for i in range(n_boards):
            if n_failures and i % 20 == 19 and i // 20 < n_failures:
                self.fail(i, *FAILURES[i // 20])
            else:
                self.add(i, KINDS[0] if tiny else KINDS[i % len(KINDS)], 1 if tiny else 1 + i % 4)

    def add(self, i, kind, n_jobs):
        jobs = [Job(i, n) for n in range(1, n_jobs + 1)]
        b = kind(i, jobs)
        self.script[b["path"]] = whole(b)
        for path, body in b.get("details", {}).items():
            self.script[path] = {"body": text_of(body)}
        self.note(b, "ok", "", jobs)
        self.again.append((b["name"], b.get("method", "GET"), b["path"] + b.get("query", "")))

    def fail(self, i, kind, how, status, reason, host=None):
        jobs = [Job(i, n) for n in range(1, 4)]
        b = kind(i, jobs, host) if host else kind(i, jobs)
        if "certificate" in reason:
            b["name"] = b["name"].replace("feed:http:", "feed:https:").replace("{port}", "{tls}")
        if callable(how):
            how = how(b)
        else:
            how = json.loads(json.dumps(how).replace("{board}", str(i)))
        if "robots" in reason:
            self.script["/robots.txt"] = {"body": f"User-agent: *\nDisallow: {b['path']}\n"}
        self.script[b["path"]] = how
        self.note(b, status, reason, jobs if status in ("suspect", "partial") else [])

    def note(self, b, status, reason, jobs):
        self.boards.append(b["name"])
        self.expected.append((b["name"], status, reason or "-", str(len(jobs))))
        for external_id, j in zip(b["ids"], jobs):
            self.postings.append((b["name"], str(external_id), j.title))

    def write(self):
        with open(os.path.join(self.folder, "script.json"), "w", encoding="utf-8") as f:
            json.dump(self.script, f)
        for name, rows in [("boards.txt", [(b,) for b in self.boards]), ("expected.tsv", self.expected),
                           ("postings.tsv", self.postings), ("again.tsv", self.again)]:
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
                f.writelines("\t".join(row) + "\n" for row in rows)


if __name__ == "__main__":
    flags = {a for a in sys.argv[1:] if a.startswith("--")}
    words = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(words) != 2 or flags - {"--sound", "--tiny"}:
        sys.exit(__doc__)
    Town(words[0], int(words[1]), "--sound" in flags, "--tiny" in flags).write()
