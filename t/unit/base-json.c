/* JSON from outside: bounds, places of errors, characters that cannot be; and what is written. */
#include "base/base.h"

#include <string.h>

static cJSON *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	cJSON *root = jp_json_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_nonnull(root);
	return root;
}

static void
test_refused(void)
{
	static const struct {
		const char *body;
		gsize len; /* 0: strlen */
		const char *message;
	} cases[] = {
	    {"", 0, "line 1, column 1: nothing where JSON was expected"},
	    {" \n ", 0, "line 2, column 2: nothing where JSON was expected"},
	    {"\357\273\277", 0, "line 1, column 1: nothing where JSON was expected"},
	    {"\n <!doctype html>", 0, "line 2, column 2: HTML where JSON was expected"},
	    {"{\"a\":\n  1,\n  \"b\": oops}", 0, "line 3, column 8: not JSON"},
	    {"{\"caf\303\251\": x}", 0, "line 1, column 10: not JSON"},
	    {"{\"a\":1}\n]", 0, "line 2, column 1: text after the end of the JSON"},
	    {"[1]\0[2]", 7, "line 1, column 4: a NUL byte where JSON was expected"},
	    {"[1,2", 0, NULL},
	    {"\"open", 0, NULL},
	    {"{'a':1}", 0, NULL},
	    {"nul", 0, NULL},
	    {"[1,]", 0, NULL},
	    {"[1 2]", 0, NULL},
	    {"{\"a\" 1}", 0, NULL},
	    {"{\"a\":1,}", 0, NULL},
	    {"[-]", 0, NULL},
	    {"[+1]", 0, NULL},
	    {"[\"\\u00g0\"]", 0, NULL},
	    {"[\"a lantern of paper, and open", 0, NULL},
	    {"[\"a\\", 0, NULL},
	    {"{\"a\":", 0, NULL},
	    {"[", 0, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gsize len = cases[i].len > 0 ? cases[i].len : strlen(cases[i].body);

		g_assert_null(jp_json_parse(cases[i].body, len, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		if (cases[i].message != NULL)
			g_assert_cmpstr(error->message, ==, cases[i].message);
		else
			g_assert_true(g_str_has_suffix(error->message, ": not JSON"));
	}
}

static char *
nested(int depth, const char *open, const char *close)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; i < depth; i++)
		g_string_append(text, open);
	g_string_append(text, "0");
	for (int i = 0; i < depth; i++)
		g_string_append(text, close);
	return g_string_free(text, FALSE);
}

static void
test_depth(void)
{
	g_autofree char *arrays = nested(JP_MAX_JSON_DEPTH, "[", "]");
	g_autofree char *objects = nested(JP_MAX_JSON_DEPTH, "{\"[[[\":", "}");
	g_autofree char *more = nested(JP_MAX_JSON_DEPTH + 1, "[", "]");
	g_autofree char *far_more = nested(1000000, "[", "]");
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) far_error = NULL;

	cJSON_Delete(parse(arrays));
	cJSON_Delete(parse(objects));
	g_assert_null(jp_json_parse(more, strlen(more), &error));
	g_assert_cmpstr(error->message, ==, "line 1, column 65: nested too deeply");
	g_assert_null(jp_json_parse(far_more, strlen(far_more), &far_error));
	g_assert_error(far_error, JP_ERROR, JP_ERROR_DATA);
}

