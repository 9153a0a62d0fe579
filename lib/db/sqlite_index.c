/*
 * Many rows into the full-text index at once.  FTS5 takes a row at a time, finds each of its words
 * in a table of its own and sorts that table when it is full; who has the words of many rows sorted
 * already can do without, and that is most of what indexing costs.  What is written here is what
 * FTS5 would have written: a segment of level 0 (sqlite_segment.c).  When there are many of them
 * they are made one of level 1, as FTS5 does it, at a fraction of the cost (sqlite_merge.c).
 *
 * The rest is left to FTS5, by saying that the rows were not taken: an index whose structure is not
 * the one known here (a newer SQLite, asked for newer features, marks it), segments of level 1 when
 * there are too many, and whatever is taken out.
 */
#include "db/sqlite_segment.h"

/* FTS5's own: the row of the totals, that of the structure, most segments. */
#define TOTALS       1
#define STRUCTURE    10
#define MAX_SEGMENTS 2000

/* Of a level; with one more FTS5 begins to merge (sql/012-merges.sql), unless it is done before. */
#define MAX_LEVEL 63

static const char *const asked[JP_FTS_N] = {
    [JP_FTS_GET] = "SELECT block FROM %s_data WHERE id = ?1",
    [JP_FTS_PUT] = "REPLACE INTO %s_data (id, block) VALUES (?1, ?2)",
    [JP_FTS_PUT_PAGE] = "INSERT INTO %s_idx (segid, term, pgno) VALUES (?1, ?2, ?3)",
    [JP_FTS_DROP] = "DELETE FROM %s_data WHERE id BETWEEN ?1 AND ?2",
    [JP_FTS_DROP_PAGES] = "DELETE FROM %s_idx WHERE segid = ?1",
    [JP_FTS_MERGE_NOTHING] = "INSERT INTO %s (%s, rank) VALUES ('merge', 0)",
    [JP_FTS_SAVEPOINT] = "SAVEPOINT words",
    [JP_FTS_ROLL_BACK] = "ROLLBACK TO words",
    [JP_FTS_RELEASE] = "RELEASE words",
};

void
jp_sqlite_indexer_free(jp_sqlite_indexer *x)
{
	if (!x)
		return;
	for (guint i = 0; i < JP_FTS_N; i++)
		(void)sqlite3_finalize(x->st[i]); /* repeats an error that was told */
	g_free(x->index);
	g_free(x);
}

/* Prepares what is asked of an index; the connection keeps it.  The tables of a virtual table are
 * not to be written by anybody else, as long as the connection does not ask for it; this one does
 * from now on until it ends, as each change of its mind would make it prepare every statement that
 * it has anew.  (All that it runs is written in sql/ and here, and who only reads never asks.) */
static int
get_ready(jp_conn *c, const char *index)
{
	int rc;

	if (c->indexer && g_str_equal(c->indexer->index, index))
		return SQLITE_OK;
	g_clear_pointer(&c->indexer, jp_sqlite_indexer_free);
	rc = sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	c->indexer = g_new0(jp_sqlite_indexer, 1);
	c->indexer->index = g_strdup(index);
	for (guint i = 0; i < JP_FTS_N && rc == SQLITE_OK; i++) {
		g_auto(GStrv) parts = g_strsplit(asked[i], "%s", -1);
		g_autofree char *sql = g_strjoinv(index, parts);

		rc = sqlite3_prepare_v3(
		    c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->indexer->st[i], NULL);
	}
	if (rc != SQLITE_OK)
		g_clear_pointer(&c->indexer, jp_sqlite_indexer_free);
	return rc;
}

/* ---- the structure --------------------------------------------------------------------------- */

struct level {
	guint64 n_merging, n;
	const guint8 *from, *to; /* its segments */
};

