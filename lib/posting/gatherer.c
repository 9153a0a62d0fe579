/*
 * Lexemes gathered beside the inserts: a thread gathers those of postings that have their ids while
 * the caller goes on writing rows.  The lexemes belong to one of the two at a time, so that they
 * are what they would be without the thread.  It begins with the first postings that are worth it
 * and ends with the gatherer; where there is one processor, or few postings, there is none.
 *
 * A gatherer is used by one thread.
 */
#include <pthread.h>

#include "posting/internal.h"

/* Postings that are handed over together: waking a thread costs as much as gathering one. */
#define PORTION 32

struct jp_gatherer {
	jp_lexemes *lexemes; /* the thread's while it is working, else the caller's */
	GPtrArray *waiting;  /* of const jp_posting *; not handed over */
	gboolean has_begun;  /* to have a thread, if there is one to be had */
	jp_thread *thread;   /* NULL: none yet, or none at all */

	pthread_mutex_t lock; /* what follows belongs to who holds it */
	pthread_cond_t changed;
	GPtrArray *handed; /* of const jp_posting * */
	guint next;        /* the first of those that was not */
	gboolean is_working, is_ending;
};

/* ---- the thread ------------------------------------------------------------------------------ */

/* The lock is held.  Gathers as long as there are postings and room; without the lock meanwhile. */
static void
gather_handed(jp_gatherer *g)
{
	while (!g->is_ending && g->next < g->handed->len && jp_lexemes_has_room(g->lexemes)) {
		const jp_posting *p = g->handed->pdata[g->next++];

		(void)pthread_mutex_unlock(&g->lock);
		jp_lexemes_gather(g->lexemes, p);
		(void)pthread_mutex_lock(&g->lock);
	}
	if (g->next == g->handed->len) {
		g->next = 0;
		g_ptr_array_set_size(g->handed, 0);
	}
}

static gpointer
gather_all(gpointer data)
{
	jp_gatherer *g = data;

	(void)pthread_mutex_lock(&g->lock); /* these fail on wrong arguments only */
	while (!g->is_ending) {
		if (!g->is_working) {
			(void)pthread_cond_wait(&g->changed, &g->lock);
			continue;
		}
		gather_handed(g);
		g->is_working = FALSE;
		(void)pthread_cond_signal(&g->changed);
	}
	(void)pthread_mutex_unlock(&g->lock);
	return NULL;
}

static void
stop(gpointer data)
{
	jp_gatherer *g = data;

	(void)pthread_mutex_lock(&g->lock);
	g->is_ending = TRUE;
	(void)pthread_cond_signal(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
}

/* ---- the caller ------------------------------------------------------------------------------ */

jp_gatherer *
jp_gatherer_new(void)
{
	jp_gatherer *g = g_new0(jp_gatherer, 1);

	g->lexemes = jp_lexemes_new();
	g->waiting = g_ptr_array_new();
	g->handed = g_ptr_array_new();
	(void)pthread_mutex_init(&g->lock, NULL); /* of these two no kind that can fail */
	(void)pthread_cond_init(&g->changed, NULL);
	return g;
}

void
jp_gatherer_free(jp_gatherer *g)
{
	if (!g)
		return;
	(void)jp_thread_end(g->thread); /* which we are not */
	(void)pthread_cond_destroy(&g->changed);
	(void)pthread_mutex_destroy(&g->lock);
	g_ptr_array_unref(g->handed);
	g_ptr_array_unref(g->waiting);
	jp_lexemes_free(g->lexemes);
	g_free(g);
}

/* Waits for the thread; the lexemes are the caller's then. */
static void
take_back(jp_gatherer *g)
{
	if (!g->thread)
		return;
	(void)pthread_mutex_lock(&g->lock);
	while (g->is_working)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

/* Hands over what waits; FALSE when the thread stopped for want of room. */
static gboolean
hand_over(jp_gatherer *g)
{
	gboolean is_full;

	(void)pthread_mutex_lock(&g->lock);
	is_full = !g->is_working && g->handed->len > 0;
	g_ptr_array_extend(g->handed, g->waiting, NULL, NULL);
	if (!is_full) {
		g->is_working = TRUE;
		(void)pthread_cond_signal(&g->changed);
	}
	(void)pthread_mutex_unlock(&g->lock);
	g_ptr_array_set_size(g->waiting, 0);
	return !is_full;
}

gboolean
jp_gatherer_add(jp_gatherer *g, const jp_posting *p)
{
	g_ptr_array_add(g->waiting, (gpointer)p);
	if (g->waiting->len < PORTION)
		return TRUE;
	if (!g->has_begun)
		g->thread = jp_thread_start(gather_all, stop, g);
	g->has_begun = TRUE;
	return g->thread ? hand_over(g) : jp_gatherer_wait(g);
}

gboolean
jp_gatherer_wait(jp_gatherer *g)
{
	take_back(g);
	g_ptr_array_extend(g->handed, g->waiting, NULL, NULL);
	g_ptr_array_set_size(g->waiting, 0);
	(void)pthread_mutex_lock(&g->lock);
	gather_handed(g);
	(void)pthread_mutex_unlock(&g->lock);
	return g->handed->len == 0;
}

jp_lexemes *
jp_gatherer_lexemes(jp_gatherer *g)
{
	take_back(g);
	return g->lexemes;
}
