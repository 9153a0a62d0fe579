/* The life of a task: added, claimed, ended; leases; attempts; keys. */
#include "queue.h"
#include "rawdb.h"
#include "tmpdb.h"

static jp_db *
begin(tmpdb *t)
{
	g_setenv("JP_CLOCK", "2026-09-21T13:46:40Z", TRUE);
	return tmpdb_open(t);
}

static void
test_done(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 id = add_task(db,
	    &(jp_task_new){.type = "email", .payload = "{\"to\":1}", .key = "k", .subscriber = "7"},
	    NOW);
	g_autoptr(GPtrArray) tasks = claim_some(db, "email", 10, NOW);
	const jp_task *task = task_at(tasks, 0);

	g_assert_cmpuint(tasks->len, ==, 1);
	g_assert_cmpint(task->id, ==, id);
	g_assert_cmpint(task->attempt, ==, 1);
	g_assert_cmpint(task->max_attempts, ==, ATTEMPTS);
	g_assert_cmpint(task->lease_until, ==, NOW + LEASE);
	g_assert_cmpint(task->created_at, ==, NOW);
	g_assert_cmpint(task->run_at, ==, NOW);
	g_assert_cmpstr(task->type, ==, "email");
	g_assert_cmpstr(task->payload, ==, "{\"to\":1}");
	g_assert_cmpuint(task->payload_len, ==, strlen(task->payload));
	g_assert_cmpstr(task->key, ==, "k");
	g_assert_cmpstr(task->subscriber, ==, "7");
	g_assert_cmpint(claim_id(db, "email", NOW), ==, 0);
	g_assert_true(end_task(db, task, JP_TASK_END_DONE, NOW + 1));
	g_assert_false(end_task(db, task, JP_TASK_END_DONE, NOW + 2));
	g_assert_cmpint(claim_id(db, "email", NOW + 2 * LEASE), ==, 0);
	tmpdb_close(&t);
}

static void
test_other_type(void)
{
	tmpdb t;
	jp_db *db = begin(&t);

	add_plain(db, "match", NOW);
	g_assert_cmpint(claim_id(db, "email", NOW), ==, 0);
	g_assert_cmpint(claim_id(db, "match", NOW), >, 0);
	tmpdb_close(&t);
}

static void
test_delayed(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 again, id = add_task(db, &(jp_task_new){.type = "a", .run_at = NOW + 5000}, NOW);
	jp_queue_ask ask = ask_for("a", 1);
	g_autoptr(GPtrArray) none = claim_as(db, &ask, NOW + 4999, &again);

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpint(again, ==, NOW + 5000);
	g_assert_cmpint(claim_id(db, "a", NOW + 5000), ==, id);
	tmpdb_close(&t);
}

static void
test_retry(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 id = add_plain(db, "a", NOW);
	g_autoptr(GPtrArray) first = claim_some(db, "a", 1, NOW), second = NULL;

	g_assert_true(end_task(db, task_at(first, 0), JP_TASK_END_RETRY, NOW));
	g_assert_cmpint(claim_id(db, "a", NOW + JP_MINUTE - 1), ==, 0);
	second = claim_some(db, "a", 1, NOW + JP_MINUTE);
	g_assert_cmpint(task_at(second, 0)->id, ==, id);
	g_assert_cmpint(task_at(second, 0)->attempt, ==, 2);
	g_assert_true(end_task(db, task_at(second, 0), JP_TASK_END_DEAD, NOW + JP_MINUTE));
	g_assert_cmpint(claim_id(db, "a", NOW + JP_DAY), ==, 0);
	tmpdb_close(&t);
}

/* A task tried again after its last attempt is dead, whoever says so: its own number counts, else
 * the caller's. */
