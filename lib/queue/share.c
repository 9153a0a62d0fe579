/*
 * Commits that several answers share: how long the first one waits for others.  Pure.
 *
 * Only while quick handlers are at work, which answer sooner than a commit takes: for the first
 * answer of each, a third of what the disk needs for a commit; and while two or more are at work
 * and none goes without a task, as they are given what was claimed ahead, all of that time, for as
 * many as they answer.  So nobody's answer waits for longer than twice what it would alone, and a
 * handler at work alone shares with nobody: each of its answers is committed at once.
 */
#include "queue/work.h"

/* Nobody waits longer, and for more. */
#define MAX_WAIT   (10 * 1000)
#define MAX_SHARED 100

struct quick {
	guint n_busy;     /* have a task */
	guint n_new;      /* of these, those that did not answer since the last commit */
	gboolean starves; /* one has none, and a claim would bring it some */
};

static struct quick
quick_hands(const jp_crew *w)
{
	struct quick q = {0, 0, FALSE};

	for (guint i = 0; i < w->lanes->len; i++) {
		const jp_lane *l = jp_crew_lane(w, i);

		for (guint k = 0; l->task_us < w->commit_us && k < l->hands->len; k++) {
			const jp_hand *hand = g_ptr_array_index(l->hands, k);

			if (!hand->stays || hand->kill_us)
				continue;
			q.starves = q.starves || (hand->tasks->len == 0 && l->was_full);
			q.n_busy += hand->tasks->len > 0;
			q.n_new += hand->tasks->len > 0 && !hand->has_answered;
		}
	}
	return q;
}

gint64
jp_share_until(const jp_crew *w, gint64 since_us)
{
	struct quick q = quick_hands(w);
	gint64 most = (gint64)MIN(w->sync_us, MAX_WAIT);

	if (w->endings->len >= MAX_SHARED)
		return since_us;
	if (q.n_busy > 1 && !q.starves)
		return since_us + most;
	return q.n_new > 0 ? since_us + most / 3 : since_us;
}

void
jp_share_begin(const jp_crew *w)
{
	for (guint i = 0; i < w->lanes->len; i++) {
		const jp_lane *l = jp_crew_lane(w, i);

		for (guint k = 0; k < l->hands->len; k++)
			((jp_hand *)g_ptr_array_index(l->hands, k))->has_answered = FALSE;
	}
}
