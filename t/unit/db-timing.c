/* Timings of statements, the word about slow ones, and the rows of runs. */
#include "db/internal.h"
#include "rawdb.h"

static gint64
ask(const tmpdb *t, const char *sql)
{
	rawdb *raw = raw_open(t);
	gint64 n = raw_int(raw, sql);

	raw_close(raw);
	return n;
}

static void
begin_runs(jp_db *db, guint n)
{
	jp_db_begin(db, JP_TX_WRITE);
	for (guint i = 0; i < n; i++)
		jp_db_insert(db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("p"), JP_TEXT("w"), JP_INT(1)));
	jp_db_commit(db);
}

/* Bucket k counts calls under 2^k microseconds, the last one all that are longer. */
static void
test_buckets(void)
{
	static const struct {
		gint64 us;
		guint bucket;
	} cases[] = {{0, 0}, {1, 1}, {2, 2}, {3, 2}, {4, 3}, {1023, 10}, {1024, 11},
	    {(1 << 22) - 1, 22}, {1 << 22, 23}, {1 << 23, 23}, {G_MAXINT64 / 2, 23}};
	tmpdb t;
	jp_db *db = tmpdb_open(&t);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		jp_timing *timing = &db->timings[JP_SQL_RUN_END];

		*timing = (jp_timing){0};
		jp_timing_add(db, JP_SQL_RUN_END, cases[i].us);
		g_assert_cmpint(timing->buckets[cases[i].bucket], ==, 1);
		g_assert_cmpint(timing->max_us, ==, cases[i].us);
	}
	tmpdb_close(&t);
}

/* Each session adds what it measured. */
static void
test_saved(void)
{
	const char *sum;
	tmpdb t;

	tmpdb_open(&t);
	sum = tmpdb_either(&t,
	    "SELECT sum(b.value) FROM query_stat q, json_each(q.buckets) b"
	    " WHERE q.name = 'run_begin'",
	    "SELECT sum(b.value) FROM query_stat q, jp_each_int(q.buckets) b"
	    " WHERE q.name = 'run_begin'");
	begin_runs(t.db, 3);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM query_stat"), ==, 0);
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpint(ask(&t, "SELECT n FROM query_stat WHERE name = 'run_begin'"), ==, 3);
	begin_runs(t.db, 4);
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpint(ask(&t, "SELECT n FROM query_stat WHERE name = 'run_begin'"), ==, 7);
	g_assert_cmpint(ask(&t, sum), ==, 7);
	g_assert_cmpint(
	    ask(&t,
		tmpdb_either(&t, "SELECT min(json_array_length(buckets)) FROM query_stat",
		    "SELECT min(json_array_length(CAST(buckets AS JSON))) FROM query_stat")),
	    ==, 24);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM query_stat WHERE max_us > total_us"), ==, 0);
	tmpdb_close(&t);
}

/* Who only reads leaves no trace. */
static void
test_not_saved(void)
{
	tmpdb t;
	gint64 n;

	tmpdb_open(&t);
	begin_runs(t.db, 1);
	tmpdb_reopen(&t, JP_DB_READ);
	n = ask(&t, "SELECT sum(n) FROM query_stat");
	jp_rows_free(jp_db_query(t.db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS));
	tmpdb_reopen(&t, JP_DB_READ);
	g_assert_cmpint(ask(&t, "SELECT sum(n) FROM query_stat"), ==, n);
	tmpdb_close(&t);
}

/* A histogram that somebody spoilt counts as empty; timings that find a lock are let go. */
static void
test_best_effort(void)
{
	tmpdb t;
	rawdb *raw;

	tmpdb_open(&t);
	begin_runs(t.db, 1);
	tmpdb_reopen(&t, JP_DB_OPEN);
	raw = raw_open(&t);
	raw_do(raw, "UPDATE query_stat SET buckets = '[1,\"x\"'");
	begin_runs(t.db, 1);
	t.conf->db.busy_timeout = 0;
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpint(raw_int(raw, "SELECT n FROM query_stat WHERE name = 'run_begin'"), ==, 2);
	begin_runs(t.db, 1);
	raw_do(raw, tmpdb_either(&t, "BEGIN IMMEDIATE", "BEGIN; LOCK TABLE query_stat"));
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpint(raw_int(raw, "SELECT n FROM query_stat WHERE name = 'run_begin'"), ==, 2);
	raw_close(raw);
	tmpdb_close(&t);
}

static void
be_slow(gpointer data)
{
	tmpdb *t = data;

	jp_set_verbose(TRUE);
	t->conf->db.slow_query = 0;
	begin_runs(t->db, 1);
}

static void
test_slow(void)
{
	g_autofree char *said = NULL;
	tmpdb t;

	tmpdb_open(&t);
	g_assert_cmpint(run_in_child(be_slow, &t, &said), ==, 0);
	g_assert_nonnull(strstr(said, "slow query: run_begin took "));
	tmpdb_close(&t);
}

/* ---- runs -------------------------------------------------------------------------------------
 */

static void
test_run(void)
{
	tmpdb t;
	jp_db *db = tmpdb_open(&t);
	gint64 a = jp_run_begin(db), b = jp_run_begin(db);

	g_assert_cmpint(a, !=, b);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM run WHERE finished_at IS NULL"), ==, 2);
	jp_run_end(db, a, 75, 3, 1, "stopped");
	g_assert_cmpint(ask(&t,
			    "SELECT count(*) FROM run WHERE exit_code = 75 AND n_done = 3"
			    " AND n_failed = 1 AND note = 'stopped' AND program = 'db-timing'"
			    " AND finished_at >= started_at"),
	    ==, 1);
	jp_run_end(db, a, 0, 9, 9, NULL); /* it has ended */
	g_assert_cmpint(ask(&t, "SELECT n_done FROM run WHERE exit_code = 75"), ==, 3);
	jp_run_end(db, 12345, 0, 0, 0, NULL); /* gc took it */
	tmpdb_close(&t);
}

static void
test_worker(void)
{
	g_auto(GStrv) parts = g_strsplit(jp_worker(), ":", -1);
	g_autofree char *pid = g_strdup_printf("%ld", (long)getpid());

	g_assert_cmpuint(g_strv_length(parts), ==, 3);
	g_assert_cmpstr(parts[1], ==, pid);
	g_assert_cmpuint(strlen(parts[2]), ==, 8);
	g_assert_true(jp_worker() == jp_worker());
}

int
main(int argc, char **argv)
{
	jp_init("db-timing");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/db/timing/buckets", test_buckets);
	g_test_add_func("/db/timing/saved", test_saved);
	g_test_add_func("/db/timing/not-saved", test_not_saved);
	g_test_add_func("/db/timing/best-effort", test_best_effort);
	g_test_add_func("/db/timing/slow", test_slow);
	g_test_add_func("/db/run/row", test_run);
	g_test_add_func("/db/run/worker", test_worker);
	return g_test_run();
}
