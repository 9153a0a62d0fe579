/*
 * Many segments of SQLite's full-text index made one.  FTS5 looks at all of them again for each row
 * of each word; here that is done for each word, and its rows, which mostly follow each other from
 * segment to segment, are only copied: a tenth of the cost.
 *
 * A row of a word may have zeros behind it, which no difference of two rows is.  One: the row was
 * taken out, and what older segments say of it is void.  Two: it was taken out and put in again.
 * Where several segments have it, the newest says whether it is in, and the oldest whether there
 * may be something older that is void; a row that is out is left out where there is not.
 *
 * Every number is checked, as the pages may be damaged, or written by a newer SQLite: whoever meets
 * what is not known here leaves the segments to FTS5.
 */
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_segment.h"

/* Rows of one word: so many are kept at a time, 4 MiB of them. */
#define MAX_ROWS 524288

/* A row as one number that sorts by row, then the newest first: id, age (0: the newest), zeros. */
#define AGE_BITS  8
#define ZERO_BITS 2
#define ZEROS     ((1 << ZERO_BITS) - 1)
#define MAX_ID    (G_GINT64_CONSTANT(1) << (63 - AGE_BITS - ZERO_BITS))

/* A segment that is read. */
struct cursor {
	const jp_fts_input *input;
	guint age;
	guint32 page;    /* the one we are on */
	GByteArray *buf; /* its bytes */
	gsize at, end;   /* in there: what comes next, and the end of words and rows */
	gsize index_at;  /* the next number of where words begin */
	gsize word_at;   /* the next word that begins on the page; end: none */
	guint8 word[JP_FTS_WORD];
	gsize len;
	guint64 key;       /* of its first bytes, which mostly tell the order of two words */
	gboolean is_first; /* the next word is the first one of its page */
	gboolean is_over;
};

struct merge {
	const jp_sqlite_indexer *indexer;
	struct cursor *cursors;
	struct cursor **heap; /* the first has the least word, and of those the oldest */
	guint n;
	guint64 *rows; /* of the word, with place for MAX_ROWS */
	guint n_rows;
	gboolean is_oldest, is_strange;
	jp_segment to;
};

