/*
 * Start-up time and peak memory of every program, beside what a user would start instead.  Each
 * command runs RUNS times; the median and the largest resident set are told, one figure a line:
 * name, value, unit.  Usage: startup FOLDER-OF-PROGRAMS
 */
#include "base/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 40

static int
by_value(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return x < y ? -1 : x > y;
}

/* Microseconds of one run, -1 when it could not be run; the peak in KiB goes to *peak. */
static gint64
run_once(const char *const *argv, long *peak)
{
	gint64 began = jp_monotonic_us();
	struct rusage used;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		/* exec takes pointers to non-const for history's sake and changes nothing. */
		execvp(argv[0], (char **)(guintptr)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 127)
		return -1;
	*peak = MAX(*peak, used.ru_maxrss);
	return jp_monotonic_us() - began;
}

static void
tell(const char *name, const char *const *argv)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
	long peak = 0;

	for (int i = 0; i < RUNS; i++) {
		gint64 us = run_once(argv, &peak);

		if (us < 0)
			return;
		g_array_append_val(times, us);
	}
	g_array_sort(times, by_value);
	printf(
	    "startup %s\t%.2f\tms\n", name, (double)g_array_index(times, gint64, RUNS / 2) / 1000);
	printf("startup %s, peak\t%.1f\tMiB\n", name, (double)peak / 1024);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = NULL;
	const char *entry;
	const char *python[] = {"python3", "-c", "pass", NULL};
	const char *node[] = {"node", "-e", "0", NULL};

	jp_init("startup");
	dir = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
	if (!dir)
		jp_die(JP_ERROR_USAGE, "usage: startup FOLDER");
	while ((entry = g_dir_read_name(dir)))
		if (g_str_has_prefix(entry, "jp-") && !strchr(entry, '.'))
			g_ptr_array_add(names, g_strdup(entry));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++) {
		char *name = g_ptr_array_index(names, i);
		g_autofree char *path = g_build_filename(argv[1], name, NULL);
		const char *command[] = {path, "--version", NULL};

		tell(name, command);
	}
	tell("jp-stats on a database", (const char *[]){"jp-stats", NULL});
	tell("python3 -c pass (peer)", python);
	tell("node -e 0 (peer)", node);
	return jp_finish(0);
}
