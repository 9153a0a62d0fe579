/*
 * mail: subscribers, and one digest each that reads well and arrives once.  Pure: address.c,
 * token.c, schedule.c (when the next one is due), mustache.c, templates.c (which ones), digest.c
 * (which matches, in which order, under which cap), context.c (what templates see), message.c (the
 * MIME message).  Beside them: subscriber.c, outbox.c (the states of promise 2) and the transports
 * maildir.c mbox.c sendmail.c smtp.c behind transport.h.
 */
#ifndef JP_MAIL_H
#define JP_MAIL_H

#include "match/match.h"

/* ---- addresses (address.c) ---------------------------------------------------------------- */

/* Checks one address for envelope and header: no blanks, quotes, commas, control characters; at
 * most JP_MAX_EMAIL; a dot-atom local part and a domain name (letters beyond ASCII allowed).  An
 * error says what is wrong, without the whole address. */
gboolean jp_address_check(const char *email, GError **error);
/* A checked address as the wire wants it: the domain in its ASCII form ("x@xn--bcher-kva.example");
 * the local part as it is.  For the envelope and the To header; free with g_free. */
char *jp_address_wire(const char *email);
/* What addresses are compared by: wire form, lower case; free with g_free. */
char *jp_address_key(const char *email);

/* ---- tokens (token.c) --------------------------------------------------------------------- */

typedef enum jp_purpose {
	JP_PURPOSE_UNSUBSCRIBE = 1,
	JP_PURPOSE_BOUNCE = 2,
	JP_PURPOSE_CONFIRM = 3,
	JP_PURPOSE_MANAGE = 4, /* change or pause searches: more than mail providers need to hold */
} jp_purpose;

/* The keys of site.key_file: several, by id, so that a key can be replaced while old
 * tokens work. */
typedef struct jp_keys jp_keys;
gboolean jp_keys_make(const char *path, GError **error); /* 0600; an existing file is left alone */
/* Refuses a file that others can read (PERM); a missing or broken one is CONFIG. */
jp_keys *jp_keys_load(const char *path, GError **error);
void jp_keys_free(jp_keys *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_keys, jp_keys_free)

/* Lower-case base32 of version, key id, purpose, id and a truncated HMAC-SHA256: at most 57
 * characters, so that "bounce+TOKEN" fits 64 octets (B01).  Free with g_free. */
char *jp_token_write(const jp_keys *k, jp_purpose purpose, gint64 id);
/* FALSE for anything forged, cut, or of another purpose; constant time in the MAC. */
gboolean jp_token_read(const jp_keys *k, jp_purpose purpose, const char *token, gint64 *id);
/* Keyed hash of an address for the suppression list; out has 32 bytes. */
void jp_suppression_hash(const jp_keys *k, const char *email, guint8 *out);

/* ---- subscribers (subscriber.c) ----------------------------------------------------------- */

typedef struct jp_subscriber { /* strings owned */
	gint64 id;
	char *email, *name, *timezone, *status;
	jp_frequency frequency;
	int hour, weekday;
} jp_subscriber;
jp_subscriber *jp_subscriber_new(void); /* UTC, daily, 8, Monday, pending */
void jp_subscriber_free(jp_subscriber *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_subscriber, jp_subscriber_free)
gboolean jp_subscriber_check(const jp_subscriber *s, GError **error);

/* Adds or updates by address in the caller's write transaction.  A consent activates a pending one;
 * a suppressed address is an error (JP_ERROR_PERM), U09.  Gives the id. */
gint64 jp_subscriber_put(jp_db *db, const jp_keys *k, const jp_subscriber *s, const char *consent,
    const char *way, gint64 now, gboolean *is_new, GError **error);
/* Records a consent given at that time, once, and activates a pending subscriber; in the caller's
 * write transaction. */
void jp_subscriber_consent(
    jp_db *db, gint64 id, const char *text, const char *way, gint64 at, gint64 now);
/* Keeps the suppression hash of an address; in the caller's write transaction. */
void jp_subscriber_suppress(
    jp_db *db, const jp_keys *k, const char *email, const char *reason, gint64 now);
