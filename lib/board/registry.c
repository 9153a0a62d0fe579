/*
 * The services that are known, and the names of boards: "kind:token" or a careers page's URL.
 */
#include "board/internal.h"

#include <string.h>

static const jp_adapter *const adapters[] = {
    &jp_adapter_greenhouse, &jp_adapter_lever, &jp_adapter_ashby, &jp_adapter_jobposting,
    &jp_adapter_feed, /* last: it recognises feeds on any host */
};

const jp_adapter *
jp_adapter_at(guint i)
{
	return i < G_N_ELEMENTS(adapters) ? adapters[i] : NULL;
}

const jp_adapter *
jp_adapter_find(const char *kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(adapters); i++)
		if (strcmp(adapters[i]->kind, kind) == 0)
			return adapters[i];
	return NULL;
}

static char *
known_kinds(void)
{
	GString *s = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(adapters); i++)
		g_string_append_printf(s, "%s%s", i ? ", " : "", adapters[i]->kind);
	return g_string_free(s, FALSE);
}

/* A job page on the employer's own site tells the service but not the board. */
static const char *
own_site_of(const char *url)
{
	if (strstr(url, "gh_jid="))
		return "greenhouse";
	return strstr(url, "ashby_jid=") ? "ashby" : NULL;
}

static gboolean
parse_url(const char *url, const jp_adapter **adapter, char **token, GError **error)
{
	const char *kind = own_site_of(url);

	for (guint i = 0; i < G_N_ELEMENTS(adapters); i++) {
		g_autofree char *found = NULL;

		if (!adapters[i]->recognise(url, &found))
			continue;
		*adapter = adapters[i];
		*token = adapters[i]->token(found, error);
		return *token != NULL;
	}
	if (kind)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "this page is of a %s board on the employer's own site; name it as %s:TOKEN",
		    kind, kind);
	else
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA,
		    "no board is recognised in this URL; if it is an RSS, Atom or JSON feed, "
		    "write feed: before it");
	return FALSE;
}

static gboolean
is_url(const char *name)
{
	return g_ascii_strncasecmp(name, "https://", 8) == 0 ||
	    g_ascii_strncasecmp(name, "http://", 7) == 0;
}

gboolean
jp_board_name_parse(const char *name, const jp_adapter **adapter, char **token, GError **error)
{
	const char *colon = strchr(name, ':');
	g_autofree char *kind = colon ? g_strndup(name, (gsize)(colon - name)) : NULL;
	g_autofree char *kinds = NULL, *shown = NULL;

	*token = NULL;
	if (!g_utf8_validate(name, -1, NULL)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "a board's name is not UTF-8");
		return FALSE;
	}
	if (is_url(name))
		return parse_url(name, adapter, token, error);
	*adapter = kind ? jp_adapter_find(kind) : NULL;
	if (*adapter) {
		*token = (*adapter)->token(colon + 1, error);
		return *token != NULL;
	}
	kinds = known_kinds();
	shown = jp_listing_excerpt(name);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" names no board: give a careers page's URL, or KIND:TOKEN with a kind of %s",
	    shown, kinds);
	return FALSE;
}

static const char *
or_null(const char *base)
{
	return base && *base ? base : NULL;
}

const char *
jp_board_base(const jp_config *conf, const char *kind, const char *region)
{
	if (strcmp(kind, "greenhouse") == 0)
		return or_null(conf->boards.greenhouse);
	if (strcmp(kind, "ashby") == 0)
		return or_null(conf->boards.ashby);
	if (strcmp(kind, "lever") != 0)
		return NULL;
	return or_null(g_strcmp0(region, "eu") == 0 ? conf->boards.lever_eu : conf->boards.lever);
}

gboolean
jp_board_parse(jp_listing *out, const char *kind, const char *token, const char *company,
    const char *body, gsize len, gint64 now, GError **error)
{
	const jp_adapter *adapter = jp_adapter_find(kind);
	const jp_board_ref ref = {.token = token, .company = company};
	gboolean more = FALSE;

	if (!adapter) {
		g_autofree char *kinds = known_kinds(), *shown = jp_listing_excerpt(kind);

		g_set_error(error, JP_ERROR, JP_ERROR_USAGE, "unknown kind \"%s\"; known are %s",
		    shown, kinds);
		return FALSE;
	}
	if (!adapter->parse(out, &ref, body, len, 0, now, &more, error))
		return FALSE;
	if (more)
		jp_listing_partial(out, "more pages follow");
	return TRUE;
}
