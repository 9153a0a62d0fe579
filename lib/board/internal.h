/*
 * What only the files of this room share: reading the shapes that services answer with, and the
 * names of their pages.
 */
#ifndef JP_BOARD_INTERNAL_H
#define JP_BOARD_INTERNAL_H

#include "board/board.h"

/* ---- reading payloads (listing.c) ------------------------------------------------------- */

/* The time at `path`, or 0 when missing or broken; a date alone sets JP_POSTED_DATE_ONLY in *flags
 * (may be NULL). */
gint64 jp_listing_time(const cJSON *o, const char *path, guint *flags);
/* A copy of the URL when it is http(s), bounded and without blanks or control bytes; else NULL. */
char *jp_listing_url(const char *url);
/* The company of the payload, else the operator's, else the token, marked as a guess. */
void jp_listing_company(jp_posting *p, const char *payload, const jp_board_ref *b);
/* "most specific, less specific"; either may be NULL or empty, equal ones stand once; NULL when
 * both are missing. */
char *jp_listing_department(const char *specific, const char *general);
/* The country's English name where one of the two says which it is, else what is there; either may
 * be NULL or empty.  Borrowed from the arguments or for ever. */
const char *jp_listing_country(const char *name, const char *code);
/* Level by a service's own word; "mid-senior" and "experienced" are vague, so that a title which
 * names a level goes first.  NULL says nothing. */
void jp_listing_level(jp_posting *p, const char *word);
/* Appends a part of a description under its heading, both may be missing; heading is text. */
void jp_listing_append_part(GString *html, const char *heading, const char *part);
/* A path from outside that may follow a host and a prefix: "/" first, no "..", no "//", no query,
 * no blanks or controls. */
gboolean jp_listing_is_path(const char *path);
/* Plain text as an HTML fragment that reads the same; g_free. */
char *jp_listing_html_from_plain(const char *text);
/* Appends "<p>text</p>" escaped. */
void jp_listing_append_note(GString *html, const char *text);

/* The beginning of a text from outside, fit for a message; g_free. */
char *jp_listing_excerpt(const char *text);

/* HTML that was escaped more often than its format asks for ("&lt;p&gt;"), as it was meant;
 * newlines of a text without markup are kept as line breaks; g_free. */
char *jp_listing_unescape(const char *html);
/* A URL as an id: itself, or its digest where it is longer than an id may be; g_free. */
char *jp_listing_url_id(const char *url);
/* A title that may hold markup or entities, as text; NULL for NULL; g_free. */
char *jp_listing_title(const char *title);
/* An amount that came as number or text ("85000", "60,000.00", "£30k"); 0: none, or negative. */
double jp_listing_amount(const cJSON *v);
/* TRUE when one of the words of a text (letters, digits, "_") is this one, in any case. */
gboolean jp_listing_has_word(const char *text, const char *word);

/* ---- lists of objects, and tokens that are a search (items.c) --------------------------- */

typedef jp_posting *(*jp_items_reader)(const cJSON *item, const jp_board_ref *b);
/* Reads every object of a list into the listing; what is none is a problem "name[n]".  FALSE and an
 * error when items is no list. */
gboolean jp_items_each(jp_listing *out, const jp_board_ref *b, const cJSON *items, const char *name,
    jp_items_reader read, GError **error);
/* The same where each posting waits for its details. */
gboolean jp_items_wait(jp_listing *out, const jp_board_ref *b, const cJSON *items, const char *name,
    jp_items_reader read, GError **error);
/* A string, or the first of a list of strings; NULL when empty or missing.  Borrowed. */
const char *jp_items_first_text(const cJSON *o, const char *path);
/* Seconds since the epoch as ms; 0 when missing or nonsense. */
gint64 jp_items_epoch(const cJSON *o, const char *path);
/* A salary whose ends may be missing, null, 0 or text; currency and period may be NULL. */
void jp_items_salary(
    jp_posting *p, const cJSON *min, const cJSON *max, const char *currency, const char *period);
/* Adds the places of a list with commas; "Anywhere" and time zones are none. */
void jp_items_places(jp_posting *p, const char *list);
/* The company of the payload, else the operator's, else the service, marked as a guess. */
void
jp_items_company(jp_posting *p, const char *payload, const jp_board_ref *b, const char *service);
/* "all", or "key=value&key=value" with keys of the NULL-terminated list, each value
 * percent-encoded; NULL and an error that names the keys; g_free. */
