/*
 * Tasks that are claimed before a handler is free: which types have any, who gets them and when,
 * and that none is lost, run twice or begun without its lease, whatever happens in between.  The
 * supervisor's parts are run turn by turn, with real handlers and a database.
 */
#include <signal.h>

#include "queue.h"
#include "queue/work.h"
#include "rawdb.h"

/* ---- a supervisor, step by step -------------------------------------------------------------- */

struct site {
	tmpdb t;
	rawdb *raw;
	jp_work work;
	jp_crew w;
	jp_lane *l; /* of the type "a" */
};

/* A handler that answers each task at once, and one that ends with the first. */
#define ANSWER "s/^{\"id\":\\([0-9]*\\),.*/{\"id\":\\1,\"status\":\"done\"}/"
static char *answering[] = {(char *)"sed", (char *)"-u", (char *)ANSWER, NULL};
static char *ending[] = {(char *)"true", NULL};

/* So that one is held ahead for each handler, and eight. */
#define SO_QUICK   15000
#define VERY_QUICK 100

static jp_queue_type
type_of(guint handlers)
{
	return (jp_queue_type){.name = (char *)"a",
	    .command = answering,
	    .concurrency = {handlers, handlers},
	    .batch = 1,
	    .timeout = JP_HOUR,
	    .retries = 3};
}

static void
begin(struct site *s, const jp_queue_type *type)
{
	*s = (struct site){.w = {.signals = -1, .watch = -1, .keeper.fd = -1}};
	g_unsetenv("JP_CLOCK");
	s->w.db = tmpdb_open(&s->t);
	s->raw = raw_open(&s->t);
	s->w.w = &s->work;
	s->w.conf = s->w.first = s->t.conf;
	s->w.env = g_get_environ();
	s->w.commit_us = 1000;
	s->w.seen_us = s->w.every_us = G_MAXINT64;
	s->w.now_us = jp_monotonic_us();
	s->w.lanes = g_ptr_array_new_with_free_func(jp_lane_free);
	s->w.fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	s->w.endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	g_array_set_clear_func(s->w.endings, jp_ending_clear);
	s->l = jp_lane_new(s->w.endings, -1);
	jp_lane_set(s->l, type, 0, s->w.env);
	s->l->scale.n = type->concurrency.max;
	s->l->task_us = SO_QUICK;
	g_ptr_array_add(s->w.lanes, s->l);
}

static void
end(struct site *s)
{
	g_ptr_array_unref(s->w.lanes);
	g_array_unref(s->w.fds);
	g_array_unref(s->w.endings);
	g_strfreev(s->w.env);
	raw_close(s->raw);
	tmpdb_close(&s->t);
}

static void
add(struct site *s, guint n)
{
	for (guint i = 0; i < n; i++)
		add_plain(s->w.db, "a", jp_db_now(s->w.db));
}

/* Claims what there is room for, now.  Tasks are quick, however slow this machine is. */
static void
settle(struct site *s)
{
	s->l->claim_us = 0;
	s->l->task_us = SO_QUICK;
	s->w.now_us = jp_monotonic_us();
	jp_settle(&s->w);
}

/* One handler has a task, and another is held ahead. */
static void
begin_with_two(struct site *s)
{
	const jp_queue_type type = type_of(1);

	begin(s, &type);
	add(s, 2);
	settle(s);
}

/* Hears handlers until so many tasks are over. */
static void
hear(struct site *s, guint n_endings)
{
	while (s->w.endings->len < n_endings) {
		guint at = 0;

		g_array_set_size(s->w.fds, 0);
		jp_lane_poll(s->l, s->w.fds);
		g_assert_cmpint(
		    poll((struct pollfd *)(void *)s->w.fds->data, s->w.fds->len, 60000), >, 0);
		jp_lane_polled(s->l, s->w.fds, &at);
		g_assert_cmpuint(at, ==, s->w.fds->len);
		s->w.now_us = jp_monotonic_us();
		jp_lane_hear(s->l, s->w.now_us);
	}
	s->l->task_us = SO_QUICK;
}

