/*
 * Reading beside the loop: a thread takes what came in the order in which it came, makes of it what
 * it is, and gives it back to the loop, which fetches and stores meanwhile.  What lies here is
 * bounded in bytes, so that memory does not depend on how far the thread is behind.  Where there is
 * one processor there is no thread, and what is put is read at once.
 */
#include "board/internal.h"

#include <stdlib.h>

/* Some dozen bodies of common size, which keep the thread busy while others are stored. */
#define MOST_BYTES (4 * JP_MIB)

struct jp_reader {
	jp_thread *thread;     /* NULL: who puts reads */
	GAsyncQueue *to_read;  /* of jp_reading, or of a reader that is to end */
	GAsyncQueue *was_read; /* of jp_reading */
	gint is_ending;
	void (*wake)(gpointer data);
	gpointer wake_data;
	guint n; /* the rest is the loop's: put and not taken */
	gsize bytes;
};

/* Who takes a reading knows by the lock that wake has returned: whom it wakes may be gone then. */
static void
give_back(jp_reader *r, jp_reading *reading)
{
	g_async_queue_lock(r->was_read);
	g_async_queue_push_unlocked(r->was_read, reading);
	r->wake(r->wake_data);
	g_async_queue_unlock(r->was_read);
}

static gpointer
read_all(gpointer data)
{
	jp_reader *r = data;
	gpointer next;

	while (!g_atomic_int_get(&r->is_ending) && (next = g_async_queue_pop(r->to_read)) != r) {
		jp_reading *reading = next;

		reading->read(reading);
		give_back(r, reading);
	}
	return NULL;
}

static void
stop(gpointer data)
{
	jp_reader *r = data;

	g_atomic_int_set(&r->is_ending, TRUE);
	g_async_queue_push(r->to_read, r);
}

/* At the end of the process, whatever the reason.  What was not read yet stays so. */
static void
end(int code, void *data)
{
	jp_reader *r = data;

	(void)code;
	if (!jp_thread_end(r->thread) || r->n > 0)
		return; /* an end in the midst of things, which frees nothing */
	g_async_queue_unref(r->to_read);
	g_async_queue_unref(r->was_read);
	g_free(r);
}

jp_reader *
jp_reader_new(void (*wake)(gpointer data), gpointer data)
{
	jp_reader *r = g_new0(jp_reader, 1);

	r->to_read = g_async_queue_new();
	r->was_read = g_async_queue_new();
	r->wake = wake;
	r->wake_data = data;
	r->thread = jp_thread_start(read_all, stop, r);
	if (on_exit(end, r) != 0)
		g_error("no memory for what is done at the end"); /* as GLib ends it */
	return r;
}

void
jp_reader_put(jp_reader *r, jp_reading *reading)
{
	r->n++;
	r->bytes += reading->size;
	if (r->thread) {
		g_async_queue_push(r->to_read, reading);
		return;
	}
	reading->read(reading);
	give_back(r, reading);
}

gboolean
jp_reader_take(jp_reader *r, gboolean wait)
{
	gboolean took = FALSE;
	jp_reading *reading;

	while ((reading = wait && !took && r->n > 0 ? g_async_queue_pop(r->was_read)
						    : g_async_queue_try_pop(r->was_read))) {
		r->n--;
		r->bytes -= reading->size;
		took = TRUE;
		reading->done(reading);
	}
	return took;
}

guint
jp_reader_pending(const jp_reader *r)
{
	return r->n;
}

gboolean
jp_reader_is_full(const jp_reader *r)
{
	return r->n > 1 && r->bytes > MOST_BYTES;
}
