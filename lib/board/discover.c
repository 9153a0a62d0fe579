/*
 * The board behind a careers page: by its address alone where that says it, else by one request of
 * the page, or of the careers page that it links to, else by the paths where services with a host
 * for each board keep their lists.  Every candidate is asked once, politely.
 */
#include "board/internal.h"

#include <string.h>

/* Candidates that are asked; a page that speaks of more is a list of links. */
#define MAX_ASKED 8

struct page { /* an answer, or none; strings owned */
	jp_http *http;
	char *url, *body, *why;
	gsize len;
};

static void
page_clear(struct page *p)
{
	g_clear_pointer(&p->url, g_free);
	g_clear_pointer(&p->body, g_free);
	g_clear_pointer(&p->why, g_free);
}

static void
on_page(const jp_http_response *r, gpointer data)
{
	struct page *p = data;

	p->url = g_strdup(r->url);
	if (jp_outcome_answer(r) == JP_ANSWER_BODY) {
		p->body = g_memdup2(r->body, r->len + 1);
		p->len = r->len;
	} else
		p->why = g_strdup(r->why ? r->why : "no answer");
}

static gboolean
fetch(struct page *p, const char *url)
{
	const jp_http_request request = {
	    .method = "GET",
	    .url = url,
	    .accept = "text/html, application/xhtml+xml, */*;q=0.5",
	};

	page_clear(p);
	jp_http_add(p->http, &request, on_page, p);
	jp_http_run(p->http);
	return p->body != NULL;
}

/* ---- candidates ------------------------------------------------------------------------- */

/* What a page says; *careers: where else to look. */
static void
read_page(GPtrArray *found, const struct page *p, char **careers)
{
	g_autofree char *token = NULL;

	*careers = NULL;
	if (jp_pagelinks_recognise(found, p->url, "where its address leads"))
		return;
	if (!jp_html_looks_like(p->body, (gssize)p->len) &&
	    (token = jp_adapter_feed.token(p->url, NULL))) {
		g_autoptr(jp_listing) l = jp_listing_new();

		if (jp_board_parse(l, "feed", token, NULL, p->body, p->len, jp_now(), NULL)) {
			jp_pagelinks_add(found, &jp_adapter_feed, token, "it is a feed");
			return;
		}
	}
	jp_pagelinks_read(found, p->body, p->len, p->url, careers);
}

/* The paths where services answer on an employer's own host. */
static void
guess(GPtrArray *found, const char *url)
{
	static const char *const kinds[] = {"teamtailor", "recruitee", "pinpoint"};
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;

	for (guint i = 0; host && i < G_N_ELEMENTS(kinds); i++) {
		const jp_adapter *a = jp_adapter_find(kinds[i]);
		g_autofree char *token = a->token(host, NULL);

		if (token && jp_pagelinks_add(found, a, token, "the path of its lists answers"))
			((jp_board_look *)g_ptr_array_index(found, found->len - 1))->is_guess =
			    TRUE;
	}
}

/* FALSE and an error when there is no page to read. */
static gboolean
look_at_page(GPtrArray *found, jp_http *http, const char *url, GError **error)
{
	struct page p = {.http = http};
	g_autofree char *careers = NULL, *first = NULL, *rest = NULL;
	gboolean ok = fetch(&p, url);

	if (ok)
		read_page(found, &p, &careers);
	else if (p.url && jp_pagelinks_recognise(found, p.url, "where its address leads"))
		ok = TRUE; /* to a service that has no page for us, which its interface may have */
	else
		g_set_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE, "%s", p.why);
	first = ok ? g_strdup(p.url) : NULL;
	if (ok && found->len == 0 && careers && strcmp(careers, p.url) != 0 && fetch(&p, careers))
		read_page(found, &p, &rest);
	if (ok && found->len == 0)
		guess(found, p.body ? p.url : first);
	page_clear(&p);
	return ok;
}

/* "acme.example" is https://acme.example/; NULL and an error when it can be no address. */
static char *
address_of(const char *what, GError **error)
{
	g_autofree char *url =
	    strstr(what, "://") ? g_strdup(what) : g_strdup_printf("https://%s/", what);
	g_autofree char *clean = jp_listing_url(url);
	g_autoptr(GUri) uri = clean ? g_uri_parse(clean, G_URI_FLAGS_ENCODED, NULL) : NULL;
	g_autofree char *shown = NULL;

	if (uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri))
		return g_steal_pointer(&clean);
	shown = jp_listing_excerpt(what);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA,
	    "\"%s\" is neither the URL of a careers page nor a domain", shown);
	return NULL;
}

/* ---- asking ----------------------------------------------------------------------------- */

static void
on_look(jp_board_look *look, gpointer data)
{
	(void)look, (void)data; /* it stands in the list */
}

static void
ask_all(GPtrArray *found, const jp_config *conf, jp_http *http)
{
	jp_looker looker = {.conf = conf, .http = http, .done = on_look};

	if (found->len > MAX_ASKED)
		g_ptr_array_set_size(found, MAX_ASKED);
	for (guint i = 0; i < found->len; i++)
		jp_look_ask(&looker, g_ptr_array_index(found, i));
	jp_http_run(http);
}

/* A guess that is none says nothing. */
static void
drop_guesses(GPtrArray *found)
{
	for (guint i = found->len; i-- > 0;) {
		const jp_board_look *look = g_ptr_array_index(found, i);

		if (look->is_guess && look->status != JP_LOOK_OK && look->status != JP_LOOK_EMPTY &&
		    look->status != JP_LOOK_TRUNCATED)
			g_ptr_array_remove_index(found, i);
	}
}

const jp_board_look *
jp_board_found_one(const GPtrArray *found)
{
	const jp_board_look *one = NULL;

	for (guint i = 0; i < found->len; i++) {
		const jp_board_look *look = g_ptr_array_index(found, i);

		if (look->status != JP_LOOK_OK && look->status != JP_LOOK_TRUNCATED)
			continue;
		if (one)
			return NULL;
		one = look;
	}
	return one;
}

GPtrArray *
jp_board_discover(jp_db *db, const jp_config *conf, jp_http *http, const char *what, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)jp_look_free);
	g_autoptr(jp_gate) gate = NULL;
	g_autofree char *url = address_of(what, error);

	if (!url)
		return NULL;
	gate = jp_gate_new(db, http);
	if (!jp_pagelinks_recognise(found, url, "its address") &&
	    !look_at_page(found, http, url, error)) {
		g_prefix_error(error, "%s: ", what);
		return NULL;
	}
	ask_all(found, conf, http);
	drop_guesses(found);
	for (guint i = 0; i < found->len; i++) {
		jp_board_look *look = g_ptr_array_index(found, i);

		look->id = jp_board_find(db, look->name);
	}
	return g_steal_pointer(&found);
}