static gint64
count(struct site *s, const char *state)
{
	g_autofree char *sql =
	    g_strdup_printf("SELECT count(*) FROM task WHERE state = '%s'", state);

	return raw_int(s->raw, sql);
}

static gint64
id_at(const struct site *s, guint i)
{
	return ((const jp_task *)g_queue_peek_nth((GQueue *)&s->l->ahead, i))->id;
}

/* What the n-th handler has in hand; 0: nothing. */
static gint64
in_hand(const struct site *s, guint i)
{
	const jp_hand *hand = g_ptr_array_index(s->l->hands, i);

	return hand->tasks->len > 0 ? task_at(hand->tasks, 0)->id : 0;
}

/* Another worker takes everything whose lease is over, as it is of all that run. */
static void
rob(struct site *s)
{
	raw_do(s->raw,
	    "UPDATE task SET worker = 'another', lease_no = lease_no + 1 "
	    "WHERE state = 'running'");
}

/* ---- what is held ahead ---------------------------------------------------------------------- */

static void
test_room(void)
{
	static const jp_quotas some = {.n = 1, .rate = {{10, 1000}}};
	g_autoptr(GArray) endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	jp_queue_type cases[7];
	char *env[] = {NULL};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		cases[i] = type_of(3);
	cases[1].batch = 2;
	cases[2].retries = 0;
	cases[3].limit = 5;
	cases[4].rate = some;
	cases[5].rate_per_key = some;
	cases[6].rate_per_subscriber = some;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_lane *l = jp_lane_new(endings, -1);

		jp_lane_set(l, &cases[i], 0, env);
		l->task_us = SO_QUICK;
		g_assert_cmpuint(jp_ahead_most(l), ==, i == 0 ? 3 : 0);
		jp_lane_free(l);
	}
}

/* Of a type that may, none while its tasks are slow or unknown, or its handlers die. */
static void
test_room_now(void)
{
	g_autoptr(GArray) endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	const jp_queue_type type = type_of(2);
	static const struct {
		double us;
		guint most;
	} cases[] = {{1, 16}, {2499, 16}, {5000, 8}, {6000, 6}, {10001, 2}, {19999, 2}, {20000, 0},
	    {50000, 0}};
	char *env[] = {NULL};
	jp_lane *l = jp_lane_new(endings, -1);

	jp_lane_set(l, &type, 0, env);
	g_assert_cmpuint(jp_ahead_most(l), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		l->task_us = cases[i].us;
		g_assert_cmpuint(jp_ahead_most(l), ==, cases[i].most);
	}
	l->task_us = 5000;
	l->n_failures = 1;
	g_assert_cmpuint(jp_ahead_most(l), ==, 0);
	l->n_failures = 0;
	l->once = TRUE;
	g_assert_cmpuint(jp_ahead_most(l), ==, 0);
	l->once = FALSE;
	l->is_over = TRUE;
	g_assert_cmpuint(jp_ahead_most(l), ==, 0);
	jp_lane_free(l);
}

/* How long a task takes is not learnt from an answer that may have waited for a slow commit. */
static void
test_learn(void)
{
	static const struct {
		gint64 deaf, heard; /* ms after the task began */
		gint64 now;
		gint64 learnt;
	} cases[] = {
	    {-9, -8, 5, 5}, {-9, -1, 25, 25}, /* a commit before it */
	    {1, 15, 15, 15},                  /* one during it, and quick anyway */
	    {1, 80, 80, 0},                   /* one that may have hidden its end */
	    {25, 80, 80, 80},                 /* slow before that */
	    {1, 80, 81, 81}, {1, 15, 25, 25}, /* its end was waited for */
	};
	g_autoptr(GArray) endings = g_array_new(FALSE, FALSE, sizeof(jp_ending));
	const gint64 began = 1000000;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_lane *l = jp_lane_new(endings, -1);

		l->deaf_us = began + 1000 * cases[i].deaf;
		l->heard_us = began + 1000 * cases[i].heard;
		jp_ahead_learn(l, began, began + 1000 * cases[i].now);
		g_assert_cmpfloat(l->task_us, ==, 1000.0 * (double)cases[i].learnt);
		jp_lane_free(l);
	}
}

