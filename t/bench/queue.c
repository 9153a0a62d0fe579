/*
 * The queue: tasks of 200 bytes added, then claimed and acknowledged until none is left, nothing
 * lost by a power cut (synchronous=FULL).  Usage: queue PROGRAMS [TASKS]
 *
 * Beside ours, in the same run: a bare C loop over the same SQLite table (the limit), and
 * beanstalkd, syncing every write, where it is installed.  "one" acknowledges a task and takes the
 * next in one durable step; "100" takes so many a step; "4 handlers" is one worker whose handlers
 * end together, so that a step has four.  Workers are processes.  With JP_TEST_POSTGRES set, ours
 * runs on that server, and the bare loop beside it is SKIP LOCKED through libpq.  Each case runs
 * RUNS times, ours and its peers in turn, and the median is told, since others may use the machine.
 *
 * The last cases are the time between a line's being given to one `jp-queue add -` and its id, for
 * one producer and a hundred.  The time of an fsync on this disk stands first, since it decides.
 * Figures one a line: name, value, unit.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "../unit/tmpdb.h"
#include "queue/queue.h"

#define RUNS    3
#define PAYLOAD 200
#define PORT    21301
#define LEASE   JP_MINUTE

static guint n_tasks = 20000;
static tmpdb site;
static char payload[PAYLOAD + 1];

static void
tell(const char *what, double value, const char *unit)
{
	printf("queue %s\t%.*f\t%s\n", what, value < 100 ? 2 : 0, value, unit);
	fflush(stdout);
}

/* ---- processes that begin together ----------------------------------------------------------- */

typedef void (*work_fn)(guint batch, int ready, int go);

static void
wait_for_go(int ready, int go)
{
	char c = 0;

	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 0)
		_exit(99);
}

/* Microseconds that n processes need for f, from the moment that all are ready. */
static gint64
run_processes(guint n, work_fn f, guint batch)
{
	int ready[2], go[2], status;
	gint64 began;
	char c;

	if (pipe(ready) || pipe(go))
		exit(71);
	for (guint i = 0; i < n; i++)
		if (fork() == 0) {
			close(go[1]);
			f(batch, ready[1], go[0]);
			_exit(0);
		}
	close(go[0]);
	for (guint i = 0; i < n; i++)
		if (read(ready[0], &c, 1) != 1)
			exit(71);
	began = jp_monotonic_us();
	close(go[1]);
	for (guint i = 0; i < n; i++)
		if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
			jp_die(JP_ERROR_BUG, "a worker failed");
	close(ready[0]);
	close(ready[1]);
	return jp_monotonic_us() - began;
}

static double
rate_of(guint n, work_fn f, guint batch)
{
	return n_tasks / ((double)run_processes(n, f, batch) / 1e6);
}

static int
by_value(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values, guint n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

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

/* ---- beanstalkd ------------------------------------------------------------------------------ */

static pid_t beanstalkd;

static FILE *
connect_beanstalkd(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int tries = 0; tries < 200; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fdopen(fd, "r+");
		close(fd);
		(void)poll(NULL, 0, 10); /* it begins to listen */
	}
	jp_die(JP_ERROR_UNAVAILABLE, "beanstalkd does not answer");
}

static gboolean
start_beanstalkd(void)
{
	g_autofree char *found = g_find_program_in_path("beanstalkd");
	g_autofree char *dir = g_strconcat(site.dir, "/binlog", NULL);
	FILE *f;

	if (!found)
		return FALSE;
	g_mkdir(dir, 0700);
	beanstalkd = fork();
	if (beanstalkd == 0) {
		execlp(found, "beanstalkd", "-l", "127.0.0.1", "-p", G_STRINGIFY(PORT), "-b", dir,
		    "-f0", NULL);
		_exit(127);
	}
	f = connect_beanstalkd();
	fclose(f);
	return TRUE;
}

static void
stop_beanstalkd(void)
{
	g_autofree char *dir = g_strconcat(site.dir, "/binlog", NULL);
	GDir *files;
	const char *name;

	kill(beanstalkd, SIGTERM);
	waitpid(beanstalkd, NULL, 0);
	files = g_dir_open(dir, 0, NULL);
	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_unlink(path);
	}
	g_clear_pointer(&files, g_dir_close);
	g_rmdir(dir);
}

/* Sends and reads the answer's line. */
static void ask(FILE *f, char *line, int size, const char *fmt, ...) G_GNUC_PRINTF(4, 5);
static void
ask(FILE *f, char *line, int size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fflush(f);
	if (!fgets(line, size, f))
		_exit(97);
}

static void
add_beanstalkd(guint batch, int ready, int go)
{
	FILE *f = connect_beanstalkd();
	char line[512];

	(void)batch;
	wait_for_go(ready, go);
	for (guint i = 0; i < n_tasks; i++)
		ask(f, line, sizeof(line), "put 0 0 60 %d\r\n%s\r\n", PAYLOAD, payload);
	fclose(f);
}

