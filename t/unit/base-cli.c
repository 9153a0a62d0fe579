/* The command line: every rule of L01 and L02 with what is said and what is set. */
#include "base/base.h"
#include "capture.h"
#include "terminal.h"

#include <string.h>
#include <sys/wait.h>

static struct jp_common common;
static gboolean all;
static int loud;
static gint64 limit, any, age, since;
static const char *name;
static GPtrArray *places;
static GString *ran; /* which verb ran, with which operands */

static int
note(const char *verb, int argc, char **argv)
{
	g_string_append(ran, verb);
	for (int i = 0; i < argc; i++)
		g_string_append_printf(ran, " [%s]", argv[i]);
	g_assert_null(argv[argc]);
	return 0;
}

static int
run_add(int argc, char **argv)
{
	return note("add", argc, argv);
}

static int
run_search_add(int argc, char **argv)
{
	return note("search-add", argc, argv);
}

static int
run_search_list(int argc, char **argv)
{
	return note("search-list", argc, argv);
}

static int
run_bare(int argc, char **argv)
{
	(void)note("bare", argc, argv);
	return 1;
}

static const struct jp_opt add_opts[] = {{JP_OPT_FLAG, 'a', "all", "every one", &all, 0, 0},
    {JP_OPT_COUNT, 'x', "loud", "once more", &loud, 0, 0},
    {JP_OPT_INT, 'l', "limit", "N  stop after N", &limit, 1, 100},
    {JP_OPT_INT, 0, "any", "N  any number", &any, 0, 0},
    {JP_OPT_TEXT, 0, "name", "TEXT  call it so", &name, 0, 0},
    {JP_OPT_LIST, 'p', "place", "PLACE  also there", &places, 0, 0},
    {JP_OPT_DURATION, 0, "age", "TIME  not older", &age, JP_SECOND, JP_DAY},
    {JP_OPT_TIME, 0, "since", "WHEN  not before", &since, 0, 0}, JP_OPT_COMMON(&common),
    JP_OPT_DONE};
static const struct jp_opt few_opts[] = {JP_OPT_COMMON(&common), JP_OPT_DONE};

static const struct jp_verb verbs[] = {
    {"add", "USER", "add a user", add_opts, run_add, 1, 1},
    {"search add", "USER QUERY", "add a search", add_opts, run_search_add, 2, 2},
    {"search list", "[USER...]", "list searches", few_opts, run_search_list, 0, -1},
};
static const struct jp_cli with_verbs = {"jp-t", "Tests things.", verbs, G_N_ELEMENTS(verbs)};

static const struct jp_verb alone[] = {{NULL, "[WORD]", "do it", add_opts, run_bare, 0, 1}};
static const struct jp_cli bare = {"jp-t", "Tests things.", alone, 1};

static const struct jp_verb both[] = {
    {NULL, "[-]", "do it", add_opts, run_bare, 0, 1},
    {"preview", "USER", "show it", few_opts, run_add, 1, 1},
};
static const struct jp_cli mixed = {"jp-t", "Tests things.", both, 2};

/* Runs one line, split at blanks; gives the exit code, and what was printed. */
static int
run(const struct jp_cli *cli, const char *line, char **out, char **err)
{
	g_autofree char *whole = g_strconcat("jp-t ", line, NULL);
	g_auto(GStrv) words = g_strsplit(whole, " ", -1);
	struct capture c;
	int argc = *line == '\0' ? 1 : (int)g_strv_length(words), code;

	common = (struct jp_common){0};
	all = FALSE;
	loud = 0;
	limit = any = age = since = -1;
	g_clear_pointer(&places, g_ptr_array_unref);
	g_string_set_size(ran, 0);
	capture_begin(&c);
	code = jp_cli_run(cli, argc, words);
	capture_end(&c, out, err);
	jp_set_verbose(FALSE);
	if (places != NULL) { /* borrowed from words */
		g_string_append_printf(ran, " places");
		for (guint i = 0; i < places->len; i++)
			g_string_append_printf(ran, " %s", (char *)places->pdata[i]);
		g_clear_pointer(&places, g_ptr_array_unref);
	}
	return code;
}

struct good {
	const struct jp_cli *cli;
	const char *line, *ran;
};

