/*
 * Responses kept in a folder, and requests answered from one.  The folder holds one file a
 * response (head with CRLF, empty line, body inflated) and index.tsv, a line a response:
 *
 *	METHOD  URL  SHA256-OF-REQUEST-BODY-OR-DASH  FILE  [FINAL-URL]
 *
 * fields escaped as in every TSV of ours; the last line for a request counts.  A file is complete
 * before its line is written, so a killed run leaves a folder that can be replayed.  Folders
 *written by hand may end header lines in a bare LF, leave lines empty or begin them with "#", and
 *point into a sister folder ("../round1/x.http").
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/internal.h"
#include "text/text.h"

enum { COL_METHOD, COL_URL, COL_BODY, COL_FILE, COL_FINAL, N_COLS };

static char *
body_key(const char *body)
{
	return body ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1) : g_strdup("-");
}

/* ---- recording ------------------------------------------------------------------------------- */

struct jp_record {
	char *dir;
	char *index;
};

jp_record *
jp_record_open(const char *dir, GError **error)
{
	jp_record *r;

	if (!jp_dir_make(dir, error))
		return NULL;
	r = g_new0(jp_record, 1);
	r->dir = g_strdup(dir);
	r->index = g_build_filename(dir, "index.tsv", NULL);
	return r;
}

void
jp_record_free(jp_record *r)
{
	if (!r)
		return;
	g_free(r->dir);
	g_free(r->index);
	g_free(r);
}

/* "example.org-v1-boards-acme-jobs-1a2b3c4d.http": told apart by people, unique by the hash. */
static char *
file_name(const jp_transfer *t, const char *url, const char *body)
{
	const size_t tail = 48;
	g_autofree char *key = g_strdup_printf("%s %s %s", t->method, url, body);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
	g_autofree char *path = g_strdup(strstr(url, "://") ? strstr(url, "://") + 3 : url);
	g_autofree char *host = NULL;
	gsize n;

	path[strcspn(path, "?#")] = '\0';
	for (char *p = path; *p; p++)
		if (!g_ascii_isalnum(*p) && *p != '.' && *p != '/')
			*p = '-';
	n = strcspn(path, "/");
	host = g_strndup(path, MIN(n, 60));
	g_strdelimit(path, "/", '-');
	if (strlen(path + n) > tail)
		n = strlen(path) - tail;
	return g_strdup_printf("%s%s-%.8s.http", *host == '.' ? "x" : host, path + n, hash);
}

static gboolean
append_line(const char *path, const char *line, GError **error)
{
	gsize len = strlen(line);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	ssize_t n;
	int err;

	if (fd < 0)
		return jp_error_errno(error, errno, "%s", path);
	n = write(fd, line, len); /* one write: lines of two runs do not mix */
	err = n < 0 ? errno : ENOSPC;
	if (n != (ssize_t)len) {
		(void)close(fd); /* the write's error is the one to tell */
		return jp_error_errno(error, err, "%s", path);
	}
	return close(fd) == 0 || jp_error_errno(error, errno, "%s", path);
}

gboolean
jp_record_add(jp_record *r, const jp_transfer *t, GError **error)
{
	g_autofree char *url = jp_transfer_plain(t, t->url);
	g_autofree char *final = jp_transfer_plain(t, t->at);
	g_autofree char *body = body_key(t->body);
	g_autofree char *name = file_name(t, url, body);
	g_autofree char *path = g_build_filename(r->dir, name, NULL);
	g_autofree char *url_field = jp_escape_tsv(url);
	g_autofree char *final_field = jp_escape_tsv(strcmp(final, url) == 0 ? "" : final);
	g_autofree char *head = jp_head_write(t->head->str, t->head->len);
	g_autofree char *line = NULL;
	g_autoptr(GString) file = g_string_new(head);

	g_string_append_len(file, t->content->str, (gssize)t->content->len);
	if (!jp_file_write(path, file->str, file->len, 0644, error))
		return FALSE;
	line =
	    g_strdup_printf("%s\t%s\t%s\t%s\t%s\n", t->method, url_field, body, name, final_field);
	return append_line(r->index, line, error);
}

/* ---- replaying ------------------------------------------------------------------------------- */

typedef struct entry {
	char *path, *final;
} entry;

struct jp_replay {
	char *dir;
	GHashTable *entries; /* "METHOD URL BODY" -> entry */
};

static void
entry_free(gpointer p)
{
	entry *e = p;

	g_free(e->path);
	g_free(e->final);
	g_free(e);
}

/* A relative path that stays inside the parent of the folder. */
static gboolean
stays_near(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "/", -1);
	int depth = 1; /* the folder, seen from its parent */

	if (!path || *path == '\0' || *path == '/')
		return FALSE;
	for (char **p = parts; *p; p++) {
		if (strcmp(*p, "..") == 0)
			depth--;
		else if (**p != '\0' && strcmp(*p, ".") != 0)
			depth++;
		if (depth < 0)
			return FALSE;
	}
	return TRUE;
}