static void
test_last_attempt(void)
{
	static const struct {
		gint64 own, of_type, attempts;
	} cases[] = {{0, 1, 1}, {0, 2, 2}, {1, 5, 1}, {3, 1, 3}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		tmpdb t;
		jp_db *db = begin(&t);
		gint64 now = NOW;
		jp_task_end e = {.outcome = JP_TASK_END_DONE};

		e.id = add_task(db, &(jp_task_new){.type = "a", .max_attempts = cases[i].own}, NOW);
		for (gint64 n = 1; n <= cases[i].attempts; n++, now += JP_MINUTE) {
			g_assert_cmpint(claim_id(db, "a", now), ==, e.id);
			e = (jp_task_end){.id = e.id,
			    .lease_no = n,
			    .outcome = JP_TASK_END_RETRY,
			    .run_at = now + JP_MINUTE,
			    .max_attempts = cases[i].of_type};
			jp_db_begin(db, JP_TX_DURABLE);
			g_assert_cmpuint(jp_queue_finish(db, &e, 1, now), ==, 1);
			jp_db_commit(db);
			g_assert_cmpint(e.outcome, ==,
			    n < cases[i].attempts ? JP_TASK_END_RETRY : JP_TASK_END_DEAD);
		}
		g_assert_cmpint(claim_id(db, "a", now + JP_DAY), ==, 0);
		g_assert_cmpint(jp_queue_matching(db, &(jp_queue_filter){.state = "dead"}), ==, 1);
		tmpdb_close(&t);
	}
}

static void
test_back(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 id = add_plain(db, "a", NOW);
	g_autoptr(GPtrArray) first = NULL, second = NULL;

	add_plain(db, "a", NOW + 1);
	first = claim_some(db, "a", 1, NOW + 2);
	g_assert_true(end_task(db, task_at(first, 0), JP_TASK_END_BACK, NOW + 3));
	second = claim_some(db, "a", 1, NOW + 4);
	g_assert_cmpint(task_at(second, 0)->id, ==, id);
	g_assert_cmpint(task_at(second, 0)->attempt, ==, 1);
	g_assert_cmpint(task_at(second, 0)->lease_no, ==, 2);
	tmpdb_close(&t);
}

/* ---- many ended at once ---------------------------------------------------------------------- */

#define MANY 9

/* Has MANY tasks, claimed; the first two for the second time. */
static GPtrArray *
claim_many(jp_db *db)
{
	g_autoptr(GPtrArray) first = NULL;
	GPtrArray *tasks;

	for (guint i = 0; i < MANY; i++)
		add_plain(db, "a", NOW + i);
	first = claim_some(db, "a", 2, NOW + MANY);
	for (guint i = 0; i < 2; i++)
		g_assert_true(end_task(db, task_at(first, i), JP_TASK_END_BACK, NOW + MANY));
	tasks = claim_some(db, "a", MANY, NOW + MANY);
	g_assert_cmpuint(tasks->len, ==, MANY);
	for (guint i = 0; i < MANY; i++)
		g_assert_cmpint(task_at(tasks, i)->lease_no, ==, i < 2 ? 2 : 1);
	return tasks;
}

static void
end_many(jp_db *db, const GPtrArray *tasks, jp_task_end *ends, guint n_accepted)
{
	for (guint i = 0; i < MANY; i++) {
		ends[i].id = task_at(tasks, i)->id;
		ends[i].lease_no += task_at(tasks, i)->lease_no;
		ends[i].run_at = NOW + JP_HOUR;
		ends[i].max_attempts = ATTEMPTS;
	}
	jp_db_begin(db, JP_TX_DURABLE);
	g_assert_cmpuint(jp_queue_finish(db, ends, MANY, NOW + 100), ==, n_accepted);
	jp_db_commit(db);
}

static gint64
count(jp_db *db, const char *state)
{
	return jp_queue_matching(db, &(jp_queue_filter){.state = state});
}

