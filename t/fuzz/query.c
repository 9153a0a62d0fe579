/*
 * The query language: whatever is accepted, its canonical text parses to an equal query and is
 * itself canonical; what is refused has a message.
 */
#include <stdint.h>
#include <string.h>

#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_query) q = jp_query_parse(text, &error);
	g_autoptr(jp_query) again = NULL;
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;

	if (!q) {
		g_assert_nonnull(error);
		return 0;
	}
	g_assert_no_error(error);
	first = jp_query_write(q);
	if (strlen(first) > JP_MAX_QUERY)
		return 0; /* folding can make a text longer than what is taken */
	again = jp_query_parse(first, &error);
	g_assert_no_error(error);
	g_assert_true(jp_query_eq(q, again));
	second = jp_query_write(again);
	g_assert_cmpstr(first, ==, second);
	return 0;
}