char *jp_query_token(const char *kind, const char *const *keys, const char *given, GError **error);
/* base (NULL: otherwise) + path + "?" + fixed + "&" + the token, "all" being nothing; g_free. */
char *jp_query_url(const char *base, const char *otherwise, const char *path, const char *fixed,
    const char *token);
/* The decoded value of one key of a token; NULL when it has none; g_free. */
char *jp_query_value(const char *token, const char *key);
/* Any page of the host (with or without "www.") is of the service: *token is "all". */
gboolean jp_query_recognise(const char *host, const char *url, char **token);

/* ---- schema.org on pages (pagedata.c, microdata.c, loosejson.c, jobposting.c) ----------- */

/* JSON as pages have it: as JSON where it is, else mended, which gives a list of the values found.
 * Free with cJSON_Delete. */
cJSON *jp_loosejson_parse(const char *text, gsize len, GError **error);

typedef struct jp_pagedata {
	GPtrArray *jobs;   /* of const cJSON *: the JobPosting objects, borrowed from docs */
	GPtrArray *docs;   /* of cJSON *, owned */
	GHashTable *by_id; /* "@id" -> the object that says more than its id; borrowed */
	guint n_broken;    /* blocks that speak of a JobPosting and could not be read */
	char *canonical;   /* what the page calls its own address; NULL */
	gboolean is_json;  /* no page, but a document of JSON */
} jp_pagedata;

/* The JobPostings of a page, or of a JSON-LD document; never NULL. */
jp_pagedata *jp_pagedata_parse(const char *page, gsize len);
void jp_pagedata_free(jp_pagedata *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_pagedata, jp_pagedata_free)
/* The object that a bare {"@id"} stands for, else v itself.  d may be NULL. */
const cJSON *jp_pagedata_follow(const jp_pagedata *d, const cJSON *v);
/* The JobPostings in a page's microdata as a list of objects in JSON-LD's shape. */
cJSON *jp_microdata_read(const char *page, gsize len);
/* Fills what p lacks from a JobPosting object.  d is what references are followed in, or NULL;
 * page is the URL that addresses are relative to, or NULL. */
void jp_jobposting_read(jp_posting *p, const jp_pagedata *d, const cJSON *job, const char *page);

/* ---- addresses of services (address.c) -------------------------------------------------- */

/* A page that shows the board: its host, the path before the token's segment, and, where the
 * token is in the query instead, its key. */
typedef struct jp_site_rule {
	const char *host, *path, *query;
} jp_site_rule;

/* TRUE and the token, decoded, when one of the rules (ended by a NULL host) fits the URL. */
gboolean jp_site_recognise(const jp_site_rule *rules, const char *url, char **token);
/* A token of letters, digits and "-_.": copies it, or gives NULL and an error naming `kind`. */
char *jp_slug_token(const char *kind, const char *given, GError **error);
/* A token that is an http or https URL: canonical (scheme and host folded, no default port, no
 * fragment), or NULL and an error naming `kind`; g_free. */
char *jp_url_token(const char *kind, const char *given, GError **error);
/* base (its trailing slashes dropped; NULL or "": otherwise) + before + the token percent-encoded
 * + after; g_free. */
char *jp_site_url(const char *base, const char *otherwise, const char *before, const char *token,
    const char *after);

/* ---- boards as rows (store.c), lists of them (slugs.c) ---------------------------------- */

/* Adds a board that is not there, in the caller's write transaction; gives its id. */
gint64 jp_board_insert(jp_db *db, const jp_board_spec *spec, gint64 now);
/* The same for many that nothing but a company is said of, in few statements: gathered one by one,
 * and added, also between, at the latest when the batch is closed. */
typedef struct jp_board_batch jp_board_batch;
jp_board_batch *jp_board_batch_new(jp_db *db, gint64 now);
void jp_board_batch_add(
    jp_board_batch *b, const jp_adapter *adapter, const char *token, const char *company);
void jp_board_batch_close(jp_board_batch *b); /* adds the rest, frees b */
/* jp_db_lock: which boards there are. */
#define JP_BOARD_LOCK "board"
/* TRUE when the first line is a header of such a list. */
gboolean jp_board_is_csv(const char *text, gsize len);
/* Adds to the tally; in the caller's write transaction. */
void jp_board_import_csv(
    jp_db *db, const char *text, gsize len, const char *name, gint64 now, jp_board_tally *tally);

/* ---- gzip (gzip.c) ---------------------------------------------------------------------- */

/* Inflates what begins like gzip to at most max bytes, NUL-terminated beyond *out_len (g_free);
 * otherwise *out is NULL and the bytes stand as they are. */
