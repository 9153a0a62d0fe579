/* Limits: rates that hold in every span of a window's length, for types, keys and subscribers;
 * concurrency; and all of it among processes. */
#include <poll.h>

#include "base/internal.h"
#include "queue.h"
#include "rawdb.h"

#define MAX_STARTS 4096

/* Within limits the claim looks at the clock itself. */
static void
set_clock(gint64 now)
{
	g_autofree char *text = jp_time_format(now);

	g_setenv("JP_CLOCK", text, TRUE);
	g_assert_true(jp_clock_init());
}

static jp_db *
begin(tmpdb *t)
{
	set_clock(NOW);
	return tmpdb_open(t);
}

static guint
claim_n(jp_db *db, const jp_queue_ask *ask, gint64 now, gint64 *again)
{
	g_autoptr(GPtrArray) tasks = NULL;

	set_clock(now);
	tasks = claim_as(db, ask, now, again);
	for (guint i = 0; i < tasks->len; i++)
		g_assert_true(end_task(db, task_at(tasks, i), JP_TASK_END_DONE, now));
	return tasks->len;
}

static void
add_plenty(jp_db *db, guint n, gint64 now)
{
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	while (n-- > 0)
		jp_queue_add(db, &(jp_task_new){.type = "a"}, now, &id);
	jp_db_commit(db);
}

/* No span of the window's length has more starts than the quota; starts are in order. */
static void
check_spans(const gint64 *starts, guint n, const jp_quotas *quotas)
{
	for (guint q = 0; q < quotas->n; q++)
		for (guint i = 0; i + (guint)quotas->rate[q].n < n; i++)
			g_assert_cmpint(starts[i + (guint)quotas->rate[q].n] - starts[i], >=,
			    quotas->rate[q].window);
}

/* ---- one process ----------------------------------------------------------------------------- */

static void
test_windows(void)
{
	static const jp_quotas quotas = {
	    .n = 3, .rate = {{5, JP_SECOND}, {12, 7 * JP_SECOND}, {40, JP_MINUTE}}};
	tmpdb t;
	jp_db *db = begin(&t);
	GRand *dice = g_rand_new_with_seed(30);
	g_autofree gint64 *starts = g_new(gint64, MAX_STARTS);
	gint64 now = NOW, again;
	guint n = 0;

	add_plenty(db, 600, NOW);
	for (int i = 0; i < 500; i++, now += g_rand_int_range(dice, 0, 3000)) {
		jp_queue_ask ask = ask_for("a", (guint)g_rand_int_range(dice, 1, 20));
		guint got;

		ask.limits.rate = &quotas;
		got = claim_n(db, &ask, now, &again);
		for (guint k = 0; k < got; k++)
			starts[n++] = now;
		if (got < ask.limit && n < 600)
			g_assert_cmpint(again, >, now);
	}
	check_spans(starts, n, &quotas);
	g_assert_cmpuint(n, >, 400); /* the windows are used */
	g_rand_free(dice);
	tmpdb_close(&t);
}

/* The time it tells is the first at which there is room. */
static void
test_again(void)
{
	static const jp_quotas quotas = {.n = 2, .rate = {{2, JP_SECOND}, {3, 10 * JP_SECOND}}};
	tmpdb t;
	jp_db *db = begin(&t);
	jp_queue_ask ask = ask_for("a", 9);
	gint64 again;

	ask.limits.rate = &quotas;
	add_plenty(db, 9, NOW);
	g_assert_cmpuint(claim_n(db, &ask, NOW, &again), ==, 2);
	g_assert_cmpint(again, ==, NOW + 1000);
	g_assert_cmpuint(claim_n(db, &ask, NOW + 999, &again), ==, 0);
	g_assert_cmpuint(claim_n(db, &ask, NOW + 1000, &again), ==, 1);
	g_assert_cmpint(again, ==, NOW + 10000);
	g_assert_cmpuint(claim_n(db, &ask, NOW + 9999, &again), ==, 0);
	g_assert_cmpuint(claim_n(db, &ask, NOW + 10000, &again), ==, 2);
	tmpdb_close(&t);
}

