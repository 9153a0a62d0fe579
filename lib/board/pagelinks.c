/*
 * Which boards a page speaks of: the addresses in it (links, embeds, scripts, JSON inside scripts)
 * that a service recognises, the services whose assets it loads, the feeds that it names, and the
 * jobs that it describes.  Pure: bytes in, candidates with reasons out.
 */
#include "board/internal.h"

#include <string.h>

/* Addresses looked at in one page; pages have some hundred. */
#define MAX_URLS 20000
/* Candidates of one page. */
#define MAX_FOUND 20

/* Services whose boards stand behind careers pages; the others are sites of their own. */
static const char *const kinds[] = {"greenhouse", "lever", "ashby", "workable", "smartrecruiters",
    "recruitee", "personio", "teamtailor", "workday", "bamboohr", "pinpoint", NULL};

/* What those sites load in the page of a board that stands on the employer's own host. */
static const struct {
	const char *needle, *kind;
} assets[] = {
    {"teamtailor-cdn.com/", "teamtailor"},
    {"careers-analytics.recruitee.com", "recruitee"},
    {"recruiteecdn.com/", "recruitee"},
    {"app.pinpointhq.com/", "pinpoint"},
};

/* Tokens that are files of the service. */
static const char *const not_tokens[] = {"_next", "api", "assets", "careers-analytics", "css",
    "embed", "favicon.ico", "fonts", "images", "js", "static", NULL};

/* ---- candidates ------------------------------------------------------------------------- */

static jp_board_look *
find(const GPtrArray *found, const jp_adapter *adapter, const char *token)
{
	for (guint i = 0; i < found->len; i++) {
		jp_board_look *look = g_ptr_array_index(found, i);

		if (look->adapter == adapter && strcmp(look->token, token) == 0)
			return look;
	}
	return NULL;
}

gboolean
jp_pagelinks_add(GPtrArray *found, const jp_adapter *adapter, const char *token, const char *how)
{
	jp_board_look *look = find(found, adapter, token);

	if (look) {
		look->n_mentions++;
		return FALSE;
	}
	if (found->len >= MAX_FOUND)
		return FALSE;
	look = jp_look_new(adapter, token, how);
	look->n_mentions = 1;
	g_ptr_array_add(found, look);
	return TRUE;
}

gboolean
jp_pagelinks_recognise(GPtrArray *found, const char *url, const char *how)
{
	for (guint i = 0; kinds[i]; i++) {
		const jp_adapter *a = jp_adapter_find(kinds[i]);
		g_autofree char *given = NULL, *token = NULL;

		if (!a->recognise(url, &given))
			continue;
		token = a->token(given, NULL);
		if (!token || g_strv_contains(not_tokens, token))
			return FALSE;
		jp_pagelinks_add(found, a, token, how);
		return TRUE;
	}
	return FALSE;
}

/* ---- addresses in the text -------------------------------------------------------------- */

/* The page with what scripts escape undone: "https:\/\/", "&amp;". */
static char *
plain_page(const char *page, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(page, (gssize)len);
	GString *text = g_string_new(valid);

	g_string_replace(text, "\\/", "/", 0);
	g_string_replace(text, "\\u002F", "/", 0);
	g_string_replace(text, "\\u0026", "&", 0);
	g_string_replace(text, "&amp;", "&", 0);
	return g_string_free(text, FALSE);
}

static gsize
url_length(const char *slashes)
{
	gsize n = 2;

	while ((guchar)slashes[n] > ' ' && (guchar)slashes[n] < 0x7f &&
	    !strchr("\"'<>`(){}[]\\|,;", slashes[n]))
		n++;
	return n;
}

/* "//host/..." wherever it stands. */
static void
read_urls(GPtrArray *found, const char *text)
{
	guint n = 0;

	for (const char *at = strstr(text, "//"); at && n < MAX_URLS; at = strstr(at, "//"), n++) {
		gsize len = url_length(at);

		if (len > 6 && len < JP_MAX_URL - 8) {
			g_autofree char *url = g_strdup_printf("https:%.*s", (int)len, at);

			(void)jp_pagelinks_recognise(found, url, "an address in the page");
		}
		at += len;
	}
}

static void
read_assets(GPtrArray *found, const char *text, const char *host)
{
	for (guint i = 0; i < G_N_ELEMENTS(assets); i++) {
		const jp_adapter *a = jp_adapter_find(assets[i].kind);
		g_autofree char *token = NULL, *how = NULL;

		if (!strstr(text, assets[i].needle))
			continue;
		token = a->token(host, NULL);
		how = g_strdup_printf("the page loads what %s pages load", assets[i].kind);
		if (token)
			jp_pagelinks_add(found, a, token, how);
	}
}

/* ---- tags ------------------------------------------------------------------------------- */

