/*
 * Addresses of boards: a careers page's URL into a service's token, and a token into a request's
 * URL.  Tokens are opaque and keep their case (some services are case-sensitive); they are kept
 * decoded and percent-encoded where a URL is made.
 */
#include "board/internal.h"

#include <string.h>

/* Longest token: the longest slug seen has 60 characters. */
#define MAX_TOKEN 200

/* Characters that a path segment may carry as they are. */
#define SEGMENT_OK "!$'()*,;:@&="

static char *
first_segment(const char *path)
{
	gsize len = strcspn(path, "/");

	return len ? g_uri_unescape_segment(path, path + len, "/") : NULL;
}

static char *
query_value(GUri *uri, const char *key)
{
	g_autoptr(GHashTable) params = NULL;
	const char *query = g_uri_get_query(uri);

	if (!query)
		return NULL;
	params = g_uri_parse_params(query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);
	return params ? g_strdup(g_hash_table_lookup(params, key)) : NULL;
}

static char *
rule_token(const jp_site_rule *rule, GUri *uri)
{
	const char *path = g_uri_get_path(uri);

	if (g_ascii_strcasecmp(rule->host, g_uri_get_host(uri)) != 0)
		return NULL;
	if (!g_str_has_prefix(path, rule->path))
		return NULL;
	if (rule->query)
		return query_value(uri, rule->query);
	return first_segment(path + strlen(rule->path));
}

gboolean
jp_site_recognise(const jp_site_rule *rules, const char *url, char **token)
{
	/* ENCODED: a token's "%20" is decoded once, by us, not before the path is cut. */
	g_autoptr(GUri) uri =
	    g_uri_parse(url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

	if (!uri || !g_uri_get_host(uri) || !g_str_has_prefix(g_uri_get_scheme(uri), "http"))
		return FALSE;
	for (; rules->host; rules++) {
		*token = rule_token(rules, uri);
		if (*token && **token)
			return TRUE;
		g_clear_pointer(token, g_free);
	}
	return FALSE;
}

char *
jp_slug_token(const char *kind, const char *given, GError **error)
{
	const char *ok = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.";
	gsize len = strlen(given);

	if (len == 0 || len > MAX_TOKEN || strspn(given, ok) != len || given[0] == '.') {
		g_autofree char *shown = jp_listing_excerpt(given);

		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "\"%s\" cannot be a %s board: a token has letters, digits, \"-\", \"_\" "
		    "and \".\" only",
		    shown, kind);
		return NULL;
	}
	return g_strdup(given);
}

char *
jp_site_url(const char *base, const char *otherwise, const char *before, const char *token,
    const char *after)
{
	g_autofree char *segment = g_uri_escape_string(token, SEGMENT_OK, FALSE);
	const char *root = base && *base ? base : otherwise;
	gsize len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return g_strdup_printf("%.*s%s%s%s", (int)len, root, before, segment, after);
}

/* The host in lower-case ASCII; NULL when it is none. */
static char *
ascii_host(GUri *uri)
{
	const char *given = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *ascii = given && *given ? g_hostname_to_ascii(given) : NULL;
	const char *ok = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._";

	if (!ascii || (strspn(ascii, ok) != strlen(ascii) && !g_hostname_is_ip_address(ascii)))
		return NULL;
	return g_ascii_strdown(ascii, -1);
}

char *
jp_url_token(const char *kind, const char *given, GError **error)
{
	const GUriFlags flags = G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE;
	g_autofree char *clean = jp_listing_url(given);
	g_autoptr(GUri) uri = clean ? g_uri_parse(clean, flags, NULL) : NULL;
	g_autofree char *host = ascii_host(uri);
	const char *path;

	if (!host) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "a %s's token is its http or https URL of at most %d bytes", kind, JP_MAX_URL);
		return NULL;
	}
	if (g_uri_get_userinfo(uri)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "a %s's URL carries no user name or password", kind);
		return NULL;
	}
	path = g_uri_get_path(uri);
	return g_uri_join(flags, g_uri_get_scheme(uri), NULL, host, g_uri_get_port(uri),
	    *path ? path : "/", g_uri_get_query(uri), NULL);
}