/* Each in its own way, and with what it says. */
static void
test_many(void)
{
	jp_task_end ends[MANY] = {[3].result = "{\"n\":3}",
	    [4].outcome = JP_TASK_END_RETRY,
	    [5].outcome = JP_TASK_END_DEAD,
	    [6].outcome = JP_TASK_END_BACK};
	tmpdb t;
	jp_db *db = begin(&t);
	g_autoptr(GPtrArray) tasks = claim_many(db);

	end_many(db, tasks, ends, MANY);
	for (guint i = 0; i < MANY; i++)
		g_assert_true(ends[i].accepted);
	g_assert_cmpint(count(db, "done"), ==, 6);
	g_assert_cmpint(count(db, "delayed"), ==, 1);
	g_assert_cmpint(count(db, "dead"), ==, 1);
	g_assert_cmpint(count(db, "waiting"), ==, 1);
	end_many(db, tasks, memset(ends, 0, sizeof(ends)), 6); /* done, in this very moment */
	tmpdb_close(&t);
}

/* Those whose lease is over, is another's or had another number are refused, and no others. */
static void
test_many_late(void)
{
	jp_task_end ends[MANY] = {[1].lease_no = -1, [2].lease_no = 1, [8].lease_no = -1};
	static const gboolean accepted[MANY] = {1, 0, 0, 1, 0, 1, 0, 1, 0};
	tmpdb t;
	jp_db *db = begin(&t);
	rawdb *raw = raw_open(&t);
	g_autoptr(GPtrArray) tasks = claim_many(db);
	g_autofree char *lapse =
	    g_strdup_printf("UPDATE task SET due = %" G_GINT64_FORMAT " WHERE id = 5", NOW + 100);

	raw_do(raw, lapse);
	raw_do(raw, "UPDATE task SET worker = 'another' WHERE id = 7");
	end_many(db, tasks, ends, 4);
	for (guint i = 0; i < MANY; i++)
		g_assert_cmpint(ends[i].accepted, ==, accepted[i]);
	g_assert_cmpint(count(db, "done"), ==, 4);
	g_assert_cmpint(count(db, "running"), ==, MANY - 4);
	raw_close(raw);
	tmpdb_close(&t);
}

/* Ended by hand or by another meanwhile: all are refused, and stay as they are. */
static void
test_many_refused(void)
{
	static const char *const states[] = {"waiting", "delayed", "done", "dead", "buried"};

	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		jp_task_end ends[MANY] = {{0}};
		tmpdb t;
		jp_db *db = begin(&t);
		rawdb *raw = raw_open(&t);
		g_autoptr(GPtrArray) tasks = claim_many(db);
		g_autofree char *sql = g_strdup_printf("UPDATE task SET state = '%s'", states[i]);

		raw_do(raw, sql);
		end_many(db, tasks, ends, 0);
		g_assert_cmpint(count(db, states[i]), ==, MANY);
		raw_close(raw);
		tmpdb_close(&t);
	}
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void
test_late(void)
{
	static const jp_task_outcome outcomes[] = {
	    JP_TASK_END_DONE, JP_TASK_END_RETRY, JP_TASK_END_DEAD, JP_TASK_END_BACK};

	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		tmpdb t;
		jp_db *db = begin(&t);
		gint64 id = add_plain(db, "a", NOW);
		g_autoptr(GPtrArray) mine = claim_some(db, "a", 1, NOW), theirs = NULL;
		jp_task_lease lease = {task_at(mine, 0)->id, task_at(mine, 0)->lease_no, TRUE};

		g_assert_false(end_task(db, task_at(mine, 0), outcomes[i], NOW + LEASE));
		jp_db_begin(db, JP_TX_WRITE);
		g_assert_cmpuint(
		    jp_queue_renew(db, &lease, 1, NOW + 9 * LEASE, NOW + LEASE), ==, 0);
		jp_db_commit(db);
		g_assert_false(lease.held);
		theirs = claim_some(db, "a", 1, NOW + LEASE);
		g_assert_cmpint(task_at(theirs, 0)->id, ==, id);
		g_assert_cmpint(task_at(theirs, 0)->attempt, ==, 2);
		g_assert_false(end_task(db, task_at(mine, 0), outcomes[i], NOW + LEASE + 1));
		g_assert_true(end_task(db, task_at(theirs, 0), JP_TASK_END_DONE, NOW + LEASE + 1));
		g_assert_false(end_task(db, task_at(mine, 0), outcomes[i], NOW + LEASE + 2));
		tmpdb_close(&t);
	}
}

