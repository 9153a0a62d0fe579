/*
 * What the files that write SQLite's full-text index share: its records, and segments, which are
 * what it is made of.  What fails gives SQLite's result code.
 */
#ifndef JP_DB_SQLITE_SEGMENT_H
#define JP_DB_SQLITE_SEGMENT_H

#include "db/sqlite.h"

/* FTS5's own: bytes of a page, of its header and of a number at most. */
#define JP_FTS_PAGE   4050
#define JP_FTS_HEADER 4
#define JP_FTS_VARINT 9
/* Bytes of a word at most. */
#define JP_FTS_WORD 200

/* ---- numbers --------------------------------------------------------------------------------- */

/* What remains to be read of a record. */
typedef struct jp_fts_reading {
	const guint8 *at, *end;
	gboolean is_bad; /* it ended amid a number */
} jp_fts_reading;

gsize jp_fts_put_long_varint(guint8 *to, guint64 v);
guint64 jp_fts_get_long_varint(jp_fts_reading *r);
void jp_fts_append_varint(GByteArray *to, guint64 v);

/* SQLite's: seven bits a byte, the highest first, all eight of a ninth.  Gives its length; most are
 * of a byte. */
static inline gsize
jp_fts_put_varint(guint8 *to, guint64 v)
{
	if (v >= 0x80)
		return jp_fts_put_long_varint(to, v);
	*to = (guint8)v;
	return 1;
}

static inline guint64
jp_fts_get_varint(jp_fts_reading *r)
{
	if (r->at == r->end || *r->at >= 0x80)
		return jp_fts_get_long_varint(r);
	return *r->at++;
}

static inline gsize
jp_fts_varint_len(guint64 v)
{
	gsize n = 1;

	for (; v >= 0x80 && n < JP_FTS_VARINT; v >>= 7)
		n++;
	return n;
}

/* ---- records --------------------------------------------------------------------------------- */

/* What is asked of the index's tables. */
typedef enum jp_fts_words {
	JP_FTS_GET,
	JP_FTS_PUT,
	JP_FTS_PUT_PAGE,
	JP_FTS_DROP,
	JP_FTS_DROP_PAGES,
	JP_FTS_MERGE_NOTHING,
	JP_FTS_SAVEPOINT,
	JP_FTS_ROLL_BACK,
	JP_FTS_RELEASE,
	JP_FTS_N
} jp_fts_words;

struct jp_sqlite_indexer {
	char *index;
	sqlite3_stmt *st[JP_FTS_N]; /* reset, but for the call of a function */
};

int jp_fts_run(const jp_sqlite_indexer *x, jp_fts_words what);
/* Replaces what is in `to` by the record with that number; *found is FALSE where there is none. */
int jp_fts_get(const jp_sqlite_indexer *x, gint64 id, GByteArray *to, gboolean *found);
int jp_fts_put(const jp_sqlite_indexer *x, gint64 id, const guint8 *bytes, gsize len);
/* The number of a page's record, the first being 1. */
gint64 jp_fts_page_id(gint64 segment, guint32 page);
/* All records of a segment. */
int jp_fts_drop(const jp_sqlite_indexer *x, gint64 segment);

/* ---- a segment that is written --------------------------------------------------------------- */

typedef struct jp_segment {
	const jp_sqlite_indexer *indexer;
	gint64 number;
	guint32 page; /* the one being filled, from 1 on */
	guint8 *buf;  /* its bytes */
	gsize used;
	guint8 *index; /* where its words begin, as varints of differences */
	gsize index_used;
	gsize last_word_at;       /* in buf */
	gboolean has_word;        /* in the page */
	gboolean wants_row;       /* the next row is the first one of the page */
	guint8 word[JP_FTS_WORD]; /* the one written last */
	gsize len;                /* of it */
	gint64 row;               /* of that word, the one written last; 0: none in this page */
	guint32 open_page;        /* not yet known to the b-tree of pages; 0: none */
	guint8 name[JP_FTS_WORD]; /* under which it will be */
	gsize name_len;
	GByteArray *skips; /* which row each page begins with that goes on with the open one's */
	gint64 skipped;    /* the last row in there */
	guint n_wordless;  /* pages since the open one */
} jp_segment;

void jp_segment_begin(jp_segment *s, const jp_sqlite_indexer *x, gint64 number);
void jp_segment_clear(jp_segment *s);
/* The words come in the order of their bytes. */
int jp_segment_word(jp_segment *s, const guint8 *word, gsize len);
/* The first row of a page that goes on with a list. */
void jp_segment_first_row(jp_segment *s, gint64 id);
int jp_segment_end_page(jp_segment *s);

static inline gboolean
jp_segment_page_is_full(const jp_segment *s)
{
	return s->used + s->index_used >= JP_FTS_PAGE;
}

/* A row of the word: they ascend.  So many zeros mark it (see sqlite_merge.c). */
static inline void
jp_segment_row(jp_segment *s, gint64 id, guint n_zeros)
{
	if (s->wants_row)
		jp_segment_first_row(s, id);
	s->used += jp_fts_put_varint(s->buf + s->used, (guint64)(id - s->row));
	s->row = id;
	for (guint i = 0; i < n_zeros; i++)
		s->buf[s->used++] = 0;
}

/* Writes what is left of it; it has s->page - 1 pages then. */
int jp_segment_end(jp_segment *s);

/* ---- merging (sqlite_merge.c) ---------------------------------------------------------------- */

typedef struct jp_fts_input {
	gint64 number;
	guint32 n_pages;
} jp_fts_input;

/* Makes of segments, the oldest first, one with that number, of *n_pages pages, none if nothing is
 * left of them; they themselves stay.  *known is FALSE where there is something in them that is not
 * known here: then what was written is to be rolled back. */
int jp_fts_merge(const jp_sqlite_indexer *x, const jp_fts_input *inputs, guint n_inputs,
    gboolean is_oldest, gint64 number, guint32 *n_pages, gboolean *known);

#endif
