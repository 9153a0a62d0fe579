/*
 * Text becomes a checked value of its key's type in the struct.  The same rules hold for the file,
 * the environment and the defaults.
 */
#include "config/config.h"
#include "config/internal.h"

#include <string.h>

#define MAX_LINES 1000 /* bytes of a postal address */
#define MAX_HOST  253  /* RFC 1035 2.3.4, written without the last dot */

G_GNUC_PRINTF(2, 3)
static gboolean
refuse(GError **error, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error_literal(error, JP_ERROR, JP_ERROR_CONFIG, what);
	return FALSE;
}

/* conf is the struct that the key's table is of: jp_config or jp_queue_type. */
static gpointer
place(gpointer conf, const struct jp_key *key)
{
	return (char *)conf + key->offset;
}

static gboolean
put_text(gpointer conf, const struct jp_key *key, char *text)
{
	char **at = place(conf, key);

	g_free(*at);
	*at = text;
	return TRUE;
}

/* ---- checks --------------------------------------------------------------------------------- */

static gboolean
check_text(const char *text, gsize max, gboolean lines, GError **error)
{
	gsize len = strlen(text);

	if (!g_utf8_validate(text, -1, NULL))
		return refuse(error, "not UTF-8");
	if (len == 0)
		return refuse(error, "empty");
	if (len > max)
		return refuse(error, "longer than %" G_GSIZE_FORMAT " bytes", max);
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)) && !(lines && *p == '\n'))
			return refuse(error, "a control character");
	return TRUE;
}