static void
test_mended(void)
{
	static const char *const cases[][2] = {
	    {"[\"a\\u0000b\"]", "a\357\277\275b"},
	    {"[\"a\\ud83cb\"]", "a\357\277\275b"},
	    {"[\"a\\udf31b\"]", "a\357\277\275b"},
	    {"[\"\\ud83c\\ud83c\\udf31\"]", "\357\277\275\360\237\214\261"},
	    {"[\"\\ud83c\\udf31\"]", "\360\237\214\261"},
	    {"[\"\\\\u0000\"]", "\\u0000"},
	    {"[\"\\\\\\u0000\"]", "\\\357\277\275"},
	    {"[\"a\377b\"]", "a\357\277\275b"},
	    {"[\"\\\"[[[\"]", "\"[[["},
	    {"\357\273\277[\"after a mark\"]", "after a mark"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(cJSON) root = parse(cases[i][0]);

		g_assert_cmpstr(jp_json_text(root->child, NULL), ==, cases[i][1]);
	}
}

/* Long strings take another way than short ones; both have the same end. */
static void
test_long(void)
{
	static const char before[] = "a lamp, a lantern and a shade of paper: ";
	static const char *const cases[][2] = {{"", ""}, {"\\\"", "\""}, {"\\\\", "\\"},
	    {"\\/\\b\\f\\n\\r\\t", "/\b\f\n\r\t"}, {"\\u00e9", "\303\251"},
	    {"\\u0000", "\357\277\275"}, {"\\ud83c", "\357\277\275"},
	    {"\\ud83c\\udf31", "\360\237\214\261"}, {"\\\\u0041", "\\u0041"},
	    {"\\\"[{\\\"", "\"[{\""}, {"\n", "\n"}};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *body = g_strdup_printf("{\"%s%s\": [1, \"%s%s\", \"%s\"]}", before,
		    cases[i][0], before, cases[i][0], cases[i][0]);
		g_autofree char *want = g_strconcat(before, cases[i][1], NULL);
		g_autoptr(cJSON) root = parse(body);
		const cJSON *list = root->child;

		g_assert_cmpstr(list->string, ==, want);
		g_assert_cmpstr(list->child->next->valuestring, ==, want);
		g_assert_cmpstr(list->child->next->next->valuestring, ==, cases[i][1]);
	}
	for (guint i = 0; i < 3; i++) {
		static const char *const broken[] = {"\\x", "\\u12", "\\"};
		g_autofree char *body = g_strdup_printf("{\"a\":\n [\"%s%s\"]}", before, broken[i]);

		g_assert_null(jp_json_parse(body, strlen(body), &error));
		g_assert_true(g_str_has_prefix(error->message, "line 2, column "));
		g_clear_error(&error);
	}
}

/* As many as there may be, and the one too many. */
static void
test_values(void)
{
	g_autoptr(GString) body = g_string_new("[");
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_json) json = NULL;
	const cJSON *last;

	for (int i = 1; i <= 100000; i++)
		g_string_append_printf(body, "%d,", i);
	g_string_append(body, "0]");
	json = jp_json_read(body->str, body->len, &error);
	g_assert_no_error(error);
	g_assert_cmpint(cJSON_GetArraySize(jp_json_root(json)), ==, 100001);
	last = jp_json_root(json)->child->prev;
	g_assert_null(last->next);
	g_assert_cmpint(last->prev->valueint, ==, 100000);

	g_string_assign(body, "[");
	for (int i = 0; i < JP_MAX_JSON_VALUES + 5000; i++)
		g_string_append(body, "0,");
	g_string_append(body, "0]");
	g_assert_null(jp_json_read(body->str, body->len, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_true(g_str_has_suffix(error->message, ": too many values"));
}

/* Strings are copied in strides: every length, and what may stand behind. */
static void
test_strides(void)
{
	for (gsize len = 0; len < 70; len++) {
		g_autofree char *plain = g_strnfill(len, 'y');
		g_autofree char *body =
		    g_strdup_printf("{\"%s\":[\"%s\",\"%s\\n%s\"]}", plain, plain, plain, plain);
		g_autofree char *both = g_strdup_printf("%s\n%s", plain, plain);
		g_autoptr(jp_json) json = jp_json_read(body, strlen(body), NULL);
		const cJSON *list = jp_json_root(json)->child;

		g_assert_cmpstr(list->string, ==, plain);
		g_assert_cmpstr(list->child->valuestring, ==, plain);
		g_assert_cmpstr(list->child->next->valuestring, ==, both);
		for (gsize cut = 0; cut < strlen(body); cut++)
			g_assert_null(jp_json_parse(body, cut, NULL));
	}
}

static void
test_numbers(void)
{
	static const char *const cases[] = {"0", "-0", "7", "-7", "01", "1.5", "-1.5e-3", "1E2",
	    "123456789012345", "1234567890123456", "-999999999999999", "9007199254740993",
	    "2147483647", "2147483648", "-2147483649", "1e400", "0.1", "1.",
	    "0.00000000000000000000000000000000000000000000000000000000000000000000000000001"};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *body = g_strdup_printf("[%s,%s ]", cases[i], cases[i]);
		g_autoptr(cJSON) theirs = cJSON_Parse(body);
		g_autoptr(jp_json) ours = jp_json_read(body, strlen(body), NULL);
		const cJSON *a = theirs->child;

		for (const cJSON *b = jp_json_root(ours)->child; b; b = b->next, a = a->next) {
			g_assert_cmpint(b->type, ==, a->type);
			g_assert_cmpint(b->valueint, ==, a->valueint);
			g_assert_cmpmem(
			    &a->valuedouble, sizeof(double), &b->valuedouble, sizeof(double));
		}
	}
}

