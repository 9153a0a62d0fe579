/*
 * Tasks that a type holds ahead: claimed while each of its handlers has one, so that a handler that
 * is done gets the next at once, and works while its answer's commit waits for the disk.
 *
 * They are in order, before what is claimed later, and as many as handlers begin within 20 ms, up
 * to 8 for each; what is begun is claimed anew, by halves, so that most commits claim nothing. None
 * are held where somebody would be the worse for it: where tasks take longer than a few commits
 * (another worker may be idle), where a limit counts those that run, where a killed worker would
 * cost a task that was not begun its only attempt.  What nobody takes for a second goes back as if
 * it had not been claimed.
 */
#include "queue/work.h"

/* What is held ahead is begun within this; tasks that take longer, on average, are not held. */
#define QUICK (0.02 * G_USEC_PER_SEC)
/* And no more for each handler. */
#define MOST 8
/* What nobody takes for so long goes back. */
#define PATIENCE G_USEC_PER_SEC

guint
jp_ahead_most(const jp_lane *l)
{
	const jp_queue_type *c = &l->conf;

	if (l->is_over || l->once || l->n_failures > 0 || c->batch > 1 || c->retries == 0 ||
	    c->limit > 0 || c->rate.n > 0 || c->rate_per_key.n > 0 || c->rate_per_subscriber.n > 0)
		return 0;
	if (l->task_us <= 0 || l->task_us >= QUICK)
		return 0;
	return jp_lane_allowed(l) * (guint)CLAMP(QUICK / l->task_us, 1, MOST);
}

/* What is heard so soon after a commit may have been there all the time. */
#define SOON 1000

/* An answer that came while a commit took long tells nothing: the disk was slow, or the task. */
void
jp_ahead_learn(jp_lane *l, gint64 since_us, gint64 now_us)
{
	gboolean is_late = since_us < l->deaf_us && now_us < l->heard_us + SOON;
	double us = (double)(now_us - since_us);

	if (is_late && us >= QUICK && (double)(l->deaf_us - since_us) < QUICK)
		return;
	l->task_us = l->task_us > 0 ? 0.8 * l->task_us + 0.2 * us : us;
}

void
jp_ahead_add(jp_lane *l, jp_task *task, gint64 now_us)
{
	if (l->ahead.length == 0)
		l->ahead_us = now_us;
	g_queue_push_tail(&l->ahead, task);
}

jp_task *
jp_ahead_next(jp_lane *l, gint64 now_us)
{
	l->ahead_us = now_us;
	return g_queue_pop_head(&l->ahead);
}

void
jp_ahead_give_back(jp_lane *l, guint n)
{
	while (l->ahead.length > n) {
		jp_task *task = g_queue_pop_tail(&l->ahead);

		jp_hand_end_task(l, task, JP_TASK_END_BACK, NULL, NULL);
		jp_task_free(task);
	}
}

void
jp_ahead_check_time(jp_lane *l, gint64 now_us)
{
	if (now_us < jp_ahead_alarm(l))
		return;
	jp_ahead_give_back(l, 0);
	l->task_us = PATIENCE; /* held again when some were quick again */
}

gint64
jp_ahead_alarm(const jp_lane *l)
{
	return l->ahead.length > 0 ? l->ahead_us + PATIENCE : G_MAXINT64;
}

void
jp_ahead_lost(jp_lane *l, gint64 id)
{
	for (GList *at = l->ahead.head; at; at = at->next) {
		jp_task *task = at->data;

		if (task->id != id)
			continue;
		g_queue_delete_link(&l->ahead, at);
		jp_task_free(task);
		return;
	}
}
