/*
 * What a visit means: an HTTP answer and what could be read of it become a status and,
 * at the end, a board that is switched off.  Pure: no clock, no randomness, no database.  The rules
 * are R1 to R4 of the reference: only 404 and 410 say that a board is gone, and only after
 * repetition is it disabled; anything else without a listing is no answer, never "empty".
 */
#include "board/internal.h"

#include <string.h>

const char *
jp_visit_word(jp_visit_status s)
{
	switch (s) {
	case JP_VISIT_OK:
		return "ok";
	case JP_VISIT_UNCHANGED:
		return "unchanged";
	case JP_VISIT_PARTIAL:
		return "partial";
	case JP_VISIT_SUSPECT:
		return "suspect";
	case JP_VISIT_EMPTY:
		return "empty";
	case JP_VISIT_GONE:
		return "gone";
	case JP_VISIT_BLOCKED:
		return "blocked";
	case JP_VISIT_ERROR:
		return "error";
	}
	return NULL;
}

jp_visit_status
jp_visit_status_of(const char *word)
{
	for (int s = JP_VISIT_OK; s < JP_VISIT_ERROR; s++)
		if (g_strcmp0(word, jp_visit_word((jp_visit_status)s)) == 0)
			return (jp_visit_status)s;
	return JP_VISIT_ERROR;
}

gboolean
jp_visit_is_failure(jp_visit_status s)
{
	return s == JP_VISIT_GONE || s == JP_VISIT_BLOCKED || s == JP_VISIT_ERROR;
}

jp_answer
jp_outcome_answer(const jp_http_response *r)
{
	if (r->outcome == JP_HTTP_FORBIDDEN)
		return JP_ANSWER_BLOCKED;
	if (r->outcome == JP_HTTP_LATER)
		return JP_ANSWER_LATER;
	if (r->outcome != JP_HTTP_ANSWER)
		return JP_ANSWER_NONE;
	switch (r->status) {
	case 200:
		return JP_ANSWER_BODY;
	case 304:
		return JP_ANSWER_SAME;
	case 404:
	case 410:
		return JP_ANSWER_GONE;
	case 401:
	case 403:
	case 429:
	case 451:
		return JP_ANSWER_BLOCKED;
	default:
		return JP_ANSWER_NONE;
	}
}

jp_visit_status
jp_outcome_unreadable(const char *body, gsize len)
{
	g_autofree char *page = jp_outcome_error_page(body, len);

	return !page && jp_html_looks_like(body, (gssize)len) ? JP_VISIT_BLOCKED : JP_VISIT_ERROR;
}

void
jp_outcome_check(jp_listing *l)
{
	guint n = g_hash_table_size(l->ids) + l->n_bad;

	if (l->n_bad > 0 && l->n_bad >= (n + 3) / 4)
		jp_listing_partial(l, "%u of %u items could not be read", l->n_bad, n);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
jp_outcome_ids_hash(const jp_listing *l, guint8 out[32])
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(g_hash_table_size(l->ids));
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	GHashTableIter iter;
	gpointer id;
	gsize len = 32;

	g_hash_table_iter_init(&iter, l->ids);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		g_ptr_array_add(sorted, id);
	g_ptr_array_sort(sorted, by_text);
	for (guint i = 0; i < sorted->len; i++) {
		const char *text = g_ptr_array_index(sorted, i);

		/* with its NUL, so that "a","bc" and "ab","c" differ */
		g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text) + 1);
	}
	g_checksum_get_digest(sum, out, &len);
}

/* ---- telling ---------------------------------------------------------------------------- */

static const char *
advice(jp_visit_status status)
{
	switch (status) {
	case JP_VISIT_GONE:
		return "; the board is gone or renamed, see jp-board(1)";
	case JP_VISIT_BLOCKED:
		return "; the service refuses us, it is left alone for longer";
	case JP_VISIT_ERROR:
		return "; it is tried again later";
	case JP_VISIT_OK:
	case JP_VISIT_UNCHANGED:
	case JP_VISIT_PARTIAL:
	case JP_VISIT_SUSPECT:
	case JP_VISIT_EMPTY:
		return "";
	}
	return NULL;
}

char *
jp_outcome_message(const char *kind, const char *token, jp_visit_status status, const char *why,
    const char *disabled_reason)
{
	if (disabled_reason)
		return g_strdup_printf(
		    "%s (%s): disabled: %s; jp-board enable %s:%s brings it back", token, kind,
		    disabled_reason, kind, token);
	return g_strdup_printf("%s (%s): %s%s%s%s", token, kind,
	    jp_visit_is_failure(status) && why ? "" : jp_visit_word(status),
	    jp_visit_is_failure(status) || !why ? "" : ": ", why ? why : "", advice(status));
}
