/*
 * The run: postings that are due against all searches, then searches that are due against the open
 * postings.
 *
 * Each batch is one write transaction that reads what is due, writes its matches and takes the mark
 * away, so that a kill at any point, or a second run at the same time, loses and doubles nothing:
 * what was not committed is still due.  A posting is run against an index that is made sure to be
 * of today inside the transaction; a search that was added or edited later is due itself.  Lines
 * are given out after the commit.
 */
#include "match/internal.h"

#include <string.h>

/* Postings in one transaction: some 50 ms, so that writers beside us do not wait long. */
#define BATCH 100

const jp_column jp_match_columns[JP_MATCH_N_COLS] = {
    [JP_MATCH_COL_SUBSCRIBER] = {"subscriber", NULL, JP_CELL_INT},
    [JP_MATCH_COL_POSTING] = {"posting", NULL, JP_CELL_INT},
    [JP_MATCH_COL_SCORE] = {"score", NULL, JP_CELL_INT},
    [JP_MATCH_COL_SEARCH] = {"search", NULL, JP_CELL_TEXT},
    [JP_MATCH_COL_TITLE] = {"title", NULL, JP_CELL_TEXT},
    [JP_MATCH_COL_COMPANY] = {"company", NULL, JP_CELL_TEXT},
    [JP_MATCH_COL_PLACE] = {"place", NULL, JP_CELL_TEXT},
    [JP_MATCH_COL_URL] = {"url", NULL, JP_CELL_TEXT},
};

/* What a search of the index is known by here. */
struct known {
	gint64 revision;
	char *name;
	gboolean is_current; /* the row is still that of the index */
};

struct line { /* a jp_match_line with its own strings */
	jp_match_line m;
	char *title, *company, *place, *url, *search;
	cJSON *reasons;
};

struct due {
	gint64 id, first_seen;
	gboolean is_closed;
};

struct old_match {
	int score;
	gboolean is_delivered;
	char *reasons;
};

struct run {
	jp_match_run *r;
	jp_matcher *m;
	GHashTable *known; /* id -> struct known */
	gint64 print[4];   /* the fingerprint of the searches in m */
	jp_doc *doc;
	const jp_posting *posting; /* the one in hand */
	GHashTable *old;           /* its matches so far: search id -> struct old_match */
	GPtrArray *lines;          /* of struct line *, of this transaction */
	GHashTable *shown;         /* ids of postings that a dry run has run: no row tells */
	gint64 now;
};

/* ---- the index -------------------------------------------------------------------------- */

static void
known_free(gpointer data)
{
	struct known *k = data;

	g_free(k->name);
	g_free(k);
}

static void
old_free(gpointer data)
{
	struct old_match *o = data;

	g_free(o->reasons);
	g_free(o);
}

static void
line_free(gpointer data)
{
	struct line *l = data;

	g_free(l->title);
	g_free(l->company);
	g_free(l->place);
	g_free(l->url);
	g_free(l->search);
	cJSON_Delete(l->reasons);
	g_free(l);
}

static gpointer
key_of(const gint64 *id)
{
	return g_memdup2(id, sizeof(*id));
}

/* Makes the index anew: of the searches of active subscribers, or of those among them that are
 * due. */
static void
load_searches(struct run *x, gboolean only_due)
{
	const jp_config *conf = x->r->conf;
	g_autoptr(jp_rows) rows = jp_db_query(x->r->db, JP_SQL_SEARCH_ROWS,
	    JP_ARGS(JP_NULL, JP_NULL, JP_TEXT("active"), JP_INT_IF(only_due, 1)));
	jp_search *read;

	jp_matcher_free(x->m);
	x->m = jp_matcher_new((int)conf->match.min_score, conf->match.max_age);
	g_hash_table_remove_all(x->known);
	while (jp_rows_next(rows)) {
		gboolean is_read = jp_search_read_row(rows, &read);
		g_autoptr(jp_search) s = is_read ? read : NULL;
		g_autoptr(GError) error = NULL;
		struct known *k;

		if (!s)
			continue;
		if (!jp_matcher_add(x->m, s, &error))
			jp_warn("search %" G_GINT64_FORMAT ": %s", s->id, error->message);
		k = g_new(struct known, 1);
		*k = (struct known){
		    .revision = s->revision, .name = g_strdup(s->name), .is_current = TRUE};
		g_hash_table_insert(x->known, key_of(&s->id), k);
	}
	x->r->n_searches = MAX(x->r->n_searches, jp_matcher_size(x->m));
}

