/*
 * What the database promises when things go wrong: killed at any moment, a full disk, several
 * writers, a lock that stays, a driver that fails.  Rows are written ten a transaction, so that a
 * number of rows that ten does not divide is half a transaction.
 */
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "db/internal.h"
#include "db/sqlite.h"
#include "rawdb.h"

enum { BATCH = 10 };

static guint
rounds(guint few, guint many)
{
	const char *soak = g_getenv("JP_SOAK"); /* make exports it, empty or not */

	return soak && *soak ? many : few;
}

static jp_db *
open_db(const tmpdb *t, jp_db_mode mode)
{
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(t->conf, mode, &error);

	if (!db)
		jp_die(jp_error_exit(error), "%s", error->message);
	return db;
}

static void
write_batch(jp_db *db, jp_tx kind)
{
	jp_db_begin(db, kind);
	for (guint i = 0; i < BATCH; i++)
		jp_db_insert(
		    db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("test"), JP_TEXT("worker"), JP_INT(i)));
	jp_db_commit(db);
}

/* Sound, whole transactions only; gives the number of rows. */
static gint64
assert_whole(const tmpdb *t)
{
	rawdb *raw = raw_open(t);
	g_autofree char *sound = raw->file ? raw_text(raw, "PRAGMA integrity_check") : NULL;
	gint64 n = raw_int(raw, "SELECT count(*) FROM run");

	g_assert_true(!raw->file || g_str_equal(sound, "ok"));
	g_assert_cmpint(n % BATCH, ==, 0);
	raw_close(raw);
	return n;
}

/* A site whose database nobody has open. */
static void
make_closed(tmpdb *t)
{
	tmpdb_open(t);
	g_clear_pointer(&t->db, jp_db_close);
}

static pid_t
fork_child(void)
{
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	return pid;
}

static int
wait_for(pid_t pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return status;
}

static void
assert_exits(pid_t pid, int code)
{
	int status = wait_for(pid);

	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, code);
}

/* ---- killed -----------------------------------------------------------------------------------
 */

/* Dies by SIGKILL after so many steps of one transaction: begin, ten rows, commit. */
static void
die_at(const tmpdb *t, guint step)
{
	jp_db *db = open_db(t, JP_DB_OPEN);

	if (step == 0)
		raise(SIGKILL);
	jp_db_begin(db, JP_TX_DURABLE);
	for (guint i = 1; i <= BATCH; i++) {
		if (step == i)
			raise(SIGKILL);
		jp_db_insert(
		    db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("test"), JP_TEXT("w"), JP_INT(i)));
	}
	if (step == BATCH + 1)
		raise(SIGKILL);
	jp_db_commit(db);
	raise(SIGKILL);
}

static void
test_killed_at_each_step(void)
{
	tmpdb t;

	make_closed(&t);
	for (guint step = 0; step <= BATCH + 2; step++) {
		gint64 before = assert_whole(&t);
		pid_t pid = fork_child();

		if (pid == 0)
			die_at(&t, step);
		g_assert_true(WIFSIGNALED(wait_for(pid)));
		g_assert_cmpint(assert_whole(&t) - before, ==, step == BATCH + 2 ? BATCH : 0);
	}
	tmpdb_close(&t);
}

/* Writes until it is killed, and a byte after each commit; not more than a pipe of a page ahead of
 * the reader, so that the file stays small on a machine that does other things, too. */
static void
write_for_ever(const tmpdb *t, int fd)
{
	jp_db *db = open_db(t, JP_DB_OPEN);

	for (;;) {
		write_batch(db, JP_TX_WRITE);
		if (write(fd, "x", 1) != 1)
			_exit(1);
	}
}

static pid_t
start_writer(const tmpdb *t, int *fd)
{
	int fds[2];
	pid_t pid;

	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_cmpint(fcntl(fds[1], F_SETPIPE_SZ, 4096), >=, 4096);
	pid = fork_child();
	if (pid == 0) {
		close(fds[0]);
		write_for_ever(t, fds[1]);
	}
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

/* Reads n bytes: so many transactions were committed. */
static void
wait_for_commits(int fd, guint n)
{
	char c;

	for (guint i = 0; i < n; i++)
		g_assert_cmpint(read(fd, &c, 1), ==, 1);
}

/* Forgets what was committed so far and waits for what comes. */
static void
wait_for_new_commits(int fd)
{
	char buf[256];

	g_assert_cmpint(fcntl(fd, F_SETFL, O_NONBLOCK), ==, 0);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	g_assert_cmpint(fcntl(fd, F_SETFL, 0), ==, 0);
	wait_for_commits(fd, 2); /* the first may be of before */
}

static void
test_killed_at_random(void)
{
	tmpdb t;

	make_closed(&t);
	for (guint i = rounds(20, 300); i > 0; i--) {
		gint64 before = assert_whole(&t);
		guint n = jp_random_below(20);
		int fd;
		pid_t pid = start_writer(&t, &fd);

		wait_for_commits(fd, n);
		for (guint spin = jp_random_below(100000); spin > 0; spin--)
			(void)jp_monotonic_us(); /* somewhere inside a transaction */
		kill(pid, SIGKILL);
		wait_for(pid);
		close(fd);
		g_assert_cmpint(assert_whole(&t) - before, >=, n * BATCH);
	}
	tmpdb_close(&t);
}

/* ---- together ---------------------------------------------------------------------------------
 */

/* Reads a number and writes the next one, in one transaction. */
static void
count_up(jp_db *db)
{
	gint64 n = 0;
	jp_rows *r;

	jp_db_begin(db, JP_TX_WRITE);
	jp_db_lock(db, "query_stat");
	r = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);
	while (jp_rows_next(r))
		if (g_str_equal(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME), "counter"))
			n = jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N);
	jp_rows_free(r);
	jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
	    JP_ARGS(JP_TEXT("counter"), JP_INT(n + 1), JP_INT(0), JP_INT(0), JP_LIST("[]")));
	jp_db_commit(db);
}

