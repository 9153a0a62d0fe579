/* Fuzzes the reader of lines and the escapes of TSV.  Oracle: a field escaped and unescaped is
 * itself; what the reader gives, written as TSV and read again, is the same; after an error the
 * lines behind it are still read. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const jp_column columns[] = {
    {"a", NULL, JP_CELL_INT}, {"b", NULL, JP_CELL_TEXT}, {"c", NULL, JP_CELL_TEXT}};

#define N G_N_ELEMENTS(columns)

/* A file in memory that is read from its beginning. */
static int
file_of(const void *data, size_t len)
{
	int fd = memfd_create("lines", 0);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, data, len), ==, len);
	g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
	return fd;
}

/* The first line's fields as a TSV line of the same meaning; NULL when it was an error. */
static char *
rewritten(const jp_lines *l)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; i < N; i++) {
		const char *text = jp_lines_text(l, i);
		g_autofree char *escaped = jp_escape_tsv(text ? text : "");
		g_autofree char *back = g_strdup(escaped);

		g_assert_null(strpbrk(escaped, "\t\n\r"));
		jp_unescape_tsv(back);
		g_assert_cmpstr(back, ==, text ? text : "");
		g_string_append_printf(line, "%s%s", i ? "\t" : "", escaped);
	}
	return g_string_free(line, FALSE);
}

static void
check_again(const char *line, const jp_lines *first)
{
	int fd = file_of(line, strlen(line));
	g_autoptr(jp_lines) l = jp_lines_new(fd, columns, N);
	g_autoptr(GError) error = NULL;

	g_assert_true(jp_lines_next(l, &error));
	for (guint i = 0; i < N; i++) {
		const char *text = jp_lines_text(first, i);

		g_assert_cmpstr(jp_lines_text(l, i), ==, text ? text : "");
	}
	g_assert_false(jp_lines_next(l, &error));
	g_assert_no_error(error);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = file_of(data, len);
	g_autoptr(jp_lines) l = jp_lines_new(fd, columns, N);
	guint before = 0;

	for (;;) {
		g_autoptr(GError) error = NULL;
		g_autofree char *line = NULL;
		gint64 n;

		if (!jp_lines_next(l, &error)) {
			if (!error)
				break;
			g_assert_cmpuint(jp_lines_number(l), >, before);
			before = jp_lines_number(l);
			continue;
		}
		g_assert_cmpuint(jp_lines_number(l), >, before);
		before = jp_lines_number(l);
		(void)jp_lines_int(l, 0, &n);
		line = rewritten(l);
		if (*line != '{' && strlen(line) < JP_MAX_LINE)
			check_again(line, l);
	}
	close(fd);
	return 0;
}
