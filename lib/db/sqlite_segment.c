/*
 * Many rows into the full-text index at once.  FTS5 takes a row at a time, finds each of its words
 * in a table of its own and sorts that table when it is full; who has the words of many rows sorted
 * already can do without, and that is most of what indexing costs.  What is written here is what
 * FTS5 would have written: a segment of level 0, in the format that the comment at the beginning of
 * its fts5_index.c fixes and that every SQLite since 3.9 reads, for an index with one column,
 * detail=none and columnsize=0.  t/unit/db-segment.c compares the bytes with FTS5's own, and FTS5's
 * integrity-check reads them.
 *
 * Three things are left to FTS5, by saying that the rows were not taken: an index whose structure
 * is not the one known here (a newer SQLite, asked for newer features, marks it), one that has so
 * many segments that they are to be merged first, and whatever is taken out.
 */
#include <string.h>

#include "db/sqlite.h"

/* FTS5's own: the row of the totals, that of the structure, bytes of a page, most segments. */
#define TOTALS       1
#define STRUCTURE    10
#define PAGE_BYTES   4050
#define MAX_SEGMENTS 2000

/* Of level 0; with one more FTS5 begins to merge (sql/012-merges.sql), which only itself can. */
#define MAX_LEVEL_0 63

/* Bytes of a varint, of a word, and of a header of a page. */
#define MAX_VARINT 9
#define MAX_WORD   200
#define HEADER     4

/* What is asked of the index's tables, whose name stands for every %s. */
enum { GET_RECORD, PUT_RECORD, PUT_PAGE, MERGE_NOTHING, SAVEPOINT, ROLL_BACK, RELEASE, N_ASKED };

static const char *const asked[N_ASKED] = {
    [GET_RECORD] = "SELECT block FROM %s_data WHERE id = ?1",
    [PUT_RECORD] = "REPLACE INTO %s_data (id, block) VALUES (?1, ?2)",
    [PUT_PAGE] = "INSERT INTO %s_idx (segid, term, pgno) VALUES (?1, ?2, ?3)",
    [MERGE_NOTHING] = "INSERT INTO %s (%s, rank) VALUES ('merge', 0)",
    [SAVEPOINT] = "SAVEPOINT words",
    [ROLL_BACK] = "ROLLBACK TO words",
    [RELEASE] = "RELEASE words",
};

struct jp_sqlite_indexer {
	char *index;
	sqlite3_stmt *st[N_ASKED];
};

struct writer {
	const jp_sqlite_indexer *indexer;
	const jp_index_part *part;
	gint64 segment;
	guint32 page; /* the one being filled, from 1 on */
	guint8 *buf;  /* its bytes */
	gsize used;
	guint8 *index; /* where its terms begin, as varints of differences */
	gsize index_used;
	gsize last_term_at;        /* in buf */
	gboolean has_term;         /* in the page */
	gboolean wants_row;        /* the next row is the first one of the page */
	const jp_index_word *last; /* the word before; NULL: none */
	guint32 open_page;         /* not yet known to the b-tree of pages; 0: none */
	gsize open_len;            /* so much of that word leads to it */
	const jp_index_word *open_word;
};

/* ---- numbers ------------------------------------------------------------------------------- */

/* SQLite's varint: seven bits a byte, the highest first, all eight of a ninth. */
static gsize
put_varint(guint8 *to, guint64 v)
{
	guint8 digits[MAX_VARINT];
	gsize n = 0;

	if (v < 0x80) {
		*to = (guint8)v;
		return 1;
	}
	if (v >> 56) {
		to[8] = (guint8)v;
		v >>= 8;
		for (gsize i = 8; i-- > 0; v >>= 7)
			to[i] = (guint8)(v | 0x80);
		return 9;
	}
	for (; v; v >>= 7)
		digits[n++] = (guint8)(v & 0x7f);
	for (gsize i = 0; i < n; i++)
		to[i] = (guint8)(digits[n - 1 - i] | (i + 1 < n ? 0x80 : 0));
	return n;
}

static gsize
varint_len(guint64 v)
{
	gsize n = 1;

	while (v >= 0x80 && n < MAX_VARINT) {
		v >>= 7;
		n++;
	}
	return n;
}

/* What remains to be read of a record. */
struct reading {
	const guint8 *at, *end;
	gboolean is_bad;
};

