/* The lines of batch mode and what the end of a process means. */
#include "queue/handler.h"

#include <string.h>
#include <sys/wait.h>

/* ---- lines ----------------------------------------------------------------------------------- */

static void
keep(const char *text, gsize len, gpointer lines)
{
	g_assert_cmpuint(strlen(text), ==, len);
	g_ptr_array_add(lines, g_strdup(text));
}

/* The same lines, however the bytes are cut. */
static void
test_lines(void)
{
	static const char text[] = "one\n\ntwo\r\nthis one is far too long\nlast\nnever ended";
	static const char *const want[] = {"one", "", "two\r", "last"};

	for (gsize step = 1; step < sizeof(text); step++) {
		g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
		jp_linebuf b;

		jp_linebuf_init(&b, 12);
		for (gsize i = 0; i < strlen(text); i += step)
			jp_linebuf_feed(&b, text + i, MIN(step, strlen(text) - i), keep, lines);
		g_assert_cmpuint(lines->len, ==, G_N_ELEMENTS(want));
		for (guint i = 0; i < lines->len; i++)
			g_assert_cmpstr(g_ptr_array_index(lines, i), ==, want[i]);
		g_assert_cmpuint(b.n_long, ==, 1);
		jp_linebuf_clear(&b);
	}
}

/* A flood without a newline is not kept. */
static void
test_flood(void)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *chunk = g_strnfill(1 << 16, 'x');
	jp_linebuf b;

	jp_linebuf_init(&b, 100);
	for (guint i = 0; i < 100; i++)
		jp_linebuf_feed(&b, chunk, 1 << 16, keep, lines);
	g_assert_cmpuint(b.bytes->len, <=, 100);
	jp_linebuf_feed(&b, "\nshort\n", 7, keep, lines);
	g_assert_cmpuint(lines->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(lines, 0), ==, "short");
	g_assert_cmpuint(b.n_long, ==, 1);
	jp_linebuf_clear(&b);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
test_answers(void)
{
	static const struct {
		const char *line;
		jp_task_answer want;
	} cases[] = {
	    {"{\"id\":17,\"status\":\"done\"}", {17, JP_TASK_ANSWER_DONE, -1, NULL, NULL}},
	    {" {\"status\":\"dead\",\"id\":\"18\",\"error\":\"no such user\"} \r",
		{18, JP_TASK_ANSWER_DEAD, -1, (char *)"no such user", NULL}},
	    {"{\"id\":1,\"status\":\"retry\"}", {1, JP_TASK_ANSWER_RETRY, -1, NULL, NULL}},
	    {"{\"id\":1,\"retry_in\":90}", {1, JP_TASK_ANSWER_RETRY, 90000, NULL, NULL}},
	    {"{\"id\":1,\"retry_in\":0.5}", {1, JP_TASK_ANSWER_RETRY, 500, NULL, NULL}},
	    {"{\"id\":1,\"retry_in\":\"1h30m\",\"status\":\"retry\"}",
		{1, JP_TASK_ANSWER_RETRY, 5400000, NULL, NULL}},
	    {"{\"id\":1,\"status\":\"done\",\"result\":{\"n\":3},\"error\":null}",
		{1, JP_TASK_ANSWER_DONE, -1, NULL, (char *)"{\"n\":3}"}},
	    {"{\"id\":9007199254740991,\"status\":\"done\",\"more\":[]}",
		{9007199254740991, JP_TASK_ANSWER_DONE, -1, NULL, NULL}},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		jp_task_answer a;

		g_assert_true(
		    jp_task_answer_parse(&a, cases[i].line, strlen(cases[i].line), &error));
		g_assert_no_error(error);
		g_assert_cmpint(a.id, ==, cases[i].want.id);
		g_assert_cmpint(a.status, ==, cases[i].want.status);
		g_assert_cmpint(a.retry_in, ==, cases[i].want.retry_in);
		g_assert_cmpstr(a.error, ==, cases[i].want.error);
		g_assert_cmpstr(a.result, ==, cases[i].want.result);
		jp_task_answer_clear(&a);
	}
}