static void
test_clock_back(void)
{
	static const jp_quotas quotas = {.n = 1, .rate = {{2, 10 * JP_SECOND}}};
	tmpdb t;
	jp_db *db = begin(&t);
	jp_queue_ask ask = ask_for("a", 9);
	gint64 again, before = NOW - 100 * JP_DAY;

	ask.limits.rate = &quotas;
	add_plenty(db, 9, NOW);
	g_assert_cmpuint(claim_n(db, &ask, NOW, &again), ==, 2);
	g_assert_cmpuint(claim_n(db, &ask, before, &again), ==, 0);
	g_assert_cmpint(again, ==, before + 10000);
	g_assert_cmpuint(claim_n(db, &ask, before + 9999, &again), ==, 0);
	g_assert_cmpuint(claim_n(db, &ask, before + 10000, &again), ==, 2);
	tmpdb_close(&t);
}

static void
test_concurrency(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	jp_queue_ask ask = ask_for("a", 9);
	g_autoptr(GPtrArray) first = NULL, none = NULL, third = NULL;
	gint64 again;

	ask.limits.concurrency = 3;
	add_plenty(db, 9, NOW);
	first = claim_as(db, &ask, NOW, &again);
	g_assert_cmpuint(first->len, ==, 3);
	g_assert_cmpint(again, ==, NOW + LEASE);
	none = claim_as(db, &ask, NOW, NULL);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_true(end_task(db, task_at(first, 1), JP_TASK_END_DONE, NOW));
	third = claim_as(db, &ask, NOW, NULL);
	g_assert_cmpuint(third->len, ==, 1);
	tmpdb_close(&t);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* Claims one after the other while there is something now; the subscribers' letters. */
static char *
row_of(jp_db *db, jp_queue_ask *ask, gint64 now, gint64 *again)
{
	GString *row = g_string_new(NULL);

	set_clock(now);
	for (;;) {
		g_autoptr(GPtrArray) tasks = claim_as(db, ask, now, again);

		if (tasks->len == 0)
			return g_string_free(row, FALSE);
		for (guint i = 0; i < tasks->len; i++) {
			const jp_task *task = task_at(tasks, i);

			g_string_append(row, task->subscriber ? task->subscriber : "-");
			g_assert_true(end_task(db, task, JP_TASK_END_DONE, now));
		}
	}
}

static void
add_for(jp_db *db, const char *who, guint n)
{
	while (n-- > 0)
		add_task(db, &(jp_task_new){.type = "a", .subscriber = who}, NOW);
}

/* One subscriber's window stops nobody else, and what was held back keeps its turn. */
static void
test_subscriber(void)
{
	static const jp_quotas quotas = {.n = 1, .rate = {{2, 10 * JP_SECOND}}};

	for (guint limit = 1; limit < 8; limit += 3) {
		tmpdb t;
		jp_db *db = begin(&t);
		jp_queue_ask ask = ask_for("a", limit);
		gint64 again;
		g_autofree char *first = NULL, *none = NULL, *second = NULL, *third = NULL;

		ask.limits.rate_per_subscriber = &quotas;
		add_for(db, "a", 5);
		add_for(db, "b", 3);
		add_for(db, NULL, 2);
		first = row_of(db, &ask, NOW, &again);
		g_assert_cmpstr(first, ==, limit == 1 ? "ab--ab" : "ab--ab");
		g_assert_cmpint(again, ==, NOW + 10000);
		none = row_of(db, &ask, NOW + 9999, &again);
		g_assert_cmpstr(none, ==, "");
		second = row_of(db, &ask, NOW + 10000, &again);
		g_assert_cmpuint(strlen(second), >=, 2); /* the others wait behind each other */
		third = row_of(db, &ask, NOW + 60000, &again);
		g_assert_cmpuint(strlen(second) + strlen(third), ==, 4);
		tmpdb_close(&t);
	}
}

static void
test_key(void)
{
	static const jp_quotas quotas = {.n = 1, .rate = {{1, JP_MINUTE}}};
	tmpdb t;
	jp_db *db = begin(&t);
	jp_queue_ask ask = ask_for("a", 5);
	gint64 again;

	ask.limits.rate_per_key = &quotas;
	add_task(db, &(jp_task_new){.type = "a", .key = "k"}, NOW);
	g_assert_cmpuint(claim_n(db, &ask, NOW, &again), ==, 1);
	add_task(db, &(jp_task_new){.type = "a", .key = "k"}, NOW + 1000);
	add_task(db, &(jp_task_new){.type = "a", .key = "l"}, NOW + 1000);
	add_task(db, &(jp_task_new){.type = "a"}, NOW + 1000);
	g_assert_cmpuint(claim_n(db, &ask, NOW + 1000, &again), ==, 2);
	g_assert_cmpint(again, ==, NOW + JP_MINUTE);
	g_assert_cmpuint(claim_n(db, &ask, NOW + JP_MINUTE, &again), ==, 1);
	tmpdb_close(&t);
}

/* ---- among processes ------------------------------------------------------------------------- */

static const jp_quotas raced = {.n = 2, .rate = {{7, 100}, {30, 1000}}};
#define RACED_TASKS 90

/* Claims until nothing waits; at most some seconds. */
static void
race(const tmpdb *t)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_db) db = jp_db_open(t->conf, JP_DB_OPEN, &error);
	jp_queue_ask ask = ask_for("a", 3);
	gint64 until = jp_monotonic_us() + 60 * G_USEC_PER_SEC, again = 0;

	ask.limits.rate = &raced;
	while (again != JP_QUEUE_NEVER && jp_monotonic_us() < until) {
		g_autoptr(GPtrArray) tasks = claim_as(db, &ask, jp_db_now(db), &again);

		for (guint i = 0; i < tasks->len; i++)
			end_task(db, task_at(tasks, i), JP_TASK_END_DONE, jp_db_now(db));
		if (tasks->len == 0)
			(void)poll(NULL, 0, 1); /* the clock goes on */
	}
}

