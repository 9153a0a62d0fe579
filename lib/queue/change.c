/*
 * What a person does to tasks: retry, kick, bury, drop, edit.  None touches a running task, which
 * is its worker's; each write names the state that it found, so that what a worker did meanwhile is
 * not undone.
 */
#include <string.h>

#include "queue/internal.h"

/* Tasks looked at in one transaction; others wait for some milliseconds. */
#define PORTION 500

const jp_column jp_queue_change_columns[JP_QUEUE_CHANGE_N_COLS] = {
    [JP_QUEUE_CHANGE_COL_ID] = {"id", NULL, JP_CELL_INT},
    [JP_QUEUE_CHANGE_COL_WAS] = {"was", NULL, JP_CELL_TEXT},
};

/* What a task is now. */
typedef struct standing {
	char *type, *subscriber;
	jp_task_state state;
	gint64 turn, priority, run_at, max_attempts; /* turn, max_attempts: JP_NO_INT for none */
	gboolean has_key;
} standing;

static void
standing_clear(standing *s)
{
	g_free(s->type);
	g_free(s->subscriber);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(standing, standing_clear)

static gboolean
read_standing(jp_db *db, gint64 id, standing *s)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_STANDING, JP_ARGS(JP_INT(id)));

	if (!jp_rows_next(r))
		return FALSE;
	s->type = g_strdup(jp_rows_text(r, JP_COL_TASK_STANDING_TYPE));
	s->subscriber = g_strdup(jp_rows_text(r, JP_COL_TASK_STANDING_SUBSCRIBER));
	s->turn = jp_rows_int_or(r, JP_COL_TASK_STANDING_TURN, JP_NO_INT);
	s->priority = jp_rows_int(r, JP_COL_TASK_STANDING_PRIORITY);
	s->run_at = jp_rows_int(r, JP_COL_TASK_STANDING_RUN_AT);
	s->max_attempts = jp_rows_int_or(r, JP_COL_TASK_STANDING_MAX_ATTEMPTS, JP_NO_INT);
	s->has_key = !jp_rows_is_null(r, JP_COL_TASK_STANDING_KEY);
	return jp_task_state_from_word(jp_rows_text(r, JP_COL_TASK_STANDING_STATE), &s->state);
}

/* ---- retry, kick, bury, drop ----------------------------------------------------------------- */

static gboolean
is_for(jp_queue_verb verb, jp_task_state state)
{
	switch (verb) {
	case JP_QUEUE_RETRY:
		return state == JP_TASK_DEAD;
	case JP_QUEUE_KICK:
		return state == JP_TASK_BURIED || state == JP_TASK_DELAYED;
	case JP_QUEUE_BURY:
		return state == JP_TASK_DELAYED || state == JP_TASK_WAITING;
	case JP_QUEUE_DROP:
		return state != JP_TASK_RUNNING;
	}
	return FALSE;
}

static gint64
new_turn(jp_db *db, const standing *s, gint64 run_at, gint64 now)
{
	return s->subscriber ? jp_queue_next_turn(db, s->type, s->subscriber, now) : run_at;
}

static gint64
wake(jp_db *db, gint64 id, const standing *s, gboolean afresh, gint64 now)
{
	gint64 turn = new_turn(db, s, now, now);

	return jp_db_exec(db, JP_SQL_TASK_WAKE,
	    JP_ARGS(JP_INT(id), JP_TEXT(jp_task_state_word(s->state)),
		JP_INT(jp_queue_place(turn, s->priority)), JP_INT(turn), JP_INT(now),
		JP_INT(afresh)));
}

static gint64
apply(jp_db *db, jp_queue_verb verb, gint64 id, const standing *s, gint64 now)
{
	switch (verb) {
	case JP_QUEUE_RETRY:
	case JP_QUEUE_KICK:
		return wake(db, id, s, verb == JP_QUEUE_RETRY, now);
	case JP_QUEUE_BURY:
		return jp_db_exec(db, JP_SQL_TASK_BURY, JP_ARGS(JP_INT(id), JP_INT(now)));
	case JP_QUEUE_DROP:
		return jp_db_exec(db, JP_SQL_TASK_DROP, JP_ARGS(JP_INT(id)));
	}
	return 0;
}

jp_queue_changed
jp_queue_change(jp_db *db, jp_queue_verb verb, gint64 id, gint64 now, jp_task_state *state)
{
	g_auto(standing) s = {0};

	if (verb == JP_QUEUE_RETRY || verb == JP_QUEUE_KICK)
		jp_queue_lock_keys(db);
	if (!read_standing(db, id, &s))
		return JP_QUEUE_NO_TASK;
	*state = s.state;
	if (!is_for(verb, s.state))
		return JP_QUEUE_WRONG_STATE;
	if (apply(db, verb, id, &s, now) == 1)
		return JP_QUEUE_CHANGED;
	return s.has_key && (verb == JP_QUEUE_RETRY || verb == JP_QUEUE_KICK)
	    ? JP_QUEUE_KEY_TAKEN
	    : JP_QUEUE_WRONG_STATE;
}

