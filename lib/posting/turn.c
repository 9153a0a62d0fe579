/*
 * Postings with their lexemes, turned about: lexemes, in the order of their bytes, with their
 * postings.  An index wants them so, and whoever numbers lexemes as they come need not look any of
 * them up again.  Sorted are 8 bytes of each at a time, digit by digit; only what has the same 8 is
 * compared.
 *
 * Pure.
 */
#include <string.h>

#include "posting/internal.h"

/* Values of a digit, and digits of a key. */
#define RADIX    256
#define N_DIGITS 8

/* A lexeme's first 8 bytes as a number, which compares as they do; NULs where it is shorter. */
struct item {
	guint64 key;
	guint32 term;
};

static guint64
key_of(const char *text, guint len)
{
	guint64 key = 0;

	memcpy(&key, text, MIN(len, sizeof(key)));
	return GUINT64_FROM_BE(key);
}

static guint
digit(const struct item *i, guint n)
{
	return (guint)(i->key >> 8 * n) & (RADIX - 1);
}

/* Orders n items by digit `which`, from one array into the other; those with the same stay in the
 * order they are in.  FALSE: all have the same, and nothing was moved. */
static gboolean
order_by_digit(
    const struct item *from, struct item *to, guint n, guint which, const guint32 *counts)
{
	guint32 starts[RADIX], at = 0;

	if (counts[digit(from, which)] == n)
		return FALSE;
	for (guint i = 0; i < RADIX; i++) {
		starts[i] = at;
		at += counts[i];
	}
	for (guint i = 0; i < n; i++)
		to[starts[digit(&from[i], which)]++] = from[i];
	return TRUE;
}

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const jp_gathered *g = data;
	const jp_term *x = &g->terms[((const struct item *)a)->term];
	const jp_term *y = &g->terms[((const struct item *)b)->term];
	int order = memcmp(g->texts + x->at, g->texts + y->at, MIN(x->len, y->len));

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Items with the same key come one after the other: each such run is ordered by all bytes. */
static void
order_runs(jp_gathered *g, struct item *items, guint n)
{
	guint end;

	for (guint from = 0; from < n; from = end) {
		for (end = from + 1; end < n && items[end].key == items[from].key; end++)
			;
		if (end - from > 1)
			g_qsort_with_data(
			    items + from, (gint)(end - from), sizeof(*items), compare, g);
	}
}

/* The terms in the order of their bytes; g_free. */
static struct item *
order(jp_gathered *g, guint n)
{
	guint32(*counts)[RADIX] = g_malloc0(N_DIGITS * sizeof(*counts));
	struct item *items = g_new(struct item, n), *others = g_new(struct item, n), *moved;

	for (guint i = 0; i < n; i++) {
		const jp_term *t = &g->terms[i];

		items[i] = (struct item){key_of(g->texts + t->at, t->len), i};
		for (guint d = 0; d < N_DIGITS; d++)
			counts[d][digit(&items[i], d)]++;
	}
	for (guint d = 0; d < N_DIGITS && n > 0; d++) {
		if (!order_by_digit(items, others, n, d, counts[d]))
			continue;
		moved = items;
		items = others;
		others = moved;
	}
	order_runs(g, items, n);
	g_free(counts);
	g_free(others);
	return items;
}

/* Each posting's place is noted with each of its terms. */
static void
put_rows(const jp_gathered *g, guint32 *places, guint32 *rows)
{
	guint32 at = 0;

	for (guint32 i = 0; i < g->n_postings; i++)
		for (; at < g->ends[i]; at++)
			rows[places[g->refs[at]]++] = i;
}

void
jp_turn(jp_gathered *g, jp_turned *out)
{
	guint n = g->n_terms;
	g_autofree struct item *items = order(g, n);
	g_autofree guint32 *places = g_new(guint32, n);
	guint32 at = 0;

	out->words = g_new(jp_index_word, n);
	out->rows = g_new(guint32, g->n_refs);
	for (guint i = 0; i < n; i++) {
		const jp_term *t = &g->terms[items[i].term];

		out->words[i] = (jp_index_word){g->texts + t->at, t->len, t->n, out->rows + at};
		places[items[i].term] = at;
		at += t->n;
	}
	put_rows(g, places, out->rows);
}

void
jp_turned_clear(jp_turned *t)
{
	g_free(t->words);
	g_free(t->rows);
	*t = (jp_turned){0};
}
