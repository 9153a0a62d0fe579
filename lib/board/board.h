/*
 * board: where postings come from.  One adapter a service (greenhouse.c, lever.c, ashby.c, feed.c),
 * the registry that lists them (registry.c), boards as rows (store.c) and the visit that brings a
 * listing home (visit.c).
 *
 * To add a service: write lib/board/<kind>.c with one `const jp_adapter jp_adapter_<kind>`, add it
 * to the list in registry.c, a fixture and a test (t/README says where), and a line to lib/README.
 */
#ifndef JP_BOARD_H
#define JP_BOARD_H

#include "http/http.h"
#include "posting/posting.h"

/* ---- adapters --------------------------------------------------------------------------- */

/* What an adapter may know of a board; pure data. */
typedef struct jp_board_ref {
	const char *token;
	const char *company;  /* the operator's name; NULL */
	const char *region;   /* which of the service's hosts answered last; NULL: the first */
	const char *base_url; /* the configured base (conf->boards), or NULL: the service's own */
	const char *cursor;   /* what the page before left in the listing (its own), or NULL */
	const char *key;      /* the operator's key for the service (conf->keys), or NULL */
} jp_board_ref;

/* One item of a listing that has no description, waiting for its details. */
typedef struct jp_item {
	jp_posting *posting; /* as the listing gave it, not normalised; owned */
	char *ref;           /* what the details are asked by; NULL: the external id */
	char *where;         /* its place in the listing, for messages */
	gboolean is_reread;  /* we have its details; they are old */
	gint64 read_at;      /* when they were read */
} jp_item;

/* A listing as parsed from the pages so far. */
typedef struct jp_listing {
	GPtrArray *postings; /* of jp_posting *, owned; normalised */
	GPtrArray *items;    /* of jp_item *, owned: those whose details are to be asked for */
	GPtrArray *problems; /* of char *, owned: items that could not be read, with their place */
	guint n_bad;         /* their number; the array keeps the first hundred */
	guint n_nameless;    /* those of them whose id could not be read either */
	GPtrArray *unread;   /* of char *, owned: the ids of those that have one; not missing */
	gboolean complete;   /* R1: expected shape, every page, counts agree */
	char *incomplete_why;
	gint64 total;    /* as stated; -1: not stated */
	gint64 ttl;      /* ms for which a feed asks to be left alone; 0: not stated */
	GHashTable *ids; /* external ids seen, those of items too; owned */
	char *cursor;    /* for the next page, where it is not counted; set by parse */
	guint n_waiting; /* items whose details did not come: they are asked for next time */
} jp_listing;

jp_listing *jp_listing_new(void);
void jp_listing_free(jp_listing *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_listing, jp_listing_free)
/* Takes p (an adapter's raw posting): normalises it and appends it, or records a problem that names
 * `where` ("jobs[17]") and drops it.  Skips ids already in the listing. */
void jp_listing_add(jp_listing *l, jp_posting *p, const char *company, const char *where);
/* Takes p, which lacks what only its details have, and appends it to the items, or records a
 * problem.  Copies ref (may be NULL) and where.  Skips ids already in the listing. */
void jp_listing_item(jp_listing *l, jp_posting *p, const char *ref, const char *where);
/* Takes the item out: normalises its posting and appends it, as jp_listing_add does. */
void jp_listing_item_done(jp_listing *l, jp_item *item, const char *company);
void jp_item_free(jp_item *item);
/* Of what the listing says of an item: the same as long as it says the same.  The item's posting
 * must not have its details yet. */
void jp_item_fingerprint(const jp_item *item, guint8 out[32]);
/* The stated total against the ids that came: fewer make the listing partial.  For the last page.
 */
