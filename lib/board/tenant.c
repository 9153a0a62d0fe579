/*
 * Services with a host for each board ({slug}.example.com), which many employers put their own
 * domain in front of: URLs into tokens, and back.
 */
#include "board/internal.h"

#include <string.h>

/* A label of a host name. */
#define MAX_LABEL 63

/* Hosts under a service's domain that are its own, not a board's. */
static const char *const reserved[] = {"www", "api", "app", "apply", "assets", "blog", "career",
    "careers", "cdn", "dev", "developer", "developers", "docs", "go", "hello", "help", "images",
    "info", "jobs", "learn", "login", "my", "partners", "pages", "press", "resources", "static",
    "status", "support", NULL};

static gboolean
is_label(const char *text)
{
	gsize len = strlen(text);

	return len > 0 && len <= MAX_LABEL &&
	    strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_") == len && text[0] != '-';
}

gboolean
jp_tenant_recognise(const char *const *suffixes, const char *url, char **token)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *given = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *host = given ? g_ascii_strdown(given, -1) : NULL;

	if (!host || !g_str_has_prefix(g_uri_get_scheme(uri), "http"))
		return FALSE;
	for (; *suffixes; suffixes++) {
		g_autofree char *label = NULL;

		if (!g_str_has_suffix(host, *suffixes))
			continue;
		label = g_strndup(host, strlen(host) - strlen(*suffixes));
		if (!is_label(label) || g_strv_contains(reserved, label))
			return FALSE;
		*token = g_steal_pointer(&label);
		return TRUE;
	}
	return FALSE;
}

/* A name of a host with dots; not an address. */
static gboolean
is_domain(const char *text)
{
	g_auto(GStrv) labels = g_strsplit(text, ".", -1);
	guint n = g_strv_length(labels);

	if (n < 2 || strlen(text) > 253 || g_hostname_is_ip_address(text))
		return FALSE;
	for (char **label = labels; *label; label++)
		if (!is_label(*label))
			return FALSE;
	return g_ascii_isalpha(labels[n - 1][0]);
}

char *
jp_tenant_token(const char *kind, const char *given, gboolean domains, GError **error)
{
	g_autofree char *shown = NULL;

	if (is_label(given) || (domains && is_domain(given)))
		return g_ascii_strdown(given, -1);
	shown = jp_listing_excerpt(given);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" cannot be a %s board: its token is the first part of its host's name%s", shown,
	    kind, domains ? ", or the whole name of a host of the employer's own" : "");
	return NULL;
}

char *
jp_tenant_url(const jp_board_ref *b, const char *suffix, const char *path)
{
	const char *root = b->base_url;
	gsize len = root ? strlen(root) : 0;

	while (len > 0 && root[len - 1] == '/')
		len--;
	if (len > 0)
		return g_strdup_printf("%.*s/%s%s", (int)len, root, b->token, path);
	return jp_tenant_page(b, suffix, path);
}

char *
jp_tenant_page(const jp_board_ref *b, const char *suffix, const char *path)
{
	/* a region with a dot is the host that the service led to */
	gboolean moved = b->region && strchr(b->region, '.');
	const char *host = moved ? b->region : b->token;

	return g_strconcat("https://", host, strchr(host, '.') ? "" : suffix, path, NULL);
}

char *
jp_tenant_moved(const jp_board_ref *b, const char *suffix, const char *url)
{
	g_autofree char *asked = jp_tenant_page(b, suffix, "/");
	g_autoptr(GUri) from = g_uri_parse(asked, G_URI_FLAGS_ENCODED, NULL);
	g_autoptr(GUri) to = url ? g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL) : NULL;
	const char *host = to ? g_uri_get_host(to) : NULL;

	if (b->base_url || !from || !host || g_strcmp0(g_uri_get_scheme(to), "https") != 0 ||
	    g_uri_get_port(to) != -1 || !is_domain(host) ||
	    g_ascii_strcasecmp(host, g_uri_get_host(from)) == 0)
		return NULL;
	return g_ascii_strdown(host, -1);
}
