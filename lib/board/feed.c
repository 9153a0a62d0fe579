/*
 * Feeds: RSS 2.0, Atom and JSON Feed under one kind whose token is the feed's URL.
 *
 * A feed is a window, not a listing: never complete, its postings expire by age (boards.md,
 * section 14).  The id is the item's own, else its link, else a hash of title and link.
 *
 * Whose job it is: the item's company element, else the operator's name for the board, else what
 * stands before ": " in a title of the form "Company: Title" (at most 80 bytes, not a word such as
 * "Remote"), else the feed's title, marked as a guess.
 */
#include "board/internal.h"

#include <string.h>

/* Of one visit; older items were read before, or are too old to tell. */
#define MAX_PAGES_READ 20

/* A company before the colon is not longer than this. */
#define MAX_PREFIX 80

/* ---- the token -------------------------------------------------------------------------- */

static gboolean
ends_like_feed(const char *path)
{
	static const char *const tails[] = {".rss", ".atom", ".xml", "/rss", "/rss/", "/feed",
	    "/feed/", "/atom", "/feed.json", "/jobs.json"};

	for (guint i = 0; i < G_N_ELEMENTS(tails); i++)
		if (g_str_has_suffix(path, tails[i]))
			return TRUE;
	return FALSE;
}

static gboolean
recognise(const char *url, char **token)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);

	if (!uri || !g_uri_get_host(uri) || !ends_like_feed(g_uri_get_path(uri)))
		return FALSE;
	*token = g_strdup(url);
	return TRUE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_url_token("feed", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	out->url = g_strdup(page > 0 && b->cursor ? b->cursor : b->token);
}

/* ---- the gathered feed ------------------------------------------------------------------ */

static void
item_free(jp_feed_item *item)
{
	g_free(item->id);
	g_free(item->title);
	g_free(item->link);
	g_free(item->html);
	g_free(item->company);
	g_free(item->employment);
	g_free(item->remote);
	g_free(item->author);
	g_free(item->published);
	g_free(item->updated);
	g_free(item->valid_through);
	g_ptr_array_unref(item->places);
	g_ptr_array_unref(item->categories);
	g_free(item);
}

jp_feed *
jp_feed_new(void)
{
	jp_feed *f = g_new0(jp_feed, 1);

	f->items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
	return f;
}

void
jp_feed_free(jp_feed *f)
{
	if (!f)
		return;
	g_free(f->title);
	g_free(f->link);
	g_free(f->next);
	g_free(f->broken);
	g_ptr_array_unref(f->items);
	jp_json_free(f->json);
	g_free(f);
}

jp_feed_item *
jp_feed_item_new(jp_feed *f)
{
	jp_feed_item *item;

	if (f->items->len >= JP_MAX_LISTING) {
		if (!f->broken)
			f->broken = g_strdup_printf("more than %d items", JP_MAX_LISTING);
		return NULL;
	}
	item = g_new0(jp_feed_item, 1);
	item->places = g_ptr_array_new_with_free_func(g_free);
	item->categories = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(f->items, item);
	return item;
}

/* ---- whose job, and where --------------------------------------------------------------- */

static gboolean
is_company(const char *prefix)
{
	gsize len = strlen(prefix);

	return len > 0 && len <= MAX_PREFIX && jp_remote_read(prefix) == JP_REMOTE_UNKNOWN &&
	    jp_employment_read(prefix) == JP_EMPLOYMENT_UNKNOWN && !strchr(prefix, '/');
}

/* "Company: Title" into both; FALSE when the title has not that form. */
static gboolean
split_title(jp_posting *p)
{
	const char *colon = p->title ? strstr(p->title, ": ") : NULL;
	g_autofree char *company = colon ? g_strndup(p->title, (gsize)(colon - p->title)) : NULL;
	g_autofree char *title = colon ? g_strdup(colon + 2) : NULL;

	if (!colon || !is_company(g_strstrip(company)) || !*g_strstrip(title))
		return FALSE;
	g_free(p->title);
	p->title = g_steal_pointer(&title);
	p->company = g_steal_pointer(&company);
	return TRUE;
}

static void
read_company(jp_posting *p, const jp_feed *f, const jp_feed_item *item, const jp_board_ref *b)
{
	if (item->company && *item->company)
		p->company = g_strdup(item->company);
	else if (!b->company && !split_title(p)) {
		p->company = g_strdup(f->title ? f->title : b->token);
		p->company_is_guess = TRUE;
	}
}

/* A line "Location: X" near the top of the text, as job feeds without an element for it have. */
static char *
labelled_place(const char *html)
{
	g_autofree char *head = jp_html_to_text(html, (gssize)strnlen(html, 4000), 1000);
	g_auto(GStrv) lines = g_strsplit(head, "\n", 8);

	for (guint i = 0; i < 7 && lines[i]; i++)
		if (g_ascii_strncasecmp(lines[i], "Location:", 9) == 0 && strlen(lines[i]) < 200)
			return g_strstrip(g_strdup(lines[i] + 9));
	return NULL;
}

static void
add_places(jp_posting *p, const jp_feed_item *item)
{
	g_autofree char *labelled = NULL;

	for (guint i = 0; i < item->places->len; i++)
		jp_posting_add_place(p, g_ptr_array_index(item->places, i));
	if (p->locations->len > 0)
		return;
	labelled = labelled_place(p->description_html);
	if (labelled && *labelled)
		jp_posting_add_place(p, labelled);
}

/* Categories that name a kind of contract or a work model say that; the first other one is the
 * department. */