static void
test_understood(void)
{
	static const struct good cases[] = {
	    {&with_verbs, "add anna", "add [anna]"},
	    {&with_verbs, "add -ax anna", "add [anna]"},
	    {&with_verbs, "-v add anna -a", "add [anna]"},
	    {&with_verbs, "add -- -a", "add [-a]"},
	    {&with_verbs, "-- add anna", "add [anna]"},
	    {&with_verbs, "add -", "add [-]"},
	    {&with_verbs, "search add anna c++", "search-add [anna] [c++]"},
	    {&with_verbs, "search -a add anna c++", "search-add [anna] [c++]"},
	    {&with_verbs, "-l 5 search add anna c++", "search-add [anna] [c++]"},
	    {&with_verbs, "search add add search", "search-add [add] [search]"},
	    {&with_verbs, "search list", "search-list"},
	    {&with_verbs, "search list a b c", "search-list [a] [b] [c]"},
	    {&with_verbs, "add -pBerlin --place=Wien -p Z anna", "add [anna] places Berlin Wien Z"},
	    {&with_verbs, "add --place= anna", "add [anna] places "},
	    {&with_verbs, "add --place --all anna", "add [anna] places --all"},
	    {&bare, "", "bare"},
	    {&bare, "word", "bare [word]"},
	    {&bare, "-", "bare [-]"},
	    {&mixed, "", "bare"},
	    {&mixed, "-", "bare [-]"},
	    {&mixed, "preview anna", "add [anna]"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = NULL, *err = NULL;
		int code = run(cases[i].cli, cases[i].line, &out, &err);

		g_assert_cmpstr(err, ==, "");
		g_assert_cmpstr(out, ==, "");
		g_assert_cmpstr(ran->str, ==, cases[i].ran);
		g_assert_cmpint(code, ==, g_str_has_prefix(ran->str, "bare") ? 1 : 0);
	}
}

static void
test_values(void)
{
	g_autofree char *out = NULL, *err = NULL;

	g_assert_cmpint(run(&with_verbs,
			    "add -xx -avl7 --any 0 --name=a=b --age 90s --since 2026-10-01 --loud "
			    "-C f -qj u",
			    &out, &err),
	    ==, 0);
	g_assert_cmpstr(err, ==, "");
	g_assert_true(all && common.verbose && common.quiet && common.json);
	g_assert_false(common.dry_run);
	g_assert_cmpint(loud, ==, 3);
	g_assert_cmpint(limit, ==, 7);
	g_assert_cmpint(any, ==, 0);
	g_assert_cmpint(age, ==, 90 * JP_SECOND);
	g_assert_cmpint(since, ==, G_GINT64_CONSTANT(1790812800000));
}

static void
test_last_wins(void)
{
	g_autofree char *out = NULL, *err = NULL;

	g_assert_cmpint(run(&with_verbs, "add -l 1 -l 100 u", &out, &err), ==, 0);
	g_assert_cmpint(limit, ==, 100);
}

struct bad {
	const struct jp_cli *cli;
	const char *line, *first, *hint;
};

static void
test_refused(void)
{
	static const struct bad cases[] = {
	    {&with_verbs, "", "a verb is missing", ""},
	    {&with_verbs, "ad anna", "unknown verb 'ad'; did you mean 'add'?", ""},
	    {&with_verbs, "frobnicate x", "unknown verb 'frobnicate'", ""},
	    {&with_verbs, "nothing add x", "unknown verb 'nothing'", ""},
	    {&with_verbs, "search", "unknown verb 'search'; there are 'search add', 'search list'",
		""},
	    {&with_verbs, "search x y",
		"unknown verb 'search x'; there are 'search add', 'search list'", ""},
	    {&with_verbs, "add", "an operand is missing: USER", " add"},
	    {&with_verbs, "search add a", "1 operands are too few: USER QUERY", " search add"},
	    {&with_verbs, "add a b", "unexpected operand 'b'", " add"},
	    {&with_verbs, "add -l", "-l needs a value", " add"},
	    {&with_verbs, "add a --limit", "--limit needs a value", " add"},
	    {&with_verbs, "add --all=1 a", "--all takes no value", " add"},
	    {&with_verbs, "add -z a", "unknown option -z", " add"},
	    {&with_verbs, "add -\303\251 a", "unknown option -\303\251", " add"},
	    {&with_verbs, "add --limti 3 a", "unknown option --limti; did you mean --limit?",
		" add"},
	    {&with_verbs, "add --lim 3 a", "unknown option --lim", " add"}, /* no abbreviations */
	    {&with_verbs, "add --= a", "unknown option --", " add"},
	    {&with_verbs, "add --help=x a", "unknown option --help", " add"},
	    {&with_verbs, "add -l 0 a", "-l: '0' is not a whole number from 1 to 100", " add"},
	    {&with_verbs, "add --limit=1e2 a", "--limit: '1e2' is not a whole number from 1 to 100",
		" add"},
	    {&with_verbs, "add --any -1 a", "--any: '-1' is not a whole number from 0", " add"},
	    {&with_verbs, "add --age 2d a", "--age: '2d' is not between 1s and 1d", " add"},
	    {&with_verbs, "add --age soon a",
		"--age: 'soon' is not a duration such as 90s, 15m, 2h or 7d", " add"},
	    {&with_verbs, "add --since noon a",
		"--since: 'noon' is not a time such as 2026-10-01T13:40:19Z", " add"},
	    {&with_verbs, "search list -l 5", "unknown option -l", " search list"},
	    {&with_verbs, "-l 5 search list", "-l does not go with 'search list'", " search list"},
	    {&bare, "a b", "unexpected operand 'b'", ""},
	    {&bare, "-n", "unknown option -n", ""},
	    {&mixed, "preveiw anna", "unknown verb 'preveiw'; did you mean 'preview'?", ""},
	    {&with_verbs, "add -l \033[2J a", "-l: '\\x1b[2J' is not a whole number from 1 to 100",
		" add"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = NULL, *err = NULL;
		g_autofree char *expected = g_strdup_printf(
		    "jp-t: %s\njp-t: try 'jp-t%s --help'\n", cases[i].first, cases[i].hint);
		int code = run(cases[i].cli, cases[i].line, &out, &err);

		g_assert_cmpstr(err, ==, expected);
		g_assert_cmpstr(out, ==, "");
		g_assert_cmpstr(ran->str, ==, ""); /* nothing ran */
		g_assert_cmpint(code, ==, 64);
	}
}

/* Nothing is set before the whole line is understood. */
static void
test_nothing_half(void)
{
	g_autofree char *out = NULL, *err = NULL;

	g_assert_cmpint(run(&with_verbs, "add -a -l 5 x --nonsense", &out, &err), ==, 64);
	g_assert_false(all);
	g_assert_cmpint(limit, ==, -1);
}

static void
test_help(void)
{
	static const char *const lines[] = {"--help", "-h", "-vh", "--help -l", "-h search"};
	g_autofree char *first = NULL, *none = NULL;

	g_assert_cmpint(run(&with_verbs, "--help", &first, &none), ==, 0);
	for (guint i = 0; i < 3; i++) {
		g_autofree char *out = NULL, *err = NULL;

		g_assert_cmpint(run(&with_verbs, lines[i], &out, &err), ==, 0);
		g_assert_cmpstr(out, ==, first);
		g_assert_cmpstr(err, ==, "");
	}
	g_assert_cmpstr(first, ==,
	    "usage: jp-t [OPTION...] VERB [OPERAND...]\n"
	    "Tests things.\n"
	    "\nverbs:\n"
	    "  add USER               add a user\n"
	    "  search add USER QUERY  add a search\n"
	    "  search list [USER...]  list searches\n"
	    "\noptions:\n"
	    "  -C, --config FILE  read this configuration\n"
	    "  -j, --json         write JSON Lines\n"
	    "  -q, --quiet        write nothing to stdout\n"
	    "  -v, --verbose      say more on stderr\n"
	    "  -h, --help         show this help\n"
	    "  -V, --version      show name and version\n"
	    "\n'jp-t VERB --help' tells the options of a verb.\n");
}

static void
test_verb_help(void)
{
	static const char *const expected = "usage: jp-t [OPTION...] add USER\n"
					    "add a user\n"
					    "\noptions:\n"
					    "  -a, --all          every one\n"
					    "  -x, --loud         once more\n"
					    "  -l, --limit N      stop after N\n"
					    "      --any N        any number\n"
					    "      --name TEXT    call it so\n"
					    "  -p, --place PLACE  also there\n"
					    "      --age TIME     not older\n"
					    "      --since WHEN   not before\n"
					    "  -C, --config FILE  read this configuration\n"
					    "  -j, --json         write JSON Lines\n"
					    "  -q, --quiet        write nothing to stdout\n"
					    "  -v, --verbose      say more on stderr\n"
					    "  -h, --help         show this help\n"
					    "  -V, --version      show name and version\n";
	static const char *const lines[] = {"add --help", "add -h", "--help add", "add -h a b c"};

	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *out = NULL, *err = NULL;

		g_assert_cmpint(run(&with_verbs, lines[i], &out, &err), ==, 0);
		g_assert_cmpstr(out, ==, expected);
		g_assert_cmpstr(err, ==, "");
		g_assert_cmpstr(ran->str, ==, "");
	}
}

static void
test_other_help(void)
{
	g_autofree char *one = NULL, *two = NULL, *err = NULL, *err2 = NULL;

	g_assert_cmpint(run(&bare, "-h", &one, &err), ==, 0);
	g_assert_true(
	    g_str_has_prefix(one, "usage: jp-t [OPTION...] [WORD]\nTests things.\n\noptions:"));
	g_assert_cmpint(run(&mixed, "-h", &two, &err2), ==, 0);
	g_assert_true(g_str_has_prefix(two,
	    "usage: jp-t [OPTION...] [-]\n"
	    "       jp-t [OPTION...] VERB [OPERAND...]\n"
	    "Tests things.\n\nverbs:\n  preview USER  show it\n\noptions:\n"));
	g_assert_nonnull(strstr(two, "--limit N")); /* those of the work without a verb */
}

static void
test_version(void)
{
	static const char *const lines[] = {"-V", "--version", "add --version"};

	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *out = NULL, *err = NULL;

		g_assert_cmpint(run(&with_verbs, lines[i], &out, &err), ==, 0);
		g_assert_cmpstr(out, ==, "jp-t " JP_VERSION "\n");
	}
}