struct structure {
	guint64 n_levels, n_segments, counter; /* pages written so far */
	struct level levels[2];                /* the first two; those behind begin at the end of */
	const guint8 *end;                     /* the second one and end here */
	jp_fts_input inputs[MAX_LEVEL];        /* level 0 */
	gboolean is_whole;                     /* each of these begins with its first page */
	gint64 free;                           /* a segment's number that is not in use */
};

/* Reads the segments of a level and takes their numbers from those that are free; those of level 0
 * are kept. */
static struct level
read_level(jp_fts_reading *r, struct structure *s, gboolean keep, guint8 *used)
{
	guint64 n_merging = jp_fts_get_varint(r), n = jp_fts_get_varint(r);
	struct level level = {n_merging, n, r->at, r->at};

	for (guint64 i = 0; i < n && !r->is_bad; i++) {
		guint64 segment = jp_fts_get_varint(r);
		guint64 first = jp_fts_get_varint(r), last = jp_fts_get_varint(r);

		if (segment <= MAX_SEGMENTS)
			used[segment] = 1;
		if (!keep)
			continue;
		s->is_whole &= first == 1 && segment <= MAX_SEGMENTS && last <= G_MAXINT32;
		if (i < MAX_LEVEL)
			s->inputs[i] = (jp_fts_input){(gint64)segment, (guint32)last};
	}
	level.to = r->at;
	return level;
}

/* FALSE: it is none that is known here, or has no place for another segment. */
static gboolean
read_structure(const GByteArray *record, struct structure *s)
{
	guint8 used[MAX_SEGMENTS + 1] = {1};
	jp_fts_reading r = {record->data + 4, record->data + record->len, FALSE};

	if (record->len < 7)
		return FALSE;
	*s = (struct structure){.n_levels = jp_fts_get_varint(&r), .is_whole = TRUE};
	s->n_segments = jp_fts_get_varint(&r);
	s->counter = jp_fts_get_varint(&r);
	if (s->n_levels > MAX_SEGMENTS || s->n_segments >= MAX_SEGMENTS)
		return FALSE;
	s->levels[0].from = s->levels[0].to = s->levels[1].from = s->levels[1].to = r.at;
	for (guint64 i = 0; i < s->n_levels && !r.is_bad; i++) {
		struct level level = read_level(&r, s, i == 0, used);

		if (i < 2)
			s->levels[i] = level;
		if (i == 0)
			s->levels[1].from = s->levels[1].to = r.at;
	}
	s->end = r.at;
	while (s->free <= MAX_SEGMENTS && used[s->free])
		s->free++;
	return !r.is_bad && r.at == r.end && s->free <= MAX_SEGMENTS;
}

/* The segments of level 0 can be made one of level 1. */
static gboolean
can_merge(const struct structure *s)
{
	return s->levels[0].n == MAX_LEVEL && s->levels[0].n_merging == 0 && s->is_whole &&
	    s->levels[1].n < MAX_LEVEL;
}

static gboolean
has_place(const struct structure *s)
{
	return s->levels[0].n < MAX_LEVEL;
}

/* A level with one more segment of so many pages; 0: with none. */
static void
append_level(GByteArray *to, const struct level *l, gint64 segment, guint32 n_pages)
{
	jp_fts_append_varint(to, l->n_merging);
	jp_fts_append_varint(to, l->n + (n_pages > 0));
	g_byte_array_append(to, l->from, (guint)(l->to - l->from));
	if (n_pages == 0)
		return;
	jp_fts_append_varint(to, (guint64)segment);
	jp_fts_append_varint(to, 1);
	jp_fts_append_varint(to, n_pages);
}

static void
begin_structure(
    GByteArray *to, const GByteArray *old, guint64 n_levels, guint64 n_segments, guint64 counter)
{
	g_byte_array_append(to, old->data, 4);
	jp_fts_append_varint(to, n_levels);
	jp_fts_append_varint(to, n_segments);
	jp_fts_append_varint(to, counter);
}

