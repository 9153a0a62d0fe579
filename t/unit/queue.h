/* What the tests of the queue share: short words for adding, claiming and ending. */
#ifndef T_QUEUE_H
#define T_QUEUE_H

#include "queue/queue.h"
#include "tmpdb.h"

#define NOW      G_GINT64_CONSTANT(1790000000000)
#define LEASE    JP_MINUTE
#define ATTEMPTS 3

/* Adds in a transaction of its own; gives the id. */
static inline gint64
add_task(jp_db *db, const jp_task_new *t, gint64 now)
{
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	g_assert_cmpint(jp_queue_add(db, t, now, &id), ==, JP_QUEUE_ADDED);
	jp_db_commit(db);
	return id;
}

static inline gint64
add_plain(jp_db *db, const char *type, gint64 now)
{
	return add_task(db, &(jp_task_new){.type = type}, now);
}

static inline jp_queue_ask
ask_for(const char *type, guint limit)
{
	return (jp_queue_ask){
	    .type = type, .limit = limit, .lease_ms = LEASE, .max_attempts = ATTEMPTS};
}

/* Claims in a transaction of its own; tasks in order, free with g_ptr_array_unref. */
static inline GPtrArray *
claim_as(jp_db *db, const jp_queue_ask *ask, gint64 now, gint64 *again_at)
{
	GPtrArray *tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	guint n;

	jp_db_begin(db, JP_TX_WRITE);
	n = jp_queue_claim(db, ask, now, tasks, again_at);
	jp_db_commit(db);
	g_assert_cmpuint(n, ==, tasks->len);
	return tasks;
}

static inline GPtrArray *
claim_some(jp_db *db, const char *type, guint limit, gint64 now)
{
	jp_queue_ask ask = ask_for(type, limit);

	return claim_as(db, &ask, now, NULL);
}

static inline const jp_task *
task_at(const GPtrArray *tasks, guint i)
{
	g_assert_cmpuint(i, <, tasks->len);
	return g_ptr_array_index(tasks, i);
}

/* The next task's id, claimed; 0: none. */
static inline gint64
claim_id(jp_db *db, const char *type, gint64 now)
{
	g_autoptr(GPtrArray) tasks = claim_some(db, type, 1, now);

	return tasks->len > 0 ? task_at(tasks, 0)->id : 0;
}

static inline gboolean
end_task(jp_db *db, const jp_task *t, jp_task_outcome outcome, gint64 now)
{
	jp_task_end e = {.id = t->id,
	    .lease_no = t->lease_no,
	    .outcome = outcome,
	    .run_at = now + JP_MINUTE,
	    .max_attempts = t->max_attempts,
	    .error = outcome == JP_TASK_END_DONE ? NULL : "it failed",
	    .output = "said\n",
	    .output_len = 5};
	guint n;

	jp_db_begin(db, JP_TX_DURABLE);
	n = jp_queue_finish(db, &e, 1, now);
	jp_db_commit(db);
	g_assert_cmpint(n == 1, ==, e.accepted);
	return e.accepted;
}

/* Claims the next task and ends it well; gives it, NULL for none. */
static inline jp_task *
run_next(jp_db *db, const char *type, gint64 now)
{
	g_autoptr(GPtrArray) tasks = claim_some(db, type, 1, now);

	if (tasks->len == 0)
		return NULL;
	g_assert_true(end_task(db, task_at(tasks, 0), JP_TASK_END_DONE, now));
	return g_ptr_array_steal_index(tasks, 0);
}

#endif
