/*
 * A listing as it is gathered: the postings that could be read, the items that could not, and
 * whether it is complete (R1).  Also the small readings that every adapter needs.
 */
#include "board/internal.h"

#include <string.h>

/* Problems kept of one listing: enough to see what is wrong, not a copy of the board. */
#define MAX_PROBLEMS 100

jp_listing *
jp_listing_new(void)
{
	jp_listing *l = g_new0(jp_listing, 1);

	l->postings = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	l->problems = g_ptr_array_new_with_free_func(g_free);
	l->unread = g_ptr_array_new_with_free_func(g_free);
	l->ids = g_hash_table_new(g_str_hash, g_str_equal);
	l->complete = TRUE;
	l->total = -1;
	return l;
}

void
jp_listing_free(jp_listing *l)
{
	if (!l)
		return;
	g_hash_table_unref(l->ids);
	g_ptr_array_unref(l->postings);
	g_ptr_array_unref(l->problems);
	g_ptr_array_unref(l->unread);
	g_free(l->incomplete_why);
	g_free(l);
}

void
jp_listing_problem(jp_listing *l, const char *fmt, ...)
{
	va_list ap;

	l->n_bad++;
	if (l->problems->len >= MAX_PROBLEMS)
		return;
	va_start(ap, fmt);
	g_ptr_array_add(l->problems, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

void
jp_listing_partial(jp_listing *l, const char *fmt, ...)
{
	va_list ap;

	l->complete = FALSE;
	if (l->incomplete_why)
		return;
	va_start(ap, fmt);
	l->incomplete_why = g_strdup_vprintf(fmt, ap);
	va_end(ap);
}

void
jp_listing_add(jp_listing *l, jp_posting *p, const char *company, const char *where)
{
	g_autoptr(jp_posting) posting = p;
	g_autoptr(GError) error = NULL;

	if (l->postings->len >= JP_MAX_LISTING) {
		jp_listing_partial(l, "more than %d postings", JP_MAX_LISTING);
		return;
	}
	if (!jp_posting_normalise(posting, company, &error)) {
		jp_listing_problem(l, "%s: %s", where, error->message);
		if (posting->external_id)
			g_ptr_array_add(l->unread, g_strdup(posting->external_id));
		return;
	}
	if (g_hash_table_contains(l->ids, posting->external_id))
		return;
	g_hash_table_add(l->ids, posting->external_id);
	g_ptr_array_add(l->postings, g_steal_pointer(&posting));
}

void
jp_page_request_clear(jp_page_request *r)
{
	g_clear_pointer(&r->method, g_free);
	g_clear_pointer(&r->url, g_free);
	g_clear_pointer(&r->body, g_free);
	g_clear_pointer(&r->content_type, g_free);
}

/* ---- readings that adapters share ------------------------------------------------------- */

gint64
jp_listing_time(const cJSON *o, const char *path, guint *flags)
{
	const char *text = jp_json_text(o, path);
	gboolean date_only = FALSE;
	gint64 ms;

	if (!text || !jp_time_parse(text, &ms, &date_only))
		return 0;
	if (date_only && flags)
		*flags |= JP_POSTED_DATE_ONLY;
	return ms;
}

char *
jp_listing_url(const char *url)
{
	g_autofree char *copy = NULL;

	if (!url)
		return NULL;
	copy = g_strstrip(g_strdup(url));
	if (g_ascii_strncasecmp(copy, "https://", 8) != 0 &&
	    g_ascii_strncasecmp(copy, "http://", 7) != 0)
		return NULL;
	if (strlen(copy) > JP_MAX_URL)
		return NULL;
	for (const char *c = copy; *c; c++)
		if ((guchar)*c <= ' ' || *c == 0x7f || strchr("<>\"", *c))
			return NULL;
	return g_steal_pointer(&copy);
}

static gboolean
is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\r\n")] == '\0';
}

void
jp_listing_company(jp_posting *p, const char *payload, const jp_board_ref *b)
{
	if (!is_blank(payload)) {
		p->company = g_strdup(payload);
	} else if (is_blank(b->company)) {
		p->company = g_strdup(b->token);
		p->company_is_guess = TRUE;
	}
}

char *
jp_listing_department(const char *specific, const char *general)
{
	if (is_blank(specific))
		return is_blank(general) ? NULL : g_strdup(general);
	if (is_blank(general) || jp_text_eq_folded(specific, general))
		return g_strdup(specific);
	return g_strdup_printf("%s, %s", specific, general);
}

char *
jp_listing_excerpt(const char *text)
{
	return jp_text_clean(text, -1, 80, FALSE);
}

char *
jp_listing_html_from_plain(const char *text)
{
	g_autofree char *escaped = jp_html_escape(text);
	GString *html = g_string_new(escaped);

	g_string_replace(html, "\n", "<br>", 0);
	return g_string_free(html, FALSE);
}

void
jp_listing_append_note(GString *html, const char *text)
{
	g_autofree char *escaped = jp_html_escape(text);

	g_string_append_printf(html, "<p>%s</p>", escaped);
}