gboolean
jp_gzip_inflate(const char *body, gsize len, gsize max, char **out, gsize *out_len, GError **error);

/* ---- services with a host for each board (tenant.c) ------------------------------------- */

/* TRUE and the token when the URL's host is one label before one of the suffixes (".acme.com",
 * NULL at the end) and not one of the service's own. */
gboolean jp_tenant_recognise(const char *const *suffixes, const char *url, char **token);
/* A label, or where `domains` a whole host name of the employer's own: in lower case, or NULL and
 * an error naming `kind`; g_free. */
char *jp_tenant_token(const char *kind, const char *given, gboolean domains, GError **error);
/* Where the board answers: https://TOKEN + suffix + path, https://TOKEN + path for an own domain,
 * or below the configured base BASE/TOKEN + path; g_free. */
char *jp_tenant_url(const jp_board_ref *b, const char *suffix, const char *path);
/* The host that an answer came from, when it is another one than was asked and can be asked from
 * now on; else NULL; g_free. */
char *jp_tenant_moved(const jp_board_ref *b, const char *suffix, const char *url);
/* The same for people, whatever the base; g_free. */
char *jp_tenant_page(const jp_board_ref *b, const char *suffix, const char *path);

/* ---- feeds: bytes into items (feedxml.c, feedjson.c), items into postings (feed.c) ------ */

typedef struct jp_feed_item { /* strings owned; NULL: not given */
	char *id, *title, *link, *html, *company, *employment, *remote, *author;
	char *published, *updated, *valid_through;
	GPtrArray *places;     /* of char *, owned */
	GPtrArray *categories; /* of char *, owned */
	const cJSON *job;      /* JSON Feed: the schema.org object; borrowed from the parse */
} jp_feed_item;

typedef struct jp_feed {
	char *title, *link;
	char *next;       /* JSON Feed: where older items are; NULL */
	gint64 ttl;       /* ms; 0: not stated */
	GPtrArray *items; /* of jp_feed_item *, owned */
	char *broken;     /* why the rest could not be read; NULL: whole */
	jp_json *json;    /* what items borrow from; NULL */
} jp_feed;

jp_feed *jp_feed_new(void);
void jp_feed_free(jp_feed *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_feed, jp_feed_free)
/* An empty item, already in the feed; NULL when the feed has as many as a listing may have (the
 * feed is then marked broken). */
jp_feed_item *jp_feed_item_new(jp_feed *f);
/* Replaces *f by the feed in the bytes; FALSE and an error when it is no feed at all. */
gboolean jp_feedxml_parse(jp_feed *f, const char *body, gsize len, GError **error);
gboolean jp_feedjson_parse(jp_feed *f, const char *body, gsize len, GError **error);

/* ---- budgets of requests (budget.c), pure ----------------------------------------------- */

/* Requests are counted by so many ms; one may start so much later than it was granted for. */
#define JP_BUDGET_BUCKET (5 * JP_MINUTE)
#define JP_BUDGET_LATE   (15 * JP_SECOND)

typedef struct jp_budget_use {
	gint64 at; /* of the bucket's beginning */
	gint64 n;
} jp_budget_use;

gint64 jp_budget_bucket(gint64 at); /* the beginning of its bucket */
/* How many requests may start at `at` (a time not before any use); 0: none before *until. */
gint64 jp_budget_room(
    const jp_budget_use *uses, guint n, gint64 at, const jp_http_limits *limits, gint64 *until);

typedef void (*jp_budget_count)(gint64 bucket, gint64 n, gpointer data);
/* Tells the buckets of n starts from `at` on, `step` apart; sign -1: of starts taken back. */
void
jp_budget_spread(gint64 at, gint64 step, gint64 n, int sign, jp_budget_count count, gpointer data);

/* ---- what may start on a host (grant.c), pure but for the dice -------------------------- */

typedef struct jp_host_stand { /* how a host stands, while its row is held */
	gint64 now;
	gint64 next_at, rest_until, full_until;
	gint64 wanted_until;
	char *wanted_by; /* owned; NULL */
	gint64 taken;    /* connections that others hold */
} jp_host_stand;

gboolean jp_grant_is_counted(const jp_http_limits *l);
/* Drops times that were written under another clock. */
void jp_grant_mend(jp_host_stand *s);
/* Takes back what the grant before was not used for. */
void jp_grant_return(const jp_http_ask *a, jp_host_stand *s, jp_budget_count count, gpointer data);
/* Answers the ask: so many starts, which are told to count, or why none.  uses (of jp_budget_use,
 * by time) may be NULL where nothing is counted; worker is who asks. */