/* Stops an address for good ("unsubscribed", "bounced") and keeps the suppression hash; in the
 * caller's write transaction.  FALSE: there is no such subscriber. */
gboolean jp_subscriber_stop(jp_db *db, const jp_keys *k, gint64 id, const char *status, gint64 now);
gint64 jp_subscriber_find(jp_db *db, const char *who); /* id or e-mail; 0: none */
jp_subscriber *jp_subscriber_load(jp_db *db, gint64 id);
/* Sets paused or active; pending ones cannot be activated this way.  FALSE: not allowed.  This and
 * what follows stand inside the caller's write transaction. */
gboolean jp_subscriber_pause(jp_db *db, gint64 id, gboolean pause, gint64 now);
/* Unsubscribes at once and keeps the suppression hash; repeating it is fine (U04, U09). */
gboolean jp_subscriber_unsubscribe(jp_db *db, const jp_keys *k, gint64 id, gint64 now);
/* Erases the subscriber; messages stay as rows without a text. */
gboolean jp_subscriber_remove(jp_db *db, gint64 id);
/* TRUE for an address that must never be mailed again. */
gboolean jp_subscriber_is_suppressed(jp_db *db, const jp_keys *k, const char *email);

/* Everybody in the order of ids, or those of one status; s is borrowed for the call. */
typedef void (*jp_subscriber_each)(const jp_subscriber *s, gpointer data);
void jp_subscriber_list(jp_db *db, const char *status, jp_subscriber_each each, gpointer data);

/* What somebody agreed to (O02), oldest first; borrowed for the call. */
typedef void (*jp_consent_each)(const char *text, const char *way, gint64 at, gpointer data);
void jp_subscriber_consents(jp_db *db, gint64 id, jp_consent_each each, gpointer data);

/* Stores a checked search of s, due at the subscriber's next hour; in the caller's write
 * transaction.  Gives the id. */
gint64 jp_subscriber_put_search(jp_db *db, const jp_subscriber *s, jp_search *search, gint64 now);
/* Pauses a search or takes it up again; FALSE when the subscriber has no such search. */
gboolean
jp_subscriber_pause_search(jp_db *db, gint64 id, gint64 search, gboolean pause, gint64 now);

typedef struct jp_import_counts {
	guint added, changed, bad; /* entries; a line of CSV is one */
} jp_import_counts;
/* YAML or CSV (told apart by the name's end or the first line) with searches; one bad entry is
 * reported by jp_warn with file and line, and the others go on.  In transactions of its own, many
 * entries each; a dry run takes them back.  consent: everybody's, or NULL. */
gboolean jp_subscriber_import(jp_db *db, const jp_keys *k, const char *text, gsize len,
    const char *name, const char *consent, gint64 now, gboolean dry_run, jp_import_counts *counts,
    GError **error);
/* One entry of an import, as a mapping; in the caller's write transaction.  Gives the subscriber's
 * id and that of the last search in it (0: none). */
gint64 jp_subscriber_put_json(jp_db *db, const jp_keys *k, const cJSON *o, const char *way,
    gint64 now, gboolean *is_new, gint64 *search, GError **error);
/* The same mapping of a subscriber, with status and consents; free with cJSON_Delete. */
cJSON *jp_subscriber_to_json(jp_db *db, const jp_subscriber *s);
char *jp_subscriber_export(jp_db *db);     /* all of them as YAML; g_free */
char *jp_subscriber_export_csv(jp_db *db); /* a line a search, no consents; g_free */

/* What options of a program say about an entry (options.c). */
typedef enum jp_entry_kind { JP_ENTRY_SUBSCRIBER, JP_ENTRY_SEARCH } jp_entry_kind;
#define JP_ENTRY_MAX_MEMBERS 16
#define JP_ENTRY_MAX_OPTIONS 32
typedef struct jp_entry_values { /* filled by jp_cli_run; texts borrowed from argv */
	const char *text[JP_ENTRY_MAX_MEMBERS];
	GPtrArray *list[JP_ENTRY_MAX_MEMBERS];
} jp_entry_values;
/* Writes the kind's options, then `rest` up to its end, into opts of JP_ENTRY_MAX_OPTIONS. */
void jp_entry_options(
    jp_entry_kind kind, jp_entry_values *v, const struct jp_opt *rest, struct jp_opt *opts);