static void
test_writers_at_once(void)
{
	enum { N_WRITERS = 3 };
	guint n = rounds(100, 5000);
	pid_t pids[N_WRITERS];
	rawdb *raw;
	tmpdb t;

	make_closed(&t);
	g_unsetenv("JP_TEST_STRICT");
	for (guint i = 0; i < N_WRITERS; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0) {
			jp_db *db = open_db(&t, JP_DB_OPEN);

			for (guint k = 0; k < n; k++)
				count_up(db);
			jp_db_close(db);
			_exit(0);
		}
	}
	for (guint i = 0; i < N_WRITERS; i++)
		assert_exits(pids[i], 0);
	raw = raw_open(&t);
	g_assert_cmpint(
	    raw_int(raw, "SELECT n FROM query_stat WHERE name = 'counter'"), ==, n * N_WRITERS);
	raw_close(raw);
	tmpdb_close(&t);
}

static void
test_backup_while_written(void)
{
	g_autoptr(GError) error = NULL;
	tmpdb t, copy;
	int fd;
	pid_t pid;
	gint64 last = 0;

	if (tmpdb_skips())
		return;
	make_closed(&t);
	tmpdb_init(&copy);
	pid = start_writer(&t, &fd);
	t.db = open_db(&t, JP_DB_READ);
	for (guint i = rounds(10, 300); i > 0; i--) {
		gint64 n;

		wait_for_new_commits(fd);
		g_assert_true(jp_db_backup(t.db, copy.path, &error));
		g_assert_no_error(error);
		n = assert_whole(&copy);
		g_assert_cmpint(n, >, last);
		last = n;
	}
	kill(pid, SIGKILL);
	wait_for(pid);
	close(fd);
	tmpdb_close(&t);
	copy.db = open_db(&copy, JP_DB_OPEN);
	tmpdb_close(&copy);
}

static void
begin_and_die(gpointer data)
{
	jp_db *db = open_db(data, JP_DB_OPEN);

	jp_db_begin(db, JP_TX_WRITE);
	jp_db_close(db);
}

static void
test_lock_that_stays(void)
{
	tmpdb t;
	rawdb *raw;

	if (tmpdb_skips())
		return;
	make_closed(&t);
	raw = raw_open(&t);
	raw_do(raw, "BEGIN IMMEDIATE");
	t.conf->db.busy_timeout = 40;
	assert_dies(begin_and_die, &t, JP_ERROR_TEMP, "keeps the database locked");
	raw_do(raw, "ROLLBACK");
	raw_close(raw);
	begin_and_die(&t);
	tmpdb_close(&t);
}

/* Who opens a file to write does so alone; who stays in that keeps nobody from it. */
static void
test_folder_that_stays_locked(void)
{
	tmpdb t;
	int fd;

	if (tmpdb_skips())
		return;
	make_closed(&t);
	fd = open(t.dir, O_RDONLY | O_DIRECTORY);
	g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
	begin_and_die(&t);
	g_assert_cmpint(flock(fd, LOCK_UN), ==, 0);
	begin_and_die(&t);
	g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
	close(fd);
	tmpdb_close(&t);
}

/* SIGTERM ends the waiting for a lock, long before its time. */
static void
test_told_to_stop(void)
{
	tmpdb t;
	rawdb *raw;
	pid_t pid;

	if (tmpdb_skips())
		return;
	make_closed(&t);
	raw = raw_open(&t);
	raw_do(raw, "BEGIN IMMEDIATE");
	t.conf->db.busy_timeout = JP_HOUR;
	pid = fork_child();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		begin_and_die(&t);
		_exit(0);
	}
	kill(pid, SIGTERM);
	assert_exits(pid, JP_ERROR_TEMP);
	raw_close(raw);
	tmpdb_close(&t);
}

/* ---- a full disk ------------------------------------------------------------------------------
 */