/* In the order of the queue, and while the answer is not yet written. */
static void
test_order(void)
{
	const jp_queue_type type = type_of(2);
	struct site s;

	begin(&s, &type);
	add(&s, 6);
	settle(&s);
	g_assert_cmpint(in_hand(&s, 0), ==, 1);
	g_assert_cmpint(in_hand(&s, 1), ==, 2);
	g_assert_cmpuint(s.l->ahead.length, ==, 2);
	g_assert_cmpint(id_at(&s, 0), ==, 3);
	g_assert_cmpint(count(&s, "running"), ==, 4);
	g_assert_cmpuint(jp_lane_in_hand(s.l), ==, 4);
	hear(&s, 2);
	jp_crew_feed(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 0);
	g_assert_cmpint(in_hand(&s, 0) + in_hand(&s, 1), ==, 3 + 4);
	g_assert_cmpint(count(&s, "done"), ==, 0);
	settle(&s);
	g_assert_cmpint(count(&s, "done"), ==, 2);
	g_assert_cmpint(count(&s, "running"), ==, 4);
	end(&s);
}

/* Claimed by halves: not before half of it was begun, unless a handler has nothing. */
static void
test_halves(void)
{
	const jp_queue_type type = type_of(1);
	struct site s;

	begin(&s, &type);
	add(&s, 30);
	s.l->task_us = VERY_QUICK;
	g_assert_cmpuint(jp_lane_room(s.l, s.w.now_us), ==, 9);
	jp_settle(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 8);
	for (guint left = 8; left > 5; left--) {
		s.l->task_us = VERY_QUICK;
		g_assert_cmpuint(jp_lane_room(s.l, s.w.now_us), ==, 0);
		hear(&s, s.w.endings->len + 1);
		s.l->task_us = VERY_QUICK;
		g_assert_cmpuint(jp_lane_room(s.l, s.w.now_us), ==, 9 - left);
		jp_crew_feed(&s.w);
	}
	g_assert_cmpuint(s.l->ahead.length, ==, 5);
	hear(&s, s.w.endings->len + 1);
	s.l->task_us = VERY_QUICK;
	jp_crew_feed(&s.w);
	g_assert_cmpuint(jp_lane_room(s.l, s.w.now_us), ==, 4);
	jp_settle(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 8);
	g_assert_cmpint(count(&s, "done"), ==, 4);
	g_assert_cmpint(count(&s, "running"), ==, 9);
	end(&s);
}

/* Slower tasks let go of some only when they are much slower. */
static void
test_slower(void)
{
	const jp_queue_type type = type_of(1);
	struct site s;

	begin(&s, &type);
	add(&s, 9);
	s.l->task_us = VERY_QUICK;
	jp_settle(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 8);
	s.l->task_us = 5000;
	jp_crew_feed(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 8);
	s.l->task_us = 10000;
	jp_crew_feed(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 4);
	g_assert_cmpint(id_at(&s, 0), ==, 2); /* the last go back */
	s.l->task_us = 20000;
	jp_crew_feed(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 0);
	s.work.once = s.w.has_claimed = TRUE;
	jp_settle(&s.w);
	g_assert_cmpint(count(&s, "waiting"), ==, 8);
	g_assert_cmpint(raw_int(s.raw, "SELECT max(attempts) FROM task WHERE id > 1"), ==, 0);
	end(&s);
}

