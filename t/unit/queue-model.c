/*
 * The hand-over of leases, checked exhaustively: three workers and the clock do everything they can
 * do with one task, in every order, up to some steps; after each step the promises of queue.h hold.
 * States that were seen before are not gone on from: those that differ in nothing but the workers'
 * names are one.
 *
 * Every order is played in a transaction that is rolled back.  The workers share a name here, so
 * that the lease's number alone must keep them apart; that the name does so, too, is the last case.
 */
#include <stdlib.h>

#include "queue.h"
#include "rawdb.h"

enum { WORKERS = 3, MAX_STEPS = 12, TRIES = 3, TICKS = 8 };
#define TICK (LEASE / 2)

enum act { CLAIM, BEGIN, DONE, DONE_TOGETHER, RETRY, BACK, RENEW, N_ACTS };

/* What the workers believe, and what was promised to them. */
struct world {
	gint64 now;
	struct {
		gboolean believes; /* has claimed and not said the end */
		gint64 lease_no;
		gint64 sure_until; /* begins what it claimed ahead before that, see jp_crew_feed */
	} worker[WORKERS];
	gint64 owner, owner_until; /* by the rules: who holds the lease; -1: nobody */
	guint n_done, n_claims;
};

static tmpdb site;
static gint64 task_id;
static GHashTable *seen;
static guint n_orders, n_steps; /* so many at most */

