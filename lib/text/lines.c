/*
 * Lines that another program wrote, TSV or JSON Lines; the other end of table.c.  A line is
 * bounded; a broken one is an error of that line, and reading can go on behind it.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "text/text.h"

struct jp_lines {
	int fd;
	const jp_column *columns;
	guint n_columns;
	guint number;
	gboolean at_end, is_json, is_known; /* known: the first byte was seen */
	GString *buffer;                    /* read and not yet given, from `start` on */
	gsize start;
	char **fields; /* n_columns, owned; NULL: missing */
};

jp_lines *
jp_lines_new(int fd, const jp_column *columns, guint n_columns)
{
	jp_lines *l = g_new0(jp_lines, 1);

	l->fd = fd;
	l->columns = columns;
	l->n_columns = n_columns;
	l->buffer = g_string_sized_new(JP_MAX_LINE);
	l->fields = g_new0(char *, n_columns + 1);
	return l;
}

static void
clear_fields(jp_lines *l)
{
	for (guint i = 0; i < l->n_columns; i++)
		g_clear_pointer(&l->fields[i], g_free);
}

void
jp_lines_free(jp_lines *l)
{
	if (!l)
		return;
	clear_fields(l);
	g_free(l->fields);
	g_string_free(l->buffer, TRUE);
	g_free(l);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Reads more; FALSE when that failed.  The end of the input sets at_end. */
static gboolean
fill(jp_lines *l, GError **error)
{
	gsize had;
	ssize_t n;

	g_string_erase(l->buffer, 0, (gssize)l->start);
	l->start = 0;
	had = l->buffer->len;
	g_string_set_size(l->buffer, had + 16 * JP_KIB);
	do
		n = read(l->fd, l->buffer->str + had, 16 * JP_KIB);
	while (n < 0 && errno == EINTR && !jp_stopping());
	g_string_truncate(l->buffer, had + (gsize)MAX(n, 0));
	if (n <= 0)
		l->at_end = TRUE;
	if (n < 0 && errno != EINTR)
		return jp_error_errno(error, errno, "stdin: line %u", l->number + 1);
	return TRUE;
}

/* Finds the next line in the buffer; its end is made NUL.  `too_long`: its head is dropped. */
static char *
take_line(jp_lines *l, gsize *len, gboolean *too_long, GError **error)
{
	*too_long = FALSE;
	for (;;) {
		char *line = l->buffer->str + l->start;
		gsize have = l->buffer->len - l->start;
		char *newline = memchr(line, '\n', have);

		if (newline || (l->at_end && have > 0)) {
			*len = newline ? (gsize)(newline - line) : have;
			line[*len] = '\0';
			l->start += *len + (newline ? 1 : 0);
			*too_long |= *len > JP_MAX_LINE;
			return line;
		}
		if (l->at_end)
			return NULL;
		if (have > JP_MAX_LINE) {
			*too_long = TRUE;
			l->start = l->buffer->len;
		}
		if (!fill(l, error))
			return NULL;
	}
}

/* ---- fields -------------------------------------------------------------------------- */

/* What the field would read as in TSV. */
static char *
json_field(const cJSON *item)
{
	if (cJSON_IsString(item))
		return g_strdup(item->valuestring);
	if (cJSON_IsBool(item))
		return g_strdup(cJSON_IsTrue(item) ? "yes" : "no");
	/* Whole numbers as they stand: cJSON writes 15 digits. */
	if (cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble) &&
	    fabs(item->valuedouble) <= 9007199254740992.0)
		return g_strdup_printf("%.0f", item->valuedouble);
	if (cJSON_IsNumber(item) || cJSON_IsArray(item) || cJSON_IsObject(item))
		return jp_json_line(item);
	return NULL;
}

static gboolean
split_json(jp_lines *l, const char *line, gsize len, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(jp_json) json = jp_json_read(line, len, &why);
	const cJSON *row = jp_json_root(json);

	if (!cJSON_IsObject(row)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "stdin: line %u: %s", l->number,
		    why ? why->message : "not a JSON object");
		return FALSE;
	}
	for (guint i = 0; i < l->n_columns; i++)
		l->fields[i] = json_field(cJSON_GetObjectItemCaseSensitive(row, l->columns[i].key));
	return TRUE;
}

static gboolean
split_tsv(jp_lines *l, char *line, gsize len, GError **error)
{
	char *p = line;

	if (!g_utf8_validate(line, (gssize)len, NULL)) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "stdin: line %u: not UTF-8", l->number);
		return FALSE;
	}
	for (guint i = 0; i < l->n_columns && p; i++) {
		char *tab = strchr(p, '\t');

		l->fields[i] = g_strndup(p, tab ? (gsize)(tab - p) : strlen(p));
		jp_unescape_tsv(l->fields[i]);
		p = tab ? tab + 1 : NULL;
	}
	return TRUE;
}

gboolean
jp_lines_next(jp_lines *l, GError **error)
{
	gboolean too_long;
	gsize len;
	char *line;

	clear_fields(l);
	while ((line = take_line(l, &len, &too_long, error)) != NULL) {
		l->number++;
		if (too_long) {
			g_set_error(error, JP_ERROR, JP_ERROR_DATA,
			    "stdin: line %u: longer than %d bytes", l->number, JP_MAX_LINE);
			return FALSE;
		}
		if (len > 0 && line[len - 1] == '\r')
			line[--len] = '\0';
		if (len == 0)
			continue;
		if (!l->is_known)
			l->is_json = *line == '{';
		l->is_known = TRUE;
		return l->is_json ? split_json(l, line, len, error)
				  : split_tsv(l, line, len, error);
	}
	return FALSE;
}

const char *
jp_lines_text(const jp_lines *l, guint column)
{
	return column < l->n_columns ? l->fields[column] : NULL;
}

gboolean
jp_lines_int(const jp_lines *l, guint column, gint64 *out)
{
	const char *text = jp_lines_text(l, column);

	return text && jp_int_parse(text, G_MININT64, G_MAXINT64, out);
}

guint
jp_lines_number(const jp_lines *l)
{
	return l->number;
}

GArray *
jp_lines_ids(int fd, const jp_column *columns, guint n_columns, guint column, const char *what)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(jp_lines) lines = jp_lines_new(fd, columns, n_columns);
	guint n_bad = 0;

	for (;;) {
		g_autoptr(GError) error = NULL;
		gboolean ok = jp_lines_next(lines, &error);
		gint64 id;

		if (!ok && !error)
			break;
		if (ok && jp_lines_int(lines, column, &id) && id > 0) {
			g_array_append_val(ids, id);
			continue;
		}
		n_bad++;
		if (error)
			jp_warn("stdin: %s", error->message);
		else
			jp_warn("stdin: line %u: no %s's id", jp_lines_number(lines), what);
	}
	return n_bad > 0 && ids->len == 0 ? NULL : g_steal_pointer(&ids);
}