/* ---- all that a filter finds ----------------------------------------------------------------- */

static GArray *
find_portion(jp_db *db, const jp_queue_filter *f, gint64 after)
{
	GArray *all = g_array_new(FALSE, TRUE, sizeof(jp_queue_named));
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_TASK_PICK,
	    JP_ARGS(JP_INT(after > 0 ? after : G_MAXINT64), JP_INT(f->since),
		JP_INT(f->until ? f->until : G_MAXINT64), JP_INT(PORTION), JP_TEXT(f->type),
		JP_TEXT(f->state), JP_TEXT(f->key), JP_TEXT(f->subscriber), JP_TEXT(f->worker)));

	while (jp_rows_next(r)) {
		jp_queue_named t = {.id = jp_rows_int(r, JP_COL_TASK_PICK_ID)};

		if (jp_task_state_from_word(jp_rows_text(r, JP_COL_TASK_PICK_STATE), &t.state))
			g_array_append_val(all, t);
	}
	return all;
}

/* Changes a portion in one transaction and takes the others out of it. */
static void
change_portion(jp_db *db, jp_queue_verb verb, GArray *all, gboolean dry_run)
{
	gint64 now = jp_db_now(db);
	guint kept = 0;

	jp_db_begin(db, dry_run ? JP_TX_READ : JP_TX_DURABLE);
	for (guint i = 0; i < all->len; i++) {
		jp_queue_named *t = &g_array_index(all, jp_queue_named, i);
		gboolean ok = dry_run
		    ? is_for(verb, t->state)
		    : jp_queue_change(db, verb, t->id, now, &t->state) == JP_QUEUE_CHANGED;

		if (ok)
			g_array_index(all, jp_queue_named, kept++) = *t;
	}
	jp_db_commit(db);
	g_array_set_size(all, kept);
}

gint64
jp_queue_change_all(
    jp_db *db, jp_queue_verb verb, const jp_queue_filter *filter, gboolean dry_run, jp_table *out)
{
	gint64 after = 0, n = 0;

	while (!jp_stopping()) {
		g_autoptr(GArray) all = find_portion(db, filter, after);

		if (all->len == 0)
			break;
		after = g_array_index(all, jp_queue_named, all->len - 1).id;
		change_portion(db, verb, all, dry_run);
		for (guint i = 0; i < all->len; i++) {
			const jp_queue_named *t = &g_array_index(all, jp_queue_named, i);

			jp_table_row(out, t->id, jp_task_state_word(t->state));
		}
		n += all->len;
	}
	return n;
}

/* ---- edit ------------------------------------------------------------------------------------ */

/* Where an edited task belongs; a buried one stays where it is. */
static void
place_again(jp_db *db, standing *s, gboolean moved, gint64 now, gint64 *due)
{
	if (s->state == JP_TASK_BURIED) {
		*due = now;
		return;
	}
	if (s->run_at > now) {
		s->state = JP_TASK_DELAYED;
		s->turn = JP_NO_INT;
		*due = s->run_at;
		return;
	}
	if (s->turn == JP_NO_INT || moved)
		s->turn = new_turn(db, s, s->run_at, now);
	s->state = JP_TASK_WAITING;
	*due = jp_queue_place(s->turn, s->priority);
}

jp_queue_changed
jp_queue_edit(jp_db *db, gint64 id, const jp_task_edit *edit, gint64 now, jp_task_state *state)
{
	g_auto(standing) s = {0};
	gint64 due;

	if (!read_standing(db, id, &s))
		return JP_QUEUE_NO_TASK;
	*state = s.state;
	if (s.state != JP_TASK_DELAYED && s.state != JP_TASK_WAITING && s.state != JP_TASK_BURIED)
		return JP_QUEUE_WRONG_STATE;
	if (edit->priority != JP_NO_INT)
		s.priority = edit->priority;
	if (edit->run_at != JP_NO_INT)
		s.run_at = edit->run_at;
	if (edit->max_attempts != JP_NO_INT)
		s.max_attempts = edit->max_attempts;
	place_again(db, &s, edit->run_at != JP_NO_INT, now, &due);
	return jp_db_exec(db, JP_SQL_TASK_EDIT,
		   JP_ARGS(JP_INT(id), JP_TEXT(jp_task_state_word(*state)),
		       JP_TEXT(jp_task_state_word(s.state)), JP_INT(due),
		       JP_INT_IF(s.turn != JP_NO_INT, s.turn), JP_INT(s.priority),
		       JP_INT_IF(s.max_attempts != JP_NO_INT, s.max_attempts), JP_INT(s.run_at),
		       JP_TEXT(edit->payload))) == 1
	    ? JP_QUEUE_CHANGED
	    : JP_QUEUE_WRONG_STATE;
}
