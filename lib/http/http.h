/*
 * http: one libcurl multi loop for all requests of a process, with manners.  Per host: few
 * connections and a pause between starts; validators, retries with back-off, Retry-After; limits on
 * time, headers and size before and after inflating; https only unless the operator configured
 * otherwise; addresses checked at the connection itself, after every redirect and DNS answer
 * (promise 6).  Responses can be recorded to a folder and replayed from one without a network.
 */
#ifndef JP_HTTP_H
#define JP_HTTP_H

#include "config/config.h"

typedef struct jp_http jp_http;

typedef enum jp_http_outcome {
	JP_HTTP_ANSWER,    /* a status line arrived and the body is whole */
	JP_HTTP_TIMEOUT,   /* connect, transfer, or too slow */
	JP_HTTP_NETWORK,   /* DNS, refused, reset, cut short, TLS */
	JP_HTTP_REFUSED,   /* by us: address, scheme, redirect, size; `why` says which */
	JP_HTTP_FORBIDDEN, /* not asked: robots.txt does not allow it */
	JP_HTTP_LATER,     /* not asked: the host wants rest, or our limits for it are used up;
			    * retry_after says for how long, `why` which */
	JP_HTTP_STOPPED,   /* the process was asked to stop */
	JP_HTTP_MISSING,   /* replay has no such response */
} jp_http_outcome;

/* How a host may be asked.  Of a request, 0 means "as configured" (http.min_interval ...), which
 * http.limits may overrule; once settled, 0 an hour or a day means "any number". */
typedef struct jp_http_limits {
	gint64 min_interval; /* ms between the starts of two requests */
	guint at_once;       /* requests in flight */
	guint per_hour, per_day;
} jp_http_limits;

typedef struct jp_http_request {
	const char *method; /* "GET" or "POST" */
	const char *url;
	const char *accept;          /* NULL: any */
	const char *accept_language; /* NULL: not sent */
	const char *content_type;    /* with a body */
	const char *body;            /* POST; NULL: none */
	const char *etag;            /* validators, sent exactly as stored (H05); NULL: none */
	const char *last_modified;
	const char *host_key;  /* what is paced as one host; NULL: the URL's host */
	jp_http_limits limits; /* of the first hop's host */
	/* More lines ("Name: value"), for the first host only: a redirect elsewhere does not carry
	 * them.  NULL-terminated, or NULL. */
	const char *const *headers;
	const char *secret;  /* NULL; wherever it stands in a URL, "***" is told and recorded */
	gboolean is_exempt;  /* robots.txt is not asked (H04) */
	gint64 timeout;      /* ms; 0: the configuration's */
	gboolean takes_gzip; /* the body of a 200 may be given as it came */
} jp_http_request;           /* everything is copied by jp_http_add */

typedef struct jp_http_response {
	jp_http_outcome outcome;
	int status;               /* 0 unless ANSWER */
	const char *url;          /* the final one, after redirects; without credentials */
	const char *content_type; /* NULL when absent, so the rest */
	const char *etag;
	const char *last_modified;
	gint64 retry_after; /* ms from now; -1: none */
	const char *body;   /* inflated; NUL-terminated beyond len */
	gsize len;
	gint64 ms; /* from the first byte asked to the last received */
	guint attempts;
	const char *why; /* in words, for anything but a 2xx or 304; never NULL then */
	/* The request takes gzip and this is one: jp_http_response_inflate() makes of it what it
	 * is. */
	gboolean is_gzip;
	const char *server; /* these are http's own */
	gsize max_body;
	gpointer of;
} jp_http_response; /* borrowed for the call of done */

/* The same answer for longer than the call of done: takes the body, which r->body must not be
 * looked at for any more, and copies the rest. */
jp_http_response *jp_http_response_keep(const jp_http_response *r);
/* Inflates the body of a kept answer, unless it is; in any thread.  Where that fails the answer
 * becomes what it would have been told as.  FALSE: it is more than max bytes, and may be tried
 * again with a larger one. */
gboolean jp_http_response_inflate(jp_http_response *kept, gsize max);
void jp_http_response_free(jp_http_response *r); /* one that was kept; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_http_response, jp_http_response_free)

/* Called once for every request, from jp_http_run; it may add further requests. */
typedef void (*jp_http_done)(const jp_http_response *r, gpointer data);

/* Borrows conf.  record and replay are folders or NULL (a missing record folder is made). */
jp_http *jp_http_new(const jp_config *conf, const char *record, const char *replay, GError **error);
void jp_http_add(jp_http *h, const jp_http_request *request, jp_http_done done, gpointer data);

/*
 * Limits shared with other processes: what may start is asked of a gate, which knows what all of
 * them did.  Without one, the limits hold in this process only, and budgets not at all.
 */
