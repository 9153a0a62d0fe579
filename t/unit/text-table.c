/*
 * table.c and lines.c: what one program writes another reads.  Rows are written in a child whose
 * stdout is a pipe, a terminal or gone.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "terminal.h"
#include "text/text.h"

static const jp_column columns[] = {{"id", NULL, JP_CELL_INT}, {"title", NULL, JP_CELL_TEXT},
    {"posted_at", "POSTED", JP_CELL_TIME}, {"is_open", NULL, JP_CELL_BOOL},
    {"why", NULL, JP_CELL_JSON}};
/* One that is not for people, one that has no value in any row. */
static const jp_column few[] = {{"id", NULL, JP_CELL_INT}, {"worker", "", JP_CELL_TEXT},
    {"key", NULL, JP_CELL_TEXT}, {"error", NULL, JP_CELL_TEXT}};

/* The second one goes first. */
static const char *const spare[] = {"posted_at", "why", NULL};

#define N_COLUMNS G_N_ELEMENTS(columns)

static void
write_rows(jp_table_mode mode)
{
	g_autoptr(jp_table) t = jp_table_new(mode, columns, N_COLUMNS);

	jp_table_spare(t, spare);
	jp_table_row(t, G_GINT64_CONSTANT(7), "Glass\tblower\033[1m", G_GINT64_CONSTANT(1000), TRUE,
	    "[\"a\",1]");
	jp_table_row(t, JP_NO_INT, NULL, JP_NO_TIME, FALSE, NULL);
}

/* What the rows look like on a descriptor. */
static char *
written(jp_table_mode mode, int from, int to, const char *columns_env)
{
	GString *out = g_string_new(NULL);
	char buf[4096];
	int status;
	ssize_t n;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		g_unsetenv("COLUMNS");
		g_setenv("NO_COLOR", "1", TRUE);
		if (columns_env)
			g_setenv("COLUMNS", columns_env, TRUE);
		dup2(to, STDOUT_FILENO);
		close(from);
		close(to);
		write_rows(mode);
		_exit(fflush(stdout) == 0 ? 0 : 1);
	}
	close(to);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		g_string_append_len(out, buf, n);
	close(from);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	return g_string_free(out, FALSE);
}

static char *
piped(jp_table_mode mode)
{
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	return written(mode, fds[0], fds[1], NULL);
}

static void
test_tsv(void)
{
	g_autofree char *out = piped(JP_TABLE_AUTO);

	g_assert_cmpstr(out, ==,
	    "7\tGlass\\tblower\033[1m\t1970-01-01T00:00:01Z\tyes\t[\"a\",1]\n\t\t\tno\t\n");
}

/* L04 */
static void
test_json(void)
{
	g_autofree char *out = piped(JP_TABLE_JSON);

	g_assert_cmpstr(out, ==,
	    "{\"id\":7,\"title\":\"Glass\\tblower\\u001b[1m\",\"posted_at\":\"1970-01-01T00:00:"
	    "01Z\","
	    "\"is_open\":true,\"why\":[\"a\",1]}\n"
	    "{\"id\":null,\"title\":null,\"posted_at\":null,\"is_open\":false,\"why\":null}\n");
}

static void
test_none(void)
{
	g_autofree char *out = piped(JP_TABLE_NONE);

	g_assert_cmpstr(out, ==, "");
}

static char *
on_terminal(const char *width)
{
	int master, slave;
	g_auto(GStrv) lines = NULL;
	char *out;

	g_assert_cmpint(openpty(&master, &slave, NULL, NULL, NULL), ==, 0);
	out = written(JP_TABLE_AUTO, master, slave, width);
	lines = g_strsplit(out, "\r\n", -1);
	g_free(out);
	return g_strjoinv("\n", lines);
}

static void
test_terminal(void)
{
	g_autofree char *out = has_terminals() ? on_terminal("200") : NULL;

	if (!out)
		return;
	g_assert_cmpstr(out, ==,
	    "ID  TITLE                   POSTED            IS OPEN  WHY\n"
	    " 7  Glass\\x09blower\\x1b[1m  1970-01-01 00:00  yes      [\"a\",1]\n"
	    "                                              no       \n");
}

