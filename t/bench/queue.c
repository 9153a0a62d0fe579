/*
 * The queue: tasks of 200 bytes added, then claimed and acknowledged until none is left, nothing
 * lost by a power cut (synchronous=FULL).  Usage: queue PROGRAMS [TASKS]
 *
 * Beside ours, in the same run: a bare C loop over the same SQLite table (the limit), and
 * beanstalkd, syncing every write, where it is installed.  "one" acknowledges a task and takes the
 * next in one durable step; "100" takes so many a step; "4 handlers" is one worker whose handlers
 * end together, so that a step has four; "one" has a quarter of the tasks.  Workers are processes;
 * `jp-queue work` itself is in work.c.  With JP_TEST_POSTGRES set, ours runs on that server, and
 * the bare loop beside it is SKIP LOCKED through libpq.  Each case runs RUNS times (fewer when it
 * takes too long), ours and its peers in turn; medians are told, since others may use the machine.
 *
 * The last cases are the time between a line's being given to one `jp-queue add -` and its id, for
 * one producer and a hundred, and how long one task takes to be added by writers that are
 * processes of their own.  The time of an fsync on this disk stands first, since it decides.
 * Figures one a line: name, value, unit.
 */
#include <sqlite3.h>

#include "queue.h"

#define LEASE JP_MINUTE

/* ---- ours ------------------------------------------------------------------------------------ */

static jp_db *
open_ours(void)
{
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(site.conf, JP_DB_OPEN, &error);

	if (!db)
		exit(jp_fail(error));
	return db;
}

static void
add_ours(guint batch, int ready, int go)
{
	jp_db *db = open_ours();
	const jp_task_new task = {.type = "bench", .payload = payload};
	gint64 id;

	wait_for_go(ready, go);
	for (guint i = 0; i < n_tasks; i += batch) {
		jp_db_begin(db, JP_TX_DURABLE);
		for (guint k = 0; k < batch; k++)
			jp_queue_add(db, &task, jp_db_now(db), &id);
		jp_db_commit(db);
	}
	jp_db_close(db);
}

static void
end_all(jp_db *db, GPtrArray *tasks, GArray *ends, gint64 now)
{
	g_array_set_size(ends, 0);
	for (guint i = 0; i < tasks->len; i++) {
		const jp_task *t = g_ptr_array_index(tasks, i);
		jp_task_end e = {.id = t->id, .lease_no = t->lease_no, .outcome = JP_TASK_END_DONE};

		g_array_append_val(ends, e);
	}
	if (jp_queue_finish(db, (jp_task_end *)(void *)ends->data, ends->len, now) != ends->len)
		jp_die(JP_ERROR_BUG, "an acknowledgement was refused");
	g_ptr_array_set_size(tasks, 0);
}

static void
work_ours(guint batch, int ready, int go)
{
	jp_db *db = open_ours();
	g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify)jp_task_free);
	g_autoptr(GArray) ends = g_array_new(FALSE, TRUE, sizeof(jp_task_end));
	jp_queue_ask ask = {.type = "bench", .limit = batch, .lease_ms = LEASE, .max_attempts = 5};

	wait_for_go(ready, go);
	do {
		gint64 now;

		jp_db_begin(db, JP_TX_DURABLE);
		now = jp_db_now(db);
		end_all(db, tasks, ends, now);
		jp_queue_claim(db, &ask, now, tasks, NULL);
		jp_db_commit(db);
	} while (tasks->len > 0);
	jp_db_close(db);
}

/* ---- the bare loop --------------------------------------------------------------------------- */

struct bare {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *add, *claim, *done;
};

static void
must(sqlite3 *db, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		jp_die(JP_ERROR_BUG, "SQLite: %s", sqlite3_errmsg(db));
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	must(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL));
	return st;
}

#define BARE_CLAIM                                                                                 \
	"UPDATE task SET state = 'running', due = ?1 + 60000, worker = 'bare', "                   \
	"lease_no = lease_no + 1, attempts = attempts + 1, started_at = ?1 WHERE id "
#define BARE_NEXT                                                                                  \
	"(SELECT id FROM task WHERE state = 'waiting' AND type = 'bench' ORDER BY due, id LIMIT "  \
	"?2) RETURNING id, payload"