/* The value of an attribute in a tag's text; NULL when it has none; g_free. */
static char *
attribute(const char *tag, const char *name)
{
	gsize len = strlen(name);

	for (const char *at = tag; (at = strchr(at, '=')); at++) {
		const char *start = at;
		char quote = at[1];
		const char *end;

		while (start > tag && g_ascii_isspace(start[-1]))
			start--;
		if ((gsize)(start - tag) <= len ||
		    g_ascii_strncasecmp(start - len, name, len) != 0 ||
		    !g_ascii_isspace(start[-(gssize)len - 1]))
			continue;
		if (quote != '"' && quote != '\'')
			return g_strndup(at + 1, strcspn(at + 1, " \t\r\n>"));
		end = strchr(at + 2, quote);
		return end ? g_strndup(at + 2, (gsize)(end - at - 2)) : NULL;
	}
	return NULL;
}

static gboolean
speaks_of_jobs(const char *text)
{
	static const char *const words[] = {"job", "career", "karriere", "vacan", "position",
	    "stellen", "emploi", "hiring", "work-with-us", "join-us", "joinus", "recruit"};
	g_autofree char *lower = text ? g_ascii_strdown(text, -1) : NULL;

	for (guint i = 0; lower && i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return TRUE;
	return FALSE;
}

static gboolean
is_feed_type(const char *type)
{
	return type &&
	    (strcmp(type, "application/rss+xml") == 0 ||
		strcmp(type, "application/atom+xml") == 0 ||
		strcmp(type, "application/feed+json") == 0);
}

/* <link rel="alternate" type="application/rss+xml" href>, when its address or title speaks of
 * jobs: a blog has one too. */
static void
read_feed_link(GPtrArray *found, const char *tag, const char *page_url)
{
	g_autofree char *rel = attribute(tag, "rel"), *type = attribute(tag, "type");
	g_autofree char *href = attribute(tag, "href"), *title = attribute(tag, "title");
	g_autofree char *url = NULL, *token = NULL;

	if (!href || !rel || g_ascii_strcasecmp(rel, "alternate") != 0 || !is_feed_type(type) ||
	    (!speaks_of_jobs(href) && !speaks_of_jobs(title)))
		return;
	url = g_uri_resolve_relative(page_url, href, G_URI_FLAGS_ENCODED, NULL);
	token = url ? jp_adapter_feed.token(url, NULL) : NULL;
	if (token)
		jp_pagelinks_add(found, &jp_adapter_feed, token, "a feed that the page names");
}

/* <a href> that speaks of jobs: where to look when this page says nothing. */
static void
read_anchor(char **careers, const char *tag, const char *page_url)
{
	g_autofree char *href = attribute(tag, "href");
	g_autofree char *url = NULL;

	if (*careers || !href || *href == '#' || !speaks_of_jobs(href))
		return;
	url = g_uri_resolve_relative(page_url, href, G_URI_FLAGS_ENCODED, NULL);
	*careers = jp_listing_url(url);
}

static void
read_tags(GPtrArray *found, const char *text, const char *page_url, char **careers)
{
	for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
		gboolean is_link =
		    g_ascii_strncasecmp(at, "<link", 5) == 0 && g_ascii_isspace(at[5]);
		gboolean is_anchor =
		    g_ascii_strncasecmp(at, "<a", 2) == 0 && g_ascii_isspace(at[2]);
		g_autofree char *tag = NULL;

		if (!is_link && !is_anchor)
			continue;
		tag = g_strndup(at, MIN(strcspn(at, ">"), (gsize)JP_MAX_URL * 2));
		if (is_link)
			read_feed_link(found, tag, page_url);
		else
			read_anchor(careers, tag, page_url);
	}
}

/* ---- the page --------------------------------------------------------------------------- */

static gint
by_mentions(gconstpointer a, gconstpointer b)
{
	const jp_board_look *x = *(jp_board_look *const *)a, *y = *(jp_board_look *const *)b;

	if (x->n_mentions != y->n_mentions)
		return x->n_mentions < y->n_mentions ? 1 : -1;
	return strcmp(x->name, y->name);
}

void
jp_pagelinks_read(
    GPtrArray *found, const char *page, gsize len, const char *page_url, char **careers)
{
	g_autoptr(GUri) uri = g_uri_parse(page_url, G_URI_FLAGS_ENCODED, NULL);
	g_autofree char *text = plain_page(page, len);
	g_autoptr(jp_pagedata) data = jp_pagedata_parse(page, len);
	g_autofree char *token = NULL;

	*careers = NULL;
	read_urls(found, text);
	g_ptr_array_sort(found, by_mentions);
	if (uri && g_uri_get_host(uri))
		read_assets(found, text, g_uri_get_host(uri));
	read_tags(found, text, page_url, careers);
	token = data->jobs->len ? jp_adapter_jobposting.token(page_url, NULL) : NULL;
	if (token)
		jp_pagelinks_add(
		    found, &jp_adapter_jobposting, token, "jobs that the page describes");
}