static void
test_left_out(void)
{
	int master, slave;
	char buf[256];
	ssize_t n;
	pid_t pid;

	if (!has_terminals())
		return;
	g_assert_cmpint(openpty(&master, &slave, NULL, NULL, NULL), ==, 0);
	pid = fork();
	if (pid == 0) {
		g_autoptr(jp_table) t = NULL;

		g_setenv("NO_COLOR", "1", TRUE);
		dup2(slave, STDOUT_FILENO);
		t = jp_table_new(JP_TABLE_AUTO, few, G_N_ELEMENTS(few));
		jp_table_row(t, G_GINT64_CONSTANT(7), "w1", NULL, "exit 1");
		g_clear_pointer(&t, jp_table_free);
		_exit(0);
	}
	close(slave);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	n = read(master, buf, sizeof(buf) - 1);
	g_assert_cmpint(n, >, 0);
	buf[n] = '\0';
	g_assert_cmpstr(buf, ==, "ID  ERROR\r\n 7  exit 1\r\n");
	close(master);
}

/* The widest columns give way until a line fits. */
static void
test_narrow(void)
{
	g_autofree char *out = has_terminals() ? on_terminal("50") : NULL;
	g_auto(GStrv) lines = g_strsplit(out ? out : "", "\n", -1);

	if (!out)
		return;
	for (char **line = lines; *line; line++)
		g_assert_cmpuint(jp_text_width(*line), <=, 50);
	g_assert_nonnull(strstr(out, "…"));
	g_assert_null(strchr(out, '\033'));
}