static struct bare
open_bare(guint batch)
{
	struct bare b = {0};

	must(b.db,
	    sqlite3_open_v2(site.path, &b.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	sqlite3_busy_timeout(b.db, 60000);
	must(b.db, sqlite3_exec(b.db, "PRAGMA synchronous=FULL", NULL, NULL, NULL));
	b.begin = prepare(b.db, "BEGIN IMMEDIATE");
	b.commit = prepare(b.db, "COMMIT");
	b.add = prepare(b.db,
	    "INSERT INTO task (type, state, due, turn, priority, run_at, created_at, payload) "
	    "VALUES ('bench', 'waiting', ?1, ?1, 0, ?1, ?1, ?2) RETURNING id");
	b.claim =
	    prepare(b.db, batch == 1 ? BARE_CLAIM "= " BARE_NEXT : BARE_CLAIM "IN " BARE_NEXT);
	b.done = prepare(b.db,
	    "UPDATE task SET state = 'done', due = ?2 WHERE id = ?1 AND state = 'running' "
	    "AND worker = 'bare' AND lease_no = 1");
	return b;
}

static void
step(struct bare *b, sqlite3_stmt *st)
{
	must(b->db, sqlite3_step(st));
	sqlite3_reset(st);
}

static void
close_bare(struct bare *b)
{
	sqlite3_finalize(b->begin);
	sqlite3_finalize(b->commit);
	sqlite3_finalize(b->add);
	sqlite3_finalize(b->claim);
	sqlite3_finalize(b->done);
	sqlite3_close(b->db);
}

static void
add_bare(guint batch, int ready, int go)
{
	struct bare b = open_bare(batch);

	wait_for_go(ready, go);
	for (guint i = 0; i < n_tasks; i += batch) {
		step(&b, b.begin);
		for (guint k = 0; k < batch; k++) {
			sqlite3_bind_int64(b.add, 1, jp_now());
			sqlite3_bind_text(b.add, 2, payload, -1, SQLITE_STATIC);
			step(&b, b.add);
		}
		step(&b, b.commit);
	}
	close_bare(&b);
}

static void
work_bare(guint batch, int ready, int go)
{
	struct bare b = open_bare(batch);
	g_autofree gint64 *ids = g_new(gint64, batch);
	guint n = 0, bytes = 0;

	wait_for_go(ready, go);
	do {
		gint64 now = jp_now();

		step(&b, b.begin);
		for (guint i = 0; i < n; i++) {
			sqlite3_bind_int64(b.done, 1, ids[i]);
			sqlite3_bind_int64(b.done, 2, now);
			step(&b, b.done);
		}
		sqlite3_bind_int64(b.claim, 1, now);
		sqlite3_bind_int(b.claim, 2, (int)batch);
		for (n = 0; sqlite3_step(b.claim) == SQLITE_ROW; n++) {
			ids[n] = sqlite3_column_int64(b.claim, 0);
			bytes += (guint)sqlite3_column_bytes(b.claim, 1);
		}
		sqlite3_reset(b.claim);
		step(&b, b.commit);
	} while (n > 0);
	close_bare(&b);
	if (bytes == 1)
		_exit(98);
}

/* ---- SKIP LOCKED through libpq --------------------------------------------------------------- */

#ifndef JP_NO_POSTGRES

static PGresult *
ask_server(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(r);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		jp_die(JP_ERROR_BUG, "PostgreSQL: %s", PQerrorMessage(pg));
	return r;
}

static PGconn *
connect_server(void)
{
	g_autofree char *url = pg_url(pg_direct(), site.server);

	return pg_open(url);
}

static void
add_skip_locked(guint batch, int ready, int go)
{
	PGconn *pg = connect_server();

	wait_for_go(ready, go);
	for (guint i = 0; i < n_tasks; i += batch) {
		g_autofree char *sql = g_strdup_printf(
		    "INSERT INTO task (type, state, due, turn, priority, run_at, created_at, "
		    "payload) SELECT 'bench', 'waiting', 0, 0, 0, 0, 0, '%s' "
		    "FROM generate_series(1, %u) RETURNING id",
		    payload, batch);

		PQclear(ask_server(pg, sql));
	}
	PQfinish(pg);
}

static void
work_skip_locked(guint batch, int ready, int go)
{
	PGconn *pg = connect_server();
	g_autoptr(GString) ids = g_string_new("0");
	g_autofree char *claim = g_strdup_printf(
	    "WITH n AS MATERIALIZED (SELECT id FROM task WHERE state = 'waiting' AND type = "
	    "'bench' ORDER BY due, id LIMIT %u FOR UPDATE SKIP LOCKED) UPDATE task SET "
	    "state = 'running', worker = 'bare', lease_no = lease_no + 1, attempts = attempts + 1 "
	    "FROM n WHERE task.id = n.id RETURNING task.id, payload",
	    batch);
	int n;

	wait_for_go(ready, go);
	do {
		g_autofree char *done = g_strdup_printf(
		    "UPDATE task SET state = 'done' WHERE id IN (%s) AND worker = 'bare'",
		    ids->str);
		PGresult *r;

		PQclear(ask_server(pg, "BEGIN"));
		PQclear(ask_server(pg, done));
		r = ask_server(pg, claim);
		n = PQntuples(r);
		g_string_assign(ids, "0");
		for (int i = 0; i < n; i++)
			g_string_append_printf(ids, ",%s", PQgetvalue(r, i, 0));
		PQclear(r);
		PQclear(ask_server(pg, "COMMIT"));
	} while (n > 0);
	PQfinish(pg);
}

#else

static void
add_skip_locked(guint batch, int ready, int go)
{
	(void)batch, (void)ready, (void)go;
	_exit(99); /* this build knows files only */
}

static void
work_skip_locked(guint batch, int ready, int go)
{
	add_skip_locked(batch, ready, go);
}

#endif

/* ---- the cases ------------------------------------------------------------------------------- */

struct subject {
	const char *name;
	work_fn add, work;
	gboolean is_daemon;
};

static const struct subject ours = {"ours", add_ours, work_ours, FALSE};
static const struct subject bare = {"bare loop", add_bare, work_bare, FALSE};
static const struct subject skip_locked = {"SKIP LOCKED", add_skip_locked, work_skip_locked, FALSE};
static const struct subject daemon_peer = {"beanstalkd", add_beanstalkd, work_beanstalkd, TRUE};

/* Adds and works in a fresh queue. */
static void
run_once(
    const struct subject *s, guint add_batch, guint workers, guint batch, double *add, double *work)
{
	fresh();
	if (s->is_daemon)
		(void)start_beanstalkd(); /* it is there, or it would be no subject */
	*add = rate_of(1, s->add, add_batch);
	if (!s->is_daemon)
		check_all("waiting", n_tasks);
	*work = rate_of(workers, s->work, batch);
	if (s->is_daemon) {
		check_beanstalkd(n_tasks);
		stop_beanstalkd();
	} else {
		check_all("done", n_tasks);
	}
}

static void
compare(const char *what, const struct subject *const *subjects, guint n, guint add_batch,
    guint workers, guint batch)
{
	struct figures add = {.what = g_strdup_printf("add %u", add_batch)};
	struct figures work = {.what = g_strdup(what)};
	gint64 began = jp_monotonic_us();

	for (guint run = 0; run < RUNS && jp_monotonic_us() - began < BUDGET; run++)
		for (guint i = 0; i < n; i++) {
			double values[2];

			run_once(subjects[i], add_batch, workers, batch, &values[0], &values[1]);
			figures_add(&add, subjects[i]->name, run, values[0]);
			figures_add(&work, subjects[i]->name, run, values[1]);
		}
	if (workers == 1 && (batch == 1 || batch == 100))
		figures_tell(&add);
	figures_tell(&work);
	g_free(add.what);
	g_free(work.what);
}

/* ---- how long a task takes to be accepted ---------------------------------------------------- */

struct producers {
	FILE *to, *from;
	pid_t pid;
	guint n;
	GArray *ms; /* of double */
};

static void
start_add(struct producers *p, const char *programs)
{
	g_autofree char *path = g_build_filename(programs, "jp-queue", NULL);
	g_autofree char *conf = g_build_filename(site.dir, "jobping.yaml", NULL);
	g_autofree char *text = g_strdup_printf("database: \"%s\"\ndb: {prepare: %s}\n",
	    site.conf->database, site.conf->db.prepare ? "true" : "false");
	int in[2], out[2];

	if (!g_file_set_contents_full(conf, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL) ||
	    pipe(in) || pipe(out))
		exit(71);
	p->pid = begin_process();
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execl(path, "jp-queue", "-C", conf, "add", "bench", "-", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	p->to = fdopen(in[1], "w");
	p->from = fdopen(out[0], "r");
	p->ms = g_array_new(FALSE, FALSE, sizeof(double));
}

/* Each producer gives a line, waits for its id and gives the next; ids come in the order of lines.
 */
static void
produce(struct producers *p, guint lines)
{
	g_autofree gint64 *given = g_new(gint64, lines);
	char line[128];
	guint n_given = 0;

	for (guint n = 0; n < lines; n++) {
		double ms;

		for (; n_given < MIN(n + p->n, lines); n_given++) {
			given[n_given] = jp_monotonic_us();
			fprintf(p->to, "%s\n", payload);
			fflush(p->to);
		}
		if (!fgets(line, sizeof(line), p->from))
			jp_die(JP_ERROR_BUG, "jp-queue add ended");
		ms = (double)(jp_monotonic_us() - given[n]) / 1000;
		g_array_append_val(p->ms, ms);
	}
}

/* p50 and p99 of them. */
static void
tell_ms(GArray *all, const char *what)
{
	double *ms = (double *)(void *)all->data;
	g_autofree char *half = g_strdup_printf("accepting, %s, p50", what);
	g_autofree char *most = g_strdup_printf("accepting, %s, p99", what);

	qsort(ms, all->len, sizeof(*ms), by_value);
	tell(half, ms[all->len / 2], "ms");
	tell(most, ms[all->len * 99 / 100], "ms");
}

static void
measure_accepting(const char *programs, guint n, guint lines)
{
	g_autofree char *what = g_strdup_printf("%u producers", n);
	struct producers p = {.n = n};

	fresh();
	start_add(&p, programs);
	produce(&p, lines); /* until the log has its length */
	g_array_set_size(p.ms, 0);
	produce(&p, lines);
	fclose(p.to);
	fclose(p.from);
	end_process(p.pid, "jp-queue add", NULL);
	check_all("waiting", 2 * lines);
	tell_ms(p.ms, what);
	g_array_unref(p.ms);
}

/* Where writers that are programs of their own put how long each task took. */
static int writers_pipe;

static void
write_alone(guint lines, int ready, int go)
{
	jp_db *db = open_ours();
	const jp_task_new task = {.type = "bench", .payload = payload};
	gint64 id;

	wait_for_go(ready, go);
	for (guint i = 0; i < lines; i++) {
		gint64 began = jp_monotonic_us();
		double ms;

		jp_db_begin(db, JP_TX_DURABLE);
		jp_queue_add(db, &task, jp_db_now(db), &id);
		jp_db_commit(db);
		ms = (double)(jp_monotonic_us() - began) / 1000;
		if (write(writers_pipe, &ms, sizeof(ms)) != sizeof(ms))
			_exit(96);
	}
	jp_db_close(db);
}

static void
measure_writers(guint n, guint lines)
{
	g_autofree char *what = g_strdup_printf("%u writers", n);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(double));
	int fd[2];
	double ms;

	fresh();
	if (pipe(fd) || fcntl(fd[1], F_SETPIPE_SZ, (int)(n * lines * sizeof(ms))) < 0)
		exit(71);
	writers_pipe = fd[1];
	(void)run_processes(n, write_alone, lines);
	check_all("waiting", n * lines);
	close(fd[1]);
	while (read(fd[0], &ms, sizeof(ms)) == sizeof(ms))
		g_array_append_val(all, ms);
	close(fd[0]);
	tell_ms(all, what);
}

/* ---- the program ----------------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	g_autofree char *found = g_find_program_in_path("beanstalkd");
	const struct subject *all[3] = {&ours, &bare, &daemon_peer};
	guint n = 2, n_all, n_all_tasks, n_single;
	struct rusage used;
	gint64 tasks;

	own_environment();
	jp_init("bench-queue");
	if (argc < 2)
		jp_die(JP_ERROR_USAGE, "usage: queue PROGRAMS [TASKS]");
	if (argc > 2 && jp_int_parse(argv[2], 100, 1000000, &tasks))
		n_tasks = (guint)tasks;
	memset(payload, 'x', PAYLOAD);
	payload[0] = payload[PAYLOAD - 1] = '"';
	tmpdb_open(&site);
	if (site.server)
		all[1] = &skip_locked;
	else if (!found)
		printf("# skipped: beanstalkd is not installed\n");
	n_all = found && !site.server ? 3 : n;
	n_single = measure_sync(n_tasks / 4);
	n_all_tasks = n_tasks;
	n_tasks = n_single;
	compare("one, 1 worker", all, n_all, 1, 1, 1);
	compare("one, 4 workers", all, n_all, 1, 4, 1);
	n_tasks = n_all_tasks;
	compare("4 handlers, 1 worker", all, n, 100, 1, 4);
	compare("100, 1 worker", all, n, 100, 1, 100);
	compare("100, 4 workers", all, n, 100, 4, 100);
	measure_accepting(argv[1], 1, MIN(n_single, 2000));
	measure_accepting(argv[1], 100, MIN(n_tasks, 10000));
	for (guint writers = 1; writers <= 16; writers *= 4)
		measure_writers(writers, MIN(n_single / 3, 500));
	getrusage(RUSAGE_CHILDREN, &used);
	tell("peak memory of a process", (double)used.ru_maxrss / 1024, "MiB");
	let_go();
	tmpdb_close(&site);
	return jp_finish(0);
}
