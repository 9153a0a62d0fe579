/*
 * What the benches of the queue share: figures, processes that begin together, a fresh queue, and
 * beanstalkd, syncing every write.
 *
 * A bench owns its environment: of JP_... only JP_TEST_... is passed on, or another database than
 * its own would be measured.  After each case every task must be done.  No process outlives the
 * bench or LIMIT, and how many tasks one step each takes is bounded by what an fsync takes here.
 */
#ifndef T_BENCH_QUEUE_H
#define T_BENCH_QUEUE_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "../unit/tmpdb.h"
#include "queue/queue.h"

#define RUNS    3
#define BUDGET  (20 * G_USEC_PER_SEC) /* no run of a case begins after it */
#define LIMIT   120                   /* seconds; a process that takes longer is killed */
#define MOST_US (4 * G_USEC_PER_SEC)  /* of fsyncs alone, where each task has its own */
#define PAYLOAD 200
#define PORT    21301

static guint n_tasks = 20000;
static tmpdb site;
static char payload[PAYLOAD + 1];

static inline void
tell(const char *what, double value, const char *unit)
{
	printf("%s %s\t%.*f\t%s\n", program_invocation_short_name, what, value < 100 ? 2 : 0, value,
	    unit);
	fflush(stdout);
}

/* ---- processes ------------------------------------------------------------------------------- */

static inline void
own_environment(void)
{
	g_auto(GStrv) names = g_listenv();

	for (char **name = names; *name; name++)
		if (g_str_has_prefix(*name, "JP_") && !g_str_has_prefix(*name, "JP_TEST_"))
			g_unsetenv(*name);
}

/* A process that goes when the bench does, or when it takes too long. */
static inline pid_t
begin_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		jp_die(JP_ERROR_TEMP, "no more processes");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(LIMIT);
	}
	return pid;
}

/* Waits for its end, which must be a good one. */
static inline void
end_process(pid_t pid, const char *what, struct rusage *used)
{
	int status;

	if (wait4(pid, &status, 0, used) != pid)
		jp_die(JP_ERROR_BUG, "%s: cannot be waited for", what);
	if (WIFSIGNALED(status))
		jp_die(JP_ERROR_BUG, "%s: killed by signal %d%s", what, WTERMSIG(status),
		    WTERMSIG(status) == SIGALRM ? ", it took too long" : "");
	if (WEXITSTATUS(status) != 0)
		jp_die(JP_ERROR_BUG, "%s: exit %d", what, WEXITSTATUS(status));
}

/* ---- processes that begin together ----------------------------------------------------------- */

typedef void (*work_fn)(guint batch, int ready, int go);

static inline void
wait_for_go(int ready, int go)
{
	char c = 0;

	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 0)
		_exit(99);
}

/* Microseconds that n processes need for f, from the moment that all are ready. */
static inline gint64
run_processes(guint n, work_fn f, guint batch)
{
	g_autofree pid_t *pids = g_new(pid_t, n);
	int ready[2], go[2];
	gint64 began;
	char c;

	if (pipe(ready) || pipe(go))
		exit(71);
	for (guint i = 0; i < n; i++) {
		pids[i] = begin_process();
		if (pids[i] == 0) {
			close(go[1]);
			f(batch, ready[1], go[0]);
			_exit(0);
		}
	}
	close(go[0]);
	close(ready[1]);
	for (guint i = 0; i < n; i++)
		if (read(ready[0], &c, 1) != 1)
			jp_die(JP_ERROR_BUG, "a worker ended before it began");
	began = jp_monotonic_us();
	close(go[1]);
	for (guint i = 0; i < n; i++)
		end_process(pids[i], "a worker", NULL);
	close(ready[0]);
	return jp_monotonic_us() - began;
}

static inline double
rate_of(guint n, work_fn f, guint batch)
{
	return n_tasks / ((double)run_processes(n, f, batch) / 1e6);
}

