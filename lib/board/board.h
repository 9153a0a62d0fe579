/*
 * board: where postings come from.  One adapter a service (greenhouse.c, lever.c, ashby.c, feed.c),
 * the registry that lists them (registry.c), boards as rows (store.c) and the visit that brings a
 * listing home (visit.c).
 *
 * To add a service: write lib/board/<kind>.c with one `const jp_adapter jp_adapter_<kind>`, add it to
 * the list in registry.c, a fixture and a test (t/README says where), and a line to lib/README.
 */
#ifndef JP_BOARD_H
#define JP_BOARD_H

#include "http/http.h"
#include "posting/posting.h"

/* ---- adapters ------------------------------------------------------------------------------- */

/* What an adapter may know of a board; pure data. */
typedef struct jp_board_ref {
	const char *token;
	const char *company; /* the operator's name; NULL */
	const char *region;  /* which of the service's hosts answered last; NULL: the first */
	const char *base_url; /* the configured base (conf->boards), or NULL: the service's own */
} jp_board_ref;

/* A listing as parsed from the pages so far. */
typedef struct jp_listing {
	GPtrArray *postings; /* of jp_posting *, owned; normalised */
	GPtrArray *problems; /* of char *, owned: items that could not be read, with their place */
	gboolean complete;   /* R1: expected shape, every page, counts agree */
	char *incomplete_why;
	gint64 total; /* as stated; -1: not stated */
	char *company; /* as the payload names it; NULL */
} jp_listing;

jp_listing *jp_listing_new(void);
void jp_listing_free(jp_listing *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_listing, jp_listing_free)
/* Takes p (an adapter's raw posting): normalises it and appends it, or records a problem that names
 * `where` ("jobs[17]") and drops it.  Skips ids already in the listing. */
void jp_listing_add(jp_listing *l, jp_posting *p, const char *company, const char *where);
void jp_listing_problem(jp_listing *l, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* The listing is not complete, and why; the first reason is kept. */
void jp_listing_partial(jp_listing *l, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

typedef struct jp_page_request { /* strings owned; NULL where not needed */
	char *method, *url, *body, *content_type;
} jp_page_request;
void jp_page_request_clear(jp_page_request *r);

typedef struct jp_adapter {
	const char *kind;
	const char *summary;   /* for jp-board(1) */
	const char *accept;    /* Accept header */
	const char *language;  /* Accept-Language; NULL */
	gint64 timeout;	       /* ms; 0: the configuration's */
	gboolean window;       /* a feed: never complete, postings expire by age (section 14) */

	/* A careers page's URL: TRUE and the board's token (g_free) when it is of this service. */
	gboolean (*recognise)(const char *url, char **token);
	/* Checks and canonicalises a token given by hand; NULL and an error when impossible. */
	char *(*token)(const char *given, GError **error);
	/* The request for page n (from 0); called for n > 0 only when `more` said so. */
	void (*request)(const jp_board_ref *b, guint page, jp_page_request *out);
	/* Bytes of page n into the listing.  FALSE and an error: not the expected shape, "no answer"
	 * (R4).  Sets *more when another page must follow.  Pure. */
	gboolean (*parse)(jp_listing *out, const jp_board_ref *b, const char *body, gsize len,
	    guint page, gint64 now, gboolean *more, GError **error);
	/* After 404 from the first region: the next region to try, or NULL.  May be NULL. */
	const char *(*next_region)(const char *region);
} jp_adapter;

extern const jp_adapter jp_adapter_greenhouse, jp_adapter_lever, jp_adapter_ashby, jp_adapter_feed;

/* ---- registry (registry.c) ------------------------------------------------------------------ */

const jp_adapter *jp_adapter_find(const char *kind); /* NULL: no such kind */
const jp_adapter *jp_adapter_at(guint i);	     /* NULL past the end */
/* "kind:token" or a URL into kind and token (g_free); an error names what would have been
 * recognised. */
gboolean jp_board_name_parse(
    const char *name, const jp_adapter **adapter, char **token, GError **error);
/* The configured base URL of a kind, or NULL. */
const char *jp_board_base(const jp_config *conf, const char *kind, const char *region);

/* `jp-scrape parse`: one body into a listing, no network, no database. */
gboolean jp_board_parse(jp_listing *out, const char *kind, const char *token, const char *company,
    const char *body, gsize len, gint64 now, GError **error);

/* ---- boards as rows (store.c) ----------------------------------------------------------------- */

typedef struct jp_board_spec { /* borrowed strings; what add and import give */
	const char *kind, *token, *company;
	gint64 interval; /* 0: the configuration's */
	gboolean disabled;
} jp_board_spec;

/* Adds or updates a board by kind and token in the caller's write transaction; gives its id and
 * whether it is new. */
gint64 jp_board_put(jp_db *db, const jp_board_spec *spec, gint64 now, gboolean *is_new);
/* A board by id or "kind:token"; 0 when there is none. */
gint64 jp_board_find(jp_db *db, const char *name);
/* YAML of examples/boards.yaml: a list of boards.  All or nothing; errors name file and line. */
gboolean jp_board_import(jp_db *db, const char *text, gsize len, const char *name, gint64 now,
    guint *n_new, guint *n_changed, GError **error);
char *jp_board_export(jp_db *db); /* the same YAML; g_free */

/* ---- the visit (visit.c) ------------------------------------------------------------------------ */

typedef struct jp_scrape {
	jp_db *db;
	const jp_config *conf;
	jp_http *http;
	gboolean all;	 /* also boards that are not due */
	GArray *only;	 /* of gint64 board ids; NULL: any */
	gboolean dry_run; /* fetch and parse, store nothing */
	/* Called after the commit of each board, for its events; board is "kind:token". */
	void (*on_event)(const jp_event *e, const char *board, gpointer data);
	/* Called for each board visited; status is a word of visit.status, why may be NULL. */
	void (*on_visit)(const char *board, const char *status, const char *why, gpointer data);
	gpointer data;
	guint n_visited, n_failed, n_new, n_changed, n_closed;
} jp_scrape;

/* Claims due boards, visits them all concurrently, stores, and expires what is over.  Runs until no
 * due board is left or jp_stopping(). */
void jp_scrape_run(jp_scrape *s);

#endif