void jp_listing_check_total(jp_listing *l);
/* An item that cannot be read, of which not even the id is known. */
void jp_listing_problem(jp_listing *l, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* An item that is there and cannot be read: its posting is not missing. */
void jp_listing_unread(jp_listing *l, const char *id, const char *fmt, ...) G_GNUC_PRINTF(3, 4);
/* The listing is not complete, and why; the first reason is kept.  A feed is a window and never
 * complete; one that was read whole has no reason. */
void jp_listing_partial(jp_listing *l, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

typedef struct jp_page_request { /* strings owned; NULL where not needed */
	char *method, *url, *body, *content_type;
	char **headers; /* "Name: value", sent to the first host only */
	char *secret;   /* stands in url, headers or body: shown nowhere */
} jp_page_request;
void jp_page_request_clear(jp_page_request *r);

/* What a vendor states or tolerates where that differs from the configuration; 0: as configured. */
typedef struct jp_manners {
	const char *pace;    /* paced as one host, because tenants share it; NULL: the URL's host */
	gint64 min_interval; /* ms between the starts of two requests */
	guint per_hour, per_day;
	guint at_once;    /* requests in flight */
	gboolean is_off;  /* a board is added disabled: enabling it is the operator's word */
	const char *note; /* why, or what the vendor's terms ask of who enables it; NULL */
} jp_manners;

typedef struct jp_adapter {
	const char *kind;
	const char *summary;  /* for jp-board(1) */
	const char *accept;   /* Accept header */
	const char *language; /* Accept-Language; NULL */
	const char *credit;   /* what its terms want said beside its jobs; NULL: nothing */
	gint64 timeout;       /* ms; 0: the configuration's */
	gboolean window;      /* a feed: never complete, postings expire by age (section 14) */
	gboolean
	    newest_first;   /* pages are read until one brings no id that the board did not have */
	gboolean needs_key; /* the operator's key: not asked without one */
	jp_manners manners; /* section 17, and the service's own etiquette */

	/* A careers page's URL: TRUE and the board's token (g_free) when it is of this service. */
	gboolean (*recognise)(const char *url, char **token);
	/* Checks and canonicalises a token given by hand; NULL and an error when impossible. */
	char *(*token)(const char *given, GError **error);
	/* The request for page n (from 0); called for n > 0 only when `more` said so. */
	void (*request)(const jp_board_ref *b, guint page, jp_page_request *out);
	/* Bytes of page n into the listing.  FALSE and an error: not the expected shape, "no
	 * answer" (R4).  Sets *more when another page must follow.  Pure.  Adds postings by
	 * jp_listing_add, or by jp_listing_item where their details must be asked for. */
	gboolean (*parse)(jp_listing *out, const jp_board_ref *b, const char *body, gsize len,
	    guint page, gint64 now, gboolean *more, GError **error);
	/* After 404 from a region (NULL and "": the first): the other one to try once, "" for the
	 * first, or NULL.  May be NULL. */
	const char *(*next_region)(const char *region);
	/* After an answer from this URL: the region to ask from now on (g_free), or NULL when it
	 * stays.  May be NULL. */
	char *(*region_of)(const jp_board_ref *b, const char *url);
	/* Two-phase services: the request for an item's details, and their bytes into its posting,
	 * which keeps what the listing said and gets what is missing.  Pure.  NULL: the listing has
	 * everything.  An error JP_ERROR_UNAVAILABLE: no posting is there, which is no failure. */
	void (*detail)(const jp_board_ref *b, const jp_item *item, jp_page_request *out);
	gboolean (*parse_detail)(jp_posting *p, const jp_board_ref *b, const char *body, gsize len,
	    gint64 now, GError **error);
} jp_adapter;

extern const jp_adapter jp_adapter_greenhouse, jp_adapter_lever, jp_adapter_ashby,
    jp_adapter_workable, jp_adapter_smartrecruiters, jp_adapter_recruitee, jp_adapter_personio,
    jp_adapter_teamtailor, jp_adapter_workday, jp_adapter_bamboohr, jp_adapter_pinpoint;
extern const jp_adapter jp_adapter_remoteok, jp_adapter_remotive, jp_adapter_arbeitnow,
    jp_adapter_himalayas, jp_adapter_jobicy, jp_adapter_themuse, jp_adapter_usajobs,
    jp_adapter_adzuna, jp_adapter_reed, jp_adapter_jooble, jp_adapter_hn;
extern const jp_adapter jp_adapter_sitemap, jp_adapter_jobposting, jp_adapter_feed;

/* ---- registry (registry.c) -------------------------------------------------------------- */

const jp_adapter *jp_adapter_find(const char *kind); /* NULL: no such kind */
const jp_adapter *jp_adapter_at(guint i);            /* NULL past the end */
/* The kinds that list a window (jp_adapter.window), NULL-terminated; g_free the vector only. */
const char **jp_adapter_windows(void);
/* "kind:token" or a URL into kind and token (g_free); an error names what would have been
 * recognised. */
gboolean
jp_board_name_parse(const char *name, const jp_adapter **adapter, char **token, GError **error);
/* The configured base URL of a kind, or NULL. */
const char *jp_board_base(const jp_config *conf, const char *kind, const char *region);
/* The operator's key for a kind, or NULL. */
const char *jp_board_key(const jp_config *conf, const char *kind);

/* What the operator must know before boards of a kind are read, which are added disabled; NULL: the
 * kind asks for no word of his.  Borrowed for ever. */
const char *jp_board_terms(const char *kind);

/* `jp-scrape parse`: one body into a listing, no network, no database.  Items become postings as
 * they are, without their details.  A page that refuses us, or a server's error page, is no empty
 * listing but an error that says so. */
gboolean jp_board_parse(jp_listing *out, const char *kind, const char *token, const char *company,
    const char *body, gsize len, gint64 now, GError **error);
/* The same for the details of the item `id`. */
gboolean jp_board_parse_detail(jp_listing *out, const char *kind, const char *token,
    const char *company, const char *id, const char *body, gsize len, gint64 now, GError **error);

/* ---- boards as rows (store.c, boardlist.c) ---------------------------------------------- */

typedef enum jp_board_switch { JP_BOARD_KEEP, JP_BOARD_ENABLE, JP_BOARD_DISABLE } jp_board_switch;

/* An interval shorter than the one is a mistake, longer than the other too. */
#define JP_BOARD_MIN_INTERVAL (5 * JP_MINUTE)
#define JP_BOARD_MAX_INTERVAL (30 * JP_DAY)

/* The weight of a board of which nothing is said. */
#define JP_BOARD_WEIGHT     10
#define JP_BOARD_MAX_WEIGHT 1000

typedef struct jp_board_spec { /* borrowed strings; what add and import give */
	const char *kind, *token;
	const char *company; /* NULL: as it is, none for a new board */
	gint64 interval;     /* 0: as it is, the configuration's for a new board */
	gint64 weight;       /* 0: as it is, common for a new board */
	jp_board_switch
	    enabled; /* KEEP: as it is; a new board is enabled but for jp_board_terms() */
} jp_board_spec;

/* Adds or updates a board by kind and token in the caller's write transaction; gives its id and
 * whether it is new.  A change drops the validators and the result of a visit under way, so that
 * the next listing is read again with what was changed. */
gint64 jp_board_put(
    jp_db *db, const jp_board_spec *spec, gint64 now, gboolean *is_new, gboolean *is_changed);
typedef struct jp_board_added {
	gint64 id;
	char *name; /* "kind:token" */
	gboolean is_new, is_changed;
	const char *terms; /* a new one waits to be enabled, for this reason; NULL */
} jp_board_added;
/* Puts boards by name (a NULL-terminated vector): all of them, or an error before the first write.
 * company and interval as in jp_board_spec.  Gives jp_board_added * in the names' order, owned. */
GPtrArray *jp_board_add(
    jp_db *db, char **names, const char *company, gint64 interval, gint64 now, GError **error);
/* Gives boards (of jp_board_added *) a weight, 0: as it is; sets is_changed. */
void jp_board_weigh(jp_db *db, GPtrArray *added, gint64 weight);
/* A board by id or "kind:token" (or URL); 0 when there is none. */
gint64 jp_board_find(jp_db *db, const char *name);
/* Enables (reason NULL; due at once, its failures forgotten) or disables a board, in the caller's
 * write transaction.  FALSE: there is no such board. */
gboolean jp_board_switch_to(jp_db *db, gint64 id, const char *reason, gint64 now);
/* Removes a board with its postings, in the caller's write transaction. */
gboolean jp_board_remove(jp_db *db, gint64 id);
typedef struct jp_board_tally { /* what imports came to, added up */
	guint n_new, n_changed, n_known, n_refused;
	/* Called for lines of CSV that are refused, the first ones of a file and then for the rest
	 * with line 0; NULL. */
	void (*refused)(const char *name, guint line, const char *why, gpointer data);
	gpointer data;
} jp_board_tally;
/* A list of boards as jp-board(1) describes it, in the caller's write transaction.  YAML is taken
 * whole or not at all: errors name file and line, and come before the first write.  Of CSV, told by
 * its header, the lines that name no board are refused; it is no error.  Both may be gzip. */
gboolean jp_board_import(jp_db *db, const char *text, gsize len, const char *name, gint64 now,
    jp_board_tally *tally, GError **error);
/* The same for each of these files ("-" is stdin). */
gboolean
jp_board_import_files(jp_db *db, char **paths, gint64 now, jp_board_tally *tally, GError **error);
char *jp_board_export(jp_db *db); /* the same YAML; g_free */

typedef struct jp_board_row { /* strings owned */
	gint64 id;
	char *kind, *token, *company, *region;
	char *name;      /* "kind:token" */
	gint64 interval; /* 0: the configuration's */
	gint64 next_at;
	gint64 last_visit_at, last_success_at, disabled_at; /* JP_NO_TIME: never */
	gint64 failures, gone;
	char *last_status, *last_reason, *disabled_reason;
	gint64 n_open;         /* open postings */
	char *host;            /* what is paced as one host; NULL: not known yet */
	gint64 weight, pace;   /* pace: ms between visits, as adapted; 0: not yet */
	double yield, success; /* averages a visit: new postings, listings brought */
	double requests;       /* that a visit takes on average */
	gint64 failing_since;  /* the first of the failures; JP_NO_TIME: the last visit was none */
} jp_board_row;
void jp_board_row_free(jp_board_row *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_board_row, jp_board_row_free)
GPtrArray *jp_board_list(jp_db *db);              /* of jp_board_row *, by kind and token; owned */
jp_board_row *jp_board_get(jp_db *db, gint64 id); /* NULL: none */
/* The boards of these names (a NULL-terminated vector), as ids (gint64) or rows (jp_board_row *);
 * owned.  One that is not there is warned of and left out. */
GArray *jp_board_named(jp_db *db, char **names);
GPtrArray *jp_board_select(jp_db *db, char **names);

/* One word for how a board does: "new", "ok", "suspect" (200 and nothing, or far less than there
 * was), "failing", "parked", "gone", "blocked", "disabled"; and the sentence that goes with it
 * (g_free).  Pure. */
const char *jp_board_standing(const jp_board_row *r, char **sentence);
/* The adapted interval for a reader, in whole minutes (g_free); NULL before the first visit. */
char *jp_board_pace_text(const jp_board_row *r);

typedef struct jp_visit_row {   /* of the table visit; strings owned */
	gint64 at, http_status; /* http_status 0: none */
	char *status, *reason;
	gboolean complete;
	gint64 bytes, ms, n_postings, n_bad, n_new, n_changed, n_closed;
} jp_visit_row;
GPtrArray *jp_board_visits(jp_db *db, gint64 id, guint limit); /* newest first; owned */

/* One object with every field of jp-board(1)'s show and the last visits; cJSON_Delete. */
cJSON *jp_board_to_json(jp_db *db, const jp_board_row *r, guint n_visits);
/* The same object line by line: a call for each field that is not null, and for each visit. */
void jp_board_rows(
    const cJSON *o, void (*each)(const char *key, const char *value, gpointer data), gpointer data);

/* ---- looking at boards (probe.c, discover.c) --------------------------------------------- */

typedef enum jp_look_status {
	JP_LOOK_OK,
	JP_LOOK_EMPTY,     /* a listing without postings */
	JP_LOOK_TRUNCATED, /* a listing that does not have all it says */
	JP_LOOK_BLOCKED,
	JP_LOOK_GONE,
	JP_LOOK_ERROR, /* no answer, or none that can be read */
} jp_look_status;
const char *jp_look_word(jp_look_status s); /* borrowed for ever */

typedef struct jp_board_look { /* what one request said of a board; strings owned */
	const jp_adapter *adapter;
	char *token, *region;
	char *name;    /* "kind:token" */
	char *company; /* NULL: not known */
	char *how;     /* by what it was found; NULL */
	gint64 id;     /* 0: not among ours */
	jp_look_status status;
	char *why;         /* NULL: nothing to say */
	gint64 n_postings; /* JP_NO_INT: not known */
	guint n_mentions;
	gboolean is_guess;
} jp_board_look;
void jp_look_free(jp_board_look *look);

/* One request of each of the boards (of jp_board_row *), told as the answers come. */
void jp_board_verify(jp_db *db, const jp_config *conf, jp_http *http, const GPtrArray *rows,
    void (*each)(const jp_board_look *look, gpointer data), gpointer data);
/* The only one with postings among them; NULL when there is none or are several.  Borrowed. */
const jp_board_look *jp_board_found_one(const GPtrArray *found);
/* The boards behind a careers page or a domain, each asked once: of jp_board_look *, owned, none
 * when nothing was found; NULL and an error when the page cannot be had. */
GPtrArray *jp_board_discover(
    jp_db *db, const jp_config *conf, jp_http *http, const char *what, GError **error);

/* ---- what jp-board writes (show.c) ------------------------------------------------------- */

void jp_board_show_added(const GPtrArray *added, jp_table_mode mode, gboolean dry_run);
void jp_board_show_tally(const jp_board_tally *t, jp_table_mode mode);
void jp_board_show_found(const GPtrArray *found, jp_table_mode mode);
void
jp_board_show_list(jp_db *db, const jp_config *conf, const GPtrArray *rows, jp_table_mode mode);
/* What jp_board_to_json() gave: an object, or lines of key and value. */
void jp_board_show_one(const cJSON *board, jp_table_mode mode);
/* For jp_board_tally.refused. */
void jp_board_show_refused(const char *name, guint line, const char *why, gpointer unused);
/* Verifies these boards, a row as each answer comes. */
void jp_board_show_checks(
    jp_db *db, const jp_config *conf, jp_http *http, const GPtrArray *rows, jp_table_mode mode);

/* ---- limits that all processes share (gate.c) ------------------------------------------- */

/* A service that asks for a longer rest is not obeyed for ever. */
#define JP_MAX_REST (30 * JP_DAY)

/* Why robots.txt is not asked for this kind, in the operator's words (scrape.exempt, H04), or
 * NULL. */
const char *jp_board_exemption(const jp_config *conf, const char *kind);

typedef struct jp_gate jp_gate;
/* Has http ask the database before each start, and robots.txt before each request; what it says is
 * kept there.  Borrows db and http, which must not run after
 * jp_gate_free. */
jp_gate *jp_gate_new(jp_db *db, jp_http *http);
void jp_gate_free(jp_gate *g); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_gate, jp_gate_free)

/* ---- what a visit means (outcome.c), pure ----------------------------------------------- */

typedef enum jp_visit_status {
	JP_VISIT_OK,
	JP_VISIT_UNCHANGED, /* 304, or the same bytes */
	JP_VISIT_PARTIAL,   /* R1 does not hold; what came was stored */
	JP_VISIT_SUSPECT,   /* short or empty: waited out (R2) */
	JP_VISIT_EMPTY,     /* no postings, and there were none before */
	JP_VISIT_GONE,      /* 404 or 410 */
	JP_VISIT_BLOCKED,   /* 401, 403, 429, a page for people */
	JP_VISIT_ERROR,     /* no answer, or one that cannot be read */
} jp_visit_status;
const char *jp_visit_word(jp_visit_status s);         /* borrowed for ever */
jp_visit_status jp_visit_status_of(const char *word); /* the other way; ERROR where it is none */
gboolean jp_visit_is_failure(jp_visit_status s);      /* gone, blocked, error: brought no listing */

typedef enum jp_answer { /* what came, before anything is read */
	JP_ANSWER_BODY,
	JP_ANSWER_SAME, /* 304 */
	JP_ANSWER_GONE,
	JP_ANSWER_BLOCKED,
	JP_ANSWER_LATER, /* it was not asked: its host has had enough of us for now */
	JP_ANSWER_NONE,
} jp_answer;
jp_answer jp_outcome_answer(const jp_http_response *r);
/* How a body that could not be read counts: a page for people is "blocked" (R4), an error page of
 * the server is not. */
jp_visit_status jp_outcome_unreadable(const char *body, gsize len);

/* refusal.c: what an answer is that refuses us and looks like one: a challenge, a log-in page;
 * NULL: neither.  asked is the URL that was, or NULL.  g_free. */
char *jp_outcome_refusal(const char *asked, const jp_http_response *r);
/* Why a body could not be read: what it is, or where it came from, where that says more than `why`;
 * g_free. */
char *jp_outcome_unread_why(const char *asked, const jp_http_response *r, const char *why);
/* A server's own error page, by its title, whatever status it came with ("an error page, \"503
 * Service Unavailable\""); NULL: none.  g_free. */
char *jp_outcome_error_page(const char *body, gsize len);
/* The same, or a challenge: what a page is that is no board's; NULL: neither.  g_free. */
char *jp_outcome_page(const char *body, gsize len);

/* Whether what could not be read of a listing makes it partial: a quarter of its items or more.
 * Marks it so. */
void jp_outcome_check(jp_listing *l);
/* Hash of the set of ids, whatever their order. */
void jp_outcome_ids_hash(const jp_listing *l, guint8 out[32]);

/* ---- when to come again (schedule.c), pure ---------------------------------------------- */

typedef struct jp_board_schedule { /* moved along by a visit */
	gint64 failures, gone;     /* in a row */
	gint64 pace;               /* ms between visits; 0: not known yet */
	double yield, success;     /* averages a visit: postings found, listings brought */
	double requests;           /* average that a visit takes */
	gint64 weight;             /* the operator's, 10 is common */
	gint64 next_at;
	gint64 head_start; /* ms by which it counts as having waited longer */
	gboolean disable;  /* gone for too many visits in a row (R4) */
} jp_board_schedule;

typedef struct jp_schedule_visit {
	jp_visit_status status;
	gint64 now;
	gboolean is_first;  /* of a board without a listing so far */
	gint64 n_found;     /* postings new or reopened */
	guint n_requests;   /* that it took; 0: not known */
	jp_range range;     /* of the interval */
	gint64 ttl;         /* ms for which a feed wants to be left alone; 0 */
	gint64 retry_after; /* ms; -1: none.  A month at most */
	gint64 max_failures;
	guint32 random;
} jp_schedule_visit;

/*
 * Sets everything after a visit: after an answer the interval, as adapted, or the feed's ttl, a
 * tenth less at most, so that boards spread; after a failure the interval doubled for each in a
 * row, up to a week (gone: a day), and never before retry_after.
 */
void jp_board_schedule_next(jp_board_schedule *s, const jp_schedule_visit *v);
/* When a board that could not be visited is due again: in so many ms, an hour at most. */
gint64 jp_board_schedule_put_off(gint64 now, gint64 ms);
/* The pace of a board that was never visited. */
gint64 jp_board_schedule_first_pace(jp_range range);
gint64 jp_board_schedule_head_start(double yield, double success, gint64 weight);
/* So many failures in a row that it is looked at once a week only. */
gboolean jp_board_schedule_is_parked(gint64 failures, gint64 pace);

/* What is said of a visit: "acme (greenhouse): HTTP 404; the board is gone or renamed, see
 * jp-board(1)".  why and disabled_reason may be NULL; g_free. */
char *jp_outcome_message(const char *kind, const char *token, jp_visit_status status,
    const char *why, const char *disabled_reason);

/* ---- the visit (visit.c, landing.c) ----------------------------------------------------- */

typedef struct jp_visit_note { /* borrowed for the call */
	const char *board;     /* "kind:token" */
	/* a word of visit.status; "later": put off, nothing is stored; "failing", "disabled",
	 * "recovered": of an alert */
	const char *status;
	const char *message;   /* one line that stands alone: which board, what, what to do */
	gboolean worth_saying; /* to the operator */
} jp_visit_note;

typedef struct jp_scrape {
	jp_db *db;
	const jp_config *conf;
	jp_http *http;
	gboolean all;     /* also boards that are not due */
	GArray *only;     /* of gint64 board ids; NULL: any */
	gboolean dry_run; /* fetch, parse, compare, and roll back; a new posting's id is then 0 */
	gboolean quiet;   /* run by cron: a failure is told once it persists, not each time (C02) */
	/* Called after the commit of each board, for its events; board is "kind:token". */
	void (*on_event)(const jp_event *e, const char *board, gpointer data);
	/* Called for each board visited, after its commit. */
	void (*on_visit)(const jp_visit_note *note, gpointer data);
	gpointer data;
	guint n_visited, n_failed, n_new, n_changed, n_closed;
	guint n_unreached;        /* of the failed: no answer from the network */
	guint n_put_off;          /* not visited: their hosts are to be left alone a while */
	struct jp_reader *reader; /* visit.c's own, from the first run to the end of the process */
} jp_scrape;

/* Claims due boards, visits them all concurrently, stores, and expires what is over.  Runs until no
 * due board is left or jp_stopping(). */
void jp_scrape_run(jp_scrape *s);

/* ---- boards in trouble (alert.c) --------------------------------------------------------- */

/* Finds what is to be told of boards whose failing persists or ended, and when the run is quiet
 * tells it, each once whichever run finds it.  For the beginning and the end of a run. */
void jp_board_alerts(jp_scrape *s);

/* ---- hosts whose limits are too narrow for their boards (crowd.c) ------------------------ */

/* Host to a sentence that says so, of the hosts that were asked before; own both. */
GHashTable *jp_board_crowds(jp_db *db, const jp_config *conf);

/* ---- what would be visited when (plan.c, planload.c, planshow.c) ------------------------ */

typedef struct jp_plan jp_plan;
void jp_plan_free(jp_plan *p); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_plan, jp_plan_free)
/* The boards and hosts as they stand, for a plan of `span` ms in which a run starts every so many.
 * Borrows conf and http; reads only. */
jp_plan *
jp_plan_load(jp_db *db, const jp_config *conf, const jp_http *http, gint64 span, gint64 every);

typedef enum jp_plan_view { JP_PLAN_DAY, JP_PLAN_HOST, JP_PLAN_LATE, JP_PLAN_VISIT } jp_plan_view;
/* "day", "host", "late" or "visit"; FALSE: none of them. */
gboolean jp_plan_view_of(const char *word, jp_plan_view *out);
/* Runs the plan, once, and writes rows of it. */
void jp_plan_show(jp_plan *p, jp_plan_view view, jp_table_mode mode);

/* ---- visits as tasks (tasks.c) ---------------------------------------------------------- */

/* Boards visited at once by a handler. */
#define JP_BOARD_SERVED 64

/* Adds a task to the queue for each board that is due and has none; gives their number.  Its own
 * transactions. */
guint jp_board_enqueue(jp_db *db);
/* Is a handler of such tasks until stdin ends; s as for jp_scrape_run.  Gives an exit code. */
int jp_board_serve(jp_scrape *s);

#endif
