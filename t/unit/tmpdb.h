/*
 * For C tests that need a database: one of its own, in a folder that goes away with it, and a way
 * to see a function end the process.
 *
 *	jp_db *db = tmpdb_open(&t);
 *	...
 *	tmpdb_close(&t);
 *
 * It is a SQLite file, or with JP_TEST_POSTGRES=postgresql://... a database on that server; a test
 * about the file itself begins with `if (tmpdb_skips()) return;`.
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
#include "tmpdb_pg.h"

typedef struct tmpdb {
	char *dir, *path; /* path: of the file, if it is one */
	char *server;     /* PostgreSQL: what the database is called; NULL: a file */
	jp_config *conf;
	jp_db *db;
} tmpdb;

/* TRUE, and the test is skipped by name, where the database is not a file. */
static inline gboolean
tmpdb_skips(void)
{
	if (!pg_admin())
		return FALSE;
	g_test_skip("about SQLite's file");
	return TRUE;
}

/* For what the engines say differently. */
static inline const char *
tmpdb_either(const tmpdb *t, const char *on_sqlite, const char *on_postgres)
{
	return t->server ? on_postgres : on_sqlite;
}

/* A database on the test's server, empty or a copy of that one; gives the configuration that names
 * it, or NULL where there is no server. */
static inline char *
tmpdb_server(tmpdb *t, const char *at, const char *like)
{
#ifdef JP_NO_POSTGRES
	(void)t;
	(void)at;
	(void)like;
	return NULL;
#else
	static guint n;
	const char *prepare = g_getenv("JP_TEST_PREPARE");
	g_autofree char *url = NULL;

	if (!at)
		return NULL;
	t->server = g_strdup_printf("jp_test_%d_%u", (int)getpid(), n++);
	pg_create(t->server, like);
	url = pg_url(at, t->server);
	return g_strdup_printf(
	    "database: \"%s\"\ndb: {prepare: %s}\n", url, prepare && *prepare ? prepare : "true");
#endif
}

/* A folder and a configuration of defaults, and on the server of that URL, if any, a database. */
static inline void
tmpdb_begin(tmpdb *t, const char *at, const char *like)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	*t = (tmpdb){0};
	t->dir = g_dir_make_tmp("jp-test-XXXXXX", &error);
	g_assert_no_error(error);
	t->path = g_build_filename(t->dir, "jobping.db", NULL);
	text = tmpdb_server(t, at, like);
	if (!text)
		text = g_strdup("database: jobping.db\n");
	jp_config_parse(&t->conf, text, strlen(text), "test", t->dir, &error);
	g_assert_no_error(error);
	g_setenv("JP_TEST_STRICT", "1", TRUE);
}

/* A folder and a configuration of defaults, no database yet (on a server: an empty one). */
static inline void
tmpdb_init(tmpdb *t)
{
	tmpdb_begin(t, pg_admin(), NULL);
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
#ifndef JP_NO_POSTGRES
	if (t->server)
		pg_drop(t->server);
#endif
	dir = g_dir_open(t->dir, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(t->dir, name, NULL);

		g_unlink(path);
	}
	g_clear_pointer(&dir, g_dir_close);
	g_rmdir(t->dir);
	jp_config_free(t->conf);
	g_free(t->server);
	g_free(t->path);
	g_free(t->dir);
}

/* ---- what most tests begin with -------------------------------------------------------------- */

/* A database with the tables of today, closed: made once a process, past any pooler, which would go
 * on to use it, and copied by tmpdb_open.  It goes away with the process. */
static tmpdb tmpdb_model;
static pid_t tmpdb_model_of;

static inline void
tmpdb_model_end(void)
{
	if (tmpdb_model_of == getpid()) /* not a child that the test forked */
		tmpdb_close(&tmpdb_model);
}

static inline const tmpdb *
tmpdb_model_get(void)
{
	if (tmpdb_model.dir)
		return &tmpdb_model;
	tmpdb_begin(&tmpdb_model, pg_direct(), NULL);
	tmpdb_make(&tmpdb_model);
	g_clear_pointer(&tmpdb_model.db, jp_db_close);
	if (tmpdb_model.server)
		pg_leave(tmpdb_model.server);
	tmpdb_model_of = getpid();
	atexit(tmpdb_model_end);
	return &tmpdb_model;
}

/* A database with the tables of today, and nothing in them. */
static inline jp_db *
tmpdb_open(tmpdb *t)
{
	const tmpdb *model = tmpdb_model_get();
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	gsize n;

	tmpdb_begin(t, pg_admin(), model->server);
	if (!t->server) {
		g_file_get_contents(model->path, &file, &n, &error);
		g_assert_no_error(error);
		g_file_set_contents_full(
		    t->path, file, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0600, &error);
		g_assert_no_error(error);
	}
	return tmpdb_make(t);
}

/* ---- functions that end the process ---------------------------------------------------------- */

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