static int
end_structure(const jp_sqlite_indexer *x, GByteArray *record, const struct structure *s)
{
	const guint8 *rest = s->levels[1].to;

	g_byte_array_append(record, rest, (guint)(s->end - rest));
	return jp_fts_put(x, STRUCTURE, record->data, record->len);
}

/* With one more segment of level 0. */
static int
put_added(
    const jp_sqlite_indexer *x, const GByteArray *old, const struct structure *s, guint32 n_pages)
{
	g_autoptr(GByteArray) record = g_byte_array_new();

	begin_structure(record, old, MAX(s->n_levels, 1), s->n_segments + 1, s->counter + n_pages);
	append_level(record, &s->levels[0], s->free, n_pages);
	if (s->n_levels > 1)
		append_level(record, &s->levels[1], 0, 0);
	return end_structure(x, record, s);
}

/* With one more segment of level 1 in the place of all of level 0. */
static int
put_merged(
    const jp_sqlite_indexer *x, const GByteArray *old, const struct structure *s, guint32 n_pages)
{
	static const guint8 nothing[1];
	static const struct level empty = {0, 0, nothing, nothing};
	g_autoptr(GByteArray) record = g_byte_array_new();

	begin_structure(record, old, MAX(s->n_levels, 2),
	    s->n_segments - s->levels[0].n + (n_pages > 0), s->counter);
	append_level(record, &empty, 0, 0);
	append_level(record, &s->levels[1], s->free, n_pages);
	return end_structure(x, record, s);
}

/* ---- a segment more -------------------------------------------------------------------------- */

/* Rows and words that the index has had in all. */
static int
put_totals(const jp_sqlite_indexer *x, const jp_index_part *part)
{
	g_autoptr(GByteArray) record = g_byte_array_new();
	gboolean found;
	int rc = jp_fts_get(x, TOTALS, record, &found);
	jp_fts_reading r = {record->data, record->data + record->len, FALSE};
	guint64 n_rows = 0, n_words = 0;

	if (rc != SQLITE_OK)
		return rc;
	if (record->len > 0) { /* else nothing was ever put in */
		n_rows = jp_fts_get_varint(&r);
		n_words = jp_fts_get_varint(&r);
	}
	for (guint i = 0; i < part->n_words; i++)
		n_words += part->words[i].n;
	g_byte_array_set_size(record, 0);
	jp_fts_append_varint(record, n_rows + part->n_ids);
	jp_fts_append_varint(record, n_words);
	return jp_fts_put(x, TOTALS, record->data, record->len);
}

static gsize
rows_len(const jp_index_part *part, const jp_index_word *word)
{
	gsize len = 0;
	gint64 last = 0;

	if (word->n > JP_FTS_PAGE)
		return JP_FTS_PAGE;
	for (guint i = 0; i < word->n; i++) {
		gint64 id = part->ids[word->rows[i]];

		len += jp_fts_varint_len((guint64)(id - last));
		last = id;
	}
	return len;
}

/* On as many pages as it takes; FTS5 looks whether they fit on this one first. */
static int
put_rows(jp_segment *w, const jp_index_part *part, const jp_index_word *word)
{
	gboolean fits = w->used + w->index_used + rows_len(part, word) + 1 <= JP_FTS_PAGE;
	int rc = SQLITE_OK;

	for (guint i = 0; i < word->n && rc == SQLITE_OK; i++) {
		jp_segment_row(w, part->ids[word->rows[i]], 0);
		if (!fits && jp_segment_page_is_full(w))
			rc = jp_segment_end_page(w);
	}
	return rc;
}

static int
put_words(jp_segment *w, const jp_index_part *part)
{
	int rc = SQLITE_OK;

	for (guint i = 0; i < part->n_words && rc == SQLITE_OK; i++) {
		const jp_index_word *word = &part->words[i];

		rc = jp_segment_word(w, (const guint8 *)word->text, word->len);
		if (rc == SQLITE_OK)
			rc = put_rows(w, part, word);
	}
	return rc == SQLITE_OK ? jp_segment_end(w) : rc;
}

