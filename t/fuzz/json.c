/* Fuzzes jp_json_parse.  Oracle: what was accepted is written and read again equal, is UTF-8, and
 * the error of what was refused names a line. */
#include "base/base.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) first = jp_json_parse((const char *)data, len, &error);
	g_autoptr(cJSON) second = NULL;
	g_autofree char *line = NULL;
	g_autofree char *again = NULL;

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
	return 0;
}