static void
test_renew(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	g_autoptr(GPtrArray) mine = NULL;
	jp_task_lease lease;
	gint64 again;
	jp_queue_ask ask = ask_for("a", 1);
	g_autoptr(GPtrArray) none = NULL;

	add_plain(db, "a", NOW);
	mine = claim_some(db, "a", 1, NOW);
	lease = (jp_task_lease){task_at(mine, 0)->id, task_at(mine, 0)->lease_no, FALSE};
	jp_db_begin(db, JP_TX_WRITE);
	g_assert_cmpuint(jp_queue_renew(db, &lease, 1, NOW + 2 * LEASE, NOW + LEASE - 1), ==, 1);
	jp_db_commit(db);
	g_assert_true(lease.held);
	none = claim_as(db, &ask, NOW + LEASE, &again);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpint(again, ==, NOW + 2 * LEASE);
	g_assert_true(end_task(db, task_at(mine, 0), JP_TASK_END_DONE, NOW + 2 * LEASE - 1));
	tmpdb_close(&t);
}

static void
test_lost(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 id = add_plain(db, "a", NOW), now = NOW;

	for (guint i = 0; i < ATTEMPTS; i++, now += LEASE)
		g_assert_cmpint(claim_id(db, "a", now), ==, id);
	g_assert_cmpint(claim_id(db, "a", now), ==, 0);
	g_assert_cmpint(claim_id(db, "a", now + JP_DAY), ==, 0);
	tmpdb_close(&t);
}