static void
test_verbose(void)
{
	g_autofree char *out = NULL, *err = NULL;
	struct capture c;
	char *argv[] = {(char *)"jp-t", (char *)"-v", (char *)"search", (char *)"list", NULL};

	capture_begin(&c);
	(void)jp_cli_run(&with_verbs, 4, argv);
	jp_info("told");
	jp_set_verbose(FALSE);
	capture_end(&c, &out, &err);
	g_assert_cmpstr(err, ==, "jp-t: told\n");
}

/* No terminal here, so only --yes permits. */
static void
test_confirm(void)
{
	g_autofree char *out = NULL, *err = NULL;
	struct capture c;
	gboolean with, without;

	capture_begin(&c);
	with = jp_confirm(TRUE, "erase %s?", "anna");
	without = jp_confirm(FALSE, "erase %s?", "anna");
	capture_end(&c, &out, &err);
	g_assert_true(with);
	g_assert_false(without);
	g_assert_cmpstr(err, ==, "jp-t: erase anna? needs --yes where nobody can be asked\n");
}

/* Types the answer on a terminal; gives what jp_confirm gave. */
static gboolean
answered(const char *answer)
{
	char said[256] = "";
	gsize len = 0;
	gssize n;
	int master, status;
	pid_t pid;

	fflush(NULL);
	pid = forkpty(&master, NULL, NULL, NULL);
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0)
		_exit(jp_confirm(FALSE, "erase %s?", "anna") ? 10 : 11);
	g_assert_cmpint(write(master, answer, strlen(answer)), ==, (gssize)strlen(answer));
	/* The answer is echoed before or after the question; the end is an error (EIO). */
	while ((n = read(master, said + len, sizeof(said) - 1 - len)) > 0)
		len += (gsize)n;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	close(master);
	g_assert_true(WIFEXITED(status));
	g_assert_nonnull(strstr(said, "erase anna? [y/N]"));
	return WEXITSTATUS(status) == 10;
}

