/*
 * `jp-queue work` with real handlers: tasks of 200 bytes added, then run until none is left,
 * nothing lost by a power cut.  Usage: work PROGRAMS [TASKS]
 *
 * "one a step" gives a handler one task at a time (batch: 1); one handler and four stand beside as
 * many workers of beanstalkd, where that is installed.  "a hundred at a time" gives it so many.
 * The handler is this program.  "a process a task" starts one for each, /bin/true, beside a loop
 * that starts it and waits for its end: what is more is ours.  Then what a worker costs that has
 * nothing to do, and the most memory that one took in all of this.
 *
 * Figures one a line: name, value, unit.
 */
#include <spawn.h>
#include <time.h>

#include "queue.h"

/* Seconds that an idle worker is looked at, after some in which it begins. */
#define IDLE  10
#define BEGIN 2

static const char *programs;
static char *self;
static glong most_kib;

/* ---- the handler ----------------------------------------------------------------------------- */

static int
answer_all(void)
{
	static char line[JP_MAX_LINE];

	while (fgets(line, sizeof(line), stdin)) {
		printf("{\"id\":%" G_GINT64_FORMAT ",\"status\":\"done\"}\n",
		    g_ascii_strtoll(line + strlen("{\"id\":"), NULL, 10));
		fflush(stdout);
	}
	return 0;
}

/* ---- the worker ------------------------------------------------------------------------------ */

static char *
write_config(guint handlers)
{
	char *path = g_build_filename(site.dir, "jobping.yaml", NULL);
	g_autofree char *text =
	    g_strdup_printf("database: \"%s\"\n"
			    "db: {prepare: %s}\n"
			    "queue:\n"
			    "  types:\n"
			    "    one: {command: [\"%s\", answer], concurrency: %u, batch: 1}\n"
			    "    many: {command: [\"%s\", answer], concurrency: %u, batch: 100}\n"
			    "    single: {command: [/bin/true], concurrency: %u}\n",
		site.conf->database, site.conf->db.prepare ? "true" : "false", self, handlers, self,
		handlers, handlers);

	if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
		exit(71);
	return path;
}

static pid_t
start_worker(const char *type, guint handlers, gboolean drain)
{
	g_autofree char *program = g_build_filename(programs, "jp-queue", NULL);
	g_autofree char *conf = write_config(handlers);
	pid_t pid = begin_process();

	if (pid == 0) {
		execl(
		    program, "jp-queue", "work", "-C", conf, type, drain ? "--drain" : NULL, NULL);
		_exit(127);
	}
	return pid;
}

static void
add_tasks(const char *type, guint n)
{
	const jp_task_new task = {.type = type, .payload = payload};
	jp_db *db = tmpdb_reopen(&site, JP_DB_OPEN);
	gint64 id;

	for (guint i = 0; i < n;) {
		jp_db_begin(db, JP_TX_DURABLE);
		for (guint end = MIN(i + 1000, n); i < end; i++)
			jp_queue_add(db, &task, jp_db_now(db), &id);
		jp_db_commit(db);
	}
	g_clear_pointer(&site.db, jp_db_close);
}

/* Tasks a second. */
static double
run_worker(const char *type, guint handlers, guint n)
{
	struct rusage used;
	gint64 began, took;

	fresh();
	add_tasks(type, n);
	began = jp_monotonic_us();
	end_process(start_worker(type, handlers, TRUE), "jp-queue work", &used);
	took = jp_monotonic_us() - began;
	most_kib = MAX(most_kib, used.ru_maxrss);
	check_all("done", n);
	return n / ((double)took / 1e6);
}

/* ---- its peers ------------------------------------------------------------------------------- */

static double
run_beanstalkd(guint workers)
{
	double rate;

	fresh();
	(void)start_beanstalkd(); /* it was found */
	(void)run_processes(1, add_beanstalkd, 1);
	rate = rate_of(workers, work_beanstalkd, 1);
	check_beanstalkd(n_tasks);
	stop_beanstalkd();
	return rate;
}