static void
read_categories(jp_posting *p, const jp_feed_item *item)
{
	for (guint i = 0; i < item->categories->len; i++) {
		const char *c = g_ptr_array_index(item->categories, i);
		jp_employment employment = jp_employment_read(c);
		jp_remote remote = jp_remote_read(c);

		if (employment != JP_EMPLOYMENT_UNKNOWN && p->employment == JP_EMPLOYMENT_UNKNOWN)
			p->employment = employment;
		else if (remote != JP_REMOTE_UNKNOWN && p->remote == JP_REMOTE_UNKNOWN)
			p->remote = remote;
		else if (employment == JP_EMPLOYMENT_UNKNOWN && remote == JP_REMOTE_UNKNOWN &&
		    !p->department)
			p->department = g_strdup(c);
	}
}

/* ---- items into postings ---------------------------------------------------------------- */

/* RFC 822 or ISO, in either format's place; wrong and missing dates are 0. */
static gint64
read_date(const char *text, guint *flags)
{
	gboolean date_only = FALSE;
	gint64 ms;

	if (!text)
		return 0;
	if (jp_time_parse(text, &ms, &date_only)) {
		if (date_only && flags)
			*flags |= JP_POSTED_DATE_ONLY;
		return ms;
	}
	return jp_time_parse_rfc822(text, &ms) ? ms : 0;
}

/* The item's page: its link against the feed's address, else the feed's own page. */
static char *
item_url(const jp_feed *f, const jp_feed_item *item, const jp_board_ref *b)
{
	const char *candidates[] = {item->link, f->link, b->token};

	for (guint i = 0; i < G_N_ELEMENTS(candidates); i++) {
		g_autofree char *whole = NULL;
		char *url;

		if (!candidates[i] || !*candidates[i])
			continue;
		whole = g_uri_resolve_relative(b->token, candidates[i], G_URI_FLAGS_ENCODED, NULL);
		url = jp_listing_url(whole ? whole : candidates[i]);
		if (url)
			return url;
	}
	return NULL;
}

static char *
item_id(const jp_feed_item *item)
{
	g_autofree char *both = NULL;

	if (item->id && *item->id)
		return jp_listing_url_id(item->id);
	if (item->link && *item->link)
		return jp_listing_url_id(item->link);
	if (!item->title)
		return NULL;
	both = g_strdup_printf("%s\n", item->title);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
}

static jp_posting *
read_item(const jp_feed *f, const jp_feed_item *item, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = item_id(item);
	p->title = jp_listing_title(item->title);
	p->description_html = jp_listing_unescape(item->html ? item->html : "");
	p->url = item_url(f, item, b);
	if (item->job)
		jp_jobposting_read(p, NULL, item->job, b->token);
	if (!p->company)
		read_company(p, f, item, b);
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = jp_employment_read(item->employment);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = jp_remote_read(item->remote);
	read_categories(p, item);
	add_places(p, item);
	if (!p->posted_at)
		p->posted_at = read_date(item->published, &p->posted_flags);
	p->updated_at = read_date(item->updated, NULL);
	if (!p->valid_through)
		p->valid_through = read_date(item->valid_through, NULL);
	return p;
}

/* ---- the adapter ------------------------------------------------------------------------ */

static gboolean
is_json(const char *body, gsize len)
{
	gsize i = 0;

	if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < len && g_ascii_isspace(body[i]))
		i++;
	return i < len && (body[i] == '{' || body[i] == '[');
}

static gboolean
read_feed(jp_feed *f, const char *body, gsize len, GError **error)
{
	if (is_json(body, len))
		return jp_feedjson_parse(f, body, len, error);
	if (jp_html_looks_like(body, (gssize)len)) {
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "HTML where a feed was expected");
		return FALSE;
	}
	return jp_feedxml_parse(f, body, len, error);
}

/* Where the items before these are: on the feed's own host, and not by a lesser scheme. */
static char *
next_page(const jp_feed *f, const jp_board_ref *b)
{
	g_autoptr(GUri) here = g_uri_parse(b->token, G_URI_FLAGS_ENCODED, NULL);
	g_autofree char *next = f->next && here
	    ? g_uri_resolve_relative(b->token, f->next, G_URI_FLAGS_ENCODED, NULL)
	    : NULL;
	g_autofree char *url = jp_listing_url(next);
	g_autoptr(GUri) there = url ? g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL) : NULL;

	if (!there || strcmp(url, b->token) == 0 || g_strcmp0(url, b->cursor) == 0 ||
	    g_strcmp0(g_uri_get_scheme(here), g_uri_get_scheme(there)) != 0 ||
	    !g_uri_get_host(here) || !g_uri_get_host(there) ||
	    g_ascii_strcasecmp(g_uri_get_host(here), g_uri_get_host(there)) != 0)
		return NULL;
	return g_steal_pointer(&url);
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_feed) f = jp_feed_new();
	char *next;

	(void)now;
	*more = FALSE;
	if (!read_feed(f, body, len, error))
		return FALSE;
	out->complete = FALSE; /* a window */
	out->ttl = f->ttl;
	for (guint i = 0; i < f->items->len; i++) {
		g_autofree char *where = g_strdup_printf("item[%u]", i);

		jp_listing_add(
		    out, read_item(f, g_ptr_array_index(f->items, i), b), b->company, where);
	}
	if (f->broken)
		jp_listing_partial(out, "%s", f->broken);
	next = page + 1 < MAX_PAGES_READ ? next_page(f, b) : NULL; /* b->cursor may be out's */
	g_free(out->cursor);
	out->cursor = next;
	*more = out->cursor != NULL;
	return TRUE;
}

const jp_adapter jp_adapter_feed = {
    .kind = "feed",
    .summary = "RSS 2.0, Atom and JSON feeds (the token is the URL)",
    .accept = "application/rss+xml, application/atom+xml, application/feed+json, "
	      "application/xml;q=0.9, application/json;q=0.9, */*;q=0.1",
    .window = TRUE,
    .newest_first = TRUE,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