/* Sets what an option would have set, borrowing text.  FALSE: it is set already, or a list. */
gboolean jp_entry_set(jp_entry_kind kind, jp_entry_values *v, const char *option, const char *text);
/* What was given, as the import's mapping; free with cJSON_Delete. */
cJSON *jp_entry_json(jp_entry_kind kind, const jp_entry_values *v);

/* ---- when (schedule.c), pure -------------------------------------------------------------- */

/* First due time strictly after `after`, at the hour on the local clock: a skipped hour (DST) is
 * the first instant after it, a doubled one its first occurrence.  OFF gives G_MAXINT64, INSTANT
 * `after` itself.  An unknown time zone is UTC. */
gint64 jp_schedule_next(jp_frequency f, int hour, int weekday, const char *zone, gint64 after);

/* ---- templates (mustache.c): Mustache without lambdas ------------------------------------- */

typedef struct jp_template jp_template;
/* Finds a partial's text by name; NULL when there is none.  Borrowed while rendering. */
typedef const char *(*jp_partial)(const char *name, gpointer data);
typedef enum jp_template_escape { JP_TEMPLATE_HTML, JP_TEMPLATE_TEXT } jp_template_escape;
/* An error gives line and what (unclosed section, bad tag). */
jp_template *jp_template_parse(const char *text, const char *name, GError **error);
/* Renders with a cJSON object as the context; at most JP_MAX_MESSAGE bytes.  False are what is
 * missing, null, false, 0, "", [].  JP_TEMPLATE_TEXT makes control characters and newlines of a
 * value blanks, except in {{{ }}}.  Free with g_free. */
char *jp_template_render(const jp_template *t, const cJSON *context, jp_template_escape escape,
    jp_partial partial, gpointer data, GError **error);
void jp_template_free(jp_template *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_template, jp_template_free)

/* ---- the digest (digest.c, message.c), pure ----------------------------------------------- */

typedef struct jp_digest_item { /* borrowed strings */
	gint64 match_id, posting_id, group_id;
	int score;
	const char *search, *title, *company, *place, *url, *salary, *remote, *type;
	const char *credit;      /* what the terms of its source want said; NULL */
	const char *description; /* its lines as stored; a snippet of it is shown */
	gint64 posted_at, first_seen;
	const cJSON *reasons;
} jp_digest_item;

typedef struct jp_digest {
	const jp_subscriber *to;
	GPtrArray *items; /* of jp_digest_item *: best first, one a group, at most the cap */
	guint n_more;     /* left out by the cap: they wait for the next digest */
	gint64 now;
	gint64 asked_at;          /* when the consent was given (M13); 0: unknown */
	const char *message_id;   /* without brackets */
	const char *token;        /* JP_PURPOSE_UNSUBSCRIBE, of the subscriber */
	const char *manage_token; /* JP_PURPOSE_MANAGE, of the subscriber; NULL: no such link */
} jp_digest;

/* Chooses what goes in from candidates (jp_digest_item *, only numbers set, in any order): best
 * score first, then the newest, then the lower posting id; one a group (group_id 0 is a group of
 * its own), at most max.  *n_more further groups are left; they wait for the next digest.  Borrows
 * the items; a new array, g_ptr_array_unref. */
GPtrArray *jp_digest_pick(const GPtrArray *candidates, guint max, guint *n_more);

/* Templates in use: the operator's folder over the built-in ones; see jobping-templates(5).  An
 * error names the file and the line. */
typedef struct jp_templates jp_templates;
jp_templates *jp_templates_load(const jp_config *conf, GError **error);
void jp_templates_free(jp_templates *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_templates, jp_templates_free)

/* What the digest's links are; NULL without site.url or token; g_free. */
char *jp_digest_unsubscribe_url(const jp_config *conf, const jp_digest *d); /* {site.url}/u/TOKEN */
char *jp_digest_manage_url(const jp_config *conf, const jp_digest *d);      /* {site.url}/m/TOKEN */

