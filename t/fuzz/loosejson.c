/*
 * Fuzzes the mending of JSON.  Oracle: what is JSON is read as such; the same bytes with a comma
 * too many and a comment after them give the value in a list; what was mended is JSON when written
 * again.
 */
#include <stdint.h>
#include <string.h>

#include "board/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* JSON spoilt in a way that mending undoes gives what it was. */
static void
check_spoilt(const cJSON *whole)
{
	g_autofree char *line = jp_json_line(whole);
	g_autofree char *spoilt = g_strdup_printf("/* a page's */ [%s,] ; // end", line);
	g_autoptr(cJSON) list = jp_loosejson_parse(spoilt, strlen(spoilt), NULL);
	const cJSON *inner = cJSON_GetArrayItem(cJSON_GetArrayItem(list, 0), 0);
	g_autofree char *deeper = g_strdup_printf("[[%s]]", line), *again = NULL;
	g_autoptr(cJSON) still = jp_json_parse(deeper, strlen(deeper), NULL);

	if (!still)
		return; /* two levels deeper is too deep */
	g_assert_nonnull(inner);
	again = jp_json_line(inner);
	g_assert_cmpstr(line, ==, again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	g_autoptr(GError) error = NULL;
	g_autoptr(cJSON) strict = jp_json_parse(text, len, NULL);
	g_autoptr(cJSON) loose = jp_loosejson_parse(text, len, &error);
	g_autoptr(cJSON) again = NULL;
	g_autofree char *line = NULL;

	if (!loose) {
		g_assert_null(strict);
		g_assert_true(error && g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	line = jp_json_line(loose);
	again = jp_json_parse(line, strlen(line), NULL);
	g_assert_nonnull(again);
	if (strict) {
		g_autofree char *theirs = jp_json_line(strict);

		g_assert_cmpstr(line, ==, theirs);
	}
	if (strict && len < 4000)
		check_spoilt(strict);
	return 0;
}
