/*
 * For C tests of mail: starts t/servers/smtpd.py with a rules file that can change, and reads its
 * log and what it took.  The server ends with us, since it watches the pipe that is its stdin.
 */
#ifndef JP_T_SMTPD_H
#define JP_T_SMTPD_H

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config.h"

typedef struct smtpd {
	char *dir, *rules, *log;
	GPid pid;
	int in, out;
	int port;
} smtpd;

static inline void
smtpd_rules(const smtpd *s, const char *rules)
{
	g_assert_true(g_file_set_contents(s->rules, rules, -1, NULL));
}

/* Further arguments of the server, NULL at the end. */
static inline void
smtpd_start(smtpd *s, const char *first, ...)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	g_auto(GStrv) all = NULL;
	g_autoptr(GError) error = NULL;
	char line[64] = "";
	gsize n = 0;
	va_list ap;

	s->dir = g_dir_make_tmp("jp-smtpd-XXXXXX", &error);
	g_assert_no_error(error);
	s->rules = g_build_filename(s->dir, "rules", NULL);
	s->log = g_build_filename(s->dir, "log", NULL);
	smtpd_rules(s, "");
	g_assert_true(g_file_set_contents(s->log, "", -1, NULL));
	g_strv_builder_add_many(argv, "/usr/bin/python3", "t/servers/smtpd.py", "--stdin", "--dir",
	    s->dir, "--rules", s->rules, "--log", s->log, NULL);
	va_start(ap, first);
	for (const char *arg = first; arg; arg = va_arg(ap, const char *))
		g_strv_builder_add(argv, arg);
	va_end(ap);
	all = g_strv_builder_end(argv);
	g_spawn_async_with_pipes(NULL, all, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &s->pid,
	    &s->in, &s->out, NULL, &error);
	g_assert_no_error(error);
	(void)fcntl(s->in, F_SETFD, FD_CLOEXEC); /* or another child would keep the server alive */
	while (n < sizeof(line) - 1 && read(s->out, line + n, 1) == 1 && line[n] != '\n')
		n++;
	if (sscanf(line, "port %d", &s->port) != 1)
		g_error("no port from t/servers/smtpd.py: '%s'", line);
}

static inline void
smtpd_stop(smtpd *s)
{
	GDir *d;
	const char *name;

	close(s->in);
	(void)waitpid(s->pid, NULL, 0);
	close(s->out);
	d = g_dir_open(s->dir, 0, NULL);
	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(s->dir, name, NULL);

		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_clear_pointer(&d, g_dir_close);
	g_assert_cmpint(g_rmdir(s->dir), ==, 0);
	g_free(s->rules);
	g_free(s->log);
	g_free(s->dir);
}

/* How many lines of the log match "N words", whatever the connection N is. */
static inline guint
smtpd_count(const smtpd *s, const char *words)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint n = 0;

	g_assert_true(g_file_get_contents(s->log, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		const char *rest = strchr(*line, ' ');

		n += rest && g_str_has_prefix(rest + 1, words);
	}
	return n;
}

/* File N.suffix of what was taken; NULL: there is none.  Free with g_free. */
static inline char *
smtpd_taken(const smtpd *s, guint n, const char *suffix)
{
	g_autofree char *name = g_strdup_printf("%u.%s", n, suffix);
	g_autofree char *path = g_build_filename(s->dir, name, NULL);
	char *text = NULL;

	(void)g_file_get_contents(path, &text, NULL, NULL); /* NULL then */
	return text;
}

#endif