static void
test_large(void)
{
	gsize len = 5 * JP_MIB;
	g_autofree char *title = g_strnfill(len, 'x');
	g_autofree char *body = g_strdup_printf("{\"title\":\"%s\"}", title);
	g_autoptr(cJSON) root = parse(body);

	g_assert_cmpuint(strlen(jp_json_text(root, "title")), ==, len);
}

static void
test_paths(void)
{
	g_autoptr(cJSON) root = parse("{\"\":0,\"a.b\":0,\"a\":{\"b\":{\"c\":\"deep\"}},\"n\":null,"
				      "\"s\":\"x\",\"A\":1,\"l\":[1]}");

	g_assert_cmpstr(jp_json_text(root, "a.b.c"), ==, "deep");
	g_assert_null(jp_json_get(root, "a.b.d"));
	g_assert_null(jp_json_get(root, "s.c"));
	g_assert_null(jp_json_get(root, "l.0"));
	g_assert_null(jp_json_get(NULL, "a"));
	g_assert_true(jp_json_get(root, "") == root);
	g_assert_true(jp_json_get(root, NULL) == root);
	g_assert_null(jp_json_root(NULL));
	g_assert_null(jp_json_get(root, "a.b.c.d"));
	g_assert_null(jp_json_get(root, "a.bb"));
	g_assert_null(jp_json_get(root, "aa"));
	g_assert_true(cJSON_IsNull(jp_json_get(root, "n")));
	g_assert_null(jp_json_text(root, "n"));
	g_assert_null(jp_json_text(root, "A"));
	g_assert_null(jp_json_text(root, "a"));
}

static void
test_ints(void)
{
	g_autoptr(cJSON) root = parse(
	    "{\"i\":17,\"t\":\"-17\",\"max\":9007199254740992,\"over\":9007199254740994,\"f\":1.5,"
	    "\"e\":1e3,\"huge\":1e400,\"n\":null,\"w\":\"17 \",\"b\":true,\"z\":\"\"}");
	static const char *const bad[] = {"over", "f", "huge", "n", "w", "b", "z", "missing"};
	gboolean yes = FALSE;
	gint64 n;

	g_assert_true(jp_json_int(root, "i", &n) && n == 17);
	g_assert_true(jp_json_int(root, "t", &n) && n == -17);
	g_assert_true(jp_json_int(root, "e", &n) && n == 1000);
	g_assert_true(jp_json_int(root, "max", &n) && n == G_GINT64_CONSTANT(9007199254740992));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(jp_json_int(root, bad[i], &n));
	g_assert_true(jp_json_bool(root, "b", &yes) && yes);
	g_assert_false(jp_json_bool(root, "i", &yes));
}

