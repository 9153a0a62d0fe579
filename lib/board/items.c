/*
 * What adapters of JSON services share: a list of objects read one by one, and tokens that are the
 * parameters of a search ("category=design&search=logo", or "all").
 */
#include "board/internal.h"

#include <string.h>

/* Longest token of parameters. */
#define MAX_QUERY 300

static gboolean
each(jp_listing *out, const jp_board_ref *b, const cJSON *items, const char *name,
    jp_items_reader read, gboolean wait, GError **error)
{
	const cJSON *item;
	guint n = 0;

	if (!cJSON_IsArray(items)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "no list of %s in the answer", name);
		return FALSE;
	}
	cJSON_ArrayForEach (item, items) {
		g_autofree char *where = g_strdup_printf("%s[%u]", name, n++);

		if (!cJSON_IsObject(item))
			jp_listing_problem(out, "%s: not an object", where);
		else if (wait)
			jp_listing_item(out, read(item, b), NULL, where);
		else
			jp_listing_add(out, read(item, b), b->company, where);
	}
	return TRUE;
}

gboolean
jp_items_each(jp_listing *out, const jp_board_ref *b, const cJSON *items, const char *name,
    jp_items_reader read, GError **error)
{
	return each(out, b, items, name, read, FALSE, error);
}

gboolean
jp_items_wait(jp_listing *out, const jp_board_ref *b, const cJSON *items, const char *name,
    jp_items_reader read, GError **error)
{
	return each(out, b, items, name, read, TRUE, error);
}

const char *
jp_items_first_text(const cJSON *o, const char *path)
{
	const cJSON *v = jp_json_get(o, path), *first = cJSON_GetArrayItem(v, 0);

	if (cJSON_IsString(v))
		return *v->valuestring ? v->valuestring : NULL;
	return cJSON_IsString(first) && *first->valuestring ? first->valuestring : NULL;
}

gint64
jp_items_epoch(const cJSON *o, const char *path)
{
	gint64 s;

	return jp_json_int(o, path, &s) && s > 0 && s < G_GINT64_CONSTANT(253402300800) ? s * 1000
											: 0;
}

void
jp_items_salary(
    jp_posting *p, const cJSON *min, const cJSON *max, const char *currency, const char *period)
{
	double low = jp_listing_amount(min), high = jp_listing_amount(max);

	if (low > 0 || high > 0)
		jp_posting_set_salary(
		    p, low > 0 ? low : high, high > 0 ? high : low, currency, period);
}

/* "Anywhere", "USA timezones" */
static gboolean
is_no_place(const char *text)
{
	return g_ascii_strcasecmp(text, "Anywhere") == 0 || jp_listing_has_word(text, "timezone") ||
	    jp_listing_has_word(text, "timezones");
}

void
jp_items_places(jp_posting *p, const char *list)
{
	g_auto(GStrv) places = g_strsplit(list, ",", JP_MAX_LOCATIONS);

	for (char **place = places; *place; place++)
		if (*g_strstrip(*place) && !is_no_place(*place))
			jp_posting_add_place(p, *place);
}

void
jp_items_company(jp_posting *p, const char *payload, const jp_board_ref *b, const char *service)
{
	const jp_board_ref named = {.token = service, .company = b->company};

	jp_listing_company(p, payload, &named);
}

/* ---- tokens that are parameters ------------------------------------------------------------- */

static gboolean
is_key(const char *key, const char *const *keys)
{
	return g_strv_contains(keys, key);
}

static char *
refuse(const char *kind, const char *const *keys, const char *given, GError **error)
{
	g_autofree char *shown = jp_listing_excerpt(given);
	g_autofree char *known = g_strjoinv("=, ", (char **)keys);

	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" cannot be a %s board: write all, or a search%s%s%s joined by \"&\"", shown,
	    kind, *keys ? " of " : "", known, *keys ? "=" : "");
	return NULL;
}

/* "key=value" with the value encoded anew; NULL when the key is unknown or the value empty. */
static char *
canonical_pair(const char *pair, const char *const *keys)
{
	const char *equals = strchr(pair, '=');
	g_autofree char *key = equals ? g_strndup(pair, (gsize)(equals - pair)) : NULL;
	g_autofree char *spaced = equals ? g_strdelimit(g_strdup(equals + 1), "+", ' ') : NULL;
	g_autofree char *value = spaced ? g_uri_unescape_string(spaced, NULL) : NULL;
	g_autofree char *encoded = NULL;

	if (!value || !is_key(key, keys) || !g_utf8_validate(value, -1, NULL) ||
	    !*g_strstrip(value))
		return NULL;
	encoded = g_uri_escape_string(value, NULL, FALSE);
	return g_strdup_printf("%s=%s", key, encoded);
}

char *
jp_query_token(const char *kind, const char *const *keys, const char *given, GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(given, "&", 20);
	g_autoptr(GString) token = g_string_new(NULL);

	if (strcmp(given, "all") == 0)
		return g_strdup(given);
	for (char **pair = pairs; *pair; pair++) {
		g_autofree char *canonical = canonical_pair(*pair, keys);

		if (!canonical)
			return refuse(kind, keys, given, error);
		g_string_append_printf(token, "%s%s", token->len ? "&" : "", canonical);
	}
	if (token->len == 0 || token->len > MAX_QUERY)
		return refuse(kind, keys, given, error);
	return g_string_free(g_steal_pointer(&token), FALSE);
}

char *
jp_query_url(
    const char *base, const char *otherwise, const char *path, const char *fixed, const char *token)
{
	g_autofree char *root = jp_site_url(base, otherwise, path, "", "");
	const char *search = strcmp(token, "all") == 0 ? "" : token;

	return g_strconcat(
	    root, *fixed || *search ? "?" : "", fixed, *fixed && *search ? "&" : "", search, NULL);
}

char *
jp_query_value(const char *token, const char *key)
{
	g_autoptr(GHashTable) params = g_uri_parse_params(token, -1, "&", G_URI_PARAMS_NONE, NULL);

	return params ? g_strdup(g_hash_table_lookup(params, key)) : NULL;
}

gboolean
jp_query_recognise(const char *host, const char *url, char **token)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *its = uri ? g_uri_get_host(uri) : NULL;

	if (!its)
		return FALSE;
	if (g_ascii_strncasecmp(its, "www.", 4) == 0)
		its += 4;
	if (g_ascii_strcasecmp(its, host) != 0)
		return FALSE;
	*token = g_strdup("all");
	return TRUE;
}
