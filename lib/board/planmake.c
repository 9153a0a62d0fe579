/*
 * What a plan is of: boards, by the hosts that they share, and the origins whose robots.txt is
 * asked for; what is guessed of those that were never visited, and what makes one of them late.
 * Pure.
 */
#include "board/internal.h"

#include <string.h>

/* An answer is taken to need so long where none is known; and so long at most. */
#define ANSWER     500
#define MAX_ANSWER (10 * JP_MINUTE)

/* ---- making one -------------------------------------------------------------------------- */

static void
board_free(gpointer data)
{
	g_free(((jp_plan_board *)data)->name);
	g_free(data);
}

static void
host_free(gpointer data)
{
	jp_plan_host *h = data;

	g_array_unref(h->uses);
	g_ptr_array_unref(h->all);
	g_ptr_array_unref(h->hand);
	jp_heap_clear(&h->later);
	jp_heap_clear(&h->due);
	g_free(h->stand.wanted_by);
	g_free(h->about);
	g_free(h->key);
	g_free(h);
}

jp_plan *
jp_plan_new(const jp_config *conf, gint64 now, gint64 span, gint64 every)
{
	jp_plan *p = g_new0(jp_plan, 1);

	p->conf = conf;
	p->now = now;
	p->span = span;
	p->every = every;
	p->boards = g_ptr_array_new_with_free_func(board_free);
	p->hosts = g_ptr_array_new_with_free_func(host_free);
	p->by_key = g_hash_table_new(g_str_hash, g_str_equal);
	p->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return p;
}

void
jp_plan_free(jp_plan *p)
{
	if (!p)
		return;
	g_ptr_array_unref(p->boards);
	g_hash_table_unref(p->by_key);
	g_ptr_array_unref(p->hosts);
	g_hash_table_unref(p->origins);
	g_free(p);
}

jp_plan_host *
jp_plan_host_of(jp_plan *p, const char *key, const jp_http_limits *limits)
{
	jp_plan_host *h = g_hash_table_lookup(p->by_key, key);

	if (h)
		return h;
	h = g_new0(jp_plan_host, 1);
	h->key = g_strdup(key);
	h->limits = *limits;
	h->uses = g_array_new(FALSE, FALSE, sizeof(jp_budget_use));
	h->all = g_ptr_array_new();
	h->hand = g_ptr_array_new_with_free_func(g_free);
	h->wake = G_MAXINT64;
	jp_heap_init(&h->later);
	jp_heap_init(&h->due);
	g_ptr_array_add(p->hosts, h);
	g_hash_table_insert(p->by_key, h->key, h);
	return h;
}

void
jp_plan_add(jp_plan *p, jp_plan_board *b)
{
	b->met_at = p->now;
	b->due = b->schedule.next_at;
	jp_plan_wait_from(b, b->due);
	g_ptr_array_add(p->boards, b);
	g_ptr_array_add(b->host->all, b);
	jp_heap_push(&b->host->later, b->schedule.next_at, b->id, b);
}

/* ---- what is not known ------------------------------------------------------------------- */

void
jp_plan_guess(const jp_plan_host *h)
{
	double answer = 0, success = 0;
	guint n = 0;

	for (guint i = 0; i < h->all->len; i++) {
		const jp_plan_board *b = g_ptr_array_index(h->all, i);

		if (b->answer == 0)
			continue;
		answer += (double)b->answer;
		success += b->schedule.success;
		n++;
	}
	for (guint i = 0; i < h->all->len; i++) {
		jp_plan_board *b = g_ptr_array_index(h->all, i);

		if (b->answer == 0) {
			b->answer = n > 0 ? (gint64)(answer / n) : ANSWER;
			b->schedule.success = n > 0 ? success / n : b->schedule.success;
		}
		b->answer = CLAMP(b->answer, 1, MAX_ANSWER);
	}
}

/* ---- how long is too long ---------------------------------------------------------------- */

void
jp_plan_wait_from(jp_plan_board *b, gint64 due)
{
	b->met_at = MAX(b->met_at, due - b->range.max);
}

gint64
jp_plan_patience(const jp_plan *p, const jp_plan_board *b)
{
	return b->range.max + CLAMP(p->every, b->range.max / 10, b->range.max);
}

gboolean
jp_plan_is_late(const jp_plan *p, const jp_plan_board *b)
{
	return !b->is_off && b->worst > jp_plan_patience(p, b);
}
