/*
 * The full-text index, kept in the transactions that write postings, and built anew.
 *
 * SQLite's index does not keep what was put into it: an entry is taken out by the list of lexemes
 * that put it in, which is made again of the posting as it was.  Where that fails (the stemmer of
 * another release made other stems) a word stays behind, which costs a look at a posting that does
 * not have it: whoever searches looks at the posting itself.  No word of a posting is ever missing.
 *
 * What a transaction has for the index is put in at its end, all at once: SQLite writes out what it
 * gathered of an index whenever another statement of several rows comes between.
 */
#include <string.h>

#include "base/limits.h"
#include "posting/internal.h"

/* Postings put in by one transaction of the builder: others wait for some 50 ms. */
#define PORTION 200

/* Bytes of lexemes of changed postings that wait before they are put in. */
#define MAX_WAITING (4 * JP_MIB)

/* New postings that are put in at once: fewer are cheaper one by one. */
#define MANY_NEW 24

/* ---- how far it is ----------------------------------------------------------------------------
 */

/* The state, and how far it is filled (0 unless partial). */
static jp_textindex_state
look(jp_db *db, gint64 *upto)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TEXTINDEX_STATE, JP_NO_ARGS);
	gboolean is_whole;

	*upto = 0;
	if (!jp_rows_next(r))
		return JP_TEXTINDEX_NONE;
	is_whole = jp_rows_is_null(r, JP_COL_TEXTINDEX_STATE_UPTO);
	*upto = jp_rows_int_or(r, JP_COL_TEXTINDEX_STATE_UPTO, 0);
	if (jp_rows_int(r, JP_COL_TEXTINDEX_STATE_VERSION) != JP_LEXEME_VERSION)
		return JP_TEXTINDEX_NONE;
	return is_whole ? JP_TEXTINDEX_WHOLE : JP_TEXTINDEX_PARTIAL;
}

jp_textindex_state
jp_textindex_look(jp_db *db)
{
	gint64 upto;

	return look(db, &upto);
}

/* ---- keeping it -------------------------------------------------------------------------------
 */

struct entry {
	gint64 id;
	char *taken, *added; /* lexemes; NULL: none */
};

struct jp_textindex {
	jp_db *db;
	jp_gatherer *gatherer; /* of the connection */
	gint64 upto;           /* -1: not kept */
	GArray *waiting;       /* of struct entry; new postings wait in the gatherer */
	gsize waiting_bytes;
};

static gpointer
make_gatherer(void)
{
	return jp_gatherer_new();
}

static void
free_gatherer(gpointer gatherer)
{
	jp_gatherer_free(gatherer);
}

static void
entry_clear(gpointer data)
{
	struct entry *e = data;

	g_free(e->taken);
	g_free(e->added);
}

static gint64
kept_upto(jp_db *db)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TEXTINDEX_KEPT, JP_NO_ARGS);
	gint64 upto;

	if (!jp_rows_next(r))
		return -1;
	upto = jp_rows_int_or(r, JP_COL_TEXTINDEX_KEPT_UPTO, G_MAXINT64);
	return jp_rows_int(r, JP_COL_TEXTINDEX_KEPT_VERSION) == JP_LEXEME_VERSION ? upto : -1;
}

jp_textindex *
jp_textindex_begin(jp_db *db)
{
	jp_textindex *t = g_new0(jp_textindex, 1);
	jp_lexemes *lexemes;

	t->db = db;
	t->gatherer = jp_db_kept(db, make_gatherer, free_gatherer);
	lexemes = jp_gatherer_lexemes(t->gatherer);
	g_assert(jp_lexemes_gathered(lexemes)->n_postings == 0); /* another one would lose them */
	t->upto = kept_upto(db);
	t->waiting = g_array_new(FALSE, FALSE, sizeof(struct entry));
	g_array_set_clear_func(t->waiting, entry_clear);
	return t;
}

static void
put_changed(jp_textindex *t)
{
	for (guint i = 0; i < t->waiting->len; i++) {
		const struct entry *e = &g_array_index(t->waiting, struct entry, i);

		if (e->taken)
			jp_db_do(t->db, JP_SQL_TEXTINDEX_TAKE,
			    JP_ARGS(JP_INT(e->id), JP_TEXT(e->taken)));
		if (e->added)
			jp_db_do(
			    t->db, JP_SQL_TEXTINDEX_ADD, JP_ARGS(JP_INT(e->id), JP_TEXT(e->added)));
	}
	g_array_set_size(t->waiting, 0);
	t->waiting_bytes = 0;
}