static void
write_until_full(gpointer data)
{
	const struct rlimit limit = {400000, 400000};
	jp_db *db = open_db(data, JP_DB_OPEN);

	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	for (;;)
		write_batch(db, JP_TX_WRITE);
}

static void
test_full(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	make_closed(&t);
	assert_dies(write_until_full, &t, JP_ERROR_TEMP, "could not be read or written");
	g_assert_cmpint(assert_whole(&t), >, 0);
	t.db = open_db(&t, JP_DB_OPEN);
	write_batch(t.db, JP_TX_DURABLE);
	g_clear_pointer(&t.db, jp_db_close);
	assert_whole(&t);
	tmpdb_close(&t);
}

/* However much is written, the log is carried over to the database before it is much longer than 16
 * MiB. */
static void
test_log_is_bounded(void)
{
	g_autofree char *log = NULL;
	gint64 most = 0;
	struct stat st;
	tmpdb t;
	jp_db *db;

	if (tmpdb_skips())
		return;
	db = tmpdb_open(&t);
	log = jp_db_log_path(db);
	for (guint i = 0; i < 4000; i++) {
		write_batch(db, JP_TX_WRITE);
		g_assert_cmpint(stat(log, &st), ==, 0);
		most = MAX(most, st.st_size);
	}
	g_assert_cmpint(most, >, 8 * JP_MIB);
	g_assert_cmpint(most, <, 18 * JP_MIB);
	tmpdb_close(&t);
}

/* ---- a driver that fails ----------------------------------------------------------------------
 */

static void
write_with_faults(gpointer data)
{
	jp_db *db = open_db(data, JP_DB_OPEN);

	write_batch(db, JP_TX_WRITE);
	jp_db_begin(db, JP_TX_WRITE);
	jp_db_insert(db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("t"), JP_TEXT("w"), JP_INT(1)));
	jp_db_rollback(db);
	write_batch(db, JP_TX_DURABLE);
	jp_db_close(db);
}

/* Each call fails once: a message, 75, and whole transactions; then the timings alone are lost. */
static void
test_faults(void)
{
	guint n_died = 0, n_ended = 0;
	tmpdb t;

	make_closed(&t);
	for (guint n = 1; n_ended < 8; n++) {
		g_autofree char *nth = g_strdup_printf("%u", n), *said = NULL;
		gint64 before = assert_whole(&t);
		int status;

		g_setenv("JP_TEST_DB_FAIL", nth, TRUE);
		status = run_in_child(write_with_faults, &t, &said);
		g_unsetenv("JP_TEST_DB_FAIL");
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(assert_whole(&t) - before, <=, 2 * BATCH);
		if (WEXITSTATUS(status) == 0) {
			n_ended++;
			g_assert_cmpint(assert_whole(&t) - before, ==, 2 * BATCH);
			g_assert_cmpstr(said, ==, "");
			continue;
		}
		n_died++;
		g_assert_cmpint(n_ended, ==, 0);
		g_assert_cmpint(WEXITSTATUS(status), ==, JP_ERROR_TEMP);
		g_assert_nonnull(strstr(said, "a test asked for it"));
		g_assert_null(strstr(said, "worker"));
	}
	g_assert_cmpuint(n_died, >=, 2 * 2 * BATCH);
	tmpdb_close(&t);
}

/* ---- durability -------------------------------------------------------------------------------
 */

static gint64
synchronous(jp_db *db)
{
	gint64 n = -1;

	g_assert_true(jp_sqlite_get(db->conn->db, "PRAGMA synchronous", &n, NULL));
	return n;
}

/* What guards an effect outside waits for the disk; the rest does not. */
static void
test_durable(void)
{
	static const struct {
		jp_tx kind;
		gint64 synchronous;
	} cases[] = {{JP_TX_DURABLE, 2}, {JP_TX_WRITE, 1}, {JP_TX_DURABLE, 2}, {JP_TX_DURABLE, 2},
	    {JP_TX_WRITE, 1}};
	tmpdb t;
	jp_db *db;

	if (tmpdb_skips())
		return;
	db = tmpdb_open(&t);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_db_begin(db, cases[i].kind);
		g_assert_cmpint(synchronous(db), ==, cases[i].synchronous);
		jp_db_commit(db);
	}
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("db-safety");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/db/killed/at-each-step", test_killed_at_each_step);
	g_test_add_func("/db/killed/at-random", test_killed_at_random);
	g_test_add_func("/db/together/writers", test_writers_at_once);
	g_test_add_func("/db/together/backup-while-written", test_backup_while_written);
	g_test_add_func("/db/together/lock-that-stays", test_lock_that_stays);
	g_test_add_func("/db/together/folder-that-stays-locked", test_folder_that_stays_locked);
	g_test_add_func("/db/together/told-to-stop", test_told_to_stop);
	g_test_add_func("/db/full", test_full);
	g_test_add_func("/db/log-is-bounded", test_log_is_bounded);
	g_test_add_func("/db/faults", test_faults);
	g_test_add_func("/db/durable", test_durable);
	return g_test_run();
}