static gboolean
is_host(const char *text)
{
	gsize len = strlen(text);

	return len > 0 && len <= MAX_HOST && g_ascii_isalnum(text[0]) && text[len - 1] != '.' &&
	    text[len - 1] != '-' && strstr(text, "..") == NULL &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

/* "https://host[:port][/path]", with nothing secret and nothing behind the path. */
static gboolean
check_url(const char *text, GError **error)
{
	g_autoptr(GUri) uri = NULL;
	const char *scheme;

	if (!check_text(text, JP_MAX_URL, FALSE, error))
		return FALSE;
	uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	scheme = uri != NULL ? g_uri_get_scheme(uri) : "";
	if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		return refuse(error, "not a URL that begins with https:// or http://");
	if (g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0')
		return refuse(error, "a URL without a host");
	if (g_uri_get_userinfo(uri) != NULL)
		return refuse(error, "a URL with a user's name in it; that is not supported");
	if (g_uri_get_query(uri) != NULL || g_uri_get_fragment(uri) != NULL)
		return refuse(error, "a URL with something behind its path");
	return TRUE;
}

/* The form only; the mail room checks addresses that are mailed. */
static gboolean
check_address(const char *text, GError **error)
{
	const char *at = strrchr(text, '@');

	if (!check_text(text, JP_MAX_EMAIL, FALSE, error))
		return FALSE;
	if (at == NULL || at == text || at[1] == '\0' || strpbrk(text, " \"<>(),;:\\[]") != NULL ||
	    strchr(text, '@') != at)
		return refuse(error, "not an address such as jobs@example.org");
	return TRUE;
}

static gboolean
is_postgres(const char *text)
{
	return g_str_has_prefix(text, "postgresql://") || g_str_has_prefix(text, "postgres://");
}

/* ---- by type -------------------------------------------------------------------------------- */

static gboolean
set_path(gpointer conf, const struct jp_key *key, const char *text, const char *dir, GError **error)
{
	if (!check_text(text, JP_MAX_URL, FALSE, error))
		return FALSE;
	if (key->type == JP_KEY_DATABASE && is_postgres(text))
		return put_text(conf, key, g_strdup(text));
	if (key->type == JP_KEY_DATABASE && strstr(text, "://") != NULL)
		return refuse(
		    error, "neither a file's name nor a URL that begins with postgresql://");
	if (g_str_has_prefix(text, "~/"))
		return put_text(conf, key, g_build_filename(g_get_home_dir(), text + 2, NULL));
	return put_text(conf, key, g_canonicalize_filename(text, dir));
}

static gboolean
set_url(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	gsize len = strlen(text);

	if (!check_url(text, error))
		return FALSE;
	while (len > 0 && text[len - 1] == '/')
		len--;
	return put_text(conf, key, g_strndup(text, len));
}

static gboolean
set_integer(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	if (jp_int_parse(text, key->min, key->max, place(conf, key)))
		return TRUE;
	return refuse(error,
	    "'%s' is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, text,
	    key->min, key->max);
}

static gboolean
set_duration(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	g_autofree char *min = NULL, *max = NULL;
	gint64 ms;

	if (!jp_duration_parse(text, &ms))
		return refuse(error, "'%s' is not a duration such as 90s, 15m, 2h or 7d", text);
	if (ms >= key->min && ms <= key->max) {
		*(gint64 *)place(conf, key) = ms;
		return TRUE;
	}
	min = jp_duration_format(key->min);
	max = jp_duration_format(key->max);
	return refuse(error, "'%s' is not between %s and %s", text, min, max);
}

static gboolean
set_size(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	gint64 bytes;

	if (!jp_size_parse(text, &bytes))
		return refuse(error, "'%s' is not a size such as 512KiB or 64MiB", text);
	if (bytes < key->min || bytes > key->max)
		return refuse(error,
		    "'%s' is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " bytes", text,
		    key->min, key->max);
	*(gint64 *)place(conf, key) = bytes;
	return TRUE;
}

static gboolean
set_word(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	g_autofree char *all = NULL;

	for (guint i = 0; key->words[i] != NULL; i++)
		if (strcmp(key->words[i], text) == 0) {
			*(guint *)place(conf, key) = i; /* an enum that counts from 0 */
			return TRUE;
		}
	all = g_strjoinv(", ", (char **)key->words);
	return refuse(error, "'%s' is not one of %s", text, all);
}

/* "KIND: REASON": one of the words, and after the colon a reason (H04). */
static gboolean
check_reason(const char *text, const char *const *words, GError **error)
{
	const char *colon = strchr(text, ':');
	g_autofree char *word = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
	g_autofree char *all = NULL;
	const char *near;

	if (!word || colon[1 + strspn(colon + 1, " ")] == '\0')
		return refuse(error, "\"%s\" is not of the form KIND: REASON", text);
	if (g_strv_contains(words, word))
		return TRUE;
	near = jp_closest(word, words);
	if (near)
		return refuse(error, "there is no kind \"%s\"; did you mean \"%s\"?", word, near);
	all = g_strjoinv(", ", (char **)words);
	return refuse(error, "there is no kind \"%s\"; known are %s", word, all);
}

gboolean
jp_value_set_list(gpointer conf, const struct jp_key *key, const char *const *strv, GError **error)
{
	char ***at = place(conf, key);

	for (guint i = 0; strv[i] != NULL; i++)
		if (!check_text(strv[i], JP_MAX_URL, FALSE, error) ||
		    (key->words && !check_reason(strv[i], key->words, error))) {
			g_prefix_error(error, "element %u: ", i + 1);
			return FALSE;
		}
	g_strfreev(*at);
	*at = g_strdupv((char **)strv);
	return TRUE;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static gboolean
set_bound(gint64 *out, const struct jp_key *key, const char *text, GError **error)
{
	struct jp_key bound = *key;

	bound.offset = 0;
	return key->type == JP_KEY_SPAN ? set_duration(out, &bound, text, error)
					: set_integer(out, &bound, text, error);
}

/* "2..8"; "4" is "4..4". */
static gboolean
set_range(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	const char *dots = strstr(text, "..");
	g_autofree char *first = dots ? g_strndup(text, (gsize)(dots - text)) : g_strdup(text);
	jp_range r = {0, 0};

	if (!set_bound(&r.min, key, g_strstrip(first), error))
		return FALSE;
	if (dots) {
		g_autofree char *second = g_strstrip(g_strdup(dots + strlen("..")));

		if (!set_bound(&r.max, key, second, error))
			return FALSE;
	} else {
		r.max = r.min;
	}
	if (r.min > r.max)
		return refuse(error, "'%s': the first bound is above the second", text);
	*(jp_range *)place(conf, key) = r;
	return TRUE;
}

static char *
show_range(const struct jp_key *key, const jp_range *r)
{
	gboolean is_time = key->type == JP_KEY_SPAN;
	g_autofree char *min =
	    is_time ? jp_duration_format(r->min) : g_strdup_printf("%" G_GINT64_FORMAT, r->min);
	g_autofree char *max =
	    is_time ? jp_duration_format(r->max) : g_strdup_printf("%" G_GINT64_FORMAT, r->max);

	return r->min == r->max ? g_steal_pointer(&min) : g_strconcat(min, "..", max, NULL);
}

/* "a, b,c": the form of lists in the environment and in the table of defaults. */
static gboolean
set_split(gpointer conf, const struct jp_key *key, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	for (guint i = 0; parts[i] != NULL; i++)
		g_strstrip(parts[i]);
	return jp_value_set_list(conf, key, (const char *const *)parts, error);
}

gboolean
jp_value_set(
    gpointer conf, const struct jp_key *key, const char *text, const char *dir, GError **error)
{
	switch (key->type) {
	case JP_KEY_TEXT:
		return check_text(text, JP_MAX_NAME, FALSE, error) &&
		    put_text(conf, key, g_strdup(text));
	case JP_KEY_LINES:
		return check_text(text, MAX_LINES, TRUE, error) &&
		    put_text(conf, key, g_strchomp(g_strdup(text)));
	case JP_KEY_PATH:
	case JP_KEY_DATABASE:
		return set_path(conf, key, text, dir, error);
	case JP_KEY_URL:
		return set_url(conf, key, text, error);
	case JP_KEY_ADDRESS:
		return check_address(text, error) && put_text(conf, key, g_strdup(text));
	case JP_KEY_DOMAIN:
		if (!is_host(text))
			return refuse(error, "not a host's name such as mail.example.org");
		return put_text(conf, key, g_ascii_strdown(text, -1));
	case JP_KEY_INTEGER:
		return set_integer(conf, key, text, error);
	case JP_KEY_DURATION:
		return set_duration(conf, key, text, error);
	case JP_KEY_SIZE:
		return set_size(conf, key, text, error);
	case JP_KEY_WORD:
		return set_word(conf, key, text, error);
	case JP_KEY_LIST:
		return set_split(conf, key, text, error);
	case JP_KEY_RANGE:
	case JP_KEY_SPAN:
		return set_range(conf, key, text, error);
	case JP_KEY_RATES:
		return jp_quotas_read(place(conf, key), text, error);
	}
	return FALSE;
}

void
jp_value_clear(gpointer conf, const struct jp_key *key)
{
	switch (key->type) {
	case JP_KEY_TEXT:
	case JP_KEY_LINES:
	case JP_KEY_PATH:
	case JP_KEY_DATABASE:
	case JP_KEY_URL:
	case JP_KEY_ADDRESS:
	case JP_KEY_DOMAIN:
		g_clear_pointer((char **)place(conf, key), g_free);
		break;
	case JP_KEY_LIST:
		g_clear_pointer((char ***)place(conf, key), g_strfreev);
		break;
	case JP_KEY_INTEGER:
	case JP_KEY_DURATION:
	case JP_KEY_SIZE:
	case JP_KEY_WORD:
	case JP_KEY_RANGE:
	case JP_KEY_SPAN:
	case JP_KEY_RATES:
		break;
	}
}

/* ---- and back ------------------------------------------------------------------------------- */

/* "postgresql://user:***@host/name?***": what stands between the user's name and the host, and
 * behind the question mark, is nobody's business. */
static char *
hide_password(const char *database)
{
	const char *user, *host, *colon, *query;

	if (database == NULL || !is_postgres(database))
		return g_strdup(database);
	query = strchr(database, '?');
	if (query != NULL) {
		g_autofree char *front = g_strndup(database, (gsize)(query - database));
		g_autofree char *hidden = hide_password(front);

		return g_strconcat(hidden, "?***", NULL);
	}
	user = strstr(database, "://") + strlen("://");
	host = strrchr(user, '@');
	colon = strchr(user, ':');
	if (host == NULL || colon == NULL || colon > host)
		return g_strdup(database);
	return g_strdup_printf("%.*s:***%s", (int)(colon - database), database, host);
}

char *
jp_config_database(const jp_config *conf)
{
	return hide_password(conf->database);
}

char *
jp_value_show(gconstpointer conf, const struct jp_key *key)
{
	const char *at = (const char *)conf + key->offset;

	switch (key->type) {
	case JP_KEY_TEXT:
	case JP_KEY_LINES:
	case JP_KEY_PATH:
	case JP_KEY_URL:
	case JP_KEY_ADDRESS:
	case JP_KEY_DOMAIN:
		return g_strdup(*(char *const *)at);
	case JP_KEY_DATABASE:
		return hide_password(*(char *const *)at);
	case JP_KEY_INTEGER:
	case JP_KEY_SIZE:
		return g_strdup_printf("%" G_GINT64_FORMAT, *(const gint64 *)at);
	case JP_KEY_DURATION:
		return jp_duration_format(*(const gint64 *)at);
	case JP_KEY_WORD:
		return g_strdup(key->words[*(const guint *)at]);
	case JP_KEY_LIST:
		return g_strjoinv(",", *(char **const *)at);
	case JP_KEY_RANGE:
	case JP_KEY_SPAN:
		return show_range(key, (const jp_range *)at);
	case JP_KEY_RATES:
		return jp_quotas_show((const jp_quotas *)at);
	}
	return NULL;
}

char *
jp_config_value(const jp_config *conf, guint i)
{
	return jp_value_show(conf, &jp_keys[i]);
}
