/*
 * A thread that works beside the one that has started it.  Signals are not for it, and it ends
 * before the process does, whatever the reason: libraries take themselves down then, and must not
 * be in use.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/base.h"

struct jp_thread {
	pthread_t thread;
	void (*stop)(gpointer data);
	gpointer data;
	gboolean has_ended;
};

gboolean
jp_thread_end(jp_thread *t)
{
	if (t && !t->has_ended) {
		if (pthread_equal(t->thread, pthread_self()))
			return FALSE;
		t->has_ended = TRUE;
		t->stop(t->data);
		(void)pthread_join(t->thread, NULL); /* it runs, and nobody else waits for it */
	}
	return TRUE;
}

static void
on_end(int code, void *data)
{
	(void)code;
	if (jp_thread_end(data))
		g_free(data);
}

jp_thread *
jp_thread_start(gpointer (*run)(gpointer data), void (*stop)(gpointer data), gpointer data)
{
	sigset_t all, before;
	jp_thread *t;
	int rc;

	if (g_get_num_processors() < 2)
		return NULL;
	t = g_new(jp_thread, 1);
	*t = (jp_thread){.stop = stop, .data = data};
	(void)sigfillset(&all); /* these fail on wrong arguments only */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->thread, NULL, run, data);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		g_free(t);
		return NULL;
	}
	if (on_exit(on_end, t) != 0)
		g_error("no memory for what is done at the end"); /* as GLib ends it */
	return t;
}
