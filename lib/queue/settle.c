/*
 * The supervisor and the database: what became of tasks, leases that are extended, recurring tasks
 * and the next claims, all in one transaction.  It is durable when a task ended in it: what was
 * acknowledged is not run again.  The rest may be lost by a power cut, and is then done again.
 */
#include <string.h>

#include "queue/work.h"

/* Tasks claimed in one transaction, so that others do not wait long. */
#define MAX_CLAIM 1000
/* Between two looks whether each type's recurring task is there; a person may have dropped it. */
#define EVERY_CHECK (60 * G_USEC_PER_SEC)
/* Between two notes that we live. */
#define SEEN_EVERY (20 * G_USEC_PER_SEC)

/* A worker that was not seen for so long was killed; its row goes with the next one that ends. */
#define FORGET (7 * JP_DAY)

/* The moment of our clock that is a time of the database's. */
static gint64
moment_of(const jp_crew *w, gint64 at, gint64 now)
{
	if (at >= now + JP_DAY)
		return G_MAXINT64;
	return w->now_us + MAX(at - now, 0) * 1000;
}

/* Ends the tasks that are over, in the open transaction. */
static void
write_endings(jp_crew *w, jp_task_end *ends, gint64 now)
{
	guint n = w->endings->len;

	for (guint i = 0; i < n; i++) {
		const jp_ending *e = &g_array_index(w->endings, jp_ending, i);

		ends[i] = (jp_task_end){.id = e->id,
		    .lease_no = e->lease_no,
		    .outcome = e->outcome,
		    .run_at = now + e->delay,
		    .max_attempts = e->max_attempts,
		    .error = e->error,
		    .output = e->output,
		    .output_len = e->output_len,
		    .result = e->result};
	}
	if (n > 0)
		(void)jp_queue_finish(w->db, ends, n, now); /* each tells of itself */
	for (guint i = 0; i < n; i++) {
		const jp_ending *e = &g_array_index(w->endings, jp_ending, i);

		if (e->is_every &&
		    (ends[i].outcome == JP_TASK_END_DONE || ends[i].outcome == JP_TASK_END_DEAD))
			e->lane->has_every = TRUE;
	}
}

/* When the end of a task lets its type claim again. */
static void
claim_after(const jp_crew *w, jp_lane *l, const jp_task_end *e, gint64 now)
{
	if (e->outcome == JP_TASK_END_RETRY)
		l->claim_us = MIN(l->claim_us, moment_of(w, e->run_at, now));
	else if (e->outcome == JP_TASK_END_BACK || l->conf.limit > 0)
		l->claim_us = MIN(l->claim_us, w->now_us);
}

/* Tells what was committed. */
static void
tell_endings(jp_crew *w, const jp_task_end *ends, gint64 now)
{
	for (guint i = 0; i < w->endings->len; i++) {
		const jp_task_end *e = &ends[i];

		if (!e->accepted)
			jp_warn("task %" G_GINT64_FORMAT
				": its lease was over before it was done; another worker has it",
			    e->id);
		else if (e->outcome == JP_TASK_END_DONE)
			w->w->n_done++;
		else if (e->outcome == JP_TASK_END_RETRY)
			w->w->n_retried++;
		else if (e->outcome == JP_TASK_END_DEAD)
			w->w->n_dead++;
		claim_after(w, g_array_index(w->endings, jp_ending, i).lane, e, now);
		if (e->accepted && e->outcome == JP_TASK_END_DEAD)
			jp_warn("task %" G_GINT64_FORMAT
				": dead: %s; see jp-queue show %" G_GINT64_FORMAT,
			    e->id, e->error ? e->error : "its handler says so", e->id);
		else if (e->accepted && e->outcome == JP_TASK_END_RETRY)
			jp_info("task %" G_GINT64_FORMAT ": to be tried again: %s", e->id,
			    e->error ? e->error : "its handler asks for it");
	}
	g_array_set_size(w->endings, 0);
}

