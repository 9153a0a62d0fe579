/*
 * What a subscriber's searches make of one stored posting: jp_match_explain() with what the rows
 * add, a closed posting and a paused search.
 */
#include "match/internal.h"

typedef struct stored {
	jp_posting *posting;
	jp_doc *doc;
	gint64 first_seen;
	gboolean is_closed;
} stored;

static void
stored_clear(stored *p)
{
	jp_doc_free(p->doc);
	jp_posting_free(p->posting);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(stored, stored_clear)

static gboolean
load(jp_db *db, gint64 id, stored *p, GError **error)
{
	g_autoptr(jp_rows) rows = jp_db_query(db, JP_SQL_MATCH_POSTING, JP_ARGS(JP_INT(id)));

	if (!jp_rows_next(rows)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "posting %" G_GINT64_FORMAT ": there is none with this id", id);
		return FALSE;
	}
	p->first_seen = jp_rows_int(rows, JP_COL_MATCH_POSTING_FIRST_SEEN);
	p->is_closed = !jp_rows_is_null(rows, JP_COL_MATCH_POSTING_CLOSED_AT);
	p->posting = jp_posting_load(db, id);
	p->doc = jp_doc_new();
	jp_doc_set(p->doc, p->posting, p->first_seen);
	return TRUE;
}

/* One search; FALSE when it cannot be compiled. */
static gboolean
tell(const jp_search *s, const stored *p, const jp_config *conf, jp_match_told each, gpointer data,
    GError **error)
{
	jp_hit *h = NULL;
	gboolean matches = jp_match_explain(
	    s, p->doc, (int)conf->match.min_score, conf->match.max_age, jp_now(), &h, error);

	if (!h)
		return FALSE;
	if (s->is_paused)
		jp_reason_add(h->reasons, 0, FALSE, g_strdup("the search is paused"));
	if (p->is_closed)
		jp_reason_add(h->reasons, 0, FALSE, g_strdup("the posting is closed"));
	each(s, h, matches && !s->is_paused && !p->is_closed, data);
	jp_hit_free(h);
	return TRUE;
}

static gboolean
explain(jp_db *db, const jp_config *conf, gint64 subscriber, gint64 posting, gint64 search,
    jp_match_told each, gpointer data, GError **error)
{
	g_autoptr(GPtrArray) list = jp_search_list(db, subscriber);
	g_auto(stored) p = {0};
	guint n = 0;

	if (!load(db, posting, &p, error))
		return FALSE;
	for (guint i = 0; i < list->len; i++) {
		const jp_search *s = g_ptr_array_index(list, i);

		if (search && s->id != search)
			continue;
		n++;
		if (!tell(s, &p, conf, each, data, error))
			return FALSE;
	}
	if (n)
		return TRUE;
	if (search)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "search %" G_GINT64_FORMAT ": the subscriber has none with this id", search);
	else
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "subscriber %" G_GINT64_FORMAT " has no saved search; see jp-user(1)",
		    subscriber);
	return FALSE;
}

gboolean
jp_match_explain_stored(jp_db *db, const jp_config *conf, gint64 subscriber, gint64 posting,
    gint64 search, jp_match_told each, gpointer data, GError **error)
{
	gboolean done;

	jp_db_begin(db, JP_TX_READ);
	done = explain(db, conf, subscriber, posting, search, each, data, error);
	jp_db_commit(db);
	return done;
}
