/*
 * The services that are known, and the names of boards: "kind:token" or a careers page's URL.
 */
#include "board/internal.h"

#include <stddef.h>
#include <string.h>

static const jp_adapter *const adapters[] = {
    &jp_adapter_greenhouse, &jp_adapter_lever, &jp_adapter_ashby, &jp_adapter_workable,
    &jp_adapter_smartrecruiters, &jp_adapter_recruitee, &jp_adapter_personio,
    &jp_adapter_teamtailor, &jp_adapter_workday, &jp_adapter_bamboohr, &jp_adapter_pinpoint,
    &jp_adapter_remoteok, &jp_adapter_remotive, &jp_adapter_arbeitnow, &jp_adapter_himalayas,
    &jp_adapter_jobicy, &jp_adapter_themuse, &jp_adapter_usajobs, &jp_adapter_adzuna,
    &jp_adapter_reed, &jp_adapter_jooble, &jp_adapter_hn, &jp_adapter_sitemap,
    &jp_adapter_jobposting, &jp_adapter_feed, /* last: it recognises feeds on any host */
};

const jp_adapter *
jp_adapter_at(guint i)
{
	return i < G_N_ELEMENTS(adapters) ? adapters[i] : NULL;
}

const char **
jp_adapter_windows(void)
{
	const char **kinds = g_new0(const char *, G_N_ELEMENTS(adapters) + 1);
	guint n = 0;

	for (guint i = 0; i < G_N_ELEMENTS(adapters); i++)
		if (adapters[i]->window)
			kinds[n++] = adapters[i]->kind;
	return kinds;
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

/* The kind that was probably meant, or NULL. */
static const char *
kind_meant(const char *word)
{
	const char *kinds[G_N_ELEMENTS(adapters) + 1] = {NULL};

	for (guint i = 0; i < G_N_ELEMENTS(adapters); i++)
		kinds[i] = adapters[i]->kind;
	return jp_closest(word, kinds);
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
		    "this page is of %s, on the employer's own site; name the board as %s:TOKEN",
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
	const char *meant;

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
	shown = jp_listing_excerpt(name);
	meant = kind ? kind_meant(kind) : NULL;
	if (meant) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "\"%s\" names no board; did you mean %s%s?", shown, meant,
		    shown + strcspn(shown, ":"));
		return FALSE;
	}
	kinds = known_kinds();
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

static const struct {
	const char *kind;
	gsize at; /* of a base URL in jp_config */
} bases[] = {
#define BASE(kind)                                                                                 \
	{                                                                                          \
#kind, offsetof(jp_config, boards.kind)                                            \
	}
    BASE(adzuna),
    BASE(arbeitnow),
    BASE(ashby),
    BASE(bamboohr),
    BASE(greenhouse),
    BASE(himalayas),
    BASE(hn),
    BASE(jobicy),
    BASE(jooble),
    BASE(lever),
    BASE(personio),
    BASE(pinpoint),
    BASE(recruitee),
    BASE(reed),
    BASE(remoteok),
    BASE(remotive),
    BASE(smartrecruiters),
    BASE(teamtailor),
    BASE(themuse),
    BASE(usajobs),
    BASE(workable),
    BASE(workday),
#undef BASE
};

const char *
jp_board_base(const jp_config *conf, const char *kind, const char *region)
{
	if (strcmp(kind, "lever") == 0 && g_strcmp0(region, "eu") == 0)
		return or_null(conf->boards.lever_eu);
	for (guint i = 0; i < G_N_ELEMENTS(bases); i++)
		if (strcmp(bases[i].kind, kind) == 0)
			return or_null(G_STRUCT_MEMBER(char *, conf, bases[i].at));
	return NULL;
}

const char *
jp_board_key(const jp_config *conf, const char *kind)
{
	const struct {
		const char *kind, *text;
	} keys[] = {
	    {"adzuna", conf->keys.adzuna.text},
	    {"jooble", conf->keys.jooble.text},
	    {"reed", conf->keys.reed.text},
	    {"usajobs", conf->keys.usajobs.text},
	};

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].kind, kind) == 0)
			return or_null(keys[i].text);
	return NULL;
}

const char *
jp_board_terms(const char *kind)
{
	const jp_adapter *adapter = jp_adapter_find(kind);

	return adapter && adapter->manners.is_off ? adapter->manners.note : NULL;
}

/* NULL, and an error that lists those that are known. */
static const jp_adapter *
adapter_of(const char *kind, GError **error)
{
	const jp_adapter *adapter = jp_adapter_find(kind);
	g_autofree char *kinds = NULL, *shown = NULL;
	const char *meant;

	if (adapter)
		return adapter;
	shown = jp_listing_excerpt(kind);
	meant = kind_meant(kind);
	if (meant) {
		g_set_error(error, JP_ERROR, JP_ERROR_USAGE,
		    "unknown kind \"%s\"; did you mean %s?", shown, meant);
		return NULL;
	}
	kinds = known_kinds();
	g_set_error(
	    error, JP_ERROR, JP_ERROR_USAGE, "unknown kind \"%s\"; known are %s", shown, kinds);
	return NULL;
}

/* Why nothing was read, after what the page is where it says that. */
static void
name_page(const char *body, gsize len, GError **error)
{
	g_autofree char *what = jp_outcome_page(body, len);

	if (what)
		g_prefix_error(error, "%s: ", what);
}

/* Blocked is not empty: a page without postings that refuses us, or says that it is none. */
static gboolean
is_no_listing(const jp_listing *l, const char *body, gsize len, GError **error)
{
	g_autofree char *what = g_hash_table_size(l->ids) == 0 ? jp_outcome_page(body, len) : NULL;

	if (what)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s, and no listing", what);
	return what != NULL;
}

gboolean
jp_board_parse(jp_listing *out, const char *kind, const char *token, const char *company,
    const char *body, gsize len, gint64 now, GError **error)
{
	const jp_adapter *adapter = adapter_of(kind, error);
	const jp_board_ref ref = {.token = token, .company = company};
	gboolean more = FALSE;

	if (!adapter)
		return FALSE;
	if (!adapter->parse(out, &ref, body, len, 0, now, &more, error)) {
		name_page(body, len, error);
		return FALSE;
	}
	if (is_no_listing(out, body, len, error))
		return FALSE;
	for (guint i = 0; i < out->items->len; i++)
		jp_listing_item_done(out, g_ptr_array_index(out->items, i), company);
	g_ptr_array_set_size(out->items, 0);
	if (more)
		jp_listing_partial(out, "more pages follow");
	jp_outcome_check(out);
	return TRUE;
}

gboolean
jp_board_parse_detail(jp_listing *out, const char *kind, const char *token, const char *company,
    const char *id, const char *body, gsize len, gint64 now, GError **error)
{
	const jp_adapter *adapter = adapter_of(kind, error);
	const jp_board_ref ref = {.token = token, .company = company};
	g_autoptr(jp_posting) p = NULL;

	if (!adapter)
		return FALSE;
	if (!adapter->parse_detail) {
		g_set_error(error, JP_ERROR, JP_ERROR_USAGE,
		    "%s has no details: its listings have everything", kind);
		return FALSE;
	}
	p = jp_posting_new();
	p->external_id = g_strdup(id);
	jp_listing_company(p, NULL, &ref);
	if (!adapter->parse_detail(p, &ref, body, len, now, error)) {
		name_page(body, len, error);
		return FALSE;
	}
	jp_listing_add(out, g_steal_pointer(&p), company, "details");
	return TRUE;
}