void jp_grant_decide(jp_http_ask *a, jp_host_stand *s, const GArray *uses, const char *worker,
    jp_budget_count count, gpointer data);

/* ---- how a board's host is paced (manners.c), pure -------------------------------------- */

/* Sets host_key and limits of a request to a board's service; borrows from adapter. */
void jp_board_pace(
    const jp_config *conf, const jp_adapter *adapter, const char *region, jp_http_request *request);
/* The name under which a board's host is paced; NULL: unknown.  conf NULL: as far as the service's
 * own hosts go.  g_free. */
char *jp_board_host(
    const jp_config *conf, const jp_adapter *adapter, const char *token, const char *region);

/* "scheme://host:port" of its first page, as robots.txt is kept for; NULL: unknown.  g_free. */
char *jp_board_origin(
    const jp_config *conf, const jp_adapter *adapter, const char *token, const char *region);

/* ---- what comes first (heap.c) ---------------------------------------------------------- */

/* Things by a key and, where keys are equal, by a second one: the least comes first. */
typedef struct jp_heap_entry {
	gint64 key, tie;
	gpointer what; /* borrowed */
} jp_heap_entry;
typedef struct jp_heap {
	GArray *entries; /* of jp_heap_entry */
} jp_heap;
void jp_heap_init(jp_heap *h);
void jp_heap_push(jp_heap *h, gint64 key, gint64 tie, gpointer what);
/* The first, or NULL; good until the heap is changed. */
const jp_heap_entry *jp_heap_peek(const jp_heap *h);
/* Takes the first out; the heap must not be empty. */
gpointer jp_heap_pop(jp_heap *h);
void jp_heap_clear(jp_heap *h);

/* ---- what a host's boards need (crowd.c), pure ------------------------------------------ */

/* The requests a day that limits give; negative: any number.  *limit is the key of the
 * configuration that says so; borrowed for ever. */
double jp_crowd_gives(const jp_http_limits *l, const char **limit);
/* The requests a day that a board needs not to be late. */
double jp_crowd_needs(double requests, gint64 longest);
/* "900 boards of HOST need 1800 requests a day, of which http.per_day gives 500", or NULL where the
 * limits give enough; g_free. */
char *jp_crowd_sentence(const char *host, guint n_boards, double need, const jp_http_limits *l);

/* ---- the plan from inside (plan.c, planmake.c, planload.c, planshow.c) ------------------- */

typedef struct jp_plan_origin {
	jp_http_rules rules; /* without their text; fetched_at 0: never asked for */
	gint64 delay;        /* ms, its Crawl-delay */
	gboolean is_asked;   /* the question is under way */
} jp_plan_origin;

typedef struct jp_plan_host jp_plan_host;

typedef struct jp_plan_board {
	gint64 id;
	char *name;
	jp_plan_host *host;
	jp_plan_origin *origin; /* NULL: robots.txt is not asked */
	jp_range range;
	jp_board_schedule schedule;
	gint64 due; /* as it was before it was put off */
	gboolean is_first;
	gint64 answer;                  /* ms until a request of it is answered; 0: not known */
	double requests, found, failed; /* what of the averages was not made a visit of yet */

	/* what came of it */
	gint64 met_at; /* what it waits from: the last visit, the plan's beginning, later */
	guint n_visits;
	gint64 worst;    /* ms, the longest time without a visit */
	gboolean is_off; /* it would be disabled, being gone */
} jp_plan_board;

struct jp_plan_host {
	char *key;
	jp_http_limits limits; /* settled */
	jp_host_stand stand;
	GArray *uses;        /* of jp_budget_use */
	GPtrArray *all;      /* of jp_plan_board; borrowed */
	jp_heap later;       /* boards by when they are due */
	jp_heap due;         /* boards by turn */
	GPtrArray *hand;     /* visits under way; plan.c's own, owned */
	gint64 wake;         /* when something may happen; G_MAXINT64: nothing will */
	gboolean is_starved; /* waits until fewer boards are in flight */
	guint n_starved;     /* its entries among those that wait so */

	guint n_granted, n_made; /* of the grant in hand */
	gint64 mark, valid_until, last_start, next_start;
	guint n_visits, n_requests;
	gboolean is_judged;
	char *about; /* why its boards are late; NULL */
};

