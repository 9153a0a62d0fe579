/*
 * queue.types: how tasks of each type are run.  The keys that a type has, the types that come
 * configured (the four services), and rates in words.  A type of the configuration's own begins
 * with the defaults of the keys' table; one of the four begins with what stands here and can be
 * changed key by key.
 */
#include "config/config.h"
#include "config/internal.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(jp_queue_type, member)
#define YEAR       (365 * JP_DAY)
#define MAX_RATE   1000000

const struct jp_key jp_type_keys[] = {
    {"backoff", JP_KEY_SPAN, "30s..6h", 0, 30 * JP_DAY, AT(backoff),
	"the wait before a further try grows between these", NULL},
    {"batch", JP_KEY_INTEGER, "0", 0, 1000, AT(batch),
	"tasks in hand of one handler that stays; 0: a process a task", NULL},
    {"command", JP_KEY_LIST, NULL, 0, 0, AT(command), "the handler and its arguments", NULL},
    {"concurrency", JP_KEY_RANGE, "0..1", 0, 256, AT(concurrency),
	"handlers of one worker: at least, and at most", NULL},
    {"every", JP_KEY_DURATION, "0s", 0, YEAR, AT(every),
	"a task with the payload {} is added so often; 0: never", NULL},
    {"limit", JP_KEY_INTEGER, "0", 0, 100000, AT(limit),
	"tasks running at once on all machines; 0: any number", NULL},
    {"rate", JP_KEY_RATES, "none", 0, 0, AT(rate), "tasks started, all machines together", NULL},
    {"rate_per_key", JP_KEY_RATES, "none", 0, 0, AT(rate_per_key),
	"the same for tasks with one key", NULL},
    {"rate_per_subscriber", JP_KEY_RATES, "none", 0, 0, AT(rate_per_subscriber),
	"the same for tasks of one subscriber", NULL},
    {"retries", JP_KEY_INTEGER, "5", 0, 1000, AT(retries), "further tries after the first", NULL},
    {"timeout", JP_KEY_DURATION, "60s", 100, 7 * JP_DAY, AT(timeout),
	"a handler without an answer for so long is ended", NULL},
};
const guint jp_n_type_keys = G_N_ELEMENTS(jp_type_keys);

static const struct {
	const char *type, *key, *value;
} built_in[] = {
    {"cleanup", "command", "jp-db,gc,-q"},
    {"cleanup", "every", "1d"},
    {"cleanup", "timeout", "1h"},
    {"email", "batch", "50"},
    {"email", "command", "jp-mail,--tasks"},
    {"email", "concurrency", "0..2"},
    {"email", "every", "1m"},
    {"email", "timeout", "5m"},
    {"match", "backoff", "10s..10m"},
    {"match", "batch", "1"},
    {"match", "command", "jp-match,--tasks"},
    {"match", "every", "1m"},
    {"match", "timeout", "1h"},
    {"scrape", "backoff", "1m..1h"},
    {"scrape", "batch", "64"},
    {"scrape", "command", "jp-scrape,--tasks,-q"},
    {"scrape", "every", "1m"},
    {"scrape", "timeout", "10m"},
};

const struct jp_key *
jp_type_key_find(const char *name)
{
	for (guint i = 0; i < jp_n_type_keys; i++)
		if (strcmp(jp_type_keys[i].path, name) == 0)
			return &jp_type_keys[i];
	return NULL;
}

static void
type_free(gpointer data)
{
	jp_queue_type *type = data;

	for (guint i = 0; i < jp_n_type_keys; i++)
		jp_value_clear(type, &jp_type_keys[i]);
	g_free(type->name);
	g_free(type);
}

static void
set_default(jp_queue_type *type, const struct jp_key *key, const char *value)
{
	g_autoptr(GError) error = NULL;

	if (!jp_value_set(type, key, value, "/", &error))
		g_error("default of " JP_TYPES_PATH ".%s.%s: %s", type->name, key->path,
		    error->message);
}

static jp_queue_type *
type_new(const char *name)
{
	jp_queue_type *type = g_new0(jp_queue_type, 1);

	type->name = g_strdup(name);
	type->command = g_new0(char *, 1);
	for (guint i = 0; i < jp_n_type_keys; i++)
		if (jp_type_keys[i].def != NULL)
			set_default(type, &jp_type_keys[i], jp_type_keys[i].def);
	return type;
}