static int
compare(const guint8 *a, gsize a_len, const guint8 *b, gsize b_len)
{
	int order = memcmp(a, b, MIN(a_len, b_len));

	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* ---- reading --------------------------------------------------------------------------------- */

static guint64
next_number(struct merge *m, const struct cursor *c, gsize *at, gsize end)
{
	jp_fts_reading r = {c->buf->data + *at, c->buf->data + end, FALSE};
	guint64 v = jp_fts_get_varint(&r);

	*at = (gsize)(r.at - c->buf->data);
	m->is_strange |= r.is_bad;
	return v;
}

/* Where the next word begins. */
static void
find_next_word(struct merge *m, struct cursor *c, gsize from)
{
	guint64 distance;

	c->word_at = c->end;
	if (c->index_at >= c->buf->len)
		return;
	distance = next_number(m, c, &c->index_at, c->buf->len);
	if (distance == 0 || distance >= c->end - from)
		m->is_strange = TRUE;
	else
		c->word_at = from + (gsize)distance;
}

/* The next page, if there is one. */
static int
turn_page(struct merge *m, struct cursor *c)
{
	gboolean found;
	int rc;

	c->is_over = c->page == c->input->n_pages;
	if (c->is_over)
		return SQLITE_OK;
	c->page++;
	rc = jp_fts_get(m->indexer, jp_fts_page_id(c->input->number, c->page), c->buf, &found);
	if (rc != SQLITE_OK)
		return rc;
	if (!found || c->buf->len < JP_FTS_HEADER) {
		m->is_strange = TRUE;
		return SQLITE_OK;
	}
	c->is_first = TRUE;
	c->at = JP_FTS_HEADER;
	c->end = c->index_at = (gsize)c->buf->data[2] << 8 | c->buf->data[3];
	if (c->end < JP_FTS_HEADER || c->end > c->buf->len)
		m->is_strange = TRUE;
	else
		find_next_word(m, c, 0);
	m->is_strange |= c->word_at < JP_FTS_HEADER;
	return SQLITE_OK;
}

/* The bytes of a word: those that it has in common with the one before, and the rest.  Each begins
 * with the name of the index, which is the main one. */
static void
read_bytes(struct merge *m, struct cursor *c, guint64 shared)
{
	guint64 more = next_number(m, c, &c->at, c->end);

	if (m->is_strange || more == 0 || more > c->end - c->at || shared > c->len + 1 ||
	    shared + more > JP_FTS_WORD + 1 || (shared == 0 && c->buf->data[c->at] != '0')) {
		m->is_strange = TRUE;
		return;
	}
	if (shared == 0) {
		c->at++;
		shared = 1;
		more--;
	}
	memcpy(c->word + shared - 1, c->buf->data + c->at, more);
	c->at += more;
	c->len = (gsize)(shared + more) - 1;
}

/* Orders as the words do, unless it is the same. */
static guint64
key_of(const struct cursor *c)
{
	guint64 key = 0;

	memcpy(&key, c->word, MIN(c->len, sizeof(key)));
	return GUINT64_FROM_BE(key);
}

/* The word that begins here; it comes after the one before. */
static void
read_word(struct merge *m, struct cursor *c)
{
	gsize from = c->at, before_len = c->len;
	guint8 before[JP_FTS_WORD];
	guint64 shared = 0;

	memcpy(before, c->word, before_len);
	if (!c->is_first) /* of the page: it is whole */
		shared = next_number(m, c, &c->at, c->end);
	c->is_first = FALSE;
	read_bytes(m, c, shared);
	if (m->is_strange)
		return;
	c->key = key_of(c);
	find_next_word(m, c, from);
	m->is_strange |= (c->word_at < c->end && c->word_at <= c->at) ||
	    compare(before, before_len, c->word, c->len) >= 0;
}

/* Adds the rows of the word that are on this page. */
static void
read_rows_here(struct merge *m, struct cursor *c)
{
	gint64 last = 0;
	const guint8 *end = c->buf->data + c->word_at;
	jp_fts_reading r = {c->buf->data + c->at, end, FALSE};

	while (r.at < end) {
		guint64 more = jp_fts_get_varint(&r);
		guint n_zeros = 0;

		for (; n_zeros < 2 && r.at < end && *r.at == 0; n_zeros++)
			r.at++;
		if (more == 0 || more >= (guint64)(MAX_ID - last) || m->n_rows == MAX_ROWS) {
			m->is_strange = TRUE;
			return;
		}
		last += (gint64)more;
		m->rows[m->n_rows++] =
		    (((guint64)last << AGE_BITS) + c->age) << ZERO_BITS | n_zeros;
	}
	m->is_strange |= r.is_bad;
	c->at = c->word_at;
}

/* Adds the rows of the word, of which there is one at least; where the page ends they may go on
 * with the next one, which begins anew with a whole id. */
static int
read_rows(struct merge *m, struct cursor *c)
{
	guint before = m->n_rows;
	int rc = SQLITE_OK;

	read_rows_here(m, c);
	while (rc == SQLITE_OK && !m->is_strange && c->at == c->end && !c->is_over) {
		rc = turn_page(m, c);
		if (rc == SQLITE_OK && !m->is_strange && !c->is_over)
			read_rows_here(m, c);
	}
	m->is_strange |= m->n_rows == before;
	return rc;
}

/* ---- the order of words ---------------------------------------------------------------------- */

static gboolean
comes_before(const struct cursor *a, const struct cursor *b)
{
	int order;

	if (a->key != b->key)
		return a->key < b->key;
	order = compare(a->word, a->len, b->word, b->len);
	return order < 0 || (order == 0 && a->age > b->age);
}

static void
sink(struct merge *m, guint at)
{
	struct cursor *c = m->heap[at];

	for (guint child = 2 * at + 1; child < m->n; child = 2 * at + 1) {
		if (child + 1 < m->n && comes_before(m->heap[child + 1], m->heap[child]))
			child++;
		if (!comes_before(m->heap[child], c))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = c;
}

/* Reads the rows of the first one and goes on to its next word. */
static int
take_first(struct merge *m)
{
	struct cursor *c = m->heap[0];
	int rc = read_rows(m, c);

	if (rc != SQLITE_OK || m->is_strange)
		return rc;
	if (c->is_over)
		m->heap[0] = m->heap[--m->n];
	else
		read_word(m, c);
	if (m->n > 0)
		sink(m, 0);
	return rc;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

	return (x > y) - (x < y);
}

static guint64
id_of(guint64 row)
{
	return row >> (AGE_BITS + ZERO_BITS);
}

static void
sort_rows(struct merge *m)
{
	for (guint i = 1; i < m->n_rows; i++)
		if (m->rows[i - 1] > m->rows[i]) {
			qsort(m->rows, m->n_rows, sizeof(*m->rows), by_number);
			return;
		}
}

static int
write_row(struct merge *m, guint64 id, guint n_zeros)
{
	int rc = SQLITE_OK;

	if (jp_segment_page_is_full(&m->to))
		rc = jp_segment_end_page(&m->to);
	jp_segment_row(&m->to, (gint64)id, n_zeros);
	return rc;
}

/* The rows of the word; those of the same id are one, the first of them the newest. */
static int
write_word(struct merge *m, const guint8 *word, gsize len)
{
	const guint64 *rows = m->rows;
	gboolean has_word = FALSE;
	int rc = SQLITE_OK;

	sort_rows(m);
	for (guint i = 0; i < m->n_rows && rc == SQLITE_OK; i++) {
		gboolean is_out = (rows[i] & ZEROS) == 1, voids;

		while (i + 1 < m->n_rows && id_of(rows[i + 1]) == id_of(rows[i]))
			i++;
		voids = (rows[i] & ZEROS) != 0;
		if (is_out && (m->is_oldest || !voids))
			continue;
		if (!has_word)
			rc = jp_segment_word(&m->to, word, len);
		has_word = TRUE;
		if (rc == SQLITE_OK)
			rc = write_row(m, id_of(rows[i]), !voids ? 0 : is_out ? 1 : 2);
	}
	return rc;
}

/* The least word, of all that have it. */
static int
merge_word(struct merge *m)
{
	guint8 word[JP_FTS_WORD];
	gsize len = m->heap[0]->len;
	int rc;

	memcpy(word, m->heap[0]->word, len);
	m->n_rows = 0;
	do
		rc = take_first(m);
	while (rc == SQLITE_OK && !m->is_strange && m->n > 0 &&
	    compare(m->heap[0]->word, m->heap[0]->len, word, len) == 0);
	return rc == SQLITE_OK && !m->is_strange ? write_word(m, word, len) : rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int
open_cursors(struct merge *m, const jp_fts_input *inputs, guint n)
{
	int rc = SQLITE_OK;

	for (guint i = 0; i < n && rc == SQLITE_OK && !m->is_strange; i++) {
		struct cursor *c = &m->cursors[i];

		*c = (struct cursor){.input = &inputs[i], .age = n - 1 - i};
		c->buf = g_byte_array_new();
		rc = turn_page(m, c);
		if (rc != SQLITE_OK || m->is_strange)
			break;
		m->is_strange |= c->is_over || c->at != c->word_at;
		if (!m->is_strange)
			read_word(m, c);
		m->heap[m->n++] = c;
	}
	for (guint i = m->n / 2; i-- > 0;)
		sink(m, i);
	return rc;
}

int
jp_fts_merge(const jp_sqlite_indexer *x, const jp_fts_input *inputs, guint n_inputs,
    gboolean is_oldest, gint64 number, guint32 *n_pages, gboolean *known)
{
	struct merge m = {.indexer = x, .is_oldest = is_oldest};
	int rc;

	g_assert(n_inputs <= 1 << AGE_BITS);
	m.cursors = g_new0(struct cursor, n_inputs);
	m.heap = g_new(struct cursor *, n_inputs);
	m.rows = g_new(guint64, MAX_ROWS); /* memory is used as far as it is filled */
	jp_segment_begin(&m.to, x, number);
	rc = open_cursors(&m, inputs, n_inputs);
	while (rc == SQLITE_OK && !m.is_strange && m.n > 0)
		rc = merge_word(&m);
	if (rc == SQLITE_OK && !m.is_strange)
		rc = jp_segment_end(&m.to);
	*n_pages = m.to.page - 1;
	*known = !m.is_strange;
	for (guint i = 0; i < n_inputs; i++)
		if (m.cursors[i].buf)
			g_byte_array_unref(m.cursors[i].buf);
	jp_segment_clear(&m.to);
	g_free(m.rows);
	g_free(m.heap);
	g_free(m.cursors);
	return rc;
}