struct jp_plan {
	const jp_config *conf; /* borrowed */
	gint64 now, span, every;
	GPtrArray *boards;   /* of jp_plan_board, owned */
	GPtrArray *hosts;    /* of jp_plan_host, owned */
	GHashTable *by_key;  /* those by their key */
	GHashTable *origins; /* name -> jp_plan_origin */
};

typedef struct jp_plan_told { /* what happens in a plan; borrowed for the calls */
	void (*visit)(const jp_plan_board *b, gint64 at, gint64 due, guint requests, gpointer data);
	void (*request)(const jp_plan_host *h, gint64 at, gpointer data);
	void (*day)(gint64 end, gpointer data);
	gpointer data;
} jp_plan_told;
/* Goes through the plan's time once.  Reads no clock and no database. */
void jp_plan_run(jp_plan *p, const jp_plan_told *told);
/* Longer than this without a visit is late. */
gint64 jp_plan_patience(const jp_plan *p, const jp_plan_board *b);
jp_plan *jp_plan_new(const jp_config *conf, gint64 now, gint64 span, gint64 every);
/* Adds a host, or gives the one that is there.  limits are settled. */
jp_plan_host *jp_plan_host_of(jp_plan *p, const char *key, const jp_http_limits *limits);
/* Takes b, whose host is set. */
void jp_plan_add(jp_plan *p, jp_plan_board *b);
/* Whether the board was not visited for too long, by what has been seen of the plan. */
gboolean jp_plan_is_late(const jp_plan *p, const jp_plan_board *b);
/* A pause that the board is given on purpose, for it failed or asked for it, is no wait. */
void jp_plan_wait_from(jp_plan_board *b, gint64 due);
/* Boards of the host that were never visited answer and fail as the others do on average. */
void jp_plan_guess(const jp_plan_host *h);

/* ---- looking at boards without visiting them (probe.c, pagelinks.c) ---------------------- */

/* A board to be looked at; how may be NULL.  Copies. */
jp_board_look *jp_look_new(const jp_adapter *adapter, const char *token, const char *how);
/* What the first page of its listing says.  Pure but for the clock. */
void jp_look_read(jp_board_look *look, const jp_config *conf, const char *body, gsize len);

typedef struct jp_looker {
	const jp_config *conf;
	jp_http *http;
	void (*done)(jp_board_look *look, gpointer data);
	gpointer data;
	guint n_asked; /* and not answered */
} jp_looker;
/* One request of the board (two where a service has regions); done is called when it is answered,
 * or at once.  Borrows both until then. */
void jp_look_ask(jp_looker *looker, jp_board_look *look);

/* Adds a candidate; FALSE when it was there (it is mentioned once more), or there are too many. */
gboolean
jp_pagelinks_add(GPtrArray *found, const jp_adapter *adapter, const char *token, const char *how);
/* TRUE when a service with boards for employers knows the URL; the board becomes a candidate. */
gboolean jp_pagelinks_recognise(GPtrArray *found, const char *url, const char *how);
/* Candidates (of jp_board_look *) that a page speaks of, and in *careers the first link that may
 * lead on (g_free, or NULL). */
void jp_pagelinks_read(
    GPtrArray *found, const char *page, gsize len, const char *page_url, char **careers);

/* ---- reading beside the loop that fetches and stores (reader.c) -------------------------- */

typedef struct jp_reading {
	/* Reads what came.  In another thread, where there is another processor: it touches nothing
	 * that others may touch meanwhile, and neither database nor network. */
	void (*read)(struct jp_reading *r);
	void (*done)(struct jp_reading *r); /* afterwards, from jp_reader_take(); frees it */
	gsize size;                         /* bytes that it holds until then, about */
} jp_reading;

typedef struct jp_reader jp_reader;
/* A reader until the process ends.  wake is called when something was read, in the reader's
 * thread. */
jp_reader *jp_reader_new(void (*wake)(gpointer data), gpointer data);
/* Takes a reading.  They are read one after the other in the order in which they are put. */
void jp_reader_put(jp_reader *r, jp_reading *reading);
/* Ends what has been read, in the same order; waits for one where nothing has been and `wait`.
 * FALSE: there was nothing. */
gboolean jp_reader_take(jp_reader *r, gboolean wait);
/* Readings that were put and not taken. */
guint jp_reader_pending(const jp_reader *r);
/* TRUE while more bytes are in its hands than should be: nothing is to be put before something was
 * taken.  One reading alone is never too much. */
gboolean jp_reader_is_full(const jp_reader *r);