static gboolean
holds(const struct world *w, int k)
{
	return w->owner == k && w->now < w->owner_until;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void
claim(struct world *w, int k)
{
	g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	jp_queue_ask ask = ask_for("a", 1);
	const jp_task *task;

	ask.max_attempts = TRIES;
	if (jp_queue_claim(site.db, &ask, w->now, tasks, NULL) == 0)
		return;
	task = task_at(tasks, 0);
	/* Nobody else holds it, it was not acknowledged, and an attempt was left. */
	g_assert_false(w->owner >= 0 && w->now < w->owner_until);
	g_assert_cmpuint(w->n_done, ==, 0);
	g_assert_cmpint(task->attempt, <=, TRIES);
	for (int i = 0; i < WORKERS; i++)
		g_assert_cmpint(task->lease_no, >, w->worker[i].lease_no);
	w->worker[k].believes = TRUE;
	w->worker[k].lease_no = task->lease_no;
	w->worker[k].sure_until = w->now + LEASE / 2;
	w->owner = k;
	w->owner_until = w->now + LEASE;
	w->n_claims++;
}

/* What a worker says goes together with the same of a task that nobody has, or alone. */
static void
end(struct world *w, int k, jp_task_outcome outcome, gboolean together)
{
	jp_task_end e = {.id = task_id,
	    .lease_no = w->worker[k].lease_no,
	    .outcome = outcome,
	    .run_at = w->now + TICK,
	    .max_attempts = TRIES};
	jp_task_end ends[] = {e, e};

	ends[1].id = task_id + 1;
	jp_queue_finish(site.db, ends, together ? 2 : 1, w->now);
	/* Accepted if, and only if, the lease is this worker's now. */
	g_assert_cmpint(ends[0].accepted, ==, holds(w, k));
	g_assert_false(ends[1].accepted);
	w->worker[k].believes = FALSE;
	if (!ends[0].accepted)
		return;
	w->n_done += outcome == JP_TASK_END_DONE;
	w->n_claims -= outcome == JP_TASK_END_BACK;
	w->owner = -1;
}

static void
renew(struct world *w, int k)
{
	jp_task_lease lease = {task_id, w->worker[k].lease_no, FALSE};

	jp_queue_renew(site.db, &lease, 1, w->now + LEASE, w->now);
	g_assert_cmpint(lease.held, ==, holds(w, k));
	if (!lease.held)
		return;
	w->owner_until = w->now + LEASE;
	w->worker[k].sure_until = w->now + LEASE / 2;
}

/* A handler is given what was claimed some time ago, without a look at the database. */
static gboolean
begin(const struct world *w, int k)
{
	if (w->now >= w->worker[k].sure_until)
		return FALSE;
	g_assert_true(holds(w, k));
	g_assert_cmpuint(w->n_done, ==, 0);
	return TRUE;
}

/* The clock, or what a worker does; FALSE when it can do nothing of the kind. */
static gboolean
step(struct world *w, int move)
{
	int k = move / N_ACTS;

	if (k == WORKERS) {
		w->now += TICK;
		return w->now <= NOW + TICKS * TICK;
	}
	if (move % N_ACTS == CLAIM) {
		claim(w, k);
		return TRUE;
	}
	if (!w->worker[k].believes)
		return FALSE;
	switch ((enum act)(move % N_ACTS)) {
	case CLAIM:
		break;
	case BEGIN:
		return begin(w, k);
	case DONE:
		end(w, k, JP_TASK_END_DONE, FALSE);
		break;
	case DONE_TOGETHER:
		end(w, k, JP_TASK_END_DONE, TRUE);
		break;
	case RETRY:
		end(w, k, JP_TASK_END_RETRY, FALSE);
		break;
	case BACK:
		end(w, k, JP_TASK_END_BACK, FALSE);
		break;
	case RENEW:
		renew(w, k);
		break;
	case N_ACTS:
		return FALSE;
	}
	return TRUE;
}

/* ---- all orders ------------------------------------------------------------------------------ */

static int
by_value(gconstpointer a, gconstpointer b)
{
	return *(const int *)a - *(const int *)b;
}

/* The state of the row and of the world as a word: leases by their age and workers in any order, so
 * that equal states meet. */
static char *
describe(const struct world *w, guint left)
{
	GString *s = g_string_new(NULL);
	g_autoptr(jp_rows) r = jp_db_query(site.db, JP_SQL_TASK_SHOW, JP_ARGS(JP_INT(task_id)));
	gint64 lease_no;
	int kinds[WORKERS];

	g_assert_true(jp_rows_next(r)); /* never lost */
	lease_no = jp_rows_int(r, JP_COL_TASK_SHOW_LEASE_NO);
	g_string_printf(s, "%s %d %d %u %d ", jp_rows_text(r, JP_COL_TASK_SHOW_STATE),
	    (int)(jp_rows_int(r, JP_COL_TASK_SHOW_DUE) - w->now) / (int)TICK,
	    (int)jp_rows_int(r, JP_COL_TASK_SHOW_ATTEMPTS), left, (int)((w->now - NOW) / TICK));
	for (int k = 0; k < WORKERS; k++)
		kinds[k] = (int)(lease_no - w->worker[k].lease_no) * 4 +
		    2 * (w->worker[k].sure_until > w->now) + w->worker[k].believes;
	qsort(kinds, WORKERS, sizeof(*kinds), by_value);
	for (int k = 0; k < WORKERS; k++)
		g_string_append_printf(s, "%d ", kinds[k]);
	return g_string_free(s, FALSE);
}

/* Attempts count claims; what is not done can be claimed again or has no attempt left. */
static void
check_row(const struct world *w)
{
	g_autoptr(jp_rows) r = jp_db_query(site.db, JP_SQL_TASK_SHOW, JP_ARGS(JP_INT(task_id)));
	const char *state;
	gint64 attempts;

	g_assert_true(jp_rows_next(r));
	state = jp_rows_text(r, JP_COL_TASK_SHOW_STATE);
	attempts = jp_rows_int(r, JP_COL_TASK_SHOW_ATTEMPTS);
	g_assert_cmpint(attempts, ==, w->n_claims);
	g_assert_cmpuint(w->n_done, <=, 1);
	g_assert_cmpint(w->n_done == 1, ==, g_str_equal(state, "done"));
	if (g_str_equal(state, "dead"))
		g_assert_cmpint(attempts, ==, TRIES);
}

static void
play(const int *moves, guint n, struct world *w, gboolean *possible)
{
	*w = (struct world){.now = NOW, .owner = -1};
	*possible = TRUE;
	for (guint i = 0; i < n && *possible; i++)
		*possible = step(w, moves[i]);
}

static void
explore(int *moves, guint n)
{
	for (int move = 0; move < WORKERS * N_ACTS + 1; move++) {
		struct world w;
		gboolean possible, is_new = FALSE;
		char *word;

		moves[n] = move;
		jp_db_begin(site.db, JP_TX_WRITE);
		play(moves, n + 1, &w, &possible);
		if (possible) {
			n_orders++;
			check_row(&w);
			word = describe(&w, n_steps - n);
			is_new = g_hash_table_add(seen, word);
		}
		jp_db_rollback(site.db);
		if (is_new && n + 1 < n_steps)
			explore(moves, n + 1);
	}
}

static void
test_model(void)
{
	int moves[MAX_STEPS];

	if (tmpdb_skips())
		return;
	g_setenv("JP_CLOCK", "2026-09-21T13:46:40Z", TRUE);
	tmpdb_open(&site);
	g_unsetenv("JP_TEST_STRICT");
	tmpdb_reopen(&site, JP_DB_OPEN);
	seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	task_id = add_plain(site.db, "a", NOW);
	n_steps = g_getenv("JP_SOAK") ? MAX_STEPS : 8;
	explore(moves, 0);
	g_test_message("%u orders, %u states", n_orders, g_hash_table_size(seen));
	g_assert_cmpuint(n_orders, >, 1000);
	g_hash_table_unref(seen);
	tmpdb_close(&site);
}

/* The right number under another name is refused. */
static void
test_name(void)
{
	tmpdb t;
	jp_db *db;
	rawdb *raw;
	g_autoptr(GPtrArray) mine = NULL;
	jp_task_lease lease;

	g_setenv("JP_CLOCK", "2026-09-21T13:46:40Z", TRUE);
	db = tmpdb_open(&t);
	add_plain(db, "a", NOW);
	mine = claim_some(db, "a", 1, NOW);
	raw = raw_open(&t);
	raw_do(raw, "UPDATE task SET worker = 'another'");
	raw_close(raw);
	lease = (jp_task_lease){task_at(mine, 0)->id, task_at(mine, 0)->lease_no, TRUE};
	g_assert_false(end_task(db, task_at(mine, 0), JP_TASK_END_DONE, NOW));
	g_assert_false(end_task(db, task_at(mine, 0), JP_TASK_END_RETRY, NOW));
	g_assert_false(end_task(db, task_at(mine, 0), JP_TASK_END_DEAD, NOW));
	g_assert_false(end_task(db, task_at(mine, 0), JP_TASK_END_BACK, NOW));
	jp_db_begin(db, JP_TX_WRITE);
	g_assert_cmpuint(jp_queue_renew(db, &lease, 1, NOW + LEASE, NOW), ==, 0);
	jp_db_commit(db);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("queue-model");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/model/leases", test_model);
	g_test_add_func("/queue/model/name", test_name);
	return g_test_run();
}
