/*
 * A segment of SQLite's full-text index, written as FTS5 writes it: in the format that the comment
 * at the beginning of its fts5_index.c fixes and that every SQLite since 3.9 reads, for an index
 * with one column, detail=none and columnsize=0.  Words come sorted, with their rows; they fill
 * pages, each a record; a b-tree knows the first word of each page, and a word whose rows go on for
 * many pages has a record that says which row each of them begins with, by which a search skips.
 * t/unit/db-segment.c compares the bytes with FTS5's own.
 */
#include <string.h>

#include "db/sqlite_segment.h"

/* Of the main index, and the only one: each word begins with it. */
#define MAIN_INDEX '0'

/* A list that goes on for fewer pages than these is read through. */
#define MANY_PAGES 4

/* ---- numbers ------------------------------------------------------------------------------- */

gsize
jp_fts_put_long_varint(guint8 *to, guint64 v)
{
	guint8 digits[JP_FTS_VARINT];
	gsize n = 0;

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

guint64
jp_fts_get_long_varint(jp_fts_reading *r)
{
	guint64 v = 0;

	for (guint i = 0; i < JP_FTS_VARINT; i++) {
		guint8 byte;

		if (r->at == r->end)
			break;
		byte = *r->at++;
		if (i == JP_FTS_VARINT - 1)
			return v << 8 | byte;
		v = v << 7 | (byte & 0x7f);
		if (!(byte & 0x80))
			return v;
	}
	r->is_bad = TRUE;
	return 0;
}

void
jp_fts_append_varint(GByteArray *to, guint64 v)
{
	guint8 bytes[JP_FTS_VARINT];

	g_byte_array_append(to, bytes, (guint)jp_fts_put_varint(bytes, v));
}

/* ---- records --------------------------------------------------------------------------------- */

int
jp_fts_run(const jp_sqlite_indexer *x, jp_fts_words what)
{
	(void)sqlite3_step(x->st[what]); /* reset gives its error */
	return sqlite3_reset(x->st[what]);
}

int
jp_fts_get(const jp_sqlite_indexer *x, gint64 id, GByteArray *to, gboolean *found)
{
	sqlite3_stmt *st = x->st[JP_FTS_GET];

	g_byte_array_set_size(to, 0);
	sqlite3_bind_int64(st, 1, id);
	*found = sqlite3_step(st) == SQLITE_ROW;
	if (*found)
		g_byte_array_append(
		    to, sqlite3_column_blob(st, 0), (guint)sqlite3_column_bytes(st, 0));
	return sqlite3_reset(st);
}

int
jp_fts_put(const jp_sqlite_indexer *x, gint64 id, const guint8 *bytes, gsize len)
{
	sqlite3_stmt *st = x->st[JP_FTS_PUT];

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_blob(st, 2, bytes, (int)len, SQLITE_STATIC);
	return jp_fts_run(x, JP_FTS_PUT);
}

gint64
jp_fts_page_id(gint64 segment, guint32 page)
{
	return (segment << 37) + page;
}

/* Of the record by which a search skips in the list that begins on that page. */
static gint64
skips_id(gint64 segment, guint32 page)
{
	return (segment << 37) + (G_GINT64_CONSTANT(1) << 36) + page;
}

int
jp_fts_drop(const jp_sqlite_indexer *x, gint64 segment)
{
	int rc;

	sqlite3_bind_int64(x->st[JP_FTS_DROP], 1, jp_fts_page_id(segment, 0));
	sqlite3_bind_int64(x->st[JP_FTS_DROP], 2, jp_fts_page_id(segment + 1, 0) - 1);
	rc = jp_fts_run(x, JP_FTS_DROP);
	sqlite3_bind_int64(x->st[JP_FTS_DROP_PAGES], 1, segment);
	return rc == SQLITE_OK ? jp_fts_run(x, JP_FTS_DROP_PAGES) : rc;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void
begin_page(jp_segment *s)
{
	memset(s->buf, 0, JP_FTS_HEADER);
	s->used = JP_FTS_HEADER;
	s->index_used = 0;
	s->last_word_at = 0;
	s->has_word = FALSE;
	s->wants_row = TRUE;
	s->row = 0;
}

void
jp_segment_begin(jp_segment *s, const jp_sqlite_indexer *x, gint64 number)
{
	*s = (jp_segment){.indexer = x, .number = number, .page = 1, .open_page = 1};
	/* a page, the longest word and its first row beyond that, and the page's index */
	s->buf = g_malloc(3 * JP_FTS_PAGE);
	s->index = g_malloc(JP_FTS_PAGE + JP_FTS_VARINT);
	s->skips = g_byte_array_new();
	begin_page(s);
}

void
jp_segment_clear(jp_segment *s)
{
	g_free(s->buf);
	g_free(s->index);
	g_byte_array_unref(s->skips);
}

/* Of a list that goes on for many pages.  As one record: more than that is left to FTS5, which
 * makes a tree of them. */
static int
put_skips(jp_segment *s, gboolean *is_long)
{
	guint len = s->skips->len;
	int rc = SQLITE_OK;

	*is_long = len > 0 && s->n_wordless >= MANY_PAGES && len < JP_FTS_PAGE;
	if (*is_long)
		rc = jp_fts_put(s->indexer, skips_id(s->number, s->open_page), s->skips->data, len);
	g_byte_array_set_size(s->skips, 0);
	s->n_wordless = 0;
	return rc;
}

/* The page whose last word is gone past is made known by as much of its first word as tells it from
 * the word before. */
static int
put_page_name(jp_segment *s)
{
	sqlite3_stmt *st = s->indexer->st[JP_FTS_PUT_PAGE];
	guint8 name[JP_FTS_WORD + 1] = {MAIN_INDEX};
	gboolean is_long;
	int rc;

	if (!s->open_page)
		return SQLITE_OK;
	rc = put_skips(s, &is_long);
	if (rc != SQLITE_OK)
		return rc;
	memcpy(name + 1, s->name, s->name_len);
	sqlite3_bind_int64(st, 1, s->number);
	sqlite3_bind_blob(st, 2, name, s->open_page > 1 ? (int)s->name_len + 1 : 0, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, (gint64)s->open_page << 1 | is_long);
	s->open_page = 0;
	return jp_fts_run(s->indexer, JP_FTS_PUT_PAGE);
}

static void
put_u16(guint8 *to, gsize v)
{
	to[0] = (guint8)(v >> 8);
	to[1] = (guint8)v;
}

/* The page, with where its words begin behind it. */
int
jp_segment_end_page(jp_segment *s)
{
	int rc;

	s->n_wordless += !s->has_word;
	put_u16(s->buf + 2, s->used);
	memcpy(s->buf + s->used, s->index, s->index_used);
	rc = jp_fts_put(
	    s->indexer, jp_fts_page_id(s->number, s->page), s->buf, s->used + s->index_used);
	s->page++;
	begin_page(s);
	return rc;
}

/* Bytes that the word has in common with the one before. */
static gsize
common(const jp_segment *s, const guint8 *word, gsize len)
{
	gsize n = 0, most = MIN(s->len, len);

	while (n < most && s->word[n] == word[n])
		n++;
	return n;
}

/* The first word of a page, which leads to it. */
static int
open_page(jp_segment *s, const guint8 *word, gsize len)
{
	int rc;

	if (s->page == 1)
		return SQLITE_OK;
	rc = put_page_name(s);
	s->open_page = s->page;
	s->name_len = MIN(common(s, word, len) + 1, len);
	memcpy(s->name, word, s->name_len);
	return rc;
}

int
jp_segment_word(jp_segment *s, const guint8 *word, gsize len)
{
	gsize shared = 0; /* MAIN_INDEX included */
	int rc = SQLITE_OK;

	g_assert(len <= JP_FTS_WORD);
	if (s->used + s->index_used + len + 3 >= JP_FTS_PAGE && s->used > JP_FTS_HEADER)
		rc = jp_segment_end_page(s);
	s->index_used += jp_fts_put_varint(s->index + s->index_used, s->used - s->last_word_at);
	s->last_word_at = s->used;
	if (s->has_word) {
		shared = common(s, word, len) + 1;
		s->used += jp_fts_put_varint(s->buf + s->used, shared);
	} else if (rc == SQLITE_OK) {
		rc = open_page(s, word, len);
	}
	s->used += jp_fts_put_varint(s->buf + s->used, len + 1 - shared);
	if (shared == 0) {
		s->buf[s->used++] = MAIN_INDEX;
		shared = 1;
	}
	memcpy(s->buf + s->used, word + shared - 1, len + 1 - shared);
	s->used += len + 1 - shared;
	memcpy(s->word, word, len);
	s->len = len;
	s->row = 0;
	s->has_word = TRUE;
	s->wants_row = FALSE;
	return rc;
}

void
jp_segment_first_row(jp_segment *s, gint64 id)
{
	put_u16(s->buf, s->used);
	if (s->skips->len == 0) {
		jp_fts_append_varint(s->skips, 0);
		jp_fts_append_varint(s->skips, s->page);
		s->skipped = 0;
	}
	jp_fts_append_varint(s->skips, (guint64)(id - s->skipped));
	s->skipped = id;
	s->wants_row = FALSE;
}

int
jp_segment_end(jp_segment *s)
{
	int rc = SQLITE_OK;

	if (s->used > JP_FTS_HEADER)
		rc = jp_segment_end_page(s);
	return rc == SQLITE_OK && s->page > 1 ? put_page_name(s) : rc;
}