static void
test_confirm_on_terminal(void)
{
	if (!has_terminals())
		return;
	g_assert_true(answered("y\n"));
	g_assert_true(answered("Yes\n"));
	g_assert_false(answered("n\n"));
	g_assert_false(answered("\n"));
	g_assert_false(answered("\004")); /* the end of the file */
}

static void
test_closest(void)
{
	static const char *const known[] = {"timeout", "retries", "url", "add", NULL};

	g_assert_cmpstr(jp_closest("timeot", known), ==, "timeout");
	g_assert_cmpstr(jp_closest("itmeout", known), ==, "timeout");
	g_assert_cmpstr(jp_closest("retrys", known), ==, "retries");
	g_assert_cmpstr(jp_closest("ulr", known), ==, "url");
	g_assert_null(jp_closest("banana", known));
	g_assert_null(jp_closest("xy", known));
	g_assert_null(jp_closest("", known));
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	jp_init("jp-t");
	ran = g_string_new(NULL);
	g_test_add_func("/base/cli/L01 understood", test_understood);
	g_test_add_func("/base/cli/L01 values", test_values);
	g_test_add_func("/base/cli/the last of an option counts", test_last_wins);
	g_test_add_func("/base/cli/L02 refused with one line and a hint", test_refused);
	g_test_add_func("/base/cli/nothing is set by a line that is refused", test_nothing_half);
	g_test_add_func("/base/cli/L02 help", test_help);
	g_test_add_func("/base/cli/L02 help of a verb", test_verb_help);
	g_test_add_func("/base/cli/L02 help of programs without verbs", test_other_help);
	g_test_add_func("/base/cli/L02 version", test_version);
	g_test_add_func("/base/cli/-v is heard", test_verbose);
	g_test_add_func("/base/cli/L07 confirm", test_confirm);
	g_test_add_func("/base/cli/L07 confirm on a terminal", test_confirm_on_terminal);
	g_test_add_func("/base/cli/closest", test_closest);
	status = g_test_run();
	g_string_free(ran, TRUE);
	return status;
}