static guint64
get_varint(struct reading *r)
{
	guint64 v = 0;

	for (guint i = 0; i < MAX_VARINT; i++) {
		guint8 byte;

		if (r->at == r->end)
			break;
		byte = *r->at++;
		if (i == MAX_VARINT - 1)
			return v << 8 | byte;
		v = v << 7 | (byte & 0x7f);
		if (!(byte & 0x80))
			return v;
	}
	r->is_bad = TRUE;
	return 0;
}

static void
append_varint(GByteArray *to, guint64 v)
{
	guint8 bytes[MAX_VARINT];

	g_byte_array_append(to, bytes, (guint)put_varint(bytes, v));
}

/* ---- records of the index -------------------------------------------------------------------- */

void
jp_sqlite_indexer_free(jp_sqlite_indexer *x)
{
	if (!x)
		return;
	for (guint i = 0; i < N_ASKED; i++)
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
	for (guint i = 0; i < N_ASKED && rc == SQLITE_OK; i++) {
		g_auto(GStrv) parts = g_strsplit(asked[i], "%s", -1);
		g_autofree char *sql = g_strjoinv(index, parts);

		rc = sqlite3_prepare_v3(
		    c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->indexer->st[i], NULL);
	}
	if (rc != SQLITE_OK)
		g_clear_pointer(&c->indexer, jp_sqlite_indexer_free);
	return rc;
}

static int
run(const struct writer *w, guint what)
{
	(void)sqlite3_step(w->indexer->st[what]); /* reset gives its error */
	return sqlite3_reset(w->indexer->st[what]);
}

/* The record with that number; *out is NULL where there is none. */
static int
read_record(const struct writer *w, gint64 id, GByteArray **out)
{
	sqlite3_stmt *st = w->indexer->st[GET_RECORD];

	*out = NULL;
	sqlite3_bind_int64(st, 1, id);
	if (sqlite3_step(st) == SQLITE_ROW) {
		*out = g_byte_array_new();
		g_byte_array_append(
		    *out, sqlite3_column_blob(st, 0), (guint)sqlite3_column_bytes(st, 0));
	}
	return sqlite3_reset(st);
}

