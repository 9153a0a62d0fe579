/*
 * http, inside: what the files of this room share.  A transfer is one request on its way, through
 * redirects and retries; client.c decides when it moves, transfer.c moves it one hop.
 */
#ifndef JP_HTTP_INTERNAL_H
#define JP_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <sys/socket.h>

#include "http/http.h"

/* ---- private targets that the operator permits (addr.c) -------------------------------------- */

typedef struct jp_allow jp_allow;
/* Reads http.allow: host, host:port, [v6]:port, an address, or CIDR.  Copies. */
jp_allow *jp_allow_parse(char *const *list, GError **error);
/* TRUE when a connection to sa, made for a URL with this host and port, is permitted by a rule. */
gboolean
jp_allow_match(const jp_allow *a, const char *host, guint16 port, const struct sockaddr *sa);
void jp_allow_free(jp_allow *a); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_allow, jp_allow_free)
/* An address in words; "?" for other families.  Free with g_free. */
char *jp_addr_text(const struct sockaddr *sa);

/* ---- the head of a response (head.c) --------------------------------------------------------- */

/* Status line and the headers that we use; strings owned, NULL when absent. */
typedef struct jp_head {
	int status;
	char *reason;
	char *content_type, *etag, *last_modified, *retry_after;
	char *coding; /* of the body: Content-Encoding */
	gsize len;    /* bytes of the head, its empty line included */
} jp_head;

/* Reads a head as servers send it and as people write it by hand (bare LF); it ends with an empty
 * line or with the text.  Values with control bytes read as absent.  Replaces *out.  Pure. */
gboolean jp_head_parse(jp_head *out, const char *text, gsize len, GError **error);
void jp_head_clear(jp_head *h);
/* The head for a recording: HTTP/1.1, CRLF, without what belongs to the connection, to the coding
 * of the body, or to somebody's identity.  Free with g_free. */
char *jp_head_write(const char *text, gsize len);

/* ---- one request on its way (transfer.c) ----------------------------------------------------- */

typedef struct jp_http_host jp_http_host;

typedef struct jp_transfer {
	/* what was asked; owned */
	char *method, *url, *accept, *accept_language, *content_type, *body, *etag, *last_modified;
	char *host_key;        /* NULL: the URL's host */
	char **more;           /* further header lines; NULL */
	char *first;           /* host:port of the first hop, where those go */
	char *secret;          /* NULL */
	jp_http_limits limits; /* as asked for */
	gint64 timeout;        /* ms, for one attempt */
	gboolean takes_gzip;
	gboolean is_exempt;       /* robots.txt is not asked */
	struct jp_origin *origin; /* it asks for the robots.txt of this; NULL: for something else */
	gint64 crawl_delay;       /* ms, of the hop's origin */
	jp_http_done done;
	gpointer data;

	/* where it stands */
	char *at;   /* URL of this hop */
	char *name; /* its host */
	guint16 port;
	gboolean is_https;
	gboolean became_get; /* a redirect turned the POST into a GET */
	guint hops, attempts;
	gint64 spent_us;   /* in flight, of this attempt */
	gint64 started_us; /* this hop */
	gint64 not_before_us;
	jp_http_host *host; /* where it waits or flies; borrowed */

	/* the hop in flight */
	const jp_config *conf; /* borrowed */
	const jp_allow *allow; /* borrowed */
	CURL *easy;
	struct curl_slist *headers;
	GString *head, *content;
	jp_head answer;
	gsize head_bytes;
	gboolean head_done;
	CURLcode result;
	gboolean was_left_over; /* it was what another answer had left on the line */
	char *next;             /* where the answer redirects to; NULL */
	gboolean is_gzip;       /* the content still is */
	gboolean lacks_contact; /* refused for that */
	char *refused;          /* why we broke it off; NULL: we did not */
	char error[CURL_ERROR_SIZE];

	/* how it ended */
	jp_http_outcome outcome;
	char *why;
	gint64 retry_after; /* ms; -1 */
} jp_transfer;

/* Copies the request.  A URL that cannot be used sets outcome REFUSED and why. */
jp_transfer *jp_transfer_new(const jp_config *conf, const jp_http_request *request);
void jp_transfer_free(jp_transfer *t); /* NULL is fine */
/* Makes url the next hop; FALSE and an error when it is no URL for us. */
gboolean jp_transfer_aim(jp_transfer *t, const char *url, GError **error);
/* Prepares the easy handle of this hop; agent is the User-Agent.  Borrows all. */
CURL *jp_transfer_begin(jp_transfer *t, const jp_allow *allow, const char *agent, gboolean fresh);
/* The hop is over (curl's result): sets outcome, why and retry_after, drops the handle. */
void jp_transfer_end(jp_transfer *t, CURLcode result, gint64 now);
/* After an answer with t->next: makes that the next hop, or ends it as REFUSED with FALSE. */
gboolean jp_transfer_follow(jp_transfer *t);
/* TRUE when the same request may fare better later (H07). */
gboolean jp_transfer_may_retry(const jp_transfer *t);
/* Ends it without an answer; takes why (g_malloc'd). */
void jp_transfer_fail(jp_transfer *t, jp_http_outcome outcome, char *why);
/* A URL without credentials and fragment, for keys and messages; free with g_free. */
char *jp_url_plain(const char *url);
/* The same of a URL of t's, its secret hidden. */
char *jp_transfer_plain(const jp_transfer *t, const char *url);