/* ---- a visit in hand: visit.c claims, fetch.c brings it home, landing.c stores it -------- */

/* 128 bits of a listing's bytes, and the version of the rules it was normalised by. */
#define JP_VISIT_HASH_LEN 17

typedef struct jp_visit { /* strings owned */
	jp_scrape *scrape;
	gpointer crew; /* visit.c's own */

	/* as the board's row says */
	gint64 id, lease_no; /* lease_no 0: not claimed, a dry run */
	const jp_adapter *adapter;
	char *token, *company, *region, *etag, *last_modified;
	jp_range interval;
	jp_board_schedule schedule;
	gint64 last_success_at;
	guint8 hash[JP_VISIT_HASH_LEN]; /* of the stored listing, when has_hash */
	gboolean has_hash, was_complete;
	jp_suspicion suspicion;

	/* as the answers say */
	jp_listing *listing;
	guint page;
	guint n_details;   /* asked for */
	guint n_requests;  /* made, further tries included */
	char *asked;       /* the URL of the last one, without the redirects; owned */
	guint n_refused;   /* details in a row that did not come */
	guint next_item;   /* of the listing's items, the one being asked for or the next */
	char *detail_why;  /* why details are missing; NULL: none is */
	GHashTable *known; /* newest first: the ids that the board had; NULL: not asked yet */
	gboolean rereads;  /* some details are old: the listing is read whatever it says */
	GPtrArray
	    *unhad; /* of char *, owned: ids whose details were asked for again in vain; NULL */
	GHashTable *prints; /* two-phase: id of an item asked for to its fingerprint; NULL */
	gboolean region_tried;
	char *first_region;
	guint64 sum[2]; /* of the pages that came */
	char *new_etag, *new_last_modified;
	guint8 new_hash[JP_VISIT_HASH_LEN];
	gint64 bytes, ms, retry_after;
	int http_status;

	/* how it ended */
	jp_visit_status status; /* OK: decided with the store */
	char *why;
	gboolean unreached;
} jp_visit;

/* Asks for a page or for details as the adapter and its manners want it.  Takes what page holds. */
void jp_fetch_ask(jp_http *http, const jp_config *conf, const jp_adapter *adapter,
    const char *region, jp_page_request *page, const char *etag, const char *last_modified,
    gboolean takes_gzip, jp_http_done done, gpointer data);
/* Asks for the board's listing, page by page and detail by detail; ends by jp_visit_end. */
void jp_fetch_begin(jp_visit *v);
/* visit.c: the visit has ended.  It is stored soon (or its board given back when it was stopped),
 * and the next board taken. */
void jp_visit_end(jp_visit *v, gboolean stopped);
/* visit.c: takes a reading, whose done goes on with the visit. */
void jp_visit_read(jp_visit *v, jp_reading *reading);
/* visit.c: its host is not to be asked now.  Gives the board back, due in so many ms. */
void jp_visit_postpone(jp_visit *v, gint64 ms, const char *why);
/* details.c: whether some details of the board are so old that they are to be read again. */
gboolean jp_details_are_old(const jp_visit *v);
/* This item's details are not to be had: they are not asked for again soon. */
void jp_details_unhad(jp_visit *v, const jp_item *item);
/* The listing's items that the database has with the same fingerprint become unread ids;
 * those left are asked for. */
void jp_details_choose(jp_visit *v);
/* Keeps the fingerprints of stored postings, in the caller's write transaction. */
void jp_details_keep(jp_visit *v);
/* TRUE when the board's stored postings lack one of the ids from n on (of listing->postings). */
gboolean jp_details_has_new(jp_visit *v, guint n);

/* Loads a claimed board; NULL when it was removed meanwhile, or is of a kind we do not know. */
jp_visit *jp_visit_new(jp_scrape *s, gint64 id, gint64 lease_no);
void jp_visit_free(jp_visit *v);
/* Stores what the first of the visits brought, and the next ones as far as that needs no waiting,
 * and tells it: one transaction for postings, validators, schedules and the visits' rows (promise
 * 1).  Nothing of a visit is stored when its lease was lost.  Gives how many it is done with. */
guint jp_visit_land(jp_visit *const *visits, guint n);
/* Gives the board back as it was. */
void jp_visit_release(jp_visit *v);
/* Gives the board back, to be visited in so many ms (an hour at most), and tells why. */
void jp_visit_put_off(jp_visit *v, gint64 ms, const char *why);
/* Closes what is over by age or valid_through, and tells it. */
void jp_visit_expire(jp_scrape *s);

#endif
