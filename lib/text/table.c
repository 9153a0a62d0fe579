/*
 * Rows on stdout, the same for every program: TSV for a pipe, aligned columns for a terminal, JSON
 * Lines when asked.  Whatever came from outside is escaped for where it goes.  Once stdout has
 * failed (a reader that went away) later rows are dropped; jp_finish() judges the failure.
 */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/base.h"
#include "text/text.h"

enum mode { TSV, ALIGNED, JSON, NONE };

struct jp_table {
	enum mode mode;
	const jp_column *columns;
	guint n_columns;
	const char *const *spare; /* keys of columns; NULL: none */
	GPtrArray *cells;         /* ALIGNED: n_columns strings a row, escaped, owned */
};

/* Columns are not cut narrower than this, whatever the terminal says. */
#define MIN_WIDTH 8
/* A text of this width says something: for less, columns that can be spared are left out. */
#define FAIR_WIDTH 16
#define GAP        2

jp_table_mode
jp_table_mode_of(const struct jp_common *common)
{
	if (common->quiet)
		return JP_TABLE_NONE;
	return common->json ? JP_TABLE_JSON : JP_TABLE_AUTO;
}

jp_table *
jp_table_new(jp_table_mode mode, const jp_column *columns, guint n_columns)
{
	jp_table *t = g_new0(jp_table, 1);

	t->columns = columns;
	t->n_columns = n_columns;
	t->cells = g_ptr_array_new_with_free_func(g_free);
	switch (mode) {
	case JP_TABLE_AUTO:
		t->mode = isatty(STDOUT_FILENO) ? ALIGNED : TSV;
		break;
	case JP_TABLE_JSON:
		t->mode = JSON;
		break;
	case JP_TABLE_NONE:
		t->mode = NONE;
		break;
	}
	return t;
}

void
jp_table_spare(jp_table *t, const char *const *keys)
{
	t->spare = keys;
}

/* ---- cells --------------------------------------------------------------------------- */

/* A value as text; g_malloc'd, NULL when it is missing. */
static char *
cell_text(jp_cell type, va_list *values)
{
	const char *text;
	gint64 number;

	switch (type) {
	case JP_CELL_TEXT:
	case JP_CELL_JSON:
		text = va_arg(*values, const char *);
		return g_strdup(text);
	case JP_CELL_INT:
		number = va_arg(*values, gint64);
		return number == JP_NO_INT ? NULL : g_strdup_printf("%" G_GINT64_FORMAT, number);
	case JP_CELL_TIME:
		number = va_arg(*values, gint64);
		return number == JP_NO_TIME ? NULL : jp_time_format(number);
	case JP_CELL_BOOL:
		return g_strdup(va_arg(*values, gboolean) ? "yes" : "no");
	}
	return NULL;
}

static void
add_json(cJSON *row, const jp_column *column, const char *text)
{
	cJSON *item = NULL;

	if (text) {
		switch (column->type) {
		case JP_CELL_TEXT:
		case JP_CELL_TIME: {
			g_autofree char *valid = g_utf8_make_valid(text, -1);

			item = cJSON_CreateString(valid);
			break;
		}
		case JP_CELL_INT:
			item = cJSON_CreateRaw(text);
			break;
		case JP_CELL_BOOL:
			item = cJSON_CreateBool(text[0] == 'y');
			break;
		case JP_CELL_JSON:
			item = cJSON_Parse(text);
			break;
		}
	}
	cJSON_AddItemToObject(row, column->key, item ? item : cJSON_CreateNull());
}

static void
write_json(jp_table *t, va_list *values)
{
	g_autoptr(cJSON) row = cJSON_CreateObject();
	g_autofree char *line = NULL;

	for (guint i = 0; i < t->n_columns; i++) {
		g_autofree char *text = cell_text(t->columns[i].type, values);

		add_json(row, &t->columns[i], text);
	}
	line = jp_json_line(row);
	(void)printf("%s\n", line); /* ferror() tells later */
	(void)fflush(stdout);
}

static void
write_tsv(jp_table *t, va_list *values)
{
	g_autoptr(GString) line = g_string_sized_new(256);

	for (guint i = 0; i < t->n_columns; i++) {
		g_autofree char *text = cell_text(t->columns[i].type, values);
		g_autofree char *field = text ? jp_escape_tsv(text) : NULL;

		if (i > 0)
			g_string_append_c(line, '\t');
		if (field)
			g_string_append(line, field);
	}
	g_string_append_c(line, '\n');
	(void)fwrite(line->str, 1, line->len, stdout); /* ferror() tells later */
	(void)fflush(stdout);
}

/* People read a time to the minute. */
static char *
short_time(char *text)
{
	if (text && strlen(text) > strlen("2026-11-22T08:00")) {
		text[strlen("2026-11-22")] = ' ';
		text[strlen("2026-11-22T08:00")] = '\0';
	}
	return text;
}

static void
keep_aligned(jp_table *t, va_list *values)
{
	for (guint i = 0; i < t->n_columns; i++) {
		g_autofree char *text = cell_text(t->columns[i].type, values);

		if (t->columns[i].type == JP_CELL_TIME)
			text = short_time(text);
		g_ptr_array_add(t->cells, jp_escape_terminal(text ? text : ""));
	}
}