/* The ids ascend, and none is there twice. */
static gboolean
is_in_order(const jp_gathered *g)
{
	for (guint i = 1; i < g->n_postings; i++)
		if (g->ids[i - 1] >= g->ids[i])
			return FALSE;
	return TRUE;
}

/* All at once; FALSE when they have to be put in one by one. */
static gboolean
put_together(jp_textindex *t, jp_gathered *g)
{
	g_auto(jp_turned) turned = {0};
	jp_index_part part = {.index = "posting_text"};

	if (g->n_postings < MANY_NEW || !jp_db_can_index(t->db) || !is_in_order(g))
		return FALSE;
	jp_turn(g, &turned);
	part.ids = g->ids;
	part.n_ids = g->n_postings;
	part.words = turned.words;
	part.n_words = g->n_terms;
	return jp_db_index(t->db, &part);
}

static void
put_gathered(jp_textindex *t)
{
	jp_lexemes *lexemes = jp_gatherer_lexemes(t->gatherer);
	jp_gathered *g = jp_lexemes_gathered(lexemes);

	if (!put_together(t, g))
		for (guint i = 0; i < g->n_postings; i++)
			jp_db_do(t->db, JP_SQL_TEXTINDEX_ADD,
			    JP_ARGS(
				JP_INT(g->ids[i]), JP_TEXT(jp_lexemes_gathered_text(lexemes, i))));
	jp_lexemes_let_go(lexemes);
}

static void
put_waiting(jp_textindex *t)
{
	gboolean was_all;

	put_changed(t);
	do {
		was_all = jp_gatherer_wait(t->gatherer);
		put_gathered(t);
	} while (!was_all);
}

void
jp_textindex_end(jp_textindex *t)
{
	put_waiting(t);
	g_array_unref(t->waiting);
	g_free(t);
}

/* Takes both lists. */
static void
wait(jp_textindex *t, gint64 id, char *taken, char *added)
{
	const struct entry e = {id, taken, added};

	t->waiting_bytes += (taken ? strlen(taken) : 0) + (added ? strlen(added) : 0);
	g_array_append_val(t->waiting, e);
	if (t->waiting_bytes > MAX_WAITING)
		put_waiting(t);
}

/* Those of one more posting. */
static const char *
lexemes_of(jp_textindex *t, const jp_posting *p)
{
	jp_lexemes *lexemes = jp_gatherer_lexemes(t->gatherer);

	if (!jp_lexemes_has_room(lexemes))
		put_waiting(t);
	return jp_lexemes_of(lexemes, p);
}

/* TRUE when the index has the posting, by the first of its lexemes.  It lacks those that somebody
 * else wrote, with SQL of his own; taking them out would make SQLite call the index damaged. */
static gboolean
has(jp_textindex *t, gint64 id, const char *lexemes)
{
	g_autofree char *question =
	    g_strdup_printf("\"%.*s\"", (int)strcspn(lexemes, " "), lexemes);
	gint64 found;

	return *lexemes &&
	    jp_db_get_int(
		t->db, JP_SQL_TEXTINDEX_HAS, JP_ARGS(JP_INT(id), JP_TEXT(question)), &found);
}

void
jp_textindex_add(jp_textindex *t, const jp_posting *p)
{
	if (p->id <= t->upto && !jp_gatherer_add(t->gatherer, p))
		put_waiting(t);
}

void
jp_textindex_change(jp_textindex *t, gint64 id, const jp_posting *old, const jp_posting *p)
{
	g_autoptr(jp_posting) read = NULL;
	g_autofree char *before = NULL;
	const char *now;

	if (id > t->upto)
		return;
	if (!old)
		old = read = jp_posting_load(t->db, id);
	before = g_strdup(lexemes_of(t, old));
	now = lexemes_of(t, p);
	if (!g_str_equal(before, now))
		wait(t, id, has(t, id, before) ? g_steal_pointer(&before) : NULL, g_strdup(now));
}

static void
take(jp_textindex *t, gint64 id)
{
	g_autoptr(jp_posting) p = id <= t->upto ? jp_posting_load(t->db, id) : NULL;
	const char *lexemes = p ? lexemes_of(t, p) : "";

	if (has(t, id, lexemes))
		wait(t, id, g_strdup(lexemes), NULL);
}

/* ---- postings that go -------------------------------------------------------------------------
 */

