/* YAML trees: what is read, with lines; what is written; and that the two are inverse. */
#include "config/config.h"

#include <string.h>

static jp_yaml *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_yaml *y = jp_yaml_parse(text, strlen(text), "t", &error);

	g_assert_no_error(error);
	return y;
}

static void
test_tree(void)
{
	static const char *const cases[][2] = {
	    {"a: 1\nb: yes\nc: 2026-10-01\n", "{\"a\":\"1\",\"b\":\"yes\",\"c\":\"2026-10-01\"}"},
	    {"- a\n- - b\n  - c\n- {d: e}\n", "[\"a\",[\"b\",\"c\"],{\"d\":\"e\"}]"},
	    {"a:\nb: ~\nc: null\nd: \"null\"\ne: ''\n",
		"{\"a\":null,\"b\":null,\"c\":null,\"d\":\"null\",\"e\":\"\"}"},
	    {"a: |\n  one\n  two\nb: >\n  one\n  two\n",
		"{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\\n\"}"},
	    {"a: it's # a comment\n", "{\"a\":\"it's\"}"},
	    {"a: {}\nb: []\n", "{\"a\":{},\"b\":[]}"},
	    {"null: x\n~: y\n", "{\"null\":\"x\",\"~\":\"y\"}"},
	    {"\357\273\277a: b\r\n", "{\"a\":\"b\"}"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_yaml) y = parse(cases[i][0]);
		g_autofree char *json = jp_json_line(jp_yaml_root(y));

		g_assert_cmpstr(json, ==, cases[i][1]);
	}
}

static void
test_empty(void)
{
	static const char *const texts[] = {
	    "", "\n", "# nothing\n", "---\n", "~", "--- null\n...\n"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(jp_yaml) y = parse(texts[i]);

		g_assert_null(jp_yaml_root(y));
	}
}

static void
test_lines(void)
{
	g_autoptr(jp_yaml) y = parse("# first\n"
				     "boards:\n"
				     "\n"
				     "  - token: a\n"
				     "    tags:\n"
				     "      - x\n"
				     "  - token: b\n");
	const cJSON *boards = jp_json_get(jp_yaml_root(y), "boards");
	const cJSON *first = cJSON_GetArrayItem(boards, 0), *second = cJSON_GetArrayItem(boards, 1);
	g_autoptr(cJSON) foreign = cJSON_CreateNumber(3);

	g_assert_cmpuint(jp_yaml_line(y, jp_yaml_root(y)), ==, 2);
	g_assert_cmpuint(jp_yaml_line(y, boards), ==, 2);
	g_assert_cmpuint(jp_yaml_line(y, first), ==, 4);
	g_assert_cmpuint(jp_yaml_line(y, jp_json_get(first, "token")), ==, 4);
	g_assert_cmpuint(jp_yaml_line(y, jp_json_get(first, "tags")), ==, 5);
	g_assert_cmpuint(jp_yaml_line(y, jp_json_get(first, "tags")->child), ==, 6);
	g_assert_cmpuint(jp_yaml_line(y, second), ==, 7);
	g_assert_cmpuint(jp_yaml_line(y, NULL), ==, 0);
	foreign->valueint = 1000;
	g_assert_cmpuint(jp_yaml_line(y, foreign), ==, 0);
}

