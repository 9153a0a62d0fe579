/*
 * Adding tasks, in the caller's transaction, and where they are placed.  The order is said in
 * queue.h: a task's place is its turn less its priority, and for a task without a subscriber the
 * turn is its time.
 */
#include "queue/internal.h"

/* Another program may end the task that has the key while we look for it. */
#define TRIES 5
/* jp_db_lock: who gives one new task a key shares it, for the engine finds that conflict by itself;
 * who adds several, or wakes tasks, which get back the keys they had, holds it alone. */
#define KEY_LOCK "task-key"

gint64
jp_queue_turn(gint64 now, gint64 first_turn, gint64 last_turn)
{
	gint64 turn = now;

	if (first_turn != JP_NO_TIME)
		turn = MAX(first_turn, now - JP_QUEUE_MAX_LEAD);
	if (last_turn != JP_NO_TIME)
		turn = MAX(turn, last_turn + JP_QUEUE_STEP);
	return turn;
}

gint64
jp_queue_next_turn(jp_db *db, const char *type, const char *subscriber, gint64 now)
{
	gint64 first = JP_NO_TIME, last = JP_NO_TIME;

	if (jp_db_get_int(db, JP_SQL_TASK_FIRST_TURN, JP_ARGS(JP_TEXT(type)), &first))
		(void)jp_db_get_int(db, JP_SQL_TASK_LAST_TURN, /* none: a newcomer */
		    JP_ARGS(JP_TEXT(type), JP_TEXT(subscriber)), &last);
	return jp_queue_turn(now, first, last);
}

/* Where a new task begins. */
struct start {
	jp_task_state state;
	gint64 due, run_at;
	jp_arg turn;
};

static struct start
start_of(jp_db *db, const jp_task_new *t, gint64 now)
{
	gint64 run_at = t->run_at ? t->run_at : now, turn = run_at;

	if (run_at > now)
		return (struct start){JP_TASK_DELAYED, run_at, run_at, JP_NULL};
	if (t->subscriber)
		turn = jp_queue_next_turn(db, t->type, t->subscriber, now);
	return (struct start){
	    JP_TASK_WAITING, jp_queue_place(turn, t->priority), run_at, JP_INT(turn)};
}

static gboolean
insert(jp_db *db, const jp_task_new *t, const struct start *s, gint64 now, gint64 *id)
{
	return jp_db_insert_new(db, JP_SQL_TASK_INSERT,
	    JP_ARGS(JP_TEXT(t->type), JP_TEXT(jp_task_state_word(s->state)), JP_INT(s->due),
		s->turn, JP_INT(t->priority), JP_INT_IF(t->max_attempts, t->max_attempts),
		JP_INT(s->run_at), JP_INT(now), JP_TEXT(t->key), JP_TEXT(t->subscriber),
		JP_TEXT(t->payload ? t->payload : "null")),
	    id);
}

static gboolean
replace(jp_db *db, const jp_task_new *t, const struct start *s, gint64 now, gint64 id)
{
	return jp_db_exec(db, JP_SQL_TASK_REPLACE,
		   JP_ARGS(JP_INT(id), JP_TEXT(jp_task_state_word(s->state)), JP_INT(s->due),
		       s->turn, JP_INT(t->priority), JP_INT_IF(t->max_attempts, t->max_attempts),
		       JP_INT(s->run_at), JP_INT(now), JP_TEXT(t->subscriber),
		       JP_TEXT(t->payload ? t->payload : "null"))) == 1;
}

static jp_queue_added
settle(jp_db *db, const jp_task_new *t, const struct start *s, gint64 now, gint64 id)
{
	switch (t->clash) {
	case JP_QUEUE_SKIP:
		return JP_QUEUE_SKIPPED;
	case JP_QUEUE_REPLACE:
		return replace(db, t, s, now, id) ? JP_QUEUE_REPLACED : JP_QUEUE_CLASHED;
	case JP_QUEUE_FAIL:
		return JP_QUEUE_CLASHED;
	}
	return JP_QUEUE_CLASHED;
}

jp_queue_added
jp_queue_add(jp_db *db, const jp_task_new *t, gint64 now, gint64 *id)
{
	struct start s = start_of(db, t, now);

	if (t->key)
		jp_db_lock_shared(db, KEY_LOCK);
	for (int i = 0; i < TRIES; i++) {
		if (insert(db, t, &s, now, id))
			return JP_QUEUE_ADDED;
		if (jp_db_get_int(
			db, JP_SQL_TASK_BY_KEY, JP_ARGS(JP_TEXT(t->type), JP_TEXT(t->key)), id))
			return settle(db, t, &s, now, *id);
	}
	*id = 0;
	return JP_QUEUE_CLASHED;
}

void
jp_queue_lock_keys(jp_db *db)
{
	jp_db_lock(db, KEY_LOCK);
}
