/* Fuzzes jp_json_read and jp_json_parse.  Oracle: both say what cJSON says of the text once its
 * characters that cannot be are U+FFFD, written on one line; that line is UTF-8 and reads the same
 * again; the error of what was refused names a line. */
#include "base/base.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The four digits behind a \u, or -1. */
static int
hex4(const char *p)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		if (!g_ascii_isxdigit(p[i]))
			return -1;
		value = value * 16 + g_ascii_xdigit_value(p[i]);
	}
	return value;
}

/* The escape at p made one that cJSON takes as we do; gives its length. */
static size_t
mend_escape(char *p)
{
	int first = p[1] == 'u' ? hex4(p + 2) : -1, second = -1;

	if (p[1] != 'u')
		return p[1] ? 2 : 1;
	if (first < 0) {
		p[1] = 'x'; /* to cJSON it would be a NUL */
		return 2;
	}
	if (first >= 0xd800 && first < 0xdc00 && p[6] == '\\' && p[7] == 'u')
		second = hex4(p + 8);
	if (second >= 0xdc00 && second < 0xe000)
		return 12;
	if (first == 0 || (first >= 0xd800 && first < 0xe000))
		memcpy(p + 2, "fffd", 4);
	return 6;
}

/* What cJSON reads, written on one line; NULL when it refuses. */
static char *
cjson_line(const char *text, size_t len)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);
	g_autoptr(cJSON) root = NULL;

	for (char *p = valid; (p = strchr(p, '\\')) != NULL;)
		p += mend_escape(p);
	root = cJSON_ParseWithOpts(valid, NULL, TRUE);
	return root ? jp_json_line(root) : NULL;
}

/* What we refuse and cJSON may take. */
static gboolean
is_ours_alone(const GError *error)
{
	return strstr(error->message, "nested too deeply") || strstr(error->message, "a NUL byte");
}

static void
check(const char *text, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_json) json = jp_json_read(text, len, &error);
	g_autoptr(cJSON) tree = jp_json_parse(text, len, NULL);
	g_autoptr(jp_json) again = NULL;
	g_autofree char *ours = NULL, *theirs = NULL, *copy = NULL, *second = NULL;

	g_assert_true((json == NULL) == (tree == NULL));
	if (json == NULL) {
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_true(g_str_has_prefix(error->message, "line "));
		theirs = is_ours_alone(error) ? NULL : cjson_line(text, len);
		g_assert_null(theirs);
		return;
	}
	g_assert_no_error(error);
	ours = jp_json_line(jp_json_root(json));
	theirs = cjson_line(text, len);
	g_assert_cmpstr(ours, ==, theirs);
	copy = jp_json_line(tree);
	g_assert_cmpstr(ours, ==, copy);
	g_assert_true(g_utf8_validate(ours, -1, NULL));
	g_assert_null(strchr(ours, '\n'));
	again = jp_json_read(ours, strlen(ours), &error);
	g_assert_no_error(error);
	second = jp_json_line(jp_json_root(again));
	g_assert_cmpstr(ours, ==, second);
}

/* The input as one string, its bytes as escapes and what stands around them. */
static void
check_string(const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {"lantern ", "\\\"", "\\\\", "\\/", "\\n", "\\u0041",
	    "\\u0000", "\\ud83c", "\\udf31", "\\ud83c\\udf31", "\\x", "\\u12", "\303\274", "\t"};
	g_autoptr(GString) text = g_string_new("{\"shades and lamps\":\"");

	for (size_t i = 0; i < len && i < 100; i++)
		g_string_append(text, pieces[data[i] % G_N_ELEMENTS(pieces)]);
	g_string_append(text, "\"}");
	check(text->str, text->len);
}

/* The input as what stands between the strings of a list. */
static void
check_structure(const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"\"", "0",
	    "-", "1", ".", "e", "+", "null", "true", "false", " ", "\n", "\001", "123456789012345",
	    "-1.5e-3", "\"a lantern of paper\"", "1e400"};
	g_autoptr(GString) text = g_string_new("[");

	for (size_t i = 0; i < len && i < 100; i++)
		g_string_append(text, pieces[data[i] % G_N_ELEMENTS(pieces)]);
	g_string_append(text, "]");
	check(text->str, text->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check((const char *)data, len);
	check_string(data, len);
	check_structure(data, len);
	return 0;
}