/* Columns that can be spared go, the last of them first, before texts say nothing any more. */
static void
test_spare(void)
{
	static const struct {
		const char *columns, *line;
	} cases[] = {
	    {"62", "ID  TITLE                   POSTED            IS OPEN  WHY"},
	    {"56", "ID  TITLE             POSTED            IS OPEN  WHY"},
	    {"55", "ID  TITLE                   POSTED            IS OPEN"},
	    {"47", "ID  TITLE             POSTED            IS OPEN"},
	    {"46", "ID  TITLE                   IS OPEN"},
	    {"20", "ID  TITLE     IS OPEN"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = on_terminal(cases[i].columns);
		g_auto(GStrv) lines = g_strsplit(out, "\n", -1);

		g_assert_cmpstr(g_strchomp(lines[0]), ==, cases[i].line);
	}
}

/* L03: a reader that went away ends nothing and prints nothing. */
static void
test_reader_gone(void)
{
	int fds[2], status;
	pid_t pid;

	g_assert_cmpint(pipe(fds), ==, 0);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		for (guint i = 0; i < 1000; i++)
			write_rows(JP_TABLE_AUTO);
		_exit(ferror(stdout) ? 7 : 8);
	}
	close(fds[0]);
	close(fds[1]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
}

/* ---- lines --------------------------------------------------------------------------- */

/* A reader of the text, through a pipe that a child fills. */
static jp_lines *
reading(const char *text, gsize len, int *fd, pid_t *pid)
{
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	*pid = fork();
	if (*pid == 0) {
		close(fds[0]);
		while (len > 0) {
			ssize_t n = write(fds[1], text, MIN(len, 1000));

			if (n <= 0)
				_exit(1);
			text += n;
			len -= (gsize)n;
		}
		_exit(0);
	}
	close(fds[1]);
	*fd = fds[0];
	return jp_lines_new(fds[0], columns, N_COLUMNS);
}

/* Every line as "id=title", errors as "!number", '|' between. */
static char *
read_all(const char *text, gsize len)
{
	GString *out = g_string_new(NULL);
	int fd, status;
	pid_t pid;
	g_autoptr(jp_lines) l = reading(text, len, &fd, &pid);

	for (;;) {
		g_autoptr(GError) error = NULL;
		const char *id, *title;

		if (!jp_lines_next(l, &error) && !error)
			break;
		if (out->len)
			g_string_append_c(out, '|');
		if (error) {
			g_autofree char *where = g_strdup_printf("line %u", jp_lines_number(l));

			g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
			g_assert_nonnull(strstr(error->message, where));
			g_string_append_printf(out, "!%u", jp_lines_number(l));
			continue;
		}
		id = jp_lines_text(l, 0);
		title = jp_lines_text(l, 1);
		g_string_append_printf(out, "%s=%s", id ? id : "NULL", title ? title : "NULL");
	}
	close(fd);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return g_string_free(out, FALSE);
}

static void
test_lines(void)
{
	static const struct {
		const char *what, *text, *want;
	} cases[] = {
	    {"nothing", "", ""},
	    {"TSV", "1\ta\n2\tb\n", "1=a|2=b"},
	    {"no newline at the end", "1\ta\n2\tb", "1=a|2=b"},
	    {"missing fields", "1\n2\t\n", "1=NULL|2="},
	    {"more fields than asked for", "1\ta\t2\t3\t4\t5\t6\n", "1=a"},
	    {"escapes", "1\ta\\tb\\\\c\n", "1=a\tb\\c"},
	    {"blank lines and DOS ends", "\n1\ta\r\n\r\n2\tb\n", "1=a|2=b"},
	    {"invalid UTF-8 spoils its line only", "1\t\377\n2\tb\n", "!1|2=b"},
	    {"JSON", "{\"id\":1,\"title\":\"a\"}\n{\"title\":\"b\"}\n", "1=a|NULL=b"},
	    {"JSON null", "{\"id\":null,\"title\":\"x\",\"more\":[1]}\n", "NULL=x"},
	    {"JSON bool", "{\"id\":9007199254740991,\"title\":true}\n", "9007199254740991=yes"},
	    {"broken JSON spoils its line only", "{\"id\":1}\n{oops\n[1]\n{\"id\":2}\n",
		"1=NULL|!2|!3|2=NULL"},
	    {"the first byte decides", "x\ty\n{\"id\":1}\n", "x=y|{\"id\":1}=NULL"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = read_all(cases[i].text, strlen(cases[i].text));

		g_test_message("%s", cases[i].what);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_long_line(void)
{
	g_autoptr(GString) text = g_string_new("1\ta\n");
	g_autofree char *filler = g_strnfill(JP_MAX_LINE * 3, 'x'), *got = NULL;

	g_string_append_printf(text, "2\t%s\n3\tc\n4\t%.*s\n", filler, JP_MAX_LINE - 2, filler);
	got = read_all(text->str, text->len);
	g_assert_true(g_str_has_prefix(got, "1=a|!2|3=c|4=xxx"));
}

static void
test_lines_int(void)
{
	const char *text = "12\t-5\tx\n9223372036854775807\t9223372036854775808\t\n";
	int fd, status;
	pid_t pid;
	g_autoptr(jp_lines) l = reading(text, strlen(text), &fd, &pid);
	gint64 n = 0;

	g_assert_true(jp_lines_next(l, NULL));
	g_assert_true(jp_lines_int(l, 0, &n));
	g_assert_cmpint(n, ==, 12);
	g_assert_true(jp_lines_int(l, 1, &n));
	g_assert_cmpint(n, ==, -5);
	g_assert_false(jp_lines_int(l, 2, &n));
	g_assert_false(jp_lines_int(l, 3, &n));
	g_assert_false(jp_lines_int(l, 99, &n));
	g_assert_true(jp_lines_next(l, NULL));
	g_assert_true(jp_lines_int(l, 0, &n));
	g_assert_cmpint(n, ==, G_MAXINT64);
	g_assert_false(jp_lines_int(l, 1, &n));
	close(fd);
	(void)waitpid(pid, &status, 0);
}

/* What the table writes the lines read, in both forms. */
static void
test_round_trip(void)
{
	static const jp_table_mode modes[] = {JP_TABLE_AUTO, JP_TABLE_JSON};

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autofree char *out = piped(modes[i]);
		g_autofree char *got = read_all(out, strlen(out));

		g_assert_cmpstr(got, ==,
		    modes[i] == JP_TABLE_JSON ? "7=Glass\tblower\033[1m|NULL=NULL"
					      : "7=Glass\tblower\033[1m|=");
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/table/tsv", test_tsv);
	g_test_add_func("/text/table/L04-json", test_json);
	g_test_add_func("/text/table/none", test_none);
	g_test_add_func("/text/table/terminal", test_terminal);
	g_test_add_func("/text/table/narrow", test_narrow);
	g_test_add_func("/text/table/spare", test_spare);
	g_test_add_func("/text/table/left-out", test_left_out);
	g_test_add_func("/text/table/L03-reader-gone", test_reader_gone);
	g_test_add_func("/text/lines/lines", test_lines);
	g_test_add_func("/text/lines/long-line", test_long_line);
	g_test_add_func("/text/lines/int", test_lines_int);
	g_test_add_func("/text/lines/round-trip", test_round_trip);
	return g_test_run();
}
