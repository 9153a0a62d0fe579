/* What the files of config share with each other and nobody else. */
#ifndef JP_CONFIG_INTERNAL_H
#define JP_CONFIG_INTERNAL_H

#include "config/config.h"

/* ---- YAML (yaml.c) -------------------------------------------------------------------------- */

/* A place in the text, both from 1; 0: unknown. */
struct jp_yaml_place {
	guint line, column;
};

/* Where a node begins, and where its key does (the node itself where it has none). */
struct jp_yaml_place jp_yaml_value_place(const jp_yaml *y, const cJSON *node);
struct jp_yaml_place jp_yaml_key_place(const jp_yaml *y, const cJSON *node);

/* ---- keys and values (keys.c, value.c) ----------------------------------- */

typedef enum jp_key_type {
	JP_KEY_TEXT,     /* one line, shown to people */
	JP_KEY_LINES,    /* the same, several lines allowed */
	JP_KEY_PATH,     /* a file or folder */
	JP_KEY_DATABASE, /* a path or a PostgreSQL URL */
	JP_KEY_URL,      /* http or https */
	JP_KEY_ADDRESS,  /* an e-mail address */
	JP_KEY_DOMAIN,   /* a host's name */
	JP_KEY_INTEGER,
	JP_KEY_DURATION,
	JP_KEY_SIZE,
	JP_KEY_WORD,  /* one of a few */
	JP_KEY_LIST,  /* of text */
	JP_KEY_RANGE, /* jp_range of whole numbers: "2..8", "4" */
	JP_KEY_SPAN,  /* jp_range of durations: "30s..6h", "5m" */
	JP_KEY_RATES, /* jp_quotas: "10/s, 300/min", "none" */
} jp_key_type;

/* One key of jobping.yaml. */
struct jp_key {
	const char *path; /* "http.timeout" */
	jp_key_type type;
	const char *def; /* as it would be written; NULL: unset, or made by derive() */
	gint64 min, max; /* integer, duration, size */
	gsize offset;    /* in jp_config */
	const char *help;
	/* in the order of the enum; of a list: one of them and ": REASON" is an element; NULL at
	 * the end */
	const char *const *words;
};

extern const struct jp_key jp_keys[];
extern const guint jp_n_keys;

/* The key of this path, or NULL. */
const struct jp_key *jp_key_find(const char *path);
/* "JP_HTTP_TIMEOUT" for "http.timeout".  Free with g_free. */
char *jp_key_variable(const char *path);

/* Checks text and stores it in conf (the struct that the table is of); relative paths start at dir.
 * The error has neither file nor key in it.  A list takes its elements by jp_value_set_list. */
gboolean jp_value_set(
    gpointer conf, const struct jp_key *key, const char *text, const char *dir, GError **error);
/* Copies strv. */
gboolean
jp_value_set_list(gpointer conf, const struct jp_key *key, const char *const *strv, GError **error);
/* Frees what the key's place in conf holds. */
void jp_value_clear(gpointer conf, const struct jp_key *key);
/* The value as it would be written; NULL: unset.  Free with g_free. */
char *jp_value_show(gconstpointer conf, const struct jp_key *key);

/* "10/s, 300/min" and back; "none" is no bound. */
gboolean jp_quotas_read(jp_quotas *out, const char *text, GError **error);
char *jp_quotas_show(const jp_quotas *rates); /* g_free */

/* ---- types of tasks (types.c) ---------------------------------------------------------------- */

#define JP_TYPES_PATH "queue.types"

extern const struct jp_key jp_type_keys[]; /* offsets in jp_queue_type; paths have no dots */
extern const guint jp_n_type_keys;

const struct jp_key *jp_type_key_find(const char *name); /* or NULL */
/* Gives conf the types that come configured. */
void jp_types_init(jp_config *conf);
/* The type of this name, made with the defaults where it is new.  NULL: the name is none, or there
 * are too many.  Borrowed. */
jp_queue_type *jp_types_get(jp_config *conf, const char *name, GError **error);

/* ---- reading (read.c) ------------------------------------------------------------------------ */

#define JP_PASSWORD_VARIABLE    "JP_MAIL_SMTP_PASSWORD"
#define JP_DB_PASSWORD_VARIABLE "JP_DB_PASSWORD"

/* Reads the text of a file into conf; name is for messages. */
gboolean
jp_config_read(jp_config *conf, const char *text, gsize len, const char *name, GError **error);

#endif