static inline int
by_value(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double
median(double *values, guint n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

/* ---- the same of several, in turn -------------------------------------------------------------
 */

#define MAX_SUBJECTS 4

/* The first of them is ours. */
struct figures {
	char *what;
	const char *names[MAX_SUBJECTS];
	double values[MAX_SUBJECTS][RUNS];
	guint n, n_runs;
};

static inline void
figures_add(struct figures *f, const char *name, guint run, double value)
{
	guint i = 0;

	while (i < f->n && f->names[i] != name)
		i++;
	f->names[i] = name;
	f->n = MAX(f->n, i + 1);
	f->n_runs = run + 1;
	f->values[i][run] = value;
}

/* The median of each, and of what ours is of each other's in the same run: what disturbs the
 * machine for longer than a run disturbs both. */
static inline void
figures_tell(struct figures *f)
{
	for (guint i = 1; i < f->n; i++) {
		g_autofree char *name = g_strdup_printf("%s, ours to %s", f->what, f->names[i]);
		double ratio[RUNS];

		for (guint run = 0; run < f->n_runs; run++)
			ratio[run] = f->values[0][run] / f->values[i][run];
		tell(name, median(ratio, f->n_runs), "times");
	}
	for (guint i = 0; i < f->n; i++) {
		g_autofree char *name = g_strdup_printf("%s, %s", f->what, f->names[i]);

		tell(name, median(f->values[i], f->n_runs), "tasks/s");
	}
}

/* ---- a fresh queue -----------------------------------------------------------------------------
 */

/* Has the database open as somebody has on a site at work, so that its log is not made anew by each
 * process.  A process of its own, as SQLite's locks are not for those who fork. */
static pid_t holder;

static inline void
hold_open(void)
{
	int ready[2];
	char c = 0;

	if (pipe(ready))
		exit(71);
	holder = fork();
	if (holder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tmpdb_reopen(&site, JP_DB_OPEN);
		if (write(ready[1], &c, 1) != 1)
			_exit(71);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		jp_die(JP_ERROR_BUG, "the database cannot be held open");
	close(ready[0]);
}

static inline void
let_go(void)
{
	if (holder > 0) {
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
	}
	holder = 0;
}

static inline void
fresh(void)
{
	let_go();
	tmpdb_close(&site);
	tmpdb_open(&site);
	g_unsetenv("JP_TEST_STRICT");
	g_clear_pointer(&site.db, jp_db_close);
	hold_open();
}

/* That n tasks are in the queue and all are in that state, or the figure is none. */
static inline void
check_all(const char *state, guint n)
{
	const jp_queue_filter any = {0}, filter = {.state = state};
	jp_db *db = tmpdb_reopen(&site, JP_DB_OPEN);
	gint64 there = jp_queue_matching(db, &any), so = jp_queue_matching(db, &filter);

	if (there != n || so != n)
		jp_die(JP_ERROR_BUG,
		    "%" G_GINT64_FORMAT " tasks, %" G_GINT64_FORMAT " of them %s, not %u", there,
		    so, state, n);
	g_clear_pointer(&site.db, jp_db_close);
}

/* Gives how many tasks of n are measured where each has a commit of its own, or two. */
static inline guint
measure_sync(guint n)
{
	g_autofree char *path = g_strconcat(site.dir, "/sync", NULL);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	char page[4096] = {0};
	gint64 began = jp_monotonic_us(), us;

	for (int i = 0; i < 100; i++)
		if (pwrite(fd, page, sizeof(page), 0) != sizeof(page) || fdatasync(fd))
			exit(71);
	us = (jp_monotonic_us() - began) / 100;
	tell("one page written and synced", (double)us, "us");
	close(fd);
	g_unlink(path);
	return (guint)CLAMP(MOST_US / MAX(us, 1), 100, n);
}

/* ---- beanstalkd ------------------------------------------------------------------------------ */

static pid_t beanstalkd;

static inline FILE *
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

static inline gboolean
start_beanstalkd(void)
{
	g_autofree char *found = g_find_program_in_path("beanstalkd");
	g_autofree char *dir = g_strconcat(site.dir, "/binlog", NULL);
	FILE *f;

	if (!found)
		return FALSE;
	g_mkdir(dir, 0700);
	beanstalkd = begin_process();
	if (beanstalkd == 0) {
		execlp(found, "beanstalkd", "-l", "127.0.0.1", "-p", G_STRINGIFY(PORT), "-b", dir,
		    "-f0", NULL);
		_exit(127);
	}
	f = connect_beanstalkd();
	fclose(f);
	return TRUE;
}

/* Sends and reads the answer's line. */
static inline void ask(FILE *f, char *line, int size, const char *fmt, ...) G_GNUC_PRINTF(4, 5);
static inline void
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

/* A line of beanstalkd's statistics; G_MAXUINT when it has none. */
static inline guint
ask_count(const char *name)
{
	FILE *f = connect_beanstalkd();
	char line[512];
	guint n = G_MAXUINT;

	ask(f, line, sizeof(line), "stats\r\n");
	while (fgets(line, sizeof(line), f) && *line != '\r' && *line != '\n')
		if (g_str_has_prefix(line, name))
			n = (guint)g_ascii_strtoull(line + strlen(name), NULL, 10);
	fclose(f);
	return n;
}

static inline void
check_beanstalkd(guint n)
{
	if (ask_count("cmd-delete: ") != n || ask_count("current-jobs-ready: ") != 0)
		jp_die(JP_ERROR_BUG, "beanstalkd did not do %u tasks", n);
}

static inline void
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

static inline void
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

static inline void
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

#endif
