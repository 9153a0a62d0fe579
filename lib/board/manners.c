/*
 * How a board's host is paced: under which name, and how it may be asked.  What an adapter declares
 * is about the service's own hosts; a mirror or a test server that the configuration names instead
 * is asked as any other host.
 */
#include "board/internal.h"

#include <string.h>

/* The configuration names no other host for this service. */
static gboolean
is_own_host(const jp_config *conf, const char *kind, const char *region)
{
	const char *base = conf ? jp_board_base(conf, kind, region) : NULL;
	const char *path, *type, *def, *help;

	if (!base)
		return TRUE;
	for (guint i = 0; jp_config_key(i, &path, &type, &def, &help); i++)
		if (g_str_has_prefix(path, "boards.") && strcmp(base, def) == 0)
			return TRUE;
	return FALSE;
}

const char *
jp_board_exemption(const jp_config *conf, const char *kind)
{
	gsize len = strlen(kind);

	for (char **text = conf->scrape.exempt; text && *text; text++) {
		const char *why = *text + len;

		if (!g_str_has_prefix(*text, kind) || *why != ':')
			continue;
		while (*++why == ' ')
			;
		return *why ? why : NULL; /* no reason, no exemption */
	}
	return NULL;
}

void
jp_board_pace(
    const jp_config *conf, const jp_adapter *adapter, const char *region, jp_http_request *request)
{
	const jp_manners *m = &adapter->manners;

	request->is_exempt = conf && jp_board_exemption(conf, adapter->kind) != NULL;
	if (!is_own_host(conf, adapter->kind, region))
		return;
	request->host_key = m->pace;
	request->limits = (jp_http_limits){
	    .min_interval = m->min_interval,
	    .at_once = m->at_once,
	    .per_hour = m->per_hour,
	    .per_day = m->per_day,
	};
}

/* The URL of a board's first page; NULL: it has none. */
static GUri *
page_of(const jp_config *conf, const jp_adapter *adapter, const char *token, const char *region)
{
	const jp_board_ref ref = {
	    .token = token,
	    .region = region,
	    .base_url = conf ? jp_board_base(conf, adapter->kind, region) : NULL,
	};
	jp_page_request page = {0};
	GUri *uri;

	adapter->request(&ref, 0, &page);
	uri = page.url ? g_uri_parse(page.url, G_URI_FLAGS_PARSE_RELAXED, NULL) : NULL;
	jp_page_request_clear(&page);
	if (!uri || g_uri_get_host(uri))
		return uri;
	g_uri_unref(uri);
	return NULL;
}

char *
jp_board_host(
    const jp_config *conf, const jp_adapter *adapter, const char *token, const char *region)
{
	jp_http_request request = {0};
	g_autoptr(GUri) uri = NULL;

	jp_board_pace(conf, adapter, region, &request);
	if (request.host_key)
		return g_strdup(request.host_key);
	uri = page_of(conf, adapter, token, region);
	return uri ? g_ascii_strdown(g_uri_get_host(uri), -1) : NULL;
}

char *
jp_board_origin(
    const jp_config *conf, const jp_adapter *adapter, const char *token, const char *region)
{
	g_autoptr(GUri) uri = page_of(conf, adapter, token, region);
	g_autofree char *host = uri ? g_ascii_strdown(g_uri_get_host(uri), -1) : NULL;
	int port = uri ? g_uri_get_port(uri) : 0;

	if (!uri)
		return NULL;
	if (port <= 0)
		port = strcmp(g_uri_get_scheme(uri), "https") == 0 ? 443 : 80;
	return g_strdup_printf("%s://%s:%d", g_uri_get_scheme(uri), host, port);
}
