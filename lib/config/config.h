/*
 * config: jobping.yaml becomes one typed, validated struct.  Every key is a row of a table in
 * keys.c that gives its path, type, default, bounds and place in the struct; the manual
 * jobping.yaml(5) is compared with that table by a test.  Precedence: environment
 * (ai.max_daily_cost -> JP_AI_MAX_DAILY_COST), then the file, then the default.
 */
#ifndef JP_CONFIG_H
#define JP_CONFIG_H

#include "base/base.h"

typedef enum jp_transport_kind {
	JP_TRANSPORT_MAILDIR,
	JP_TRANSPORT_MBOX,
	JP_TRANSPORT_SENDMAIL,
	JP_TRANSPORT_SMTP,
} jp_transport_kind;

typedef enum jp_held_policy { JP_HELD_HOLD, JP_HELD_RESEND } jp_held_policy;
typedef enum jp_sslmode {
	JP_SSLMODE_DISABLE,
	JP_SSLMODE_ALLOW,
	JP_SSLMODE_PREFER,
	JP_SSLMODE_REQUIRE,
	JP_SSLMODE_VERIFY_CA,
	JP_SSLMODE_VERIFY_FULL,
} jp_sslmode;
typedef enum jp_tls_mode { JP_TLS_IMPLICIT, JP_TLS_STARTTLS, JP_TLS_NONE } jp_tls_mode;

/* Two bounds, both allowed. */
typedef struct jp_range {
	gint64 min, max;
} jp_range;

/* At most n in any window of so many ms; all windows of a type hold at once. */
typedef struct jp_quota {
	gint64 n, window;
} jp_quota;
typedef struct jp_quotas {
	guint n; /* 0: no bound */
	jp_quota rate[JP_MAX_RATES];
} jp_quotas;

/* One entry of queue.types: how tasks of a type are run (jp-queue(1)). */
typedef struct jp_queue_type {
	char *name;
	char **command;       /* never empty; the program is looked up in PATH */
	jp_range concurrency; /* handlers of one supervisor, between these; max 0: not run here */
	gint64 limit;         /* tasks running at once on all machines; 0: no limit */
	gint64 batch;         /* tasks in hand of one long-lived handler; 0: a process a task */
	gint64 timeout;       /* ms */
	gint64 retries;       /* further tries after the first */
	jp_range backoff;     /* ms, between two tries */
	jp_quotas rate;       /* of tasks started */
	jp_quotas rate_per_key, rate_per_subscriber; /* those with none are free */
	gint64 every; /* ms: a task without payload is added so often; 0: never */
} jp_queue_type;

typedef struct jp_service_key {
	char *file; /* absolute; NULL */
	char *text; /* its first line, or JP_KEYS_<NAME>; NULL; never logged */
} jp_service_key;