/* Reads the fingerprint; TRUE when it is that of the index. */
static gboolean
is_fresh(struct run *x)
{
	g_autoptr(jp_rows) rows = jp_db_query(x->r->db, JP_SQL_MATCH_FINGERPRINT, JP_NO_ARGS);
	gint64 print[4];
	gboolean same;

	if (!jp_rows_next(rows))
		return FALSE;
	print[0] = jp_rows_int(rows, JP_COL_MATCH_FINGERPRINT_N);
	print[1] = jp_rows_int(rows, JP_COL_MATCH_FINGERPRINT_REVISIONS);
	print[2] = jp_rows_int(rows, JP_COL_MATCH_FINGERPRINT_IDS);
	print[3] = jp_rows_int(rows, JP_COL_MATCH_FINGERPRINT_UPDATED_AT);
	same = x->m && memcmp(print, x->print, sizeof(print)) == 0;
	memcpy(x->print, print, sizeof(print));
	return same;
}

static void
begin(struct run *x)
{
	jp_db_begin(x->r->db, x->r->dry_run ? JP_TX_READ : JP_TX_WRITE);
	x->now = jp_now();
}

/* Commits, then gives the lines out. */
static void
commit(struct run *x)
{
	jp_db_commit(x->r->db);
	for (guint i = 0; i < x->lines->len; i++) {
		struct line *l = g_ptr_array_index(x->lines, i);

		x->r->n_matches++;
		if (x->r->on_match)
			x->r->on_match(&l->m, x->r->data);
	}
	g_ptr_array_set_size(x->lines, 0);
}

/* ---- one posting ------------------------------------------------------------------------ */

static void
add_line(struct run *x, const jp_hit *h, const struct known *k, cJSON *reasons)
{
	const jp_posting *p = x->posting;
	const jp_location *first = p->locations->len ? g_ptr_array_index(p->locations, 0) : NULL;
	struct line *l = g_new0(struct line, 1);

	l->title = g_strdup(p->title);
	l->company = g_strdup(p->company);
	l->place = g_strdup(first ? first->text : "");
	l->url = g_strdup(p->url);
	l->search = g_strdup(k->name);
	l->reasons = reasons;
	l->m = (jp_match_line){.subscriber_id = h->subscriber_id,
	    .posting_id = p->id,
	    .search_id = h->search_id,
	    .score = h->score,
	    .search = l->search,
	    .title = l->title,
	    .company = l->company,
	    .place = l->place,
	    .url = l->url,
	    .reasons = l->reasons};
	g_ptr_array_add(x->lines, l);
}

/* A match is new, the same as before, another than before, or delivered and left alone. */
static void
on_hit(const jp_hit *h, gpointer data)
{
	struct run *x = data;
	const struct known *k = g_hash_table_lookup(x->known, &h->search_id);
	const struct old_match *old = g_hash_table_lookup(x->old, &h->search_id);
	g_autoptr(cJSON) reasons = NULL;
	g_autofree char *text = NULL;
	gboolean changed;

	if (!k || !k->is_current)
		return;
	reasons = jp_reasons_to_json(h->reasons);
	text = jp_json_line(reasons);
	changed = !old ||
	    (!old->is_delivered && (old->score != h->score || strcmp(old->reasons, text) != 0));
	if (changed && !x->r->dry_run)
		jp_db_do(x->r->db, JP_SQL_MATCH_PUT,
		    JP_ARGS(JP_INT(h->search_id), JP_INT(x->posting->id), JP_INT(h->score),
			JP_LIST(text), JP_INT(x->now)));
	if (changed)
		add_line(x, h, k, g_steal_pointer(&reasons));
	g_hash_table_remove(x->old, &h->search_id);
}

static void
load_old(struct run *x, gint64 posting)
{
	g_autoptr(jp_rows) rows =
	    jp_db_query(x->r->db, JP_SQL_MATCH_OF_POSTING, JP_ARGS(JP_INT(posting)));

	g_hash_table_remove_all(x->old);
	while (jp_rows_next(rows)) {
		gint64 search = jp_rows_int(rows, JP_COL_MATCH_OF_POSTING_SEARCH_ID);
		struct old_match *o = g_new(struct old_match, 1);

		*o = (struct old_match){
		    .score = (int)jp_rows_int(rows, JP_COL_MATCH_OF_POSTING_SCORE),
		    .is_delivered = !jp_rows_is_null(rows, JP_COL_MATCH_OF_POSTING_MESSAGE_ID),
		    .reasons = g_strdup(jp_rows_text(rows, JP_COL_MATCH_OF_POSTING_REASONS))};
		g_hash_table_insert(x->old, key_of(&search), o);
	}
}