typedef struct jp_http_ask {
	/* asked */
	const char *host;
	jp_http_limits limits; /* settled */
	guint want;            /* requests that wait for this host, at least one */
	guint n_flying;        /* of ours */
	/* of the grant before, if it was not given back: its mark (the gate's own, which it sets),
	 * starts made and not made, and ms since the last one (-1: none was) */
	gint64 mark;
	guint n_made, n_unused;
	gint64 last_start;
	gint64 longest; /* ms that one request takes at most */
	/* the answer */
	guint n;         /* starts granted, limits.min_interval apart; 0: none */
	guint at_once;   /* of them in flight, those that fly included */
	gint64 wait;     /* ms until the first; n is 0: until it is worth asking again */
	gint64 valid;    /* ms from now after which starts are lost */
	const char *why; /* n is 0: what is in the way; borrowed for ever */
} jp_http_ask;

typedef struct jp_http_gate {
	/* Answers n asks, each of another host. */
	void (*ask)(jp_http_ask *asks, guint n, gpointer data);
	/* Gives back what is held of these hosts: nothing of ours waits or flies there. */
	void (*leave)(const jp_http_ask *asks, guint n, gpointer data);
	/* The host asked for a rest of so many ms (H06). */
	void (*rest)(const char *host, gint64 ms, gpointer data);
	gpointer data;
} jp_http_gate;

/* A Retry-After up to this is waited for inside the run; a longer one ends the request (H06). */
#define JP_PACE_LONGEST_WAIT (60 * JP_SECOND)

/* Copies gate, which is called from jp_http_run only. */
void jp_http_set_gate(jp_http *h, const jp_http_gate *gate);
/* The settled limits of a host that is asked with these: http.limits by host or key, else those of
 * the request, else the configuration's. */
jp_http_limits
jp_http_limits_of(const jp_http *h, const char *host, const jp_http_limits *declared);

/*
 * robots.txt (RFC 9309): with a store, each origin's is asked for before anything else of it, and
 * its rules and Crawl-delay are obeyed; the store keeps them for other processes.
 */
typedef struct jp_http_rules {
	char *text;        /* the rules for us, as robots.txt; owned.  NULL: none were ever had */
	gint64 fetched_at; /* ms, when they were asked for last */
	gint64 down_since; /* ms since when there is no answer; 0: there was one */
} jp_http_rules;

typedef struct jp_http_rules_store {
	/* What is known of an origin ("https://host:443") into *out; FALSE: nothing. */
	gboolean (*load)(const char *origin, jp_http_rules *out, gpointer data);
	void (*save)(const char *origin, const jp_http_rules *rules, gpointer data);
	gpointer data;
} jp_http_rules_store;

/* Whether a run asks for robots.txt anew: it is a day old, or an hour where it could not be had. */
gboolean jp_http_rules_is_fresh(const jp_http_rules *rules, gint64 now);
/* The Crawl-delay for us in rules as they are stored, ms; 0: none. */
gint64 jp_http_rules_delay(const char *text);
/* Copies store; NULL: robots.txt is not asked for. */
void jp_http_set_rules(jp_http *h, const jp_http_rules_store *store);

/* TRUE once something public was not connected to because the configuration names nobody who can be
 * reached about it (H01): site.contact or site.url. */
gboolean jp_http_needs_contact(const jp_http *h);

/* Has tick called from jp_http_run, every half second or so while anything is pending; it may add
 * requests.  NULL: no longer. */
void jp_http_set_tick(jp_http *h, void (*tick)(gpointer data), gpointer data);

/* Has idle called from jp_http_run before it waits for the network, and before it returns; it may
 * add requests.  TRUE when it did something: then the network is looked at again first.  NULL: no
 * longer. */
void jp_http_set_idle(jp_http *h, gboolean (*idle)(gpointer data), gpointer data);

/* Has idle called soon where jp_http_run naps.  Any thread may call it, as nothing else here. */
void jp_http_wake(jp_http *h);

/* Runs until every request is answered, or jp_stopping(): then the rest end as STOPPED. */
void jp_http_run(jp_http *h);
/* Requests that wait or are in flight. */
guint jp_http_pending(const jp_http *h);
/* Why recording ended early (a full disk); NULL when everything was kept.  Borrowed. */
const GError *jp_http_record_error(const jp_http *h);
void jp_http_free(jp_http *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_http, jp_http_free)

/* TRUE for an address on the public internet; FALSE for private, loopback, link-local, metadata,
 * multicast, reserved, and IPv6 forms that carry such (mapped, 6to4, NAT64, Teredo).  Pure. */
struct sockaddr;
gboolean jp_addr_is_public(const struct sockaddr *sa);

/* Retry-After in seconds or as an HTTP date; -1 when absent or nonsense.  Pure. */
gint64 jp_retry_after(const char *value, gint64 now);

#endif
