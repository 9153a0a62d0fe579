/* Fuzzes jp_json_parse.  Oracle: what was accepted is written and read again equal, is UTF-8, and
 * is what cJSON makes of the text when no long string is kept from it; the error of what was
 * refused names a line. */
#include "base/internal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What cJSON alone reads, written on one line; NULL when it refuses. */
static char *
whole_line(const char *text, size_t len)
{
	const char *too_deep;
	jp_json_brief *b = jp_json_brief_new(text, len, TRUE, &too_deep);
	g_autoptr(cJSON) root = cJSON_ParseWithOpts(jp_json_brief_text(b), NULL, TRUE);

	jp_json_brief_free(b);
	return root ? jp_json_line(root) : NULL;
}

/* The input as one long string, and its bytes as escapes. */
static void
check_string(const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {"lantern ", "\\\"", "\\\\", "\\/", "\\n", "\\u0041",
	    "\\u0000", "\\ud83c", "\\udf31", "\\ud83c\\udf31", "\\x", "\\u12", "\303\274", "\t"};
	g_autoptr(GString) text = g_string_new("{\"shades and lamps\":\"");
	g_autofree char *ours = NULL, *theirs = NULL;
	g_autoptr(cJSON) root = NULL;

	for (size_t i = 0; i < len && i < 100; i++)
		g_string_append(text, pieces[data[i] % G_N_ELEMENTS(pieces)]);
	g_string_append(text, "\"}");
	root = jp_json_parse(text->str, text->len, NULL);
	ours = root ? jp_json_line(root) : NULL;
	theirs = whole_line(text->str, text->len);
	g_assert_cmpstr(ours, ==, theirs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) first = jp_json_parse((const char *)data, len, &error);
	g_autoptr(cJSON) second = NULL;
	g_autofree char *line = NULL;
	g_autofree char *again = NULL, *whole = NULL;

	check_string(data, len);
	if (first == NULL) {
		g_assert_nonnull(error);
		g_assert_true(g_str_has_prefix(error->message, "line "));
		return 0;
	}
	g_assert_no_error(error);
	line = jp_json_line(first);
	g_assert_true(g_utf8_validate(line, -1, NULL));
	g_assert_null(strchr(line, '\n'));
	second = jp_json_parse(line, strlen(line), &error);
	g_assert_no_error(error);
	again = jp_json_line(second);
	g_assert_cmpstr(line, ==, again);
	whole = whole_line(line, strlen(line));
	g_assert_cmpstr(line, ==, whole);
	return 0;
}