static gboolean
is_name(const char *name)
{
	gsize len = strlen(name);

	return g_ascii_islower(name[0]) && len <= JP_MAX_TASK_TYPE &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(jp_queue_type *const *)a)->name, (*(jp_queue_type *const *)b)->name);
}

jp_queue_type *
jp_types_get(jp_config *conf, const char *name, GError **error)
{
	jp_queue_type *type = (jp_queue_type *)jp_config_type(conf, name);

	if (type != NULL)
		return type;
	if (!is_name(name)) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "a type's name has at most %d of a-z, 0-9, '_' and '-' and begins with a "
		    "letter",
		    JP_MAX_TASK_TYPE);
		return NULL;
	}
	if (conf->queue.types->len >= JP_MAX_TASK_TYPES) {
		g_set_error(
		    error, JP_ERROR, JP_ERROR_CONFIG, "more than %d types", JP_MAX_TASK_TYPES);
		return NULL;
	}
	type = type_new(name);
	g_ptr_array_add(conf->queue.types, type);
	g_ptr_array_sort(conf->queue.types, by_name);
	return type;
}

void
jp_types_init(jp_config *conf)
{
	conf->queue.types = g_ptr_array_new_with_free_func(type_free);
	for (guint i = 0; i < G_N_ELEMENTS(built_in); i++)
		set_default(jp_types_get(conf, built_in[i].type, NULL),
		    jp_type_key_find(built_in[i].key), built_in[i].value);
}

const jp_queue_type *
jp_config_type(const jp_config *conf, const char *name)
{
	for (guint i = 0; i < conf->queue.types->len; i++) {
		const jp_queue_type *type = g_ptr_array_index(conf->queue.types, i);

		if (strcmp(type->name, name) == 0)
			return type;
	}
	return NULL;
}

gboolean
jp_config_type_key(const jp_queue_type *type, guint i, const char **name, char **value)
{
	if (i >= jp_n_type_keys)
		return FALSE;
	*name = jp_type_keys[i].path;
	if (type != NULL)
		*value = jp_value_show(type, &jp_type_keys[i]);
	return TRUE;
}

/* ---- rates ----------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	gint64 window;
} windows[] = {{"s", JP_SECOND}, {"min", JP_MINUTE}, {"h", JP_HOUR}, {"day", JP_DAY}};

static gboolean
parse_window(const char *text, gint64 *window)
{
	for (guint i = 0; i < G_N_ELEMENTS(windows); i++)
		if (strcmp(windows[i].word, text) == 0) {
			*window = windows[i].window;
			return TRUE;
		}
	return jp_duration_parse(text, window) && *window >= JP_SECOND && *window <= YEAR;
}

static gboolean
parse_rate(jp_quota *rate, char *text)
{
	char *slash = strchr(text, '/');

	if (slash == NULL)
		return FALSE;
	*slash = '\0';
	return jp_int_parse(g_strstrip(text), 1, MAX_RATE, &rate->n) &&
	    parse_window(g_strstrip(slash + 1), &rate->window);
}

gboolean
jp_quotas_read(jp_quotas *out, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", JP_MAX_RATES + 1);
	jp_quotas rates = {0};

	if (strcmp(text, "none") == 0) {
		*out = rates;
		return TRUE;
	}
	for (guint i = 0; parts[i] != NULL; i++) {
		g_autofree char *part = g_strdup(parts[i]);

		if (i >= JP_MAX_RATES || !parse_rate(&rates.rate[rates.n++], part)) {
			g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
			    "'%s' is not one to %d rates such as 10/s, 300/min, 100/15m, 5000/day",
			    text, JP_MAX_RATES);
			return FALSE;
		}
	}
	if (rates.n == 0) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG, "empty; 'none' is no bound");
		return FALSE;
	}
	*out = rates;
	return TRUE;
}

static void
show_rate(GString *out, const jp_quota *rate)
{
	g_autofree char *window = NULL;
	const char *word = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(windows); i++)
		if (windows[i].window == rate->window)
			word = windows[i].word;
	if (word == NULL)
		word = window = jp_duration_format(rate->window);
	g_string_append_printf(
	    out, "%s%" G_GINT64_FORMAT "/%s", out->len > 0 ? ", " : "", rate->n, word);
}

char *
jp_quotas_show(const jp_quotas *rates)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < rates->n; i++)
		show_rate(out, &rates->rate[i]);
	return g_string_free(out->len > 0 ? out : g_string_append(out, "none"), FALSE);
}
