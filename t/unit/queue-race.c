/* Many processes on one database: a hundred add, eight work, and each task is done once. */
#include "queue.h"
#include "rawdb.h"

enum { WORKERS = 8, TASKS = 400, ADDERS = 100, EACH = 3 };

static jp_db *
open_site(const tmpdb *t)
{
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(t->conf, JP_DB_OPEN, &error);

	g_assert_no_error(error);
	return db;
}

static void
begin(tmpdb *t)
{
	g_unsetenv("JP_CLOCK");
	tmpdb_open(t);
	g_clear_pointer(&t->db, jp_db_close);
}

static void
wait_for_all(void)
{
	int status;

	while (wait(&status) > 0)
		g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
say(int fd, gint64 id)
{
	g_assert_cmpint(write(fd, &id, sizeof(id)), ==, sizeof(id)); /* whole, being short */
}

/* How often each id was said. */
static GHashTable *
hear(int fd, guint *n)
{
	GHashTable *ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	gint64 id;

	for (*n = 0; read(fd, &id, sizeof(id)) == sizeof(id); (*n)++)
		g_hash_table_add(ids, g_memdup2(&id, sizeof(id)));
	return ids;
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void
add_some(const tmpdb *t, int fd)
{
	g_autoptr(jp_db) db = open_site(t);
	gint64 id;

	for (int i = 0; i < EACH; i++) {
		jp_db_begin(db, JP_TX_DURABLE);
		g_assert_cmpint(jp_queue_add(db, &(jp_task_new){.type = "a"}, jp_db_now(db), &id),
		    ==, JP_QUEUE_ADDED);
		jp_db_commit(db);
		say(fd, id);
	}
}

static void
test_adders(void)
{
	tmpdb t;
	rawdb *raw;
	g_autoptr(GHashTable) ids = NULL;
	guint n, adders;
	int fds[2];

	begin(&t);
	adders = t.server ? 30 : ADDERS; /* a server has so many connections */
	g_assert_cmpint(pipe(fds), ==, 0);
	for (guint i = 0; i < adders; i++)
		if (fork() == 0) {
			add_some(&t, fds[1]);
			_exit(0);
		}
	close(fds[1]);
	ids = hear(fds[0], &n);
	wait_for_all();
	g_assert_cmpuint(n, ==, adders * EACH);
	g_assert_cmpuint(g_hash_table_size(ids), ==, n);
	raw = raw_open(&t);
	g_assert_cmpint(raw_int(raw, "SELECT count(*) FROM task"), ==, n);
	raw_close(raw);
	close(fds[0]);
	tmpdb_close(&t);
}

/* Of many with the same key one is added. */
static void
add_same(const tmpdb *t, int fd)
{
	g_autoptr(jp_db) db = open_site(t);
	gint64 id;

	jp_db_begin(db, JP_TX_DURABLE);
	if (jp_queue_add(db, &(jp_task_new){.type = "a", .key = "k"}, jp_db_now(db), &id) ==
	    JP_QUEUE_ADDED)
		say(fd, id);
	jp_db_commit(db);
}

static void
test_same_key(void)
{
	tmpdb t;
	g_autoptr(GHashTable) ids = NULL;
	guint n;
	int fds[2];

	begin(&t);
	g_assert_cmpint(pipe(fds), ==, 0);
	for (int i = 0; i < 20; i++)
		if (fork() == 0) {
			add_same(&t, fds[1]);
			_exit(0);
		}
	close(fds[1]);
	ids = hear(fds[0], &n);
	wait_for_all();
	g_assert_cmpuint(n, ==, 1);
	close(fds[0]);
	tmpdb_close(&t);
}

/* ---- working --------------------------------------------------------------------------------- */

/* Claims, has some fail once, and ends what it has together with the next claim. */
static void
work_all(const tmpdb *t, int fd)
{
	g_autoptr(jp_db) db = open_site(t);
	g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	jp_queue_ask ask = ask_for("a", 5);
	gint64 again = 0;

	while (again != JP_QUEUE_NEVER || tasks->len > 0) {
		jp_task_end ends[5] = {{0}};
		guint n = tasks->len;
		gint64 now;

		jp_db_begin(db, JP_TX_DURABLE);
		now = jp_db_now(db);
		for (guint i = 0; i < n; i++) {
			const jp_task *task = task_at(tasks, i);
			gboolean fails = task->attempt == 1 && task->id % 10 == 0;

			ends[i] = (jp_task_end){.id = task->id,
			    .lease_no = task->lease_no,
			    .run_at = now,
			    .max_attempts = task->max_attempts,
			    .outcome = fails ? JP_TASK_END_RETRY : JP_TASK_END_DONE};
		}
		g_assert_cmpuint(jp_queue_finish(db, ends, n, now), ==, n);
		g_ptr_array_set_size(tasks, 0);
		jp_queue_claim(db, &ask, now, tasks, &again);
		jp_db_commit(db);
		for (guint i = 0; i < n; i++)
			if (ends[i].outcome == JP_TASK_END_DONE)
				say(fd, ends[i].id);
	}
}

static void
test_workers(void)
{
	tmpdb t;
	rawdb *raw;
	g_autoptr(GHashTable) ids = NULL;
	guint n;
	int fds[2];

	begin(&t);
	t.db = open_site(&t);
	for (int i = 0; i < TASKS; i++)
		add_plain(t.db, "a", jp_db_now(t.db));
	g_clear_pointer(&t.db, jp_db_close);
	g_assert_cmpint(pipe(fds), ==, 0);
	for (int i = 0; i < WORKERS; i++)
		if (fork() == 0) {
			work_all(&t, fds[1]);
			_exit(0);
		}
	close(fds[1]);
	ids = hear(fds[0], &n);
	wait_for_all();
	g_assert_cmpuint(n, ==, TASKS);
	g_assert_cmpuint(g_hash_table_size(ids), ==, TASKS);
	raw = raw_open(&t);
	g_assert_cmpint(raw_int(raw, "SELECT count(*) FROM task WHERE state = 'done'"), ==, TASKS);
	g_assert_cmpint(raw_int(raw, "SELECT sum(attempts) FROM task"), ==, TASKS + TASKS / 10);
	raw_close(raw);
	close(fds[0]);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("queue-race");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/race/adders", test_adders);
	g_test_add_func("/queue/race/same-key", test_same_key);
	g_test_add_func("/queue/race/workers", test_workers);
	return g_test_run();
}