/* Adds the task of `every` where there is none: at once, or so long after the last one ended. */
static void
add_every(jp_crew *w, jp_lane *l, gint64 now)
{
	const jp_task_new task = {.type = l->conf.name,
	    .payload = "{}",
	    .key = JP_WORK_EVERY,
	    .run_at = l->has_every ? now + l->conf.every : now,
	    .clash = JP_QUEUE_SKIP};
	gint64 id;

	l->has_every = FALSE;
	if (l->conf.every > 0 && !l->is_over)
		(void)jp_queue_add(w->db, &task, now, &id); /* one that is there is as good */
}

static void
add_all_every(jp_crew *w, gboolean is_due, gint64 now)
{
	for (guint i = 0; i < w->lanes->len; i++)
		if (is_due || jp_crew_lane(w, i)->has_every)
			add_every(w, jp_crew_lane(w, i), now);
}

static void
renew(jp_crew *w, gint64 now)
{
	g_autoptr(GArray) leases = g_array_new(FALSE, TRUE, sizeof(jp_task_lease));

	for (guint i = 0; i < w->lanes->len; i++)
		jp_lane_leases(jp_crew_lane(w, i), leases);
	w->renew_us = w->now_us + w->conf->queue.lease * 1000 / 3;
	w->held_us = w->now_us + w->conf->queue.lease * 1000 / 2;
	w->held_at = jp_now() + w->conf->queue.lease / 2;
	if (leases->len == 0)
		return;
	(void)jp_queue_renew(w->db, (jp_task_lease *)leases->data, leases->len,
	    now + w->conf->queue.lease, now); /* each tells of itself */
	for (guint i = 0; i < leases->len; i++) {
		const jp_task_lease *lease = &g_array_index(leases, jp_task_lease, i);

		for (guint k = 0; !lease->held && k < w->lanes->len; k++)
			jp_lane_lost(jp_crew_lane(w, k), lease->id, w->now_us);
	}
}

/* For jp-stats: that we live, and what we do. */
static void
be_seen(jp_crew *w, gint64 now)
{
	g_autoptr(GString) types = g_string_new(NULL);

	for (guint i = 0; i < w->lanes->len; i++)
		g_string_append_printf(
		    types, "%s%s", i > 0 ? " " : "", jp_crew_lane(w, i)->conf.name);
	jp_db_exec(w->db, JP_SQL_WORKER_SEEN,
	    JP_ARGS(JP_TEXT(jp_worker()), JP_TEXT(types->str), JP_INT(now),
		JP_INT(jp_crew_n_handlers(w)), JP_INT(jp_crew_in_hand(w)),
		JP_INT((gint64)w->w->n_done), JP_INT((gint64)w->w->n_retried),
		JP_INT((gint64)w->w->n_dead)));
	w->seen_us = w->now_us + SEEN_EVERY;
}

void
jp_settle_forget(jp_crew *w)
{
	jp_db_begin(w->db, JP_TX_WRITE);
	(void)jp_db_exec(w->db, JP_SQL_WORKER_FORGET, /* ours and whoever was killed */
	    JP_ARGS(JP_TEXT(jp_worker()), JP_INT(jp_db_now(w->db) - FORGET)));
	jp_db_commit(w->db);
}

/* Claims what a type has room for; its tasks are appended to `tasks`. */
static void
claim(jp_crew *w, jp_lane *l, gint64 now, GPtrArray *tasks)
{
	guint room = MIN(jp_lane_room(l, w->now_us), MAX_CLAIM), n;
	const jp_queue_ask ask = {.type = l->conf.name,
	    .limit = room,
	    .lease_ms = w->conf->queue.lease,
	    .max_attempts = l->conf.retries + 1,
	    .limits = {.concurrency = l->conf.limit,
		.rate = &l->conf.rate,
		.rate_per_key = &l->conf.rate_per_key,
		.rate_per_subscriber = &l->conf.rate_per_subscriber}};
	gint64 again_at = JP_QUEUE_NEVER;

	if (room == 0)
		return;
	n = jp_queue_claim(w->db, &ask, now, tasks, &again_at);
	l->was_full = n == room;
	l->claim_us = n == room ? w->now_us : moment_of(w, again_at, now);
	l->barren_us = n == 0 && l->said_due ? w->now_us + w->conf->queue.poll * 1000 : 0;
	l->said_due = FALSE;
	l->is_paused = n < room && l->ahead.length > 0 && jp_queue_is_paused(w->db, l->conf.name);
}