static void
work_beanstalkd(guint batch, int ready, int go)
{
	FILE *f = connect_beanstalkd();
	char line[512], body[512], id[32];

	(void)batch;
	wait_for_go(ready, go);
	for (;;) {
		ask(f, line, sizeof(line), "reserve-with-timeout 0\r\n");
		if (sscanf(line, "RESERVED %31s", id) != 1)
			break;
		if (!fgets(body, sizeof(body), f))
			_exit(97);
		ask(f, line, sizeof(line), "delete %s\r\n", id);
	}
	fclose(f);
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

static void
fresh(void)
{
	tmpdb_close(&site);
	tmpdb_open(&site);
	g_unsetenv("JP_TEST_STRICT");
	g_clear_pointer(&site.db, jp_db_close);
}

/* Adds and works in a fresh queue. */
static void
run_once(
    const struct subject *s, guint add_batch, guint workers, guint batch, double *add, double *work)
{
	fresh();
	if (s->is_daemon)
		(void)start_beanstalkd(); /* it is there, or it would be no subject */
	*add = rate_of(1, s->add, add_batch);
	*work = rate_of(workers, s->work, batch);
	if (s->is_daemon)
		stop_beanstalkd();
}

static void
compare(const char *what, const struct subject *const *subjects, guint n, guint add_batch,
    guint workers, guint batch)
{
	double add[4][RUNS], work[4][RUNS];

	for (guint run = 0; run < RUNS; run++)
		for (guint i = 0; i < n; i++)
			run_once(
			    subjects[i], add_batch, workers, batch, &add[i][run], &work[i][run]);
	for (guint i = 0; i < n; i++) {
		g_autofree char *one = g_strdup_printf("%s, %s", what, subjects[i]->name);
		g_autofree char *two = g_strdup_printf("add %u, %s", add_batch, subjects[i]->name);

		if (workers == 1 && (batch == 1 || batch == 100))
			tell(two, median(add[i], RUNS), "tasks/s");
		tell(one, median(work[i], RUNS), "tasks/s");
	}
}

static void
measure_sync(void)
{
	g_autofree char *path = g_strconcat(site.dir, "/sync", NULL);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	char page[4096] = {0};
	gint64 began = jp_monotonic_us();

	for (int i = 0; i < 100; i++)
		if (pwrite(fd, page, sizeof(page), 0) != sizeof(page) || fdatasync(fd))
			exit(71);
	tell("one page written and synced", (double)(jp_monotonic_us() - began) / 100, "us");
	close(fd);
	g_unlink(path);
}

/* ---- how long a task takes to be accepted ---------------------------------------------------- */

struct producers {
	FILE *to, *from;
	guint n;
	GArray *ms; /* of double */
};

static void
start_add(struct producers *p, const char *programs)
{
	g_autofree char *path = g_build_filename(programs, "jp-queue", NULL);
	g_autofree char *conf = g_build_filename(site.dir, "jobping.yaml", NULL);
	g_autofree char *text = g_strdup_printf("database: \"%s\"\n", site.conf->database);
	int in[2], out[2];

	if (!g_file_set_contents(conf, text, -1, NULL) || pipe(in) || pipe(out))
		exit(71);
	if (fork() == 0) {
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

static void
measure_accepting(const char *programs, guint n, guint lines)
{
	struct producers p = {.n = n};
	double *ms;

	fresh();
	start_add(&p, programs);
	produce(&p, lines);
	fclose(p.to);
	fclose(p.from);
	wait(NULL);
	ms = (double *)(void *)p.ms->data;
	qsort(ms, p.ms->len, sizeof(*ms), by_value);
	{
		g_autofree char *half = g_strdup_printf("accepting, %u producers, p50", n);
		g_autofree char *most = g_strdup_printf("accepting, %u producers, p99", n);

		tell(half, ms[p.ms->len / 2], "ms");
		tell(most, ms[p.ms->len * 99 / 100], "ms");
	}
	g_array_unref(p.ms);
}

/* ---- the program ----------------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
	g_autofree char *found = g_find_program_in_path("beanstalkd");
	const struct subject *all[3] = {&ours, &bare, &daemon_peer};
	guint n = 2, n_all;
	struct rusage used;
	gint64 tasks;

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
	measure_sync();
	compare("one, 1 worker", all, n_all, 1, 1, 1);
	compare("one, 4 workers", all, n_all, 1, 4, 1);
	compare("4 handlers, 1 worker", all, n, 100, 1, 4);
	compare("100, 1 worker", all, n, 100, 1, 100);
	compare("100, 4 workers", all, n, 100, 4, 100);
	measure_accepting(argv[1], 1, MIN(n_tasks, 2000));
	measure_accepting(argv[1], 100, MIN(n_tasks, 10000));
	getrusage(RUSAGE_CHILDREN, &used);
	tell("peak memory of a process", (double)used.ru_maxrss / 1024, "MiB");
	tmpdb_close(&site);
	return jp_finish(0);
}