static void
test_refused(void)
{
	static const char *const cases[][2] = {
	    {"[]", "not an object"},
	    {"{\"status\":\"done\"}", "no \"id\" of a task"},
	    {"{\"id\":0,\"status\":\"done\"}", "no \"id\" of a task"},
	    {"{\"id\":1.5,\"status\":\"done\"}", "no \"id\" of a task"},
	    {"{\"id\":1}", "\"status\" is not one of done, retry, dead"},
	    {"{\"id\":1,\"status\":\"DONE\"}", "\"status\" is not one of done, retry, dead"},
	    {"{\"id\":1,\"status\":7}", "\"status\" is not one of done, retry, dead"},
	    {"{\"id\":1,\"retry_in\":-1}",
		"\"retry_in\" is neither seconds nor a duration such as 90s"},
	    {"{\"id\":1,\"retry_in\":1e300}",
		"\"retry_in\" is neither seconds nor a duration such as 90s"},
	    {"{\"id\":1,\"retry_in\":\"soon\"}",
		"\"retry_in\" is neither seconds nor a duration such as 90s"},
	    {"{\"id\":1,\"retry_in\":\"99999w\"}",
		"\"retry_in\" is neither seconds nor a duration such as 90s"},
	};
	jp_task_answer a;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(jp_task_answer_parse(&a, cases[i][0], strlen(cases[i][0]), &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_cmpstr(error->message, ==, cases[i][1]);
		jp_task_answer_clear(&a);
	}
	g_assert_false(jp_task_answer_parse(&a, "done", 4, NULL));
}

static void
test_written(void)
{
	jp_task_answer a = {5, JP_TASK_ANSWER_RETRY, 90000, (char *)"line\none", NULL}, b;
	g_autofree char *line = jp_task_answer_write(&a);

	g_assert_cmpstr(line, ==,
	    "{\"id\":5,\"status\":\"retry\",\"retry_in\":\"90s\",\"error\":\"line\\none\"}\n");
	g_assert_true(jp_task_answer_parse(&b, line, strlen(line), NULL));
	g_assert_cmpstr(b.error, ==, a.error);
	g_assert_cmpint(b.retry_in, ==, a.retry_in);
	jp_task_answer_clear(&b);
}

static void
test_retry_in(void)
{
	static const struct {
		const char *output;
		gint64 want;
	} cases[] = {{"", -1}, {"\n \n", -1}, {"busy\n", -1}, {"{\"retry_in\":5}", 5000},
	    {"busy\n{\"retry_in\": \"2m\"}\n\n", 120000}, {"{\"retry_in\":5}\nbye", -1},
	    {"{\"retry_in\":\"x\"}", -1}, {"{}", -1}, {"{", -1}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
		    jp_task_retry_in(cases[i].output, strlen(cases[i].output)), ==, cases[i].want);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static const jp_task_facts facts = {.id = 17,
    .attempt = 2,
    .max_attempts = 6,
    .created_at = 1772427600000,
    .type = "thumb",
    .key = "a\"b\n",
    .payload = "{\"n\":[1,2]}"};

static void
test_task_line(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	jp_task_facts_line(&facts, out);
	g_assert_cmpstr(out->str, ==,
	    "{\"id\":17,\"type\":\"thumb\",\"attempt\":2,\"max_attempts\":6,"
	    "\"created_at\":\"2026-03-02T05:00:00Z\",\"key\":\"a\\\"b\\n\",\"subscriber\":null,"
	    "\"payload\":{\"n\":[1,2]}}\n");
}

/* Facts of an outer handler are not inherited. */
static void
test_task_env(void)
{
	const char *const outer[] = {"PATH=/bin", "JP_TASK_SUBSCRIBER=7", "JP_TASK_ID=1", NULL};
	g_auto(GStrv) env = jp_task_facts_env(&facts, (char **)outer);

	g_assert_cmpstr(g_environ_getenv(env, "PATH"), ==, "/bin");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_ID"), ==, "17");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_TYPE"), ==, "thumb");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_ATTEMPT"), ==, "2");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_MAX_ATTEMPTS"), ==, "6");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_KEY"), ==, "a\"b\n");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_SUBSCRIBER"), ==, "");
	g_assert_cmpstr(g_environ_getenv(env, "JP_TASK_CREATED_AT"), ==, "2026-03-02T05:00:00Z");
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void
test_judge(void)
{
	static const struct {
		int code; /* negative: a signal */
		jp_end_kind kind;
	} cases[] = {{0, JP_ENDED_DONE}, {1, JP_ENDED_RETRY}, {2, JP_ENDED_RETRY},
	    {63, JP_ENDED_RETRY}, {64, JP_ENDED_DEAD}, {65, JP_ENDED_DEAD}, {69, JP_ENDED_DEAD},
	    {74, JP_ENDED_DEAD}, {75, JP_ENDED_RETRY}, {76, JP_ENDED_DEAD}, {78, JP_ENDED_DEAD},
	    {79, JP_ENDED_RETRY}, {126, JP_ENDED_NOT_RUN}, {127, JP_ENDED_NOT_RUN},
	    {137, JP_ENDED_RETRY}, {255, JP_ENDED_RETRY}, {-9, JP_ENDED_RETRY},
	    {-15, JP_ENDED_RETRY}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		int code = cases[i].code;
		g_autofree char *why = NULL;

		g_assert_cmpint(
		    jp_task_judge(code < 0 ? W_EXITCODE(0, -code) : W_EXITCODE(code, 0), &why), ==,
		    cases[i].kind);
		g_assert_true((why == NULL) == (code == 0));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/line/bytes in, lines out, however cut", test_lines);
	g_test_add_func("/queue/line/a flood is not kept", test_flood);
	g_test_add_func("/queue/line/answers", test_answers);
	g_test_add_func("/queue/line/what is no answer", test_refused);
	g_test_add_func("/queue/line/an answer is read back", test_written);
	g_test_add_func("/queue/line/retry_in in the last line of an output", test_retry_in);
	g_test_add_func("/queue/line/a task as a line", test_task_line);
	g_test_add_func("/queue/line/a task as variables", test_task_env);
	g_test_add_func("/queue/line/what an exit status means", test_judge);
	return g_test_run();
}