/* Removes what the searches of the index found before and do not find now. */
static void
remove_stale(struct run *x)
{
	GHashTableIter it;
	gpointer key, value;

	g_hash_table_iter_init(&it, x->old);
	while (g_hash_table_iter_next(&it, &key, &value)) {
		const struct old_match *o = value;
		const struct known *k = g_hash_table_lookup(x->known, key);

		if (!k || !k->is_current || o->is_delivered || x->r->dry_run)
			continue;
		jp_db_do(x->r->db, JP_SQL_MATCH_REMOVE,
		    JP_ARGS(JP_INT(*(gint64 *)key), JP_INT(x->posting->id)));
	}
}

static void
match_posting(struct run *x, const struct due *due)
{
	g_autoptr(jp_posting) p = due->is_closed ? NULL : jp_posting_load(x->r->db, due->id);

	if (!p || g_hash_table_contains(x->shown, &due->id))
		return;
	if (x->r->dry_run)
		g_hash_table_add(x->shown, key_of(&due->id));
	x->posting = p;
	load_old(x, due->id);
	jp_doc_set(x->doc, p, due->first_seen);
	jp_matcher_run(x->m, x->doc, x->now, on_hit, x);
	remove_stale(x);
	x->posting = NULL;
}

/* ---- postings that are due -------------------------------------------------------------- */

/* The rows of a page, read to their end before others are asked for.  Takes rows. */
static GArray *
read_due(jp_rows *rows, int id, int first_seen, int closed_at)
{
	GArray *page = g_array_new(FALSE, FALSE, sizeof(struct due));

	while (jp_rows_next(rows)) {
		struct due d = {.id = jp_rows_int(rows, id),
		    .first_seen = jp_rows_int(rows, first_seen),
		    .is_closed = closed_at >= 0 && !jp_rows_is_null(rows, closed_at)};

		g_array_append_val(page, d);
	}
	jp_rows_free(rows);
	return page;
}

static GArray *
next_due(struct run *x, gint64 after)
{
	if (x->r->dry_run)
		return read_due(jp_db_query(x->r->db, JP_SQL_MATCH_PEEK_POSTINGS,
				    JP_ARGS(JP_INT(after), JP_INT(BATCH))),
		    JP_COL_MATCH_PEEK_POSTINGS_ID, JP_COL_MATCH_PEEK_POSTINGS_FIRST_SEEN,
		    JP_COL_MATCH_PEEK_POSTINGS_CLOSED_AT);
	return read_due(
	    jp_db_query(x->r->db, JP_SQL_MATCH_DUE_POSTINGS, JP_ARGS(JP_INT(after), JP_INT(BATCH))),
	    JP_COL_MATCH_DUE_POSTINGS_ID, JP_COL_MATCH_DUE_POSTINGS_FIRST_SEEN,
	    JP_COL_MATCH_DUE_POSTINGS_CLOSED_AT);
}

static GArray *
next_chosen(struct run *x, guint *from)
{
	g_autoptr(GString) ids = g_string_new("[");
	guint end = MIN(*from + BATCH, x->r->only->len);

	for (guint i = *from; i < end; i++)
		g_string_append_printf(ids, "%s%" G_GINT64_FORMAT, i > *from ? "," : "",
		    g_array_index(x->r->only, gint64, i));
	g_string_append_c(ids, ']');
	*from = end;
	if (x->r->dry_run)
		return read_due(
		    jp_db_query(x->r->db, JP_SQL_MATCH_PEEK_CHOSEN, JP_ARGS(JP_LIST(ids->str))),
		    JP_COL_MATCH_PEEK_CHOSEN_ID, JP_COL_MATCH_PEEK_CHOSEN_FIRST_SEEN,
		    JP_COL_MATCH_PEEK_CHOSEN_CLOSED_AT);
	return read_due(
	    jp_db_query(x->r->db, JP_SQL_MATCH_CHOSEN_POSTINGS, JP_ARGS(JP_LIST(ids->str))),
	    JP_COL_MATCH_CHOSEN_POSTINGS_ID, JP_COL_MATCH_CHOSEN_POSTINGS_FIRST_SEEN,
	    JP_COL_MATCH_CHOSEN_POSTINGS_CLOSED_AT);
}