/* One line of the index; FALSE and the reason when it is broken. */
static gboolean
add_entry(jp_replay *r, const char *line, const char **reason)
{
	g_auto(GStrv) field = g_strsplit(line, "\t", -1);
	g_autofree char *url = NULL;
	entry *e;

	if (g_strv_length(field) < COL_FILE + 1) {
		*reason = "fewer than four fields";
		return FALSE;
	}
	for (char **f = field; *f; f++)
		jp_unescape_tsv(*f);
	if (!stays_near(field[COL_FILE])) {
		*reason = "a file outside the folder and its sisters";
		return FALSE;
	}
	url = jp_url_plain(field[COL_URL]);
	e = g_new0(entry, 1);
	e->path = g_build_filename(r->dir, field[COL_FILE], NULL);
	if (g_strv_length(field) > COL_FINAL && *field[COL_FINAL])
		e->final = g_strdup(field[COL_FINAL]);
	g_hash_table_replace(
	    r->entries, g_strdup_printf("%s %s %s", field[COL_METHOD], url, field[COL_BODY]), e);
	return TRUE;
}

void
jp_replay_free(jp_replay *r)
{
	if (!r)
		return;
	g_hash_table_unref(r->entries);
	g_free(r->dir);
	g_free(r);
}

jp_replay *
jp_replay_open(const char *dir, GError **error)
{
	g_autoptr(jp_replay) r = g_new0(jp_replay, 1);
	g_autofree char *path = g_build_filename(dir, "index.tsv", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	const char *reason;
	gsize len;

	r->dir = g_strdup(dir);
	r->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	if (!jp_file_read(path, JP_MAX_IMPORT, &text, &len, error))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		if (*lines[i] == '\0' || *lines[i] == '#' || add_entry(r, lines[i], &reason))
			continue;
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s:%u: %s", path, i + 1, reason);
		return NULL;
	}
	return g_steal_pointer(&r);
}

/* As a server with validators would: 304 when the client has this very answer (RFC 9110, 13). */
static gboolean
is_known(const jp_transfer *t)
{
	if (t->answer.status != 200)
		return FALSE;
	if (t->etag)
		return g_strcmp0(t->etag, t->answer.etag) == 0;
	return t->last_modified && g_strcmp0(t->last_modified, t->answer.last_modified) == 0;
}

static void
answer_from(jp_transfer *t, const entry *e, const char *text, gsize len, gint64 now)
{
	g_autoptr(GError) error = NULL;

	if (!jp_head_parse(&t->answer, text, len, &error)) {
		jp_transfer_fail(
		    t, JP_HTTP_REFUSED, g_strdup_printf("%s: %s", e->path, error->message));
		return;
	}
	if (len - t->answer.len > (gsize)t->conf->http.max_body) {
		jp_transfer_fail(t, JP_HTTP_REFUSED,
		    g_strdup_printf("%s: the body is larger than http.max_body", e->path));
		return;
	}
	g_string_append_len(t->head, text, (gssize)t->answer.len);
	if (is_known(t))
		t->answer.status = 304;
	else
		g_string_append_len(
		    t->content, text + t->answer.len, (gssize)(len - t->answer.len));
	if (e->final) {
		g_free(t->at);
		t->at = g_strdup(e->final);
	}
	t->retry_after = jp_retry_after(t->answer.retry_after, now);
	if (t->answer.status / 100 != 2 && t->answer.status != 304)
		t->why = g_strdup_printf("HTTP %d", t->answer.status);
}

void
jp_replay_answer(const jp_replay *r, jp_transfer *t, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *url = jp_transfer_plain(t, t->url);
	g_autofree char *body = body_key(t->body);
	g_autofree char *key = g_strdup_printf("%s %s %s", t->method, url, body);
	const entry *e = g_hash_table_lookup(r->entries, key);
	const gsize most = (gsize)t->conf->http.max_body + JP_MAX_HEADERS;
	g_autofree char *text = NULL;
	gsize len;

	t->attempts = 1;
	if (!e) {
		url[strcspn(url, "?")] = '\0'; /* queries may hold keys */
		jp_transfer_fail(t, JP_HTTP_MISSING,
		    g_strdup_printf("%s has no answer for %s %s", r->dir, t->method, url));
	} else if (!jp_file_read(e->path, most, &text, &len, &error)) {
		jp_transfer_fail(t,
		    error->code == JP_ERROR_UNAVAILABLE ? JP_HTTP_MISSING : JP_HTTP_REFUSED,
		    g_strdup(error->message));
	} else {
		answer_from(t, e, text, len, now);
	}
}