static int
write_segment(const jp_sqlite_indexer *x, const jp_index_part *part, const GByteArray *record,
    const struct structure *s)
{
	jp_segment w;
	int rc;

	jp_segment_begin(&w, x, s->free);
	rc = put_words(&w, part);
	if (rc == SQLITE_OK && w.page > 1)
		rc = put_added(x, record, s, w.page - 1);
	jp_segment_clear(&w);
	return rc == SQLITE_OK ? put_totals(x, part) : rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* FTS5 writes what it has gathered, and forgets what it knows of the index: after a savepoint was
 * taken back it cannot know what there is.  (Merging nothing is a write that changes nothing, by
 * which it takes part in the savepoint.) */
static int
make_fts_forget(const jp_sqlite_indexer *x)
{
	int rc = jp_fts_run(x, JP_FTS_SAVEPOINT);

	if (rc == SQLITE_OK)
		rc = jp_fts_run(x, JP_FTS_MERGE_NOTHING);
	if (rc == SQLITE_OK)
		rc = jp_fts_run(x, JP_FTS_ROLL_BACK);
	return rc == SQLITE_OK ? jp_fts_run(x, JP_FTS_RELEASE) : rc;
}

/* Makes level 0 one segment of level 1.  Where something in there is not known, nothing is changed:
 * what was written by then is dropped again.  (A savepoint would keep each page that is dropped.)
 */
static int
merge(const jp_sqlite_indexer *x, const GByteArray *record, const struct structure *s)
{
	gboolean is_oldest = s->n_levels <= 2 && s->levels[1].n == 0, known;
	guint n = (guint)s->levels[0].n;
	guint32 n_pages = 0;
	int rc = jp_fts_merge(x, s->inputs, n, is_oldest, s->free, &n_pages, &known);

	if (rc == SQLITE_OK && !known)
		return jp_fts_drop(x, s->free);
	for (guint i = 0; i < n && rc == SQLITE_OK; i++)
		rc = jp_fts_drop(x, s->inputs[i].number);
	return rc == SQLITE_OK ? put_merged(x, record, s, n_pages) : rc;
}

/* Reads the structure; *known is FALSE where it is not one of those that are known here. */
static int
look(const jp_sqlite_indexer *x, GByteArray *record, struct structure *s, gboolean *known)
{
	gboolean found;
	int rc = jp_fts_get(x, STRUCTURE, record, &found);

	*known = rc == SQLITE_OK && found && read_structure(record, s);
	return rc;
}

/* Writes a segment where there is place for one; *taken is FALSE where there is none.  Once more is
 * looked when FTS5 has written what it had, and when segments were merged. */
static int
add_segment(
    const jp_sqlite_indexer *x, const jp_index_part *part, GByteArray *record, gboolean *taken)
{
	struct structure s;
	int rc = look(x, record, &s, taken);

	if (rc != SQLITE_OK || !*taken)
		return rc;
	rc = make_fts_forget(x);
	if (rc == SQLITE_OK)
		rc = look(x, record, &s, taken);
	if (rc == SQLITE_OK && *taken && !has_place(&s) && can_merge(&s)) {
		rc = merge(x, record, &s);
		if (rc == SQLITE_OK)
			rc = look(x, record, &s, taken);
	}
	*taken = *taken && has_place(&s);
	return rc == SQLITE_OK && *taken ? write_segment(x, part, record, &s) : rc;
}

gboolean
jp_sqlite_index(jp_conn *c, const jp_index_part *part, gboolean *taken, GError **error)
{
	g_autoptr(GByteArray) record = g_byte_array_new();
	int rc = get_ready(c, part->index);

	*taken = FALSE;
	if (rc == SQLITE_OK)
		rc = add_segment(c->indexer, part, record, taken);
	return rc == SQLITE_OK || jp_sqlite_fail(c->db, rc, error);
}