/* Strings are never NULL unless said so; lists are NULL-terminated vectors, never NULL. */
typedef struct jp_config {
	char *path; /* the file read; NULL: defaults and environment only */
	char *dir; /* the file's relative paths start here; those of variables in the working folder
		    */

	char *database; /* absolute path, or a URL */

	struct {
		char *name; /* "JobPing" */
		char *url;  /* https://jobs.example.org; NULL: not set */
		char
		    *contact; /* operator's e-mail or URL, in the User-Agent and List-Owner; NULL */
		char *postal_address; /* M13; NULL */
		char *key_file;       /* absolute; default beside the database */
	} site;
	struct {
		char *database; /* as above; NULL: the same */
	} stats;

	struct {
		gint64 connect_timeout, timeout; /* ms */
		gint64 max_body;                 /* bytes, before and after inflating */
		gint64 max_connections;          /* transfers in flight, all hosts */
		gint64 per_host;                 /* transfers in flight, one host */
		gint64 min_interval;             /* ms between two starts on a host */
		gint64 per_hour, per_day;        /* requests to one host; 0: any number */
		gint64 retries;
		char **limits; /* of hosts by name: "NAME interval=1s at_once=2 hour=0 day=0" */
		char **allow;  /* private targets that may be connected to: host, host:port, CIDR */
	} http;

	/* base URLs; NULL: the service has a host for each board */
	struct {
		char *adzuna, *arbeitnow, *ashby, *bamboohr, *greenhouse, *himalayas, *hn, *jobicy,
		    *jooble, *lever, *lever_eu, *personio, *pinpoint, *recruitee, *reed, *remoteok,
		    *remotive, *smartrecruiters, *teamtailor, *themuse, *usajobs, *workable,
		    *workday;
	} boards;

	struct {
		jp_service_key adzuna, jooble, reed, usajobs;
	} keys;

	struct {
		jp_range interval;     /* ms between two visits of a board */
		gint64 details;        /* asked for in one visit of a board */
		gint64 alert_failures; /* in a row, which are told, */
		gint64 alert_after;    /* or ms for which a board fails */
		gint64 max_failures;   /* visits with "gone" in a row before a board is disabled */
		gint64 feed_max_age;   /* ms after which a feed's posting expires */
		gint64 reread;         /* ms after which details are read again; 0: never */
		gint64 per_host;       /* boards of one host that are visited at a time */
		gint64 in_flight;      /* boards that are visited at a time */
		char **exempt;         /* "KIND: why robots.txt is not asked" */
	} scrape;

	struct {
		gint64 min_score; /* 0-100, where a search has none of its own */
		gint64 max_age;   /* ms; a search's default bound on a posting's age */
		gint64 backfill;  /* ms: how far back a new search looks */
	} match;

	struct {
		jp_transport_kind transport;
		char *from;      /* address of the From header */
		char *from_name; /* its display name */
		char *domain;    /* of Message-ID, List-Id and VERP; default: the domain of from */
		char *maildir, *mbox; /* absolute */
		char **sendmail; /* command (never none) and arguments; the recipient is appended */
		char *templates; /* folder with the operator's own templates; NULL */
		gint64 max_postings;                  /* of one digest */
		gint64 per_run;                       /* messages one run may send; 0: all */
		gint64 retry_min, retry_max, give_up; /* ms (S01) */
		jp_held_policy held;
		struct {
			char *host;
			gint64 port;
			jp_tls_mode tls;
			char *ca_file;       /* NULL: the system's */
			char *user;          /* NULL: no AUTH */
			char *password_file; /* absolute; NULL */
			char *password; /* from password_file or JP_MAIL_SMTP_PASSWORD; never logged
					 */
			gint64 connections;
			gint64 timeout; /* ms */
		} smtp;
	} mail;

	struct {
		gint64 slow_query; /* ms; slower statements are said with -v */
		gint64 busy_timeout;
		/* PostgreSQL */
		gint64 connect_timeout, idle_timeout, statement_timeout; /* ms; 0: none */
		gint64 max_connections; /* of one program with its workers */
		gboolean prepare;       /* named statements in the server */
		jp_sslmode sslmode;
		char *ca_file, *cert_file, *key_file; /* absolute; NULL: libpq's own */
		char *password_file;                  /* absolute; NULL */
		char *password; /* from password_file or JP_DB_PASSWORD; never logged; NULL */
	} db;

	struct {
		GPtrArray *types; /* of jp_queue_type *, by name; never NULL */
		gint64 lease;     /* ms that a claim holds when its worker is gone */
		gint64 poll;      /* ms between two looks for new tasks */
		gint64 grace;     /* ms that handlers get to end when the worker is told to */
	} queue;

	/* ms that each kind of data is kept; jp-db gc enforces it (G04) */
	struct {
		gint64 visits, runs, events, postings, bodies, messages, pending, unsubscribed,
		    tasks;
	} gc;
} jp_config;

/* Finds the file (path, else $JP_CONFIG, XDG, /etc) and reads it.  A file named explicitly must
 * exist; without one the defaults stand.  Errors carry file:line:column, JP_ERROR_CONFIG; a file
 * that others can write is refused (L08).  Free with jp_config_free. */
gboolean jp_config_load(jp_config **out, const char *path, GError **error);
/* The same from memory, for tests and fuzzing; name is for messages, dir for relative paths.
 * The environment is not looked at. */
gboolean jp_config_parse(jp_config **out, const char *text, gsize len, const char *name,
    const char *dir, GError **error);
void jp_config_free(jp_config *conf); /* wipes the secrets; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_config, jp_config_free)

/* The table, for the manual's test and `jp-db config`: path, type, default ("": none, or it follows
 * from other keys) and help of key i; FALSE past the end. */
gboolean
jp_config_key(guint i, const char **path, const char **type, const char **def, const char **help);
/* The value of key i as it would be written; NULL: unset.  The password in a database's URL is
 * hidden.  Free with g_free. */
char *jp_config_value(const jp_config *conf, guint i);

/* The type of this name, or NULL.  Borrowed. */
const jp_queue_type *jp_config_type(const jp_config *conf, const char *name);
/* Key i of a type: its name and its value as it would be written (NULL: unset; g_free); FALSE past
 * the end.  type NULL gives the name only. */
gboolean jp_config_type_key(const jp_queue_type *type, guint i, const char **name, char **value);
/* The database as messages may show it: a URL without its password and parameters.  Free with
 * g_free. */
char *jp_config_database(const jp_config *conf);

/*
 * YAML documents of our own formats (boards, subscribers): mappings, sequences and scalars as a
 * cJSON tree, with the line of each node kept for messages.  Anchors, tags and duplicate keys are
 * refused; depth bounded.  Scalars are strings ("17", "yes", "2026-10-01"), but nothing, "~" and
 * "null" without quotes are null.  Errors are JP_ERROR_DATA, "name:line:column: what".
 */
typedef struct jp_yaml jp_yaml;
jp_yaml *jp_yaml_parse(const char *text, gsize len, const char *name, GError **error);
const cJSON *jp_yaml_root(const jp_yaml *y); /* borrowed; an object, array or NULL if empty */
guint jp_yaml_line(const jp_yaml *y, const cJSON *node); /* from 1; 0: unknown */
void jp_yaml_free(jp_yaml *y);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_yaml, jp_yaml_free)
/* Writes objects, arrays, strings, numbers, booleans and null as YAML that jp_yaml_parse reads back
 * equal (strings quoted where they must be).  Free with g_free. */
char *jp_yaml_write(const cJSON *root);

#endif