static void
test_race(void)
{
	tmpdb t;
	jp_db *db;
	g_autofree gint64 *starts = g_new(gint64, MAX_STARTS);
	rawdb *raw;
	guint n = 0;
	int status;

	g_unsetenv("JP_CLOCK");
	g_assert_true(jp_clock_init());
	db = tmpdb_open(&t);
	add_plenty(db, RACED_TASKS, jp_db_now(db));
	g_clear_pointer(&t.db, jp_db_close);
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			race(&t);
			_exit(0);
		}
	while (wait(&status) > 0)
		g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	raw = raw_open(&t);
	for (; n < RACED_TASKS; n++) {
		g_autofree char *sql =
		    g_strdup_printf("SELECT started_at FROM task WHERE state = 'done' "
				    "ORDER BY started_at LIMIT 1 OFFSET %u",
			n);

		starts[n] = raw_int(raw, sql);
	}
	raw_close(raw);
	g_assert_cmpint(starts[0], >, 0); /* all ran */
	check_spans(starts, n, &raced);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("queue-rate");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/rate/windows", test_windows);
	g_test_add_func("/queue/rate/again", test_again);
	g_test_add_func("/queue/rate/clock-back", test_clock_back);
	g_test_add_func("/queue/rate/concurrency", test_concurrency);
	g_test_add_func("/queue/rate/subscriber", test_subscriber);
	g_test_add_func("/queue/rate/key", test_key);
	g_test_add_func("/queue/rate/race", test_race);
	return g_test_run();
}