/* Renders all three; as long as the HTML is over JP_MAX_DIGEST_HTML the least items are taken out
 * of d->items and counted in d->n_more (M09).  Give each to g_free. */
gboolean jp_digest_compose(const jp_templates *t, const jp_config *conf, jp_digest *d,
    char **subject, char **text, char **html, GError **error);
/* One of them, d as it is. */
char *
jp_digest_subject(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error);
char *
jp_digest_text(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error);
char *
jp_digest_html(const jp_templates *t, const jp_config *conf, const jp_digest *d, GError **error);
/* The whole RFC 5322 message, CRLF, ready for a transport (M01-M13, U01). */
GBytes *jp_message_write(const jp_config *conf, const jp_digest *d, const char *subject,
    const char *text, const char *html, GError **error);

/* ---- sending (outbox.c, transports) ------------------------------------------------------- */

typedef struct jp_mail_result { /* borrowed strings; a line of jp-mail */
	gint64 message, subscriber;
	const char *state; /* sent failed held retry composed */
	guint n_postings;
	const char *message_id, *reply;
} jp_mail_result;
enum {
	JP_MAIL_COL_MESSAGE,
	JP_MAIL_COL_SUBSCRIBER,
	JP_MAIL_COL_STATE,
	JP_MAIL_COL_POSTINGS,
	JP_MAIL_COL_MESSAGE_ID,
	JP_MAIL_COL_REPLY,
	JP_MAIL_N_COLS
};
extern const jp_column jp_mail_columns[JP_MAIL_N_COLS];

typedef struct jp_mail_run {
	jp_db *db;
	const jp_config *conf;
	const jp_keys *keys;
	gboolean dry_run;
	GArray *only; /* of gint64 subscriber ids from stdin; NULL: everybody who is due */
	void (*on_result)(const jp_mail_result *r, gpointer data); /* after the commit */
	gpointer data;
	guint n_sent, n_failed, n_held, n_retry;
} jp_mail_run;

/* Composes what is due and sends what is composed; recovers what a killed run left.  An error means
 * that nothing could be done (no transport, incomplete configuration: 78, 69, 75). */
gboolean jp_mail_run_all(jp_mail_run *r, GError **error);
/* What SMTP and sendmail need before the first mail: site.url, site.contact, mail.from (78). */
gboolean jp_mail_check_config(const jp_config *conf, GError **error);
/* The digest that a subscriber would get now, whether due or not; html or text; g_free.  NULL
 * without an error: nothing new. */
char *jp_mail_preview(jp_db *db, const jp_config *conf, const jp_keys *k, gint64 subscriber,
    gboolean html, GError **error);

/* The bytes of a message; NULL: none, or pruned. */
GBytes *jp_mail_show(jp_db *db, gint64 id);
/* Has a held or failed message sent by the next run; FALSE: it is neither, or its text is gone.  In
 * the caller's write transaction, as the next. */
gboolean jp_mail_retry(jp_db *db, gint64 id, gint64 now);
/* Gives a held message up; FALSE: it is not held. */
gboolean jp_mail_drop(jp_db *db, gint64 id);

/* ---- lists on stdout (show.c) ------------------------------------------------------------- */

/* One object: a line of JSON, or YAML. */
void jp_show_object(const cJSON *o, jp_table_mode mode);
void jp_show_stored(gint64 id, const char *result, jp_table_mode mode);
void jp_show_import(const jp_import_counts *n, jp_table_mode mode);
/* Everybody, or those of one status. */
void jp_show_subscribers(jp_db *db, const char *status, jp_table_mode mode);
void jp_show_searches(jp_db *db, gint64 subscriber, jp_table_mode mode);
/* The newest messages first, at most limit; with a state, only those. */
void jp_show_messages(jp_db *db, const char *state, guint limit, jp_table_mode mode);

/* ---- digests as tasks (tasks.c) ----------------------------------------------------------- */

/* Adds a task to the queue for each subscriber for whom there is something to do; gives their
 * number.  Its own transactions. */
guint jp_mail_enqueue(jp_db *db);
/* Is a handler of such tasks until stdin ends; run as for jp_mail_run_all.  Gives an exit code. */
int jp_mail_serve(jp_mail_run *run);

#endif
