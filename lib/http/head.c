/*
 * The head of an HTTP/1 response (RFC 9112, 4 and 5), as servers send it and as people write it by
 * hand.  Strict where a mistake could be dangerous (names, control bytes), lenient in line ends.
 * Pure.
 */
#include <string.h>

#include "http/internal.h"

/* The line at *at without its end; FALSE at the end of the text.  Moves *at behind it. */
static gboolean
next_line(const char *text, gsize len, gsize *at, const char **line, gsize *n)
{
	const char *end;

	if (*at >= len)
		return FALSE;
	*line = text + *at;
	end = memchr(*line, '\n', len - *at);
	*n = end ? (gsize)(end - *line) : len - *at;
	*at += *n + (end ? 1 : 0);
	if (*n > 0 && (*line)[*n - 1] == '\r')
		(*n)--;
	return TRUE;
}

static gboolean
is_clean(const char *value, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (((guchar)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
			return FALSE;
	return TRUE;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" */
static gboolean
parse_status(jp_head *out, const char *line, gsize n)
{
	g_autofree char *text = g_strndup(line, n);
	const char *p = text;

	if (strlen(text) != n || !g_str_has_prefix(p, "HTTP/"))
		return FALSE;
	p += strcspn(p, " ");
	p += strspn(p, " ");
	for (int i = 0; i < 3; i++)
		if (!g_ascii_isdigit(p[i]))
			return FALSE;
	if (p[0] < '1' || p[0] > '5' || (p[3] != '\0' && p[3] != ' '))
		return FALSE;
	out->status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	out->reason = g_strstrip(g_strdup(is_clean(p + 3, strlen(p + 3)) ? p + 3 : ""));
	return TRUE;
}

/* Length of the field's name; 0 when the line is no field. */
static gsize
name_len(const char *line, gsize n)
{
	gsize i = 0;

	while (
	    i < n && (g_ascii_isalnum(line[i]) || (line[i] && strchr("!#$%&'*+-.^_`|~", line[i]))))
		i++;
	return i < n && line[i] == ':' ? i : 0;
}

/* Keeps the value if the field has this name and came for the first time. */
static void
take(char **to, const char *name, const char *line, gsize n)
{
	gsize k = strlen(name);

	if (*to || name_len(line, n) != k || g_ascii_strncasecmp(line, name, k) != 0)
		return;
	if (is_clean(line + k + 1, n - k - 1))
		*to = g_strstrip(g_strndup(line + k + 1, n - k - 1));
}

gboolean
jp_head_parse(jp_head *out, const char *text, gsize len, GError **error)
{
	const char *line;
	gsize n, at = 0;

	jp_head_clear(out);
	if (!next_line(text, len, &at, &line, &n) || !parse_status(out, line, n)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "no HTTP status line such as \"HTTP/1.1 200 OK\" at the beginning");
		return FALSE;
	}
	while (next_line(text, len, &at, &line, &n) && n > 0) {
		take(&out->content_type, "Content-Type", line, n);
		take(&out->etag, "ETag", line, n);
		take(&out->last_modified, "Last-Modified", line, n);
		take(&out->retry_after, "Retry-After", line, n);
		take(&out->coding, "Content-Encoding", line, n);
	}
	out->len = at;
	return TRUE;
}

void
jp_head_clear(jp_head *h)
{
	g_free(h->reason);
	g_free(h->content_type);
	g_free(h->etag);
	g_free(h->last_modified);
	g_free(h->retry_after);
	g_free(h->coding);
	*h = (jp_head){0};
}

/* Fields of the connection and of the body's coding, which a recording undoes. */
static const char *const dropped[] = {"connection", "keep-alive", "transfer-encoding",
    "content-encoding", "content-length", "trailer", "upgrade", "alt-svc", "te"};
/* Parts of names under which servers send what identifies somebody. */
static const char *const secret[] = {
    "auth", "cookie", "token", "secret", "session", "api-key", "apikey", "credential", "csrf"};

static gboolean
is_recorded(const char *line, gsize n)
{
	g_autofree char *name = g_ascii_strdown(line, (gssize)name_len(line, n));

	if (!*name || !is_clean(line + strlen(name) + 1, n - strlen(name) - 1))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(dropped); i++)
		if (strcmp(name, dropped[i]) == 0)
			return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(secret); i++)
		if (strstr(name, secret[i]))
			return FALSE;
	return TRUE;
}

char *
jp_head_write(const char *text, gsize len)
{
	GString *out = g_string_new(NULL);
	jp_head h = {0};
	const char *line;
	gsize n, at = 0;

	if (jp_head_parse(&h, text, len, NULL)) {
		g_string_printf(out, "HTTP/1.1 %d %s\r\n", h.status, h.reason);
		(void)next_line(text, len, &at, &line, &n); /* the status line */
		while (next_line(text, len, &at, &line, &n) && n > 0)
			if (is_recorded(line, n))
				g_string_append_printf(out, "%.*s\r\n", (int)n, line);
	}
	g_string_append(out, "\r\n");
	jp_head_clear(&h);
	return g_string_free(out, FALSE);
}