/* Programs started and waited for, one after the other or so many at once. */
static double
run_bare(guint at_once, guint n)
{
	char *const argv[] = {(char *)"true", NULL};
	gint64 began = jp_monotonic_us();
	guint running = 0;

	let_go(); /* the only child that is none of these */
	for (guint i = 0; i < n || running > 0;) {
		pid_t pid;

		if (i < n && running < at_once) {
			if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ) != 0)
				exit(71);
			i++;
			running++;
		} else if (wait(NULL) > 0) {
			running--;
		}
	}
	return n / ((double)(jp_monotonic_us() - began) / 1e6);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void
compare_steps(guint handlers, gboolean has_beanstalkd)
{
	struct figures f = {.what = g_strdup_printf("one a step, %u handlers", handlers)};
	gint64 began = jp_monotonic_us();

	for (guint run = 0; run < RUNS && jp_monotonic_us() - began < BUDGET; run++) {
		figures_add(&f, "ours", run, run_worker("one", handlers, n_tasks));
		if (has_beanstalkd)
			figures_add(&f, "beanstalkd", run, run_beanstalkd(handlers));
	}
	figures_tell(&f);
	g_free(f.what);
}

static void
compare_processes(guint handlers)
{
	struct figures f = {.what = g_strdup_printf("a process a task, %u handlers", handlers)};
	guint n = MIN(n_tasks, 1000);
	gint64 began = jp_monotonic_us();

	for (guint run = 0; run < RUNS && jp_monotonic_us() - began < BUDGET; run++) {
		figures_add(&f, "ours", run, run_worker("single", handlers, n));
		figures_add(&f, "bare loop", run, run_bare(handlers, n));
	}
	figures_tell(&f);
	g_free(f.what);
}

static void
measure_batches(guint handlers, guint n)
{
	struct figures f = {.what = g_strdup_printf("a hundred at a time, %u handlers", handlers)};

	for (guint run = 0; run < RUNS; run++)
		figures_add(&f, "ours", run, run_worker("many", handlers, n));
	figures_tell(&f);
	g_free(f.what);
}

/* A worker that only its own clock wakes. */
static void
measure_idle(void)
{
	struct timespec before, after;
	clockid_t clock;
	double used;
	pid_t pid;

	fresh();
	pid = start_worker("one", 4, FALSE);
	(void)poll(NULL, 0, BEGIN * 1000);
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &before) != 0)
		jp_die(JP_ERROR_BUG, "jp-queue work is not there");
	(void)poll(NULL, 0, IDLE * 1000);
	if (clock_gettime(clock, &after) != 0)
		jp_die(JP_ERROR_BUG, "jp-queue work is not there any more");
	kill(pid, SIGTERM);
	end_process(pid, "jp-queue work", NULL);
	used =
	    (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	tell("idle worker, part of a core", 100 * used / IDLE, "%");
}

int
main(int argc, char **argv)
{
	g_autofree char *found = g_find_program_in_path("beanstalkd");
	gint64 tasks;
	guint all;

	if (argc == 2 && strcmp(argv[1], "answer") == 0)
		return answer_all();
	own_environment();
	jp_init("bench-work");
	if (argc < 2)
		jp_die(JP_ERROR_USAGE, "usage: work PROGRAMS [TASKS]");
	programs = argv[1];
	if (argc > 2 && jp_int_parse(argv[2], 100, 1000000, &tasks))
		n_tasks = (guint)tasks;
	all = n_tasks;
	self = g_file_read_link("/proc/self/exe", NULL);
	memset(payload, 'x', PAYLOAD);
	payload[0] = payload[PAYLOAD - 1] = '"';
	tmpdb_open(&site);
	n_tasks = measure_sync(n_tasks / 4);
	for (guint handlers = 1; handlers <= 4; handlers += 3)
		compare_steps(handlers, found && !site.server);
	for (guint handlers = 1; handlers <= 4; handlers += 3)
		measure_batches(handlers, all);
	for (guint handlers = 1; handlers <= 4; handlers += 3)
		compare_processes(handlers);
	measure_idle();
	tell("peak memory of a worker", (double)most_kib / 1024, "MiB");
	let_go();
	tmpdb_close(&site);
	g_free(self);
	return jp_finish(0);
}
