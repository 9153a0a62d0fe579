/* How long an answer waits for others to share its commit. */
#include "queue/work.h"

#define SINCE  1000000
#define COMMIT 900 /* microseconds, 600 of them for the disk */
#define DISK   600

/* Four handlers of batch mode. */
struct site {
	jp_crew w;
	jp_lane *l;
};

static jp_hand *
hand_of(const struct site *s, guint i)
{
	return g_ptr_array_index(s->l->hands, i);
}

static void
begin(struct site *s)
{
	*s = (struct site){.w = {.commit_us = COMMIT, .sync_us = DISK}};
	s->w.endings = g_array_new(FALSE, TRUE, sizeof(jp_ending));
	s->w.lanes = g_ptr_array_new_with_free_func(jp_lane_free);
	s->l = jp_lane_new(s->w.endings, -1);
	s->l->task_us = COMMIT - 1;
	s->l->was_full = TRUE;
	g_ptr_array_add(s->w.lanes, s->l);
	for (guint i = 0; i < 4; i++) {
		jp_hand *hand = g_new0(jp_hand, 1);

		hand->stays = TRUE;
		hand->lane = s->l;
		hand->tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
		g_ptr_array_add(s->l->hands, hand);
	}
}

static void
end(struct site *s)
{
	g_ptr_array_unref(s->w.lanes);
	g_array_unref(s->w.endings);
}

static void
give(const struct site *s, guint i)
{
	g_ptr_array_add(hand_of(s, i)->tasks, g_new0(jp_task, 1));
}

/* So many handlers have a task, and so many of these answered since the last commit; the others
 * have none, and there is none to be claimed. */
static gint64
wait_of(guint n_busy, guint n_answered)
{
	struct site s;
	gint64 until_us;

	begin(&s);
	s.l->was_full = FALSE;
	for (guint i = 0; i < n_busy; i++)
		give(&s, i);
	for (guint i = 0; i < n_answered; i++)
		hand_of(&s, i)->has_answered = TRUE;
	until_us = jp_share_until(&s.w, SINCE);
	end(&s);
	return until_us - SINCE;
}

static void
test_who(void)
{
	static const struct {
		guint n_busy, n_answered;
		gint64 wait;
	} cases[] = {{0, 0, 0}, {1, 1, 0}, {1, 0, DISK / 3}, {2, 0, DISK}, {2, 2, DISK},
	    {4, 1, DISK}, {4, 4, DISK}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(wait_of(cases[i].n_busy, cases[i].n_answered), ==, cases[i].wait);
}

/* ---- three handlers have a task ----------------------------------------------------------------
 */

static void
starve(struct site *s)
{
	s->l->was_full = TRUE; /* the fourth could have one */
	for (guint i = 0; i < 3; i++)
		hand_of(s, i)->has_answered = TRUE;
}

static void
starve_while_one_works(struct site *s)
{
	starve(s);
	hand_of(s, 0)->has_answered = FALSE;
}

static void
be_slow(struct site *s)
{
	s->l->task_us = COMMIT;
}

static void
have_many(struct site *s)
{
	g_array_set_size(s->w.endings, 100);
}

static void
have_some(struct site *s)
{
	g_array_set_size(s->w.endings, 99);
}

static void
be_processes(struct site *s)
{
	for (guint i = 0; i < 4; i++)
		hand_of(s, i)->stays = FALSE;
}

static void
be_told_to_end(struct site *s)
{
	for (guint i = 0; i < 4; i++)
		hand_of(s, i)->kill_us = 1;
}

static void
have_a_slow_disk(struct site *s)
{
	s->w.sync_us = s->w.commit_us = 3e6;
}

/* The lane of a slow type beside it changes nothing. */
static void
stand_beside_slow(struct site *s)
{
	jp_lane *l = jp_lane_new(s->w.endings, -1);
	jp_hand *hand = g_new0(jp_hand, 1);

	l->task_us = 1e6;
	l->was_full = hand->stays = TRUE;
	hand->lane = l;
	hand->tasks = g_ptr_array_new();
	g_ptr_array_add(l->hands, hand);
	g_ptr_array_add(s->w.lanes, l);
}

static void
test_when(void)
{
	static const struct {
		void (*what)(struct site *);
		gint64 wait;
	} cases[] = {{starve, 0}, {starve_while_one_works, DISK / 3}, {be_slow, 0}, {have_many, 0},
	    {have_some, DISK}, {be_processes, 0}, {be_told_to_end, 0}, {have_a_slow_disk, 10000},
	    {stand_beside_slow, DISK}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct site s;

		begin(&s);
		s.l->was_full = FALSE;
		for (guint k = 0; k < 3; k++)
			give(&s, k);
		cases[i].what(&s);
		g_assert_cmpint(jp_share_until(&s.w, SINCE), ==, SINCE + cases[i].wait);
		end(&s);
	}
}

/* What was answered before a commit began does not count for the next. */
static void
test_next(void)
{
	struct site s;

	begin(&s);
	give(&s, 0);
	hand_of(&s, 0)->has_answered = TRUE;
	g_assert_cmpint(jp_share_until(&s.w, SINCE), ==, SINCE);
	jp_share_begin(&s.w);
	g_assert_cmpint(jp_share_until(&s.w, SINCE), ==, SINCE + DISK / 3);
	end(&s);
}

int
main(int argc, char **argv)
{
	jp_init("queue-share");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/share/who is waited for", test_who);
	g_test_add_func("/queue/share/when none is", test_when);
	g_test_add_func("/queue/share/the next commit", test_next);
	return g_test_run();
}