/* The ids that are the statement's only column; frees the rows; g_array_unref. */
static GArray *
read_ids(jp_rows *r)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, 0);

		g_array_append_val(ids, id);
	}
	jp_rows_free(r);
	return ids;
}

static void
take_all(jp_db *db, const GArray *ids)
{
	jp_textindex *t = jp_textindex_begin(db);

	for (guint i = 0; i < ids->len; i++)
		take(t, g_array_index(ids, gint64, i));
	jp_textindex_end(t);
}

gint64
jp_posting_prune(jp_db *db, gint64 before, guint limit)
{
	g_autoptr(GArray) ids = read_ids(
	    jp_db_query(db, JP_SQL_POSTING_PRUNABLE, JP_ARGS(JP_INT(before), JP_INT(limit))));
	g_autoptr(GString) list = g_string_new("[");

	take_all(db, ids);
	for (guint i = 0; i < ids->len; i++)
		g_string_append_printf(
		    list, "%s%" G_GINT64_FORMAT, i ? "," : "", g_array_index(ids, gint64, i));
	g_string_append_c(list, ']');
	return jp_db_exec(db, JP_SQL_POSTING_DELETE, JP_ARGS(JP_LIST(list->str)));
}

void
jp_posting_forget_board(jp_db *db, gint64 board_id)
{
	g_autoptr(GArray) ids =
	    read_ids(jp_db_query(db, JP_SQL_POSTING_IDS_OF_BOARD, JP_ARGS(JP_INT(board_id))));

	take_all(db, ids);
}

/* ---- building it ------------------------------------------------------------------------------
 */

/* Empties it, unless there is something to go on with. */
static void
prepare(jp_db *db, gboolean anew)
{
	jp_db_begin(db, JP_TX_WRITE);
	if (anew || jp_textindex_look(db) == JP_TEXTINDEX_NONE) {
		jp_db_do(db, JP_SQL_TEXTINDEX_CLEAR, JP_NO_ARGS);
		jp_db_do(db, JP_SQL_TEXTINDEX_RESTART, JP_ARGS(JP_INT(JP_LEXEME_VERSION)));
	}
	jp_db_commit(db);
}

/* Puts the next portion in and gives its size; 0: that was the end. */
static guint
build_some(jp_db *db)
{
	g_autoptr(GArray) ids = NULL;
	g_autoptr(GPtrArray) postings =
	    g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	gint64 from, last;
	gboolean is_partial, more;
	jp_textindex *t;

	jp_db_begin(db, JP_TX_WRITE);
	is_partial = look(db, &from) == JP_TEXTINDEX_PARTIAL;
	ids = read_ids(
	    jp_db_query(db, JP_SQL_TEXTINDEX_PORTION, JP_ARGS(JP_INT(from), JP_INT(PORTION))));
	more = is_partial && ids->len > 0;
	last = more ? g_array_index(ids, gint64, ids->len - 1) : 0;
	if (is_partial) /* first, because additions look how far it is */
		jp_db_do(
		    db, JP_SQL_TEXTINDEX_ADVANCE, JP_ARGS(JP_INT(from), JP_INT_IF(more, last)));
	t = jp_textindex_begin(db);
	for (guint i = 0; more && i < ids->len; i++) {
		jp_posting *p = jp_posting_load(db, g_array_index(ids, gint64, i));

		if (!p) /* another program has removed it meanwhile */
			continue;
		g_ptr_array_add(postings, p);
		jp_textindex_add(t, p);
	}
	jp_textindex_end(t);
	jp_db_commit(db);
	return more ? ids->len : 0;
}

gboolean
jp_textindex_build(jp_db *db, gboolean anew, jp_textindex_told each, gpointer data)
{
	gint64 upto = 0, done = 0, of = 0;
	guint n = 1;
	jp_rows *r;

	prepare(db, anew);
	if (look(db, &upto) == JP_TEXTINDEX_WHOLE)
		return TRUE;
	r = jp_db_query(db, JP_SQL_TEXTINDEX_COUNT, JP_ARGS(JP_INT(upto)));
	if (jp_rows_next(r)) {
		of = jp_rows_int(r, JP_COL_TEXTINDEX_COUNT_N);
		done = of - jp_rows_int(r, JP_COL_TEXTINDEX_COUNT_REST);
	}
	jp_rows_free(r);
	while (n > 0 && !jp_stopping()) {
		n = build_some(db);
		done += n;
		if (each)
			each(done, MAX(of, done), data);
	}
	return n == 0;
}
