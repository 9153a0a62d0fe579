/*
 * For C tests that cross a socket: starts t/servers/httpd.py with a script and reads its log.  The
 * server ends with us, since it watches the pipe that is its stdin.
 */
#ifndef JP_T_SERVER_H
#define JP_T_SERVER_H

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

typedef struct server {
	char *dir; /* with the script and the log */
	GPid pid;
	int in, out;
	int port;
} server;

/* Removes a flat folder of ours. */
static inline void
server_rm(const char *dir)
{
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_clear_pointer(&d, g_dir_close);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* tls: the path of a certificate and key in one file, or NULL. */
static inline void
server_start(server *s, const char *script, const char *tls)
{
	g_autofree char *path = NULL, *log = NULL;
	g_autoptr(GError) error = NULL;
	char line[64] = "";
	gsize n = 0;

	s->dir = g_dir_make_tmp("jp-httpd-XXXXXX", &error);
	g_assert_no_error(error);
	path = g_build_filename(s->dir, "script.json", NULL);
	log = g_build_filename(s->dir, "log", NULL);
	g_assert_true(g_file_set_contents(path, script, -1, NULL));
	const char *argv[] = {"/usr/bin/python3", "t/servers/httpd.py", path, "--log", log,
	    tls ? "--tls" : NULL, tls, tls, NULL};
	g_spawn_async_with_pipes(NULL, (char **)(gpointer)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
	    NULL, NULL, &s->pid, &s->in, &s->out, NULL, &error);
	g_assert_no_error(error);
	(void)fcntl(s->in, F_SETFD, FD_CLOEXEC); /* or another child would keep the server alive */
	while (n < sizeof(line) - 1 && read(s->out, line + n, 1) == 1 && line[n] != '\n')
		n++;
	if (sscanf(line, "port %d", &s->port) != 1)
		g_error("no port from t/servers/httpd.py: '%s'", line);
}

static inline void
server_stop(server *s)
{
	close(s->in);
	(void)waitpid(s->pid, NULL, 0);
	close(s->out);
	server_rm(s->dir);
	g_free(s->dir);
}

/* One request as the server saw it. */
typedef struct seen {
	gint64 start, end;
	gint64 connection;
	char *target;
	cJSON *request; /* method, target, headers, body */
} seen;

static inline void
seen_free(gpointer p)
{
	seen *e = p;

	g_free(e->target);
	cJSON_Delete(e->request);
	g_free(e);
}

/* The requests so far whose target begins with prefix.  The server writes a line after its answer,
 * which may be a moment later than the client has it: waits until there are at least n. */
static inline GPtrArray *
server_seen(const server *s, const char *prefix, guint n)
{
	g_autofree char *log = g_build_filename(s->dir, "log", NULL);
	GPtrArray *all = g_ptr_array_new_with_free_func(seen_free);

	for (gint64 end = g_get_monotonic_time() + 600 * G_USEC_PER_SEC;;) {
		g_autofree char *text = NULL;
		g_auto(GStrv) lines = NULL;

		g_ptr_array_set_size(all, 0);
		g_assert_true(g_file_get_contents(log, &text, NULL, NULL));
		lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			g_auto(GStrv) f = g_strsplit(*line, "\t", 6);
			seen *e;

			if (g_strv_length(f) != 6 || !g_str_has_prefix(f[4], prefix))
				continue;
			e = g_new0(seen, 1);
			e->start = g_ascii_strtoll(f[0], NULL, 10);
			e->end = g_ascii_strtoll(f[1], NULL, 10);
			e->connection = g_ascii_strtoll(f[2], NULL, 10);
			e->target = g_strdup(f[4]);
			e->request = cJSON_Parse(f[5]);
			g_ptr_array_add(all, e);
		}
		if (all->len >= n || g_get_monotonic_time() > end)
			return all;
		g_thread_yield();
	}
}

static inline const char *
seen_header(const GPtrArray *all, guint i, const char *name)
{
	const seen *e = g_ptr_array_index(all, i);

	return jp_json_text(cJSON_GetObjectItem(e->request, "headers"), name);
}

#endif