static void
match_page(struct run *x, const GArray *page)
{
	if (!is_fresh(x))
		load_searches(x, FALSE);
	for (guint i = 0; i < page->len; i++) {
		const struct due *d = &g_array_index(page, struct due, i);

		match_posting(x, d);
		if (!x->r->dry_run)
			jp_db_do(x->r->db, JP_SQL_MATCH_POSTING_DONE, JP_ARGS(JP_INT(d->id)));
	}
	x->r->n_postings += page->len;
}

static void
run_postings(struct run *x)
{
	gint64 after = 0;
	guint from = 0;
	gboolean more = TRUE;

	while (more && !jp_stopping()) {
		g_autoptr(GArray) page = NULL;

		begin(x);
		page = x->r->only ? next_chosen(x, &from) : next_due(x, after);
		more = x->r->only ? from < x->r->only->len : page->len == BATCH;
		if (page->len) {
			after = g_array_index(page, struct due, page->len - 1).id;
			match_page(x, page);
		}
		commit(x);
	}
}

/* ---- searches that are due -------------------------------------------------------------- */

/* Marks the searches of the index that are no longer due as they were loaded. */
static void
mark_current(struct run *x)
{
	g_autoptr(jp_rows) rows = NULL;
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, x->known);
	while (g_hash_table_iter_next(&it, NULL, &value))
		((struct known *)value)->is_current = FALSE;
	rows = jp_db_query(x->r->db, JP_SQL_MATCH_DUE_SEARCHES, JP_NO_ARGS);
	while (jp_rows_next(rows)) {
		gint64 id = jp_rows_int(rows, JP_COL_MATCH_DUE_SEARCHES_ID);
		gint64 revision = jp_rows_int(rows, JP_COL_MATCH_DUE_SEARCHES_REVISION);
		struct known *k = g_hash_table_lookup(x->known, &id);

		if (k)
			k->is_current = k->revision == revision;
	}
}

/* Runs the index against a page of the open postings; FALSE at their end. */
static gboolean
scan_page(struct run *x, struct due *last)
{
	g_autoptr(GArray) page =
	    read_due(jp_db_query(x->r->db, JP_SQL_MATCH_OPEN_POSTINGS,
			 JP_ARGS(JP_INT(last->first_seen), JP_INT(last->id), JP_INT(BATCH))),
		JP_COL_MATCH_OPEN_POSTINGS_ID, JP_COL_MATCH_OPEN_POSTINGS_FIRST_SEEN, -1);

	for (guint i = 0; i < page->len; i++)
		match_posting(x, &g_array_index(page, struct due, i));
	if (page->len)
		*last = g_array_index(page, struct due, page->len - 1);
	return page->len == BATCH;
}

/* The searches of the index were run against all that is open. */
static void
end_searches(struct run *x)
{
	GHashTableIter it;
	gpointer key, value;

	g_hash_table_iter_init(&it, x->known);
	while (!x->r->dry_run && g_hash_table_iter_next(&it, &key, &value))
		jp_db_do(x->r->db, JP_SQL_MATCH_SEARCH_DONE,
		    JP_ARGS(JP_INT(*(gint64 *)key), JP_INT(((struct known *)value)->revision)));
}

/* One round over what was due at its beginning; FALSE when nothing was. */
static gboolean
run_searches(struct run *x)
{
	struct due last = {.first_seen = jp_now() - x->r->conf->match.backfill, .id = 0};
	gboolean more = TRUE;

	jp_db_begin(x->r->db, JP_TX_READ);
	load_searches(x, TRUE);
	jp_db_commit(x->r->db);
	if (!g_hash_table_size(x->known))
		return FALSE;
	while (more) {
		if (jp_stopping())
			return FALSE;
		begin(x);
		mark_current(x);
		more = scan_page(x, &last);
		if (!more)
			end_searches(x);
		commit(x);
	}
	return !x->r->dry_run;
}

void
jp_match_run_all(jp_match_run *r)
{
	struct run x = {.r = r};

	x.known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, known_free);
	x.old = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, old_free);
	x.shown = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	x.lines = g_ptr_array_new_with_free_func(line_free);
	x.doc = jp_doc_new();
	run_postings(&x);
	while (!jp_stopping() && run_searches(&x))
		;
	jp_doc_free(x.doc);
	jp_matcher_free(x.m);
	g_ptr_array_unref(x.lines);
	g_hash_table_destroy(x.shown);
	g_hash_table_destroy(x.old);
	g_hash_table_destroy(x.known);
}