/* A clock put back must not make a lease endless, nor take it away at once. */
static void
test_clock_back(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 before = NOW - 400 * JP_DAY, id = add_plain(db, "a", NOW), again;
	jp_queue_ask ask = ask_for("a", 1);
	g_autoptr(GPtrArray) none = NULL;

	g_assert_cmpint(claim_id(db, "a", NOW), ==, id);
	none = claim_as(db, &ask, before, &again);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpint(again, ==, before + JP_QUEUE_MAX_LEASE);
	g_assert_cmpint(claim_id(db, "a", again - 1), ==, 0);
	g_assert_cmpint(claim_id(db, "a", again), ==, id);
	tmpdb_close(&t);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static jp_queue_added
add_key(jp_db *db, jp_queue_clash clash, const char *payload, gint64 run_at, gint64 *id)
{
	jp_task_new task = {
	    .type = "a", .key = "k", .payload = payload, .clash = clash, .run_at = run_at};
	jp_queue_added added;

	jp_db_begin(db, JP_TX_WRITE);
	added = jp_queue_add(db, &task, NOW, id);
	jp_db_commit(db);
	return added;
}

static void
test_key(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 first, id;
	g_autoptr(GPtrArray) mine = NULL;

	g_assert_cmpint(add_key(db, JP_QUEUE_FAIL, "1", NOW + 10, &first), ==, JP_QUEUE_ADDED);
	g_assert_cmpint(add_key(db, JP_QUEUE_FAIL, "2", 0, &id), ==, JP_QUEUE_CLASHED);
	g_assert_cmpint(id, ==, first);
	g_assert_cmpint(add_key(db, JP_QUEUE_SKIP, "3", 0, &id), ==, JP_QUEUE_SKIPPED);
	g_assert_cmpint(id, ==, first);
	g_assert_cmpint(add_key(db, JP_QUEUE_REPLACE, "4", 0, &id), ==, JP_QUEUE_REPLACED);
	g_assert_cmpint(id, ==, first);
	mine = claim_some(db, "a", 2, NOW);
	g_assert_cmpuint(mine->len, ==, 1);
	g_assert_cmpstr(task_at(mine, 0)->payload, ==, "4");
	g_assert_cmpint(add_key(db, JP_QUEUE_REPLACE, "5", 0, &id), ==, JP_QUEUE_CLASHED);
	g_assert_cmpint(add_key(db, JP_QUEUE_SKIP, "6", 0, &id), ==, JP_QUEUE_SKIPPED);
	g_assert_true(end_task(db, task_at(mine, 0), JP_TASK_END_DONE, NOW));
	g_assert_cmpint(add_key(db, JP_QUEUE_FAIL, "7", 0, &id), ==, JP_QUEUE_ADDED);
	g_assert_cmpint(id, !=, first);
	tmpdb_close(&t);
}

static void
test_rollback(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	jp_queue_add(db, &(jp_task_new){.type = "a"}, NOW, &id);
	jp_db_rollback(db);
	g_assert_cmpint(claim_id(db, "a", NOW), ==, 0);
	tmpdb_close(&t);
}

/* ---- types ----------------------------------------------------------------------------------- */

static void
test_pause(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	const char *const types[] = {"a", NULL};
	jp_queue_counts counts;

	add_plain(db, "a", NOW);
	jp_db_begin(db, JP_TX_WRITE);
	g_assert_true(jp_queue_pause(db, "a", NOW));
	g_assert_false(jp_queue_pause(db, "a", NOW));
	jp_db_commit(db);
	g_assert_cmpint(claim_id(db, "a", NOW), ==, 0);
	g_assert_cmpint(jp_queue_next_at(db, types, NOW), ==, JP_QUEUE_NEVER);
	jp_queue_count(db, "a", NOW, &counts);
	g_assert_true(counts.is_paused);
	jp_db_begin(db, JP_TX_WRITE);
	g_assert_true(jp_queue_resume(db, "a"));
	g_assert_false(jp_queue_resume(db, "a"));
	jp_db_commit(db);
	g_assert_cmpint(jp_queue_next_at(db, types, NOW), ==, NOW);
	g_assert_cmpint(claim_id(db, "a", NOW), >, 0);
	tmpdb_close(&t);
}

static void
test_counts(void)
{
	tmpdb t;
	jp_db *db = begin(&t);
	const char *const types[] = {"b", "a", NULL};
	jp_queue_counts c;

	jp_queue_count(db, "a", NOW, &c);
	g_assert_cmpint(c.waiting + c.running, ==, 0);
	g_assert_cmpint(c.next_run_at, ==, JP_NO_TIME);
	g_assert_cmpint(jp_queue_next_at(db, types, NOW), ==, JP_QUEUE_NEVER);
	add_task(db, &(jp_task_new){.type = "a", .run_at = NOW + 100}, NOW);
	g_assert_cmpint(jp_queue_next_at(db, types, NOW), ==, NOW + 100);
	jp_queue_count(db, "a", NOW + 100, &c);
	g_assert_cmpint(c.waiting, ==, 1);
	g_assert_cmpint(c.next_run_at, ==, NOW + 100);
	add_plain(db, "a", NOW);
	add_plain(db, "a", NOW + 1);
	g_assert_cmpint(claim_id(db, "a", NOW + 2), >, 0);
	jp_queue_count(db, "a", NOW + 2, &c);
	g_assert_cmpint(c.waiting, ==, 1);
	g_assert_cmpint(c.running, ==, 1);
	g_assert_cmpint(c.next_run_at, ==, NOW + 1);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("queue-life");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/life/done", test_done);
	g_test_add_func("/queue/life/type", test_other_type);
	g_test_add_func("/queue/life/delayed", test_delayed);
	g_test_add_func("/queue/life/retry", test_retry);
	g_test_add_func("/queue/life/last-attempt", test_last_attempt);
	g_test_add_func("/queue/life/back", test_back);
	g_test_add_func("/queue/many/each in its own way", test_many);
	g_test_add_func("/queue/many/some are late", test_many_late);
	g_test_add_func("/queue/many/all are refused", test_many_refused);
	g_test_add_func("/queue/lease/late", test_late);
	g_test_add_func("/queue/lease/renew", test_renew);
	g_test_add_func("/queue/lease/lost", test_lost);
	g_test_add_func("/queue/lease/clock-back", test_clock_back);
	g_test_add_func("/queue/key/clash", test_key);
	g_test_add_func("/queue/key/rollback", test_rollback);
	g_test_add_func("/queue/type/pause", test_pause);
	g_test_add_func("/queue/type/counts", test_counts);
	return g_test_run();
}