static gboolean
may_claim(const jp_crew *w, const jp_lane *l)
{
	return !jp_crew_is_stopping(w) && !l->is_over && w->now_us >= l->claim_us &&
	    jp_lane_room(l, w->now_us) > 0;
}

/* FALSE when --once had its claim. */
static gboolean
may_claim_any(const jp_crew *w)
{
	return !(w->w->once && w->has_claimed);
}

static void
claim_all(jp_crew *w, gint64 now, GPtrArray *tasks)
{
	if (!may_claim_any(w))
		return;
	for (guint i = 0; i < w->lanes->len; i++)
		if (may_claim(w, jp_crew_lane(w, i)))
			claim(w, jp_crew_lane(w, i), now, tasks);
	w->has_claimed = w->has_claimed || tasks->len > 0;
}

static void
give_all(jp_crew *w, GPtrArray *tasks)
{
	for (guint i = 0; i < w->lanes->len; i++)
		if (jp_crew_lane(w, i)->is_paused)
			jp_ahead_give_back(jp_crew_lane(w, i), 0);
	for (guint i = 0; i < tasks->len; i++) {
		jp_task *task = g_ptr_array_index(tasks, i);

		jp_ahead_add(jp_crew_find(w, task->type), task, w->now_us);
	}
	g_ptr_array_set_size(tasks, 0);
	jp_crew_feed(w);
}

/* One transaction: what is over, what is extended, what is next. */
void
jp_settle(jp_crew *w)
{
	g_autoptr(GPtrArray) tasks = g_ptr_array_new();
	g_autofree jp_task_end *ends = g_new(jp_task_end, w->endings->len);
	gboolean is_durable = w->endings->len > 0;
	gint64 now, begin = jp_monotonic_us(), written;

	jp_db_begin(w->db, is_durable ? JP_TX_DURABLE : JP_TX_WRITE);
	now = jp_db_now(w->db);
	write_endings(w, ends, now);
	add_all_every(w, w->now_us >= w->every_us, now);
	if (w->now_us >= w->every_us)
		w->every_us = w->now_us + EVERY_CHECK;
	if (w->now_us >= w->renew_us)
		renew(w, now);
	claim_all(w, now, tasks);
	if (w->now_us >= w->seen_us)
		be_seen(w, now);
	written = jp_monotonic_us();
	jp_db_commit(w->db);
	w->now_us = jp_monotonic_us();
	if (is_durable) {
		w->commit_us = 0.8 * w->commit_us + 0.2 * (double)(w->now_us - begin);
		w->sync_us = 0.8 * w->sync_us + 0.2 * (double)(w->now_us - written);
	}
	for (guint i = 0; i < w->lanes->len; i++) {
		jp_crew_lane(w, i)->deaf_us = begin;
		jp_crew_lane(w, i)->heard_us = w->now_us;
	}
	tell_endings(w, ends, now);
	give_all(w, tasks);
}

/* TRUE when there is something to write. */
gboolean
jp_settle_is_due(const jp_crew *w)
{
	if (w->endings->len > 0 || w->now_us >= w->seen_us ||
	    (w->now_us >= w->every_us && !jp_crew_is_stopping(w)))
		return TRUE;
	if (w->now_us >= w->renew_us && jp_crew_in_hand(w) > 0)
		return TRUE;
	for (guint i = 0; i < w->lanes->len && may_claim_any(w); i++)
		if (may_claim(w, jp_crew_lane(w, i)))
			return TRUE;
	return FALSE;
}

/* Looks whether others added something, by reading only. */
void
jp_settle_look(jp_crew *w)
{
	gint64 now = jp_db_now(w->db);

	if (w->watch >= 0)
		jp_queue_watch_clear(w->watch);
	w->poll_us = w->now_us + w->conf->queue.poll * 1000;
	for (guint i = 0; i < w->lanes->len; i++) {
		jp_lane *l = jp_crew_lane(w, i);
		const char *const type[] = {l->conf.name, NULL};
		gint64 at;

		if (l->is_over || w->now_us >= l->claim_us || jp_lane_room(l, w->now_us) == 0)
			continue;
		at = jp_queue_next_at(w->db, type, now);
		l->said_due = at <= now;
		l->claim_us = MAX(moment_of(w, at, now), l->barren_us);
	}
}