static int
put_record(const struct writer *w, gint64 id, const guint8 *bytes, gsize len)
{
	sqlite3_stmt *st = w->indexer->st[PUT_RECORD];

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_blob(st, 2, bytes, (int)len, SQLITE_STATIC);
	return run(w, PUT_RECORD);
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* The page whose first words are gone past is made known by as much of its first word as tells it
 * from the word before. */
static int
put_page_name(struct writer *w)
{
	static const guint8 main_index = '0';
	guint8 name[MAX_WORD + 2] = {main_index};
	gsize len = w->open_word ? w->open_len : 0;
	sqlite3_stmt *st = w->indexer->st[PUT_PAGE];

	if (!w->open_page)
		return SQLITE_OK;
	if (len > 1)
		memcpy(name + 1, w->open_word->text, len - 1);
	sqlite3_bind_int64(st, 1, w->segment);
	sqlite3_bind_blob(st, 2, name, (int)len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, (gint64)w->open_page << 1);
	w->open_page = 0;
	return run(w, PUT_PAGE);
}

static void
begin_page(struct writer *w)
{
	memset(w->buf, 0, HEADER);
	w->used = HEADER;
	w->index_used = 0;
	w->last_term_at = 0;
	w->has_term = FALSE;
	w->wants_row = TRUE;
}

static void
put_u16(guint8 *to, gsize v)
{
	to[0] = (guint8)(v >> 8);
	to[1] = (guint8)v;
}

/* The page, with where its words begin behind it. */
static int
end_page(struct writer *w)
{
	int rc;

	put_u16(w->buf + 2, w->used);
	memcpy(w->buf + w->used, w->index, w->index_used);
	rc = put_record(w, (w->segment << 37) + w->page, w->buf, w->used + w->index_used);
	w->page++;
	begin_page(w);
	return rc;
}

/* Bytes that two words have in common, the one before both included. */
static gsize
common(const jp_index_word *a, const jp_index_word *b)
{
	gsize n = 0, most = MIN(a->len, b->len);

	while (n < most && a->text[n] == b->text[n])
		n++;
	return n + 1;
}

static int
put_word(struct writer *w, const jp_index_word *word)
{
	gsize len = word->len + 1, shared = 0, at;
	int rc = SQLITE_OK;

	g_assert(word->len <= MAX_WORD);
	if (w->used + w->index_used + len + 2 >= PAGE_BYTES && w->used > HEADER)
		rc = end_page(w);
	at = w->used;
	w->index_used += put_varint(w->index + w->index_used, at - w->last_term_at);
	w->last_term_at = at;
	if (w->has_term) {
		shared = common(w->last, word);
		w->used += put_varint(w->buf + w->used, shared);
	} else if (w->page != 1) {
		if (rc == SQLITE_OK)
			rc = put_page_name(w);
		w->open_page = w->page;
		w->open_word = word;
		w->open_len = 1 + common(w->last, word);
	}
	w->used += put_varint(w->buf + w->used, len - shared);
	if (shared == 0)
		w->buf[w->used++] = '0';
	memcpy(w->buf + w->used, word->text + (shared ? shared - 1 : 0), len - MAX(shared, 1));
	w->used += len - MAX(shared, 1);
	w->has_term = TRUE;
	w->wants_row = FALSE;
	w->last = word;
	return rc;
}

static gsize
rows_len(const struct writer *w, const jp_index_word *word)
{
	gsize len = 0;
	gint64 last = 0;

	if (word->n > PAGE_BYTES)
		return PAGE_BYTES;
	for (guint i = 0; i < word->n; i++) {
		gint64 id = w->part->ids[word->rows[i]];

		len += varint_len((guint64)(id - last));
		last = id;
	}
	return len;
}

/* The rows of the word: the first as it is, the others as differences; on as many pages as it
 * takes. */
static int
put_rows(struct writer *w, const jp_index_word *word)
{
	gboolean fits = w->used + w->index_used + rows_len(w, word) + 1 <= PAGE_BYTES;
	gint64 last = 0;
	int rc = SQLITE_OK;

	for (guint i = 0; i < word->n && rc == SQLITE_OK; i++) {
		gint64 id = w->part->ids[word->rows[i]];

		if (w->wants_row) {
			put_u16(w->buf, w->used);
			last = 0;
			w->wants_row = FALSE;
		}
		w->used += put_varint(w->buf + w->used, (guint64)(id - last));
		last = id;
		if (!fits && w->used + w->index_used >= PAGE_BYTES)
			rc = end_page(w);
	}
	return rc;
}

static int
put_words(struct writer *w)
{
	int rc = SQLITE_OK;

	w->open_page = 1;
	w->page = 1;
	begin_page(w);
	for (guint i = 0; i < w->part->n_words && rc == SQLITE_OK; i++) {
		rc = put_word(w, &w->part->words[i]);
		if (rc == SQLITE_OK)
			rc = put_rows(w, &w->part->words[i]);
	}
	if (rc == SQLITE_OK && w->used > HEADER)
		rc = end_page(w);
	return rc == SQLITE_OK ? put_page_name(w) : rc;
}

/* ---- the structure --------------------------------------------------------------------------- */

struct structure {
	guint64 n_levels, n_segments, counter; /* pages written so far */
	guint64 n_merging, n_level_0;
	const guint8 *level_0, *others, *end; /* where their segments begin, level by level */
	gint64 free;                          /* a segment's number that is not in use */
};

/* Reads the segments of a level and takes their numbers from those that are free. */
static void
read_level(struct reading *r, guint64 n, guint8 *used)
{
	for (guint64 i = 0; i < n && !r->is_bad; i++) {
		guint64 segment = get_varint(r);

		(void)get_varint(r); /* its first page, */
		(void)get_varint(r); /* and its last */
		if (segment <= MAX_SEGMENTS)
			used[segment] = 1;
	}
}

/* FALSE: it is none that is known here, or has no place for another segment. */
static gboolean
read_structure(const GByteArray *record, struct structure *s)
{
	guint8 used[MAX_SEGMENTS + 1] = {1};
	struct reading r = {record->data + 4, record->data + record->len, FALSE};

	if (record->len < 7)
		return FALSE;
	*s = (struct structure){.n_levels = get_varint(&r)};
	s->n_segments = get_varint(&r);
	s->counter = get_varint(&r);
	if (s->n_levels > MAX_SEGMENTS || s->n_segments >= MAX_SEGMENTS)
		return FALSE;
	s->level_0 = s->others = r.at;
	for (guint64 i = 0; i < s->n_levels && !r.is_bad; i++) {
		guint64 n_merging = get_varint(&r), n = get_varint(&r);

		if (i == 0) {
			s->n_merging = n_merging;
			s->n_level_0 = n;
			s->level_0 = r.at;
		}
		read_level(&r, n, used);
		if (i == 0)
			s->others = r.at;
	}
	s->end = r.at;
	while (s->free <= MAX_SEGMENTS && used[s->free])
		s->free++;
	return !r.is_bad && r.at == r.end && s->n_level_0 < MAX_LEVEL_0 && s->free <= MAX_SEGMENTS;
}

/* The same with one more segment of so many pages. */
static int
put_structure(
    const struct writer *w, const GByteArray *old, const struct structure *s, guint64 n_pages)
{
	g_autoptr(GByteArray) record = g_byte_array_new();

	g_byte_array_append(record, old->data, 4);
	append_varint(record, MAX(s->n_levels, 1));
	append_varint(record, s->n_segments + 1);
	append_varint(record, s->counter + n_pages);
	append_varint(record, s->n_merging);
	append_varint(record, s->n_level_0 + 1);
	g_byte_array_append(record, s->level_0, (guint)(s->others - s->level_0));
	append_varint(record, (guint64)w->segment);
	append_varint(record, 1);
	append_varint(record, n_pages);
	g_byte_array_append(record, s->others, (guint)(s->end - s->others));
	return put_record(w, STRUCTURE, record->data, record->len);
}

/* Rows and words that the index has had in all. */
static int
put_totals(const struct writer *w, const GByteArray *old)
{
	g_autoptr(GByteArray) record = g_byte_array_new();
	struct reading r = {0};
	guint64 n_rows, n_words;

	if (old && old->len > 0) /* else nothing was ever put in */
		r = (struct reading){old->data, old->data + old->len, FALSE};
	n_rows = get_varint(&r);
	n_words = get_varint(&r);

	for (guint i = 0; i < w->part->n_words; i++)
		n_words += w->part->words[i].n;
	append_varint(record, n_rows + w->part->n_ids);
	append_varint(record, n_words);
	return put_record(w, TOTALS, record->data, record->len);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* FTS5 writes what it has gathered, and forgets what it knows of the index: after a savepoint was
 * taken back it cannot know what there is.  (Merging nothing is a write that changes nothing, by
 * which it takes part in the savepoint.) */
static int
make_fts_forget(const struct writer *w)
{
	int rc = run(w, SAVEPOINT);

	if (rc == SQLITE_OK)
		rc = run(w, MERGE_NOTHING);
	if (rc == SQLITE_OK)
		rc = run(w, ROLL_BACK);
	return rc == SQLITE_OK ? run(w, RELEASE) : rc;
}

static int
write_segment(struct writer *w, const GByteArray *structure, const struct structure *s)
{
	g_autoptr(GByteArray) totals = NULL;
	int rc = read_record(w, TOTALS, &totals);

	w->segment = s->free;
	if (rc == SQLITE_OK)
		rc = put_words(w);
	if (rc == SQLITE_OK)
		rc = put_structure(w, structure, s, w->page - 1);
	return rc == SQLITE_OK ? put_totals(w, totals) : rc;
}

/* Reads the structure; *known is FALSE where a segment has no place in it.  Free what it gives. */
static int
look(const struct writer *w, GByteArray **record, struct structure *s, gboolean *known)
{
	int rc = read_record(w, STRUCTURE, record);

	*known = rc == SQLITE_OK && *record && read_structure(*record, s);
	return rc;
}

/* Writes a segment where there is place for one; *taken is FALSE where there is none.  Once more is
 * looked when FTS5 has written what it had. */
static int
add_segment(struct writer *w, gboolean *taken)
{
	g_autoptr(GByteArray) before = NULL, structure = NULL;
	struct structure s;
	int rc = look(w, &before, &s, taken);

	if (rc != SQLITE_OK || !*taken)
		return rc;
	rc = make_fts_forget(w);
	if (rc == SQLITE_OK)
		rc = look(w, &structure, &s, taken);
	if (rc != SQLITE_OK || !*taken)
		return rc;
	return write_segment(w, structure, &s);
}

gboolean
jp_sqlite_index(jp_conn *c, const jp_index_part *part, gboolean *taken, GError **error)
{
	struct writer w = {.part = part};
	int rc = get_ready(c, part->index);

	*taken = FALSE;
	if (rc != SQLITE_OK)
		return jp_sqlite_fail(c->db, rc, error);
	w.indexer = c->indexer;
	/* a page, the longest word and its first row beyond that, and the page's index */
	w.buf = g_malloc(3 * PAGE_BYTES);
	w.index = g_malloc(PAGE_BYTES + MAX_VARINT);
	rc = add_segment(&w, taken);
	g_free(w.buf);
	g_free(w.index);
	return rc == SQLITE_OK || jp_sqlite_fail(c->db, rc, error);
}