void
jp_table_row(jp_table *t, ...)
{
	va_list values;

	if (t->mode == NONE || ferror(stdout))
		return;
	va_start(values, t);
	if (t->mode == JSON)
		write_json(t, &values);
	else if (t->mode == TSV)
		write_tsv(t, &values);
	else
		keep_aligned(t, &values);
	va_end(values);
}

/* ---- on a terminal ------------------------------------------------------------------- */

static guint
terminal_columns(void)
{
	const char *env = g_getenv("COLUMNS");
	struct winsize size;
	gint64 n;

	if (env && jp_int_parse(env, 20, 10000, &n))
		return (guint)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static char *
header_of(const jp_column *column)
{
	char *header = column->header ? g_strdup(column->header) : g_ascii_strup(column->key, -1);

	return column->header ? header : g_strdelimit(header, "_", ' ');
}

/* What a line takes; a column of width 0 is left out. */
static guint
line_width(const guint *widths, guint n)
{
	guint total = 0;

	for (guint i = 0; i < n; i++)
		total += widths[i] ? widths[i] + GAP : 0;
	return total - MIN(total, GAP);
}

static gboolean
can_be_cut(jp_cell type)
{
	return type == JP_CELL_TEXT || type == JP_CELL_JSON;
}

/* What a line takes whose texts are cut as far as they still say something. */
static guint
fair_width(const jp_table *t, const guint *widths)
{
	g_autofree guint *fair = g_new(guint, t->n_columns);

	for (guint i = 0; i < t->n_columns; i++)
		fair[i] = can_be_cut(t->columns[i].type) ? MIN(widths[i], FAIR_WIDTH) : widths[i];
	return line_width(fair, t->n_columns);
}

/* Leaves out columns that can be spared until the others have room. */
static void
spare(const jp_table *t, guint *widths, guint columns)
{
	guint n = 0;

	while (t->spare && t->spare[n])
		n++;
	while (n > 0 && fair_width(t, widths) > columns) {
		n--;
		for (guint i = 0; i < t->n_columns; i++)
			if (strcmp(t->columns[i].key, t->spare[n]) == 0)
				widths[i] = 0;
	}
}

/* Takes from the widest column of text until the line fits the terminal, or no more can be. */
static void
fit(const jp_table *t, guint *widths, guint columns)
{
	for (guint total = line_width(widths, t->n_columns); total > columns; total--) {
		guint widest = t->n_columns;

		for (guint i = 0; i < t->n_columns; i++)
			if (can_be_cut(t->columns[i].type) && widths[i] > MIN_WIDTH &&
			    (widest == t->n_columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == t->n_columns)
			return;
		widths[widest]--;
	}
}

static void
write_aligned_line(const jp_table *t, char **cells, const guint *widths, gboolean header)
{
	g_autoptr(GString) line = g_string_sized_new(128);
	guint pad = 0;

	for (guint i = 0; i < t->n_columns; i++) {
		g_autofree char *cut = widths[i] ? jp_text_cut(cells[i], widths[i]) : NULL;
		gboolean right = t->columns[i].type == JP_CELL_INT;

		if (!cut)
			continue;
		if (line->len > 0)
			g_string_append_printf(line, "%*s", (int)(GAP + pad), "");
		pad = widths[i] - (guint)jp_text_width(cut);
		if (right)
			g_string_append_printf(line, "%*s", (int)pad, "");
		g_string_append(line, cut);
		if (right)
			pad = 0;
	}
	(void)printf(header ? "\033[1m%s\033[0m\n" : "%s\n", line->str); /* ferror() tells */
}

/* L05: only on a terminal that can, and not where NO_COLOR asks for none. */
static gboolean
is_bold_wanted(void)
{
	const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

	return !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
}

static void
write_aligned(jp_table *t)
{
	g_autofree guint *widths = g_new0(guint, t->n_columns);
	g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < t->cells->len; i++) {
		guint *width = &widths[i % t->n_columns];

		*width = MAX(*width, (guint)jp_text_width(t->cells->pdata[i]));
	}
	for (guint i = 0; i < t->n_columns; i++) {
		char *header = header_of(&t->columns[i]);

		g_ptr_array_add(headers, header);
		if (!*header)
			widths[i] = 0;
		else if (widths[i] > 0) /* else it has no value, and is left out */
			widths[i] = MAX(widths[i], (guint)jp_text_width(header));
	}
	spare(t, widths, terminal_columns());
	fit(t, widths, terminal_columns());
	write_aligned_line(t, (char **)headers->pdata, widths, is_bold_wanted());
	for (guint i = 0; i < t->cells->len && !ferror(stdout); i += t->n_columns)
		write_aligned_line(t, (char **)t->cells->pdata + i, widths, FALSE);
	(void)fflush(stdout); /* jp_finish() looks at ferror() */
}

void
jp_table_free(jp_table *t)
{
	if (!t)
		return;
	if (t->mode == ALIGNED && t->cells->len > 0 && !ferror(stdout))
		write_aligned(t);
	g_ptr_array_free(t->cells, TRUE);
	g_free(t);
}