static void
test_refused(void)
{
	static const char *const cases[][2] = {
	    {"a: 1\nb: 2\na: 3\n", "t:3:1: the key 'a' is here twice"},
	    {"- a: 1\n  a: 2\n", "t:2:3: the key 'a' is here twice"},
	    {"a: &x 1\n", "t:1:4: anchors are not used here"},
	    {"a: [&x b]\n", "t:1:5: anchors are not used here"},
	    {"a: *x\n", "t:1:4: aliases are not used here"},
	    {"a: !!int 1\n", "t:1:4: tags are not used here"},
	    {"a: !mine [b]\n", "t:1:4: tags are not used here"},
	    {"? [a]\n: b\n", "t:1:3: a key is one word or line"},
	    {"a: \"x\\0y\"\n", "t:1:4: a NUL character"},
	    {"words\n", "t:1:1: keys or a list were expected"},
	    {"a: 1\n---\nb: 1\n", "t:2:1: a second document"},
	    {"a:\n\t- b\n", "t:2:1: a tab indents this line; YAML wants blanks"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(jp_yaml_parse(cases[i][0], strlen(cases[i][0]), "t", &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_cmpstr(error->message, ==, cases[i][1]);
	}
}

static void
test_depth(void)
{
	g_autofree char *open = g_strnfill(JP_MAX_JSON_DEPTH, '[');
	g_autofree char *close = g_strnfill(JP_MAX_JSON_DEPTH, ']');
	g_autofree char *fits = g_strconcat(open, close, NULL);
	g_autofree char *deeper = g_strconcat("[", open, close, "]", NULL);
	g_autofree char *bomb = g_strnfill(1000000, '[');
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) bomb_error = NULL;

	jp_yaml_free(parse(fits));
	g_assert_null(jp_yaml_parse(deeper, strlen(deeper), "t", &error));
	g_assert_cmpstr(error->message, ==, "t:1:65: nested too deeply");
	g_assert_null(jp_yaml_parse(bomb, strlen(bomb), "t", &bomb_error));
	g_assert_cmpstr(bomb_error->message, ==, "t:1:65: nested too deeply");
	jp_yaml_free(NULL);
}

static void
test_written(void)
{
	static const char json[] =
	    "{\"boards\":[{\"token\":\"a\",\"tags\":[\"x\",\"y z\"]},{\"n\":17,\"open\":true,"
	    "\"none\":null}],\"empty\":{},\"list\":[],\"deep\":{\"er\":{\"est\":\"!\"}},"
	    "\"m\":[[1,2],[3]]}";
	g_autoptr(cJSON) root = jp_json_parse(json, strlen(json), NULL);
	g_autofree char *text = jp_yaml_write(root);

	g_assert_cmpstr(text, ==,
	    "boards:\n"
	    "  - token: a\n"
	    "    tags:\n"
	    "      - x\n"
	    "      - y z\n"
	    "  - \"n\": 17\n"
	    "    open: true\n"
	    "    none: null\n"
	    "empty: {}\n"
	    "list: []\n"
	    "deep:\n"
	    "  er:\n"
	    "    est: \"!\"\n"
	    "m:\n"
	    "  - - 1\n"
	    "    - 2\n"
	    "  - - 3\n");
}

static void
test_quotes(void)
{
	static const char *const plain[] = {"word", "two words", "https://x.example/a?b=c#d", "c++",
	    "a:b", "a#b", "it's", "a, b", "\303\226sterreich", "1 Orchard Lane", "3rd", "e-mail",
	    "/path"};
	static const char *const quoted[] = {"", " x", "x ", "17", "1.5", "1e3", "0x1F",
	    "2026-10-01", "12:30", "2026-10-01T13:40:19Z", "yes", "No", "TRUE", "null", "NULL", "~",
	    "- a", "-", "a: b", "a #b", "key:", "[a]", "{a}", "&a", "*a", "!a", "%a", "@a", "`a",
	    "|", ">", "'a'", "\"a\"", "?", "#a", "a\nb", "a\tb", "a\302\205b", "a\342\200\250b",
	    "\357\273\277a", "\033[31m", "---", "..."};

	for (guint i = 0; i < G_N_ELEMENTS(plain) + G_N_ELEMENTS(quoted); i++) {
		gboolean is_plain = i < G_N_ELEMENTS(plain);
		const char *word = is_plain ? plain[i] : quoted[i - G_N_ELEMENTS(plain)];
		g_autoptr(cJSON) root = cJSON_CreateArray();
		g_autofree char *text = NULL;
		g_autoptr(jp_yaml) back = NULL;

		cJSON_AddItemToArray(root, cJSON_CreateString(word));
		text = jp_yaml_write(root);
		if ((strchr(text, '"') == NULL) != is_plain)
			g_error("'%s' was written as %s", word, text);
		back = parse(text);
		g_assert_cmpstr(jp_yaml_root(back)->child->valuestring, ==, word);
	}
}

/* ---- trees made by chance ------------------------------------------------ */

static char *
random_text(void)
{
	static const gunichar odd[] = {' ', ':', '#', '-', '"', '\\', '\n', '\t', '\'', '[', '{',
	    '&', '*', '!', '|', '>', '%', '?', ',', 0x07, 0x7f, 0x85, 0xa0, 0xe9, 0x2028, 0xfeff,
	    0xffff, 0x1f33b, 0x1fffe, '0', 'y', '~', '='};
	GString *s = g_string_new(NULL);

	for (int n = g_test_rand_int_range(0, 8); n > 0; n--)
		if (g_test_rand_bit())
			g_string_append_c(s, (char)g_test_rand_int_range('a', 'z' + 1));
		else
			g_string_append_unichar(
			    s, odd[g_test_rand_int_range(0, (gint32)G_N_ELEMENTS(odd))]);
	return g_string_free(s, FALSE);
}

static cJSON *
random_tree(int depth)
{
	int kind = g_test_rand_int_range(0, depth > 0 ? 4 : 2);
	cJSON *node;

	if (kind == 0)
		return cJSON_CreateNull();
	if (kind == 1) {
		g_autofree char *text = random_text();

		return cJSON_CreateString(text);
	}
	node = kind == 2 ? cJSON_CreateArray() : cJSON_CreateObject();
	for (int n = g_test_rand_int_range(0, 5); n > 0; n--) {
		g_autofree char *key = random_text();

		if (kind == 2)
			cJSON_AddItemToArray(node, random_tree(depth - 1));
		else if (!cJSON_HasObjectItem(node, key))
			cJSON_AddItemToObject(node, key, random_tree(depth - 1));
	}
	return node;
}

static void
test_round_trip(void)
{
	for (int i = 0; i < 3000; i++) {
		g_autoptr(cJSON) root = cJSON_CreateArray();
		g_autofree char *text = NULL;
		g_autoptr(jp_yaml) back = NULL;

		cJSON_AddItemToArray(root, random_tree(5));
		text = jp_yaml_write(root);
		back = parse(text);
		if (!cJSON_Compare(root, jp_yaml_root(back), TRUE))
			g_error("not read back equal:\n%s", text);
	}
}

static void
test_long_key(void)
{
	g_autofree char *key = g_strnfill(5000, 'k');
	g_autoptr(cJSON) root = cJSON_CreateObject();
	g_autofree char *text = NULL;
	g_autoptr(jp_yaml) back = NULL;

	cJSON_AddItemToObject(root, key, cJSON_CreateArray());
	cJSON_AddItemToArray(root->child, cJSON_CreateString("below it"));
	text = jp_yaml_write(root);
	back = parse(text);
	g_assert_true(cJSON_Compare(root, jp_yaml_root(back), TRUE));
}

/* A hundred thousand entries, as an import may have: linear, or this takes minutes. */
static void
test_many(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(jp_yaml) y = NULL;
	gint64 start = g_get_monotonic_time();

	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "key%d: {email: reader%d@example.org}\n", i, i);
	y = parse(text->str);
	g_assert_cmpuint(jp_yaml_line(y, jp_yaml_root(y)->child->prev), ==, 100000);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 30 * G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/yaml/tree", test_tree);
	g_test_add_func("/config/yaml/nothing", test_empty);
	g_test_add_func("/config/yaml/lines", test_lines);
	g_test_add_func("/config/yaml/refused with line and column", test_refused);
	g_test_add_func("/config/yaml/depth is bounded", test_depth);
	g_test_add_func("/config/yaml/written", test_written);
	g_test_add_func("/config/yaml/quoted where it must be", test_quotes);
	g_test_add_func("/config/yaml/round trip", test_round_trip);
	g_test_add_func("/config/yaml/a long key", test_long_key);
	g_test_add_func("/config/yaml/a hundred thousand entries", test_many);
	return g_test_run();
}