static void
test_ids(void)
{
	g_autoptr(cJSON) root =
	    parse("{\"i\":4000123,\"max\":9007199254740992,\"t\":\"a-1\",\"f\":1.5,\"e\":\"\"}");
	g_autofree char *i = jp_json_id(root, "i");
	g_autofree char *max = jp_json_id(root, "max");
	g_autofree char *t = jp_json_id(root, "t");

	g_assert_cmpstr(i, ==, "4000123");
	g_assert_cmpstr(max, ==, "9007199254740992");
	g_assert_cmpstr(t, ==, "a-1");
	g_assert_null(jp_json_id(root, "f"));
	g_assert_null(jp_json_id(root, "e"));
	g_assert_null(jp_json_id(root, "missing"));
}

static void
test_written(void)
{
	g_autoptr(cJSON) o = cJSON_CreateObject();
	g_autofree char *line = NULL;

	jp_json_add_text(o, "text", "two\nlines \377 \033");
	jp_json_add_text(o, "none", NULL);
	jp_json_add_time(o, "at", G_GINT64_CONSTANT(1790862019753), TRUE);
	jp_json_add_time(o, "never", 0, FALSE);
	jp_json_add_int(o, "id", G_GINT64_CONSTANT(9007199254740993));
	jp_json_add_int(o, "min", G_MININT64);
	jp_json_add_int(o, "ms", G_GINT64_CONSTANT(-1790862019753));
	line = jp_json_line(o);
	g_assert_cmpstr(line, ==,
	    "{\"text\":\"two\\nlines \357\277\275 \\u001b\",\"none\":null,"
	    "\"at\":\"2026-10-01T13:40:19.753Z\",\"never\":null,\"id\":9007199254740993,"
	    "\"min\":-9223372036854775808,\"ms\":-1790862019753}");
}

static void
test_strv(void)
{
	static const char *const words[] = {"a", "b \"c\"", "", NULL};
	static const char *const bad[] = {"", "{}", "[1]", "[\"a\",null]", "\"a\"", "[\"a\""};
	g_autofree char *text = jp_json_from_strv(words);
	g_autofree char *none = jp_json_from_strv(NULL);
	g_auto(GStrv) back = jp_json_to_strv(text);
	g_auto(GStrv) empty = jp_json_to_strv("[]");

	g_assert_cmpstr(text, ==, "[\"a\",\"b \\\"c\\\"\",\"\"]");
	g_assert_cmpstr(none, ==, "[]");
	g_assert_true(g_strv_equal((const char *const *)back, words));
	g_assert_cmpuint(g_strv_length(empty), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_null(jp_json_to_strv(bad[i]));
}

/* A list is written the same beside a text that needs escapes as beside none. */
static void
test_strv_plain(void)
{
	for (int c = 1; c < 256; c++) {
		const char text[] = {'x', (char)c, 'y', '\0'};
		const char *const alone[] = {text, "z", NULL},
				  *const beside[] = {text, "z", "\n", NULL};
		g_autofree char *one = jp_json_from_strv(alone);
		g_autofree char *both = jp_json_from_strv(beside);
		g_autofree char *want = g_strdup_printf("%.*s,\"\\n\"]", (int)strlen(one) - 1, one);

		g_assert_cmpstr(both, ==, want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/json/refused with line and column", test_refused);
	g_test_add_func("/base/json/depth is bounded", test_depth);
	g_test_add_func("/base/json/broken characters cost one character", test_mended);
	g_test_add_func("/base/json/long strings are read as short ones are", test_long);
	g_test_add_func("/base/json/values are bounded", test_values);
	g_test_add_func("/base/json/strings of every length, cut anywhere", test_strides);
	g_test_add_func("/base/json/numbers are cJSON's to the bit", test_numbers);
	g_test_add_func("/base/json/five megabytes of title", test_large);
	g_test_add_func("/base/json/paths", test_paths);
	g_test_add_func("/base/json/integers up to 2^53", test_ints);
	g_test_add_func("/base/json/R7 ids are text", test_ids);
	g_test_add_func("/base/json/L04 written lines", test_written);
	g_test_add_func("/base/json/vectors of strings", test_strv);
	g_test_add_func("/base/json/a list of plain texts", test_strv_plain);
	return g_test_run();
}