/* ---- answers (response.c) -------------------------------------------------------------------- */

/* Puts a body that is gzip in place of itself, inflated to at most max bytes.  Where that fails,
 * what it comes to and why in words (g_free). */
jp_http_outcome
jp_response_inflate(const char *server, gsize max, char **body, gsize *len, char **why);
/* The words for a body that is larger; g_free. */
char *jp_response_too_large(const char *server, gsize max);

/* ---- robots.txt (robots.c, rules.c) ---------------------------------------------------------- */

/* Our name in robots.txt (H01). */
#define JP_AGENT_TOKEN "JobPing"

typedef struct jp_robots jp_robots;
/* The rules for an agent; never NULL.  Looks at the first 512 KiB. */
jp_robots *jp_robots_parse(const char *text, gsize len, const char *agent);
/* The same rules for "*", normalised: parsed again they are equal.  Free with g_free. */
char *jp_robots_write(const jp_robots *r);
gboolean jp_robots_allows(const jp_robots *r, const char *path_and_query);
gint64 jp_robots_delay(const jp_robots *r); /* ms between requests, a minute at most; 0: none */
void jp_robots_free(jp_robots *r);          /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_robots, jp_robots_free)

typedef struct jp_rules jp_rules;
typedef enum jp_rules_word {
	JP_RULES_GO,   /* t may be asked */
	JP_RULES_WAIT, /* t was taken until the rules are known */
	JP_RULES_OVER, /* t has ended */
} jp_rules_word;
jp_rules *jp_rules_new(void);
void jp_rules_free(jp_rules *r);
void jp_rules_set_store(jp_rules *r, const jp_http_rules_store *store);
/* Whether this hop of t may be asked; *robots is the question to ask first, or NULL. */
jp_rules_word jp_rules_admit(jp_rules *r, jp_transfer *t, jp_transfer **robots, gint64 now);
/* t, which asked for rules, has ended: those that waited for them go on or are over. */
void jp_rules_answered(jp_rules *r, jp_transfer *t, GQueue *go, GQueue *over, gint64 now);
jp_transfer *jp_rules_take(jp_rules *r); /* one that waits; NULL: none does */
guint jp_rules_n_waiting(const jp_rules *r);

/* ---- limits of hosts (limits.c) -------------------------------------------------------------- */

typedef struct jp_limits jp_limits;
/* Reads http.limits, "NAME interval=2s at_once=1 hour=50 day=500"; borrows conf. */
jp_limits *jp_limits_new(const jp_config *conf, GError **error);
jp_http_limits
jp_limits_settle(const jp_limits *l, const char *key, const jp_http_limits *declared);
void jp_limits_free(jp_limits *l); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_limits, jp_limits_free)

/* ---- whose turn it is (pace.c) --------------------------------------------------------------- */

typedef struct jp_pace jp_pace;
/* Borrows limits and over, which gets the transfers that may not start in this run. */
jp_pace *jp_pace_new(const jp_limits *limits, GQueue *over);
void jp_pace_free(jp_pace *p);                               /* with what waits; NULL is fine */
void jp_pace_set_gate(jp_pace *p, const jp_http_gate *gate); /* copies */
/* Takes t, which waits until it may start.  What was begun (a retry, a redirect) goes first. */
void jp_pace_put(jp_pace *p, jp_transfer *t, gboolean first);
/* Asks the gate for the hosts whose turn it is, up to room requests; before jp_pace_next. */
void jp_pace_ask(jp_pace *p, guint room);
/* A transfer that starts now, or NULL and *next_us, lowered to when there may be one. */
jp_transfer *jp_pace_next(jp_pace *p, gint64 *next_us);
/* The hop of t is over. */
void jp_pace_landed(jp_pace *p, jp_transfer *t);
/* Asks nothing of the host for so many ms; told_us: it said so itself (H06). */
void jp_pace_rest(jp_pace *p, jp_http_host *host, gint64 ms, gboolean it_said_so);
/* Gives back the hosts that have had nothing to do for a while; with all, every one.  Gives the
 * time of the next by *next_us as jp_pace_next does. */
void jp_pace_leave(jp_pace *p, gboolean all, gint64 *next_us);
/* Takes one that waits, in no order; NULL: none does. */
jp_transfer *jp_pace_take(jp_pace *p);
guint jp_pace_n_waiting(const jp_pace *p);

/* ---- recording and replaying (record.c) ------------------------------------------------------ */

typedef struct jp_record jp_record;
/* Makes the folder if it is missing. */
jp_record *jp_record_open(const char *dir, GError **error);
/* Keeps one answer. */
gboolean jp_record_add(jp_record *r, const jp_transfer *t, GError **error);
void jp_record_free(jp_record *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_record, jp_record_free)

typedef struct jp_replay jp_replay;
jp_replay *jp_replay_open(const char *dir, GError **error);
/* Answers t from the folder: sets its outcome as a server would have. */
void jp_replay_answer(const jp_replay *r, jp_transfer *t, gint64 now);
void jp_replay_free(jp_replay *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_replay, jp_replay_free)

#endif
