/*
 * A binary heap: the thing with the least key first, in a plan with millions of events.  Pure.
 *
 * GLib has a sorted sequence, which does the same for five times the price: a node and a call a
 * comparison.  The heap is what most of a plan of 30,000 boards is spent on as it is.
 */
#include "board/internal.h"

void
jp_heap_init(jp_heap *h)
{
	h->entries = g_array_new(FALSE, FALSE, sizeof(jp_heap_entry));
}

void
jp_heap_clear(jp_heap *h)
{
	g_array_unref(h->entries);
	h->entries = NULL;
}

static gboolean
is_before(const jp_heap_entry *a, const jp_heap_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->tie < b->tie;
}

void
jp_heap_push(jp_heap *h, gint64 key, gint64 tie, gpointer what)
{
	const jp_heap_entry e = {key, tie, what};
	jp_heap_entry *all;
	guint i = h->entries->len;

	g_array_append_val(h->entries, e);
	all = (jp_heap_entry *)(gpointer)h->entries->data;
	for (; i > 0 && is_before(&e, &all[(i - 1) / 2]); i = (i - 1) / 2)
		all[i] = all[(i - 1) / 2];
	all[i] = e;
}

const jp_heap_entry *
jp_heap_peek(const jp_heap *h)
{
	return h->entries->len > 0 ? &g_array_index(h->entries, jp_heap_entry, 0) : NULL;
}

gpointer
jp_heap_pop(jp_heap *h)
{
	jp_heap_entry *all = (jp_heap_entry *)(gpointer)h->entries->data;
	guint n = h->entries->len - 1, i = 0;
	const jp_heap_entry last = all[n];
	gpointer first = all[0].what;

	g_array_set_size(h->entries, n);
	while (2 * i + 1 < n) {
		guint child = 2 * i + 1;

		if (child + 1 < n && is_before(&all[child + 1], &all[child]))
			child++;
		if (!is_before(&all[child], &last))
			break;
		all[i] = all[child];
		i = child;
	}
	if (n > 0)
		all[i] = last;
	return first;
}
