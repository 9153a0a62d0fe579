/* Messages, the end of a process, and the signals. */
#include "base/base.h"
#include "capture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

/* What jp_warn writes for text. */
static char *
said(const char *text)
{
	struct capture c;
	g_autofree char *out = NULL;
	char *err;

	capture_begin(&c);
	jp_warn("%s", text);
	capture_end(&c, &out, &err);
	g_assert_cmpstr(out, ==, "");
	return err;
}

static void
test_escapes(void)
{
	static const char *const cases[][2] = {
	    {"plain words", "t: plain words\n"},
	    {"two\nlines\tand\r", "t: two\\nlines\\tand\\x0d\n"},
	    {"\033[31mred", "t: \\x1b[31mred\n"},
	    {"caf\303\251 \360\237\222\274", "t: caf\303\251 \360\237\222\274\n"},
	    {"broken \377\303(", "t: broken \\xff\\xc3(\n"},
	    {"c1 \302\233", "t: c1 \\u009b\n"},
	    {"turned \342\200\256gnp", "t: turned \\u202egnp\n"},
	    {"\177", "t: \\x7f\n"},
	    {"", "t: \n"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *err = said(cases[i][0]);

		g_assert_cmpstr(err, ==, cases[i][1]);
	}
}

static void
test_verbose(void)
{
	struct capture c;
	g_autofree char *out = NULL, *err = NULL;

	capture_begin(&c);
	jp_info("unheard");
	jp_set_verbose(TRUE);
	jp_info("heard %d", 1);
	jp_set_verbose(FALSE);
	jp_info("unheard");
	capture_end(&c, &out, &err);
	g_assert_cmpstr(err, ==, "t: heard 1\n");
}

static void
test_fail(void)
{
	struct capture c;
	g_autofree char *out = NULL, *err = NULL;
	g_autoptr(GError) error = g_error_new(JP_ERROR, JP_ERROR_DATA, "line 3: odd\n");
	int code, bug;

	capture_begin(&c);
	code = jp_fail(error);
	bug = jp_fail(NULL);
	capture_end(&c, &out, &err);
	g_assert_cmpint(code, ==, 65);
	g_assert_cmpint(bug, ==, 70);
	g_assert_cmpstr(err, ==, "t: line 3: odd\\n\nt: bug: a failure without an error\n");
}

static void
test_die(void)
{
	if (g_test_subprocess()) {
		printf("data first\n");
		jp_die(75, "the disk is full");
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("t: the disk is full\n");
	g_test_trap_assert_stdout("*data first\n");
}

/* Runs finish in a child whose stdout is fd, and gives its exit status. */
static int
finish_with(int fd, int code)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		close(STDERR_FILENO);
		if (fd < 0)
			close(STDOUT_FILENO);
		else
			dup2(fd, STDOUT_FILENO);
		jp_init("t");
		for (int i = 0; i < 100000; i++)
			printf("line %d\n", i);
		_exit(jp_finish(code));
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_finish(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	close(ends[0]); /* the reader went away */
	g_assert_cmpint(finish_with(null, 0), ==, 0);
	g_assert_cmpint(finish_with(null, 1), ==, 1);
	g_assert_cmpint(finish_with(full, 0), ==, 75);
	g_assert_cmpint(finish_with(full, 1), ==, 75);
	g_assert_cmpint(finish_with(full, 65), ==, 65);
	g_assert_cmpint(finish_with(ends[1], 0), ==, 0);
	g_assert_cmpint(finish_with(ends[1], 1), ==, 1);
	g_assert_cmpint(finish_with(-1, 0), ==, 75); /* nowhere to write to */
	close(full);
	close(null);
	close(ends[1]);
}

static void
test_descriptors(void)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		jp_init("t");
		_exit(open("/dev/null", O_RDONLY | O_CLOEXEC) > STDERR_FILENO ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
}

static void
test_stopping(void)
{
	if (g_test_subprocess()) {
		int ends[2];
		char byte = 'x';

		jp_init("t");
		g_assert_false(jp_stopping());
		g_assert_cmpint(pipe(ends), ==, 0);
		close(ends[0]);
		g_assert_cmpint(write(ends[1], &byte, 1), ==, -1); /* SIGPIPE did not kill us */
		g_assert_cmpint(raise(SIGTERM), ==, 0);
		g_assert_true(jp_stopping());
		g_assert_cmpint(raise(SIGTERM), ==, 0); /* again, and still here */
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

static void
test_ignored(void)
{
	if (g_test_subprocess()) {
		signal(SIGINT, SIG_IGN);
		jp_init("t");
		g_assert_cmpint(raise(SIGINT), ==, 0);
		g_assert_false(jp_stopping());
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	jp_init("t");
	g_test_add_func("/base/log/a message cannot drive a terminal", test_escapes);
	g_test_add_func("/base/log/info is said only with -v", test_verbose);
	g_test_add_func("/base/log/an error is said and coded", test_fail);
	g_test_add_func("/base/log/die says why and flushes", test_die);
	g_test_add_func("/base/log/L03 the end of stdout is checked", test_finish);
	g_test_add_func("/base/log/closed descriptors are filled", test_descriptors);
	g_test_add_func("/base/signal/TERM sets a flag", test_stopping);
	g_test_add_func("/base/signal/what was ignored stays ignored", test_ignored);
	return g_test_run();
}