/* A process a task, as well. */
static void
test_processes(void)
{
	jp_queue_type type = type_of(1);
	struct site s;

	type.batch = 0;
	type.command = ending;
	begin(&s, &type);
	add(&s, 3);
	settle(&s);
	g_assert_cmpuint(s.l->ahead.length, ==, 1);
	while (s.w.endings->len == 0)
		jp_lane_reap(s.l, TRUE, s.w.now_us);
	g_assert_cmpuint(s.l->hands->len, ==, 0);
	jp_crew_feed(&s.w);
	g_assert_cmpint(in_hand(&s, 0), ==, 2);
	settle(&s);
	g_assert_cmpint(id_at(&s, 0), ==, 3);
	end(&s);
}

/* ---- given back ------------------------------------------------------------------------------ */

/* What ends it: each leaves one task in hand and one that waits as if it had not been claimed. */
static void
stop_it(struct site *s)
{
	jp_lane_stop(s->l, TRUE, s->w.now_us);
}

static void
wait_too_long(struct site *s)
{
	g_assert_cmpint(jp_lane_alarm(s->l), ==, s->l->ahead_us + G_USEC_PER_SEC);
	jp_lane_reap(s->l, FALSE, s->l->ahead_us + G_USEC_PER_SEC - 1);
	g_assert_cmpuint(s->l->ahead.length, ==, 1);
	jp_lane_reap(s->l, FALSE, s->l->ahead_us + G_USEC_PER_SEC);
	g_assert_cmpuint(jp_ahead_most(s->l), ==, 0);
}

static void
reload(struct site *s)
{
	static const char *const none[] = {"nothing", NULL};

	s->work.types = none;
	jp_crew_set(&s->w);
	s->w.every_us = G_MAXINT64;
	g_assert_true(s->l->is_over);
}

static void
pause_it(struct site *s)
{
	jp_db_begin(s->w.db, JP_TX_WRITE);
	g_assert_true(jp_queue_pause(s->w.db, "a", jp_db_now(s->w.db)));
	jp_db_commit(s->w.db);
	s->l->conf.concurrency.max = s->l->scale.n = 2; /* room for one: a claim finds it paused */
	settle(s);
}

