/*
 * For C tests that need a database: one of its own, in a folder that goes away with it, and a way
 * to see a function end the process.
 *
 *	jp_db *db = tmpdb_open(&t);
 *	...
 *	tmpdb_close(&t);
 *
 * JP_TEST_STRICT is set: what a statement selects must be read.
 */
#ifndef T_TMPDB_H
#define T_TMPDB_H

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/db.h"

typedef struct tmpdb {
	char *dir, *path;
	jp_config *conf;
	jp_db *db;
} tmpdb;

/* A folder and a configuration of defaults, no database yet. */
static inline void
tmpdb_init(tmpdb *t)
{
	static const char text[] = "database: jobping.db\n";
	g_autoptr(GError) error = NULL;

	*t = (tmpdb){0};
	t->dir = g_dir_make_tmp("jp-test-XXXXXX", &error);
	g_assert_no_error(error);
	t->path = g_build_filename(t->dir, "jobping.db", NULL);
	jp_config_parse(&t->conf, text, sizeof(text) - 1, "test", t->dir, &error);
	g_assert_no_error(error);
	g_setenv("JP_TEST_STRICT", "1", TRUE);
}

/* Opens what tmpdb_init prepared, with the tables of today. */
static inline jp_db *
tmpdb_make(tmpdb *t)
{
	g_autoptr(GError) error = NULL;
	guint applied;

	t->db = jp_db_open(t->conf, JP_DB_CREATE, &error);
	g_assert_no_error(error);
	jp_db_migrate(t->db, &applied, &error);
	g_assert_no_error(error);
	return t->db;
}

static inline jp_db *
tmpdb_open(tmpdb *t)
{
	tmpdb_init(t);
	return tmpdb_make(t);
}

/* Closes and opens again, as another program would. */
static inline jp_db *
tmpdb_reopen(tmpdb *t, jp_db_mode mode)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&t->db, jp_db_close);
	t->db = jp_db_open(t->conf, mode, &error);
	g_assert_no_error(error);
	return t->db;
}

static inline void
tmpdb_close(tmpdb *t)
{
	GDir *dir;
	const char *name;

	g_clear_pointer(&t->db, jp_db_close);
	dir = g_dir_open(t->dir, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(t->dir, name, NULL);

		g_unlink(path);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_rmdir(t->dir);
	jp_config_free(t->conf);
	g_free(t->path);
	g_free(t->dir);
}

/* Runs f(data) in a child; gives the child's wait status and what it said on stderr (g_free). */
static inline int
run_in_child(void (*f)(gpointer data), gpointer data, char **said)
{
	GString *text = g_string_new(NULL);
	char buf[512];
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	g_assert_cmpint(pipe(fds), ==, 0);
	pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		f(data);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		g_string_append_len(text, buf, n);
	close(fds[0]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	*said = g_string_free(text, FALSE);
	return status;
}

/* f must end the process with the code and say something that has `part` in it. */
static inline void
assert_dies(void (*f)(gpointer data), gpointer data, int code, const char *part)
{
	g_autofree char *said = NULL;
	int status = run_in_child(f, data, &said);

	if (!strstr(said, part))
		g_error("said \"%s\", without \"%s\"", said, part);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, code);
}

#endif
