/*
 * How a host may be asked: the operator's word for it by name (http.limits), else what the caller
 * declares for its service, else the configuration's general limits.
 */
#include <string.h>

#include "http/internal.h"

/* More than anybody means: a day holds 86,400 seconds. */
#define MOST 10000000

struct rule {
	char *name; /* of a host, or the key of a service's hosts; lower case */
	gboolean has_interval, has_hour, has_day;
	jp_http_limits limits; /* at_once 0: not said */
};

struct jp_limits {
	const jp_config *conf;
	GHashTable *rules; /* name -> struct rule */
};

static void
rule_free(gpointer p)
{
	struct rule *r = p;

	g_free(r->name);
	g_free(r);
}

static gboolean
read_number(const char *text, gint64 least, guint *out)
{
	gint64 n;

	if (!jp_int_parse(text, least, MOST, &n))
		return FALSE;
	*out = (guint)n;
	return TRUE;
}

/* One "key=value" of a rule. */
static gboolean
read_word(struct rule *r, const char *word)
{
	const char *value = strchr(word, '=');
	gsize n = value ? (gsize)(value - word) : 0;

	if (!value)
		return FALSE;
	value++;
	if (strncmp(word, "interval", n) == 0 && n == strlen("interval")) {
		r->has_interval = TRUE;
		return jp_duration_parse(value, &r->limits.min_interval) &&
		    r->limits.min_interval <= JP_DAY;
	}
	if (strncmp(word, "at_once", n) == 0 && n == strlen("at_once"))
		return read_number(value, 1, &r->limits.at_once);
	if (strncmp(word, "hour", n) == 0 && n == strlen("hour")) {
		r->has_hour = TRUE;
		return read_number(value, 0, &r->limits.per_hour);
	}
	if (strncmp(word, "day", n) == 0 && n == strlen("day")) {
		r->has_day = TRUE;
		return read_number(value, 0, &r->limits.per_day);
	}
	return FALSE;
}

static gboolean
read_rule(jp_limits *l, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(text, " ", -1);
	struct rule *r = g_new0(struct rule, 1);
	guint n_said = 0;

	for (char **w = words; *w; w++) {
		if (!**w)
			continue;
		if (!r->name && !strchr(*w, '=')) {
			r->name = g_ascii_strdown(*w, -1);
			continue;
		}
		n_said++;
		if (r->name && read_word(r, *w))
			continue;
		n_said = 0;
		break;
	}
	if (n_said > 0) {
		g_hash_table_replace(l->rules, r->name, r);
		return TRUE;
	}
	rule_free(r);
	g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
	    "http.limits: \"%s\": write NAME and one or more of interval=2s at_once=1 hour=50 "
	    "day=500",
	    text);
	return FALSE;
}

jp_limits *
jp_limits_new(const jp_config *conf, GError **error)
{
	g_autoptr(jp_limits) l = g_new0(jp_limits, 1);

	l->conf = conf;
	l->rules = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, rule_free);
	for (char **text = conf->http.limits; text && *text; text++)
		if (!read_rule(l, *text, error))
			return NULL;
	return g_steal_pointer(&l);
}

void
jp_limits_free(jp_limits *l)
{
	if (!l)
		return;
	g_hash_table_unref(l->rules);
	g_free(l);
}

jp_http_limits
jp_limits_settle(const jp_limits *l, const char *key, const jp_http_limits *declared)
{
	const jp_config *conf = l->conf;
	const struct rule *r = g_hash_table_lookup(l->rules, key);
	jp_http_limits s = {
	    .min_interval = declared && declared->min_interval > 0 ? declared->min_interval
								   : conf->http.min_interval,
	    .at_once =
		declared && declared->at_once > 0 ? declared->at_once : (guint)conf->http.per_host,
	    .per_hour = declared && declared->per_hour > 0 ? declared->per_hour
							   : (guint)conf->http.per_hour,
	    .per_day =
		declared && declared->per_day > 0 ? declared->per_day : (guint)conf->http.per_day,
	};

	if (r && r->has_interval)
		s.min_interval = r->limits.min_interval;
	if (r && r->limits.at_once > 0)
		s.at_once = r->limits.at_once;
	if (r && r->has_hour)
		s.per_hour = r->limits.per_hour;
	if (r && r->has_day)
		s.per_day = r->limits.per_day;
	return s;
}