static void
test_back(gconstpointer data)
{
	void (*const *what)(struct site *) = data;
	struct site s;

	begin_with_two(&s);
	g_assert_cmpuint(s.l->ahead.length, ==, 1);
	g_assert_cmpint(count(&s, "running"), ==, 2);
	(*what)(&s);
	g_assert_cmpuint(s.l->ahead.length, ==, 0);
	g_assert_cmpuint(s.w.endings->len, ==, 1);
	s.work.once = s.w.has_claimed = TRUE; /* nothing is claimed again */
	settle(&s);
	g_assert_cmpint(count(&s, "waiting"), ==, 1);
	g_assert_cmpint(raw_int(s.raw, "SELECT attempts FROM task WHERE state = 'waiting'"), ==, 0);
	g_assert_cmpint(in_hand(&s, 0), ==, 1);
	hear(&s, 1);
	settle(&s);
	g_assert_cmpint(count(&s, "done"), ==, 1);
	end(&s);
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void
test_renewed(void)
{
	struct site s;

	begin_with_two(&s);
	raw_do(s.raw, "UPDATE task SET due = due - 10000");
	s.w.renew_us = 0;
	settle(&s);
	g_assert_cmpint(raw_int(s.raw, "SELECT max(due) - min(due) FROM task"), ==, 0);
	g_assert_cmpint(raw_int(s.raw, "SELECT min(due) FROM task"), >,
	    jp_db_now(s.w.db) + s.t.conf->queue.lease - 10000);
	end(&s);
}

/* Whoever was stopped, by either clock, asks the database before anything begins. */
static void
test_stopped(void)
{
	const jp_queue_type type = type_of(1);

	for (int clock = 0; clock < 2; clock++) {
		struct site s;

		begin(&s, &type);
		add(&s, 3);
		settle(&s);
		hear(&s, 1);
		*(clock == 0 ? &s.w.held_us : &s.w.held_at) = 1;
		jp_crew_feed(&s.w);
		g_assert_cmpint(in_hand(&s, 0), ==, 0);
		g_assert_cmpuint(s.l->ahead.length, ==, 1);
		g_assert_true(jp_settle_is_due(&s.w));
		settle(&s);
		g_assert_cmpint(in_hand(&s, 0), ==, 2);
		end(&s);
	}
}

/* And what another has by then is none of its business. */
static void
test_robbed(void)
{
	struct site s;

	begin_with_two(&s);
	hear(&s, 1);
	rob(&s);
	s.w.held_us = s.w.renew_us = 0;
	jp_crew_feed(&s.w);
	settle(&s);
	g_assert_cmpuint(s.l->ahead.length, ==, 0);
	g_assert_cmpint(in_hand(&s, 0), ==, 0);
	g_assert_cmpint(count(&s, "running"), ==, 2); /* the other's, as they were */
	g_assert_cmpuint(s.work.n_done, ==, 0);
	end(&s);
}

/* The lease is over without a clock's having told: what comes of it is refused. */
static void
test_late(void)
{
	struct site s;

	begin_with_two(&s);
	hear(&s, 1);
	settle(&s);
	g_assert_cmpint(in_hand(&s, 0), ==, 2); /* from what was held ahead */
	rob(&s);
	hear(&s, 1);
	settle(&s);
	g_assert_cmpuint(s.work.n_done, ==, 1);
	g_assert_cmpint(count(&s, "done"), ==, 1);
	g_assert_cmpint(
	    raw_int(s.raw, "SELECT count(*) FROM task WHERE worker = 'another'"), ==, 1);
	end(&s);
}

/* Given back to somebody who has it: refused, too. */
static void
test_late_back(void)
{
	struct site s;

	begin_with_two(&s);
	rob(&s);
	jp_lane_stop(s.l, TRUE, s.w.now_us);
	settle(&s);
	g_assert_cmpint(count(&s, "running"), ==, 2);
	end(&s);
}

/* ---- the death of a handler ------------------------------------------------------------------ */

static void
test_death(void)
{
	struct site s;

	begin_with_two(&s);
	jp_handler_signal(((jp_hand *)g_ptr_array_index(s.l->hands, 0))->handler, SIGKILL);
	while (s.l->hands->len > 0)
		jp_lane_reap(s.l, TRUE, s.w.now_us);
	jp_crew_feed(&s.w);
	g_assert_cmpuint(s.l->ahead.length, ==, 0); /* no other is started for a while */
	s.work.once = s.w.has_claimed = TRUE;
	settle(&s);
	g_assert_cmpint(count(&s, "running"), ==, 0);
	g_assert_cmpint(raw_int(s.raw, "SELECT attempts FROM task WHERE id = 2"), ==, 0);
	end(&s);
}

int
main(int argc, char **argv)
{
	static void (*const ends[])(struct site *) = {stop_it, wait_too_long, reload, pause_it};

	jp_init("queue-ahead");
	(void)signal(SIGPIPE, SIG_IGN);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/ahead/room", test_room);
	g_test_add_func("/queue/ahead/room-now", test_room_now);
	g_test_add_func("/queue/ahead/learn", test_learn);
	g_test_add_func("/queue/ahead/order", test_order);
	g_test_add_func("/queue/ahead/halves", test_halves);
	g_test_add_func("/queue/ahead/slower", test_slower);
	g_test_add_func("/queue/ahead/processes", test_processes);
	g_test_add_data_func("/queue/ahead/back/stop", &ends[0], test_back);
	g_test_add_data_func("/queue/ahead/back/long", &ends[1], test_back);
	g_test_add_data_func("/queue/ahead/back/reload", &ends[2], test_back);
	g_test_add_data_func("/queue/ahead/back/pause", &ends[3], test_back);
	g_test_add_func("/queue/ahead/renewed", test_renewed);
	g_test_add_func("/queue/ahead/stopped", test_stopped);
	g_test_add_func("/queue/ahead/robbed", test_robbed);
	g_test_add_func("/queue/ahead/late", test_late);
	g_test_add_func("/queue/ahead/late-back", test_late_back);
	g_test_add_func("/queue/ahead/death", test_death);
	return g_test_run();
}
